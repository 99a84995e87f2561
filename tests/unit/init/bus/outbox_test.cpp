// What WireWriter and Outbox write, read by sd-bus.
#include "init/bus/outbox.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>

#include "init/bus/message_value.h"
#include "init/bus/server_state.h"
#include "unitparser/base/wire.h"

namespace init::bus {
namespace {

using unitparser::ArrayValue, unitparser::Bytes, unitparser::ObjectPath, unitparser::struct_of, unitparser::TypeSignature, unitparser::VariantValue, unitparser::WireWriter;

struct Signal {
  std::string path, interface, member, sender;
  std::vector<Value> values;
  std::vector<std::string> replies;
  int count = 0;
};

int take_in(sd_bus_message* message, void* userdata, sd_bus_error*) {
  auto& heard = *static_cast<Signal*>(userdata);
  const char* sender = sd_bus_message_get_sender(message);
  ++heard.count;
  std::uint64_t call = 0;
  if (sd_bus_message_get_reply_cookie(message, &call) >= 0) {
    const sd_bus_error* error = sd_bus_message_get_error(message);
    heard.replies.push_back((error == nullptr ? "return" : error->name) + (" to " + std::to_string(call)));
    int descriptor = -1;
    if (sd_bus_message_read_basic(message, 'h', &descriptor) > 0) {
      EXPECT_EQ(::write(descriptor, "x", 1), 1);
    }
    return 1;
  }
  heard.path = sd_bus_message_get_path(message);
  heard.interface = sd_bus_message_get_interface(message);
  heard.member = sd_bus_message_get_member(message);
  heard.sender = sender == nullptr ? "" : sender;
  heard.values.clear();
  EXPECT_TRUE(read_all(message, heard.values));
  return 1;
}

void append_signal(std::string& text, std::string_view path, std::string_view member, std::string_view signature, std::string_view sender, std::string_view body) {
  unitparser::append_message(text, {unitparser::MessageType::signal, unitparser::no_reply_expected, path, "org.Interface", member, {}, sender, signature}, 7, body);
}

/// A client of sd-bus's, and the socket whose other end it reads.
class Listener {
 public:
  Listener() {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair_.data()), 0);
    for (BusPtr* bus : {&client_, &server_}) {
      sd_bus* raw = nullptr;
      EXPECT_GE(sd_bus_new(&raw), 0);
      bus->reset(raw);
      const int fd = pair_[bus == &client_ ? 0 : 1];
      EXPECT_GE(sd_bus_set_fd(raw, fd, fd), 0);
      EXPECT_GE(sd_bus_negotiate_fds(raw, 1), 0);
    }
    EXPECT_GE(sd_bus_set_server(server_.get(), 1, {}), 0);
    EXPECT_GE(sd_bus_add_filter(client_.get(), nullptr, take_in, &heard), 0);
    for (const BusPtr* bus : {&client_, &server_}) EXPECT_GE(sd_bus_start(bus->get()), 0);
    for (int round = 0; round < 100 && sd_bus_is_ready(client_.get()) <= 0; ++round) process();
  }
  [[nodiscard]] int socket() const { return pair_[1]; }
  /// Takes in what was written, until as many signals were heard.
  void listen(int count) {
    for (int round = 0; round < 1'000'000 && heard.count < count; ++round) process();
    EXPECT_EQ(heard.count, count);
  }

  void process() {
    for (const BusPtr* bus : {&client_, &server_}) ASSERT_GE(sd_bus_process(bus->get(), nullptr), 0);
  }

  Signal heard;

 private:
  std::array<int, 2> pair_{};
  BusPtr client_, server_;
};

/// The value as sd-bus reads it from a signal that carries it between two others.
Value through_sd_bus(const Value& value) {
  Listener listener;
  std::string body, text;
  WireWriter writer(body);
  writer.byte(1);  // what follows is not aligned by chance
  writer.value(value);
  writer.byte(2);
  append_signal(text, "/a", "Member", "y" + value.signature() + "y", "e.f", body);
  Outbox outbox;
  outbox.add(std::make_shared<const std::string>(text));
  EXPECT_EQ(outbox.write_to(listener.socket()), Outbox::Outcome::all);
  listener.listen(1);
  EXPECT_EQ(listener.heard.values.size(), 3U);
  return listener.heard.values.size() == 3 ? listener.heard.values[1] : Value("not read");
}

TEST(Wire, ValuesOfEveryTypeAreReadBySdBus) {
  const ArrayValue strings{"s", {"one", "", "three"}};
  const ArrayValue structs{"(st)", {struct_of("long text", std::uint64_t{1} << 40U), struct_of("", std::uint64_t{0})}};
  const ArrayValue dictionary{"{sv}", {struct_of("key", VariantValue{{Value(std::uint32_t{5})}})}};
  for (const Value& value : std::initializer_list<Value>{
           true, false, std::uint8_t{200}, std::int16_t{-2}, std::uint16_t{65535}, std::int32_t{-70000}, std::uint32_t{4000000000},
           std::int64_t{-1} << 40U, std::uint64_t{1} << 63U, 0.25, "text", "", ObjectPath{"/org/x"}, TypeSignature{"a(ss)"}, Bytes{std::string("a\0b", 3)},
           Bytes{}, strings, ArrayValue{"s", {}}, ArrayValue{"t", {}}, ArrayValue{"(st)", {}}, structs, struct_of("a", std::uint8_t{1}, strings)})
    EXPECT_EQ(through_sd_bus(value), value) << value.signature();
  EXPECT_EQ(through_sd_bus(dictionary).signature(), "a{sv}");
  EXPECT_EQ(through_sd_bus(VariantValue{{structs}}), Value(VariantValue{{structs}}));
}

TEST(Wire, HeaderSaysWhoseSignalItIs) {
  for (const char* sender : {"org.sender", ""}) {
    Listener listener;
    std::string text, body;
    WireWriter(body).string("x");
    append_signal(text, "/org/one", "Member", "s", sender, body);
    append_signal(text, "/org/two", "Empty", "", sender, "");
    Outbox outbox;
    outbox.add(std::make_shared<const std::string>(text));
    ASSERT_EQ(outbox.write_to(listener.socket()), Outbox::Outcome::all);
    listener.listen(2);
    EXPECT_EQ(listener.heard.path, "/org/two");
    EXPECT_EQ(listener.heard.interface, "org.Interface");
    EXPECT_EQ(listener.heard.member, "Empty");
    EXPECT_EQ(listener.heard.sender, sender);
  }
}

TEST(Outbox, NoMessageIsCutWhenTheOtherEndDoesNotRead) {
  Listener listener;
  std::string signals;
  int in_piece = 0, sent = 0;
  for (; signals.size() < Outbox::piece_size - 1000; ++in_piece) append_signal(signals, "/a", "Member", "", "e.f", "");
  const auto piece = std::make_shared<const std::string>(signals);
  Outbox outbox;
  for (int pieces = 0; pieces < 10'000 && outbox.empty(); ++pieces, sent += in_piece) {
    outbox.add(piece);
    EXPECT_NE(outbox.write_to(listener.socket()), Outbox::Outcome::broken);
  }
  EXPECT_EQ(outbox.write_to(listener.socket()), Outbox::Outcome::later);
  EXPECT_EQ(outbox.bytes(), signals.size());
  listener.listen(sent - in_piece);
  EXPECT_EQ(outbox.write_to(listener.socket()), Outbox::Outcome::all);
  EXPECT_EQ(outbox.bytes(), 0U);
  listener.listen(sent);
}

TEST(Wire, HeaderOfAReplySaysWhatItAnswers) {
  std::string text, body;
  WireWriter(body).number(std::uint32_t{0});
  unitparser::append_message(text, {unitparser::MessageType::method_return, unitparser::no_reply_expected, {}, {}, {}, "", "e.f", "h", {}, 77, 1}, 8, body);
  unitparser::append_message(text, {unitparser::MessageType::error, unitparser::no_reply_expected, {}, {}, {}, "", "e.f", "", "a.b.Refused", 78}, 9, "");
  Listener listener;
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  Outbox outbox;
  outbox.add(std::make_shared<const std::string>(text), unitparser::UniqueFd(ends[1]));
  ASSERT_EQ(outbox.write_to(listener.socket()), Outbox::Outcome::all);
  listener.listen(2);
  EXPECT_EQ(listener.heard.replies, (std::vector<std::string>{"return to 77", "a.b.Refused to 78"}));
  char byte = 0;
  EXPECT_EQ(::read(ends[0], &byte, 1), 1);  // take_in() wrote into what came with the reply
  EXPECT_EQ(::read(ends[0], &byte, 1), 0);  // and that is all there was of the other end
  ::close(ends[0]);
}

TEST(Outbox, ALongMessageIsWrittenOnAsTheOtherEndReads) {
  Listener listener;
  std::string text, body;
  WireWriter(body).string(std::string(20'000'000, 'x'));
  append_signal(text, "/a", "Long", "s", "e.f", body);
  Outbox outbox;
  outbox.add(std::make_shared<const std::string>(text));
  ASSERT_EQ(outbox.write_to(listener.socket()), Outbox::Outcome::later);
  EXPECT_TRUE(outbox.is_cut());
  EXPECT_LT(outbox.bytes(), text.size());
  for (int round = 0; round < 1'000'000 && listener.heard.count == 0; ++round) {
    EXPECT_NE(outbox.write_to(listener.socket()), Outbox::Outcome::broken);
    listener.process();
  }
  EXPECT_FALSE(outbox.is_cut());
  EXPECT_TRUE(outbox.empty());
  ASSERT_EQ(listener.heard.values.size(), 1U);
  EXPECT_EQ(std::get<std::string>(listener.heard.values[0].storage).size(), 20'000'000U);
}

TEST(Outbox, TellsThatNobodyReadsAnyMore) {
  std::array<int, 2> pair{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
  const unitparser::UniqueFd ours(pair[0]);
  ::close(pair[1]);
  Outbox outbox;
  outbox.add(std::make_shared<const std::string>("x"));
  EXPECT_EQ(outbox.write_to(ours.get()), Outbox::Outcome::broken);
}

}  // namespace
}  // namespace init::bus
