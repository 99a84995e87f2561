// D-Bus messages: what was written is read, and no malformed bytes get past the checks.
#include "ctl/wire/message.h"

#include <gtest/gtest.h>

namespace ctl::wire {
namespace {

using namespace unitparser;

Call sample_call() {
  ArrayValue properties{"(sv)", {}};
  properties.elements.push_back(struct_of("CPUWeight", VariantValue{{Value(std::uint64_t{100})}}));
  properties.elements.push_back(struct_of("Wants", VariantValue{{string_array({"a.service", "b.service"})}}));
  return {"org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "SetUnitProperties",
          {"cron.service", true, properties, Bytes{"\x01\x02"}, 0.5, ObjectPath{"/"}}};
}

TEST(Message, is_read_as_it_was_written) {
  const auto call = sample_call();
  const auto bytes = encode(call, 7);
  ASSERT_EQ(message_size(std::string_view(bytes).substr(0, 16)), bytes.size());
  const auto message = decode(bytes);
  EXPECT_EQ(message.type, MessageType::method_call);
  EXPECT_EQ(message.serial, 7U);
  EXPECT_EQ(message.path, call.path);
  EXPECT_EQ(message.interface, call.interface);
  EXPECT_EQ(message.member, call.member);
  EXPECT_EQ(message.signature, "sba(sv)aydo");
  Reader reader(message);
  std::string_view rest = message.signature;
  for (const auto& argument : call.arguments) {
    const auto length = complete_type(rest);
    EXPECT_EQ(reader.value(rest.substr(0, length)), argument);
    rest.remove_prefix(length);
  }
  EXPECT_TRUE(reader.ok());
}

TEST(Message, cut_anywhere_is_refused) {
  const auto bytes = encode(sample_call(), 1);
  for (std::size_t length = 0; length < bytes.size(); ++length) EXPECT_EQ(decode(std::string_view(bytes).substr(0, length)).type, MessageType::invalid);
}

TEST(Message, any_flipped_byte_is_survived) {
  const auto good = encode(sample_call(), 1);
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char value : {'\0', '\x7f', '\xff', 'a', '('}) {
      auto bytes = good;
      bytes[i] = value;
      const auto message = decode(bytes);
      if (message.type == MessageType::invalid) continue;
      Reader reader(message);
      std::string_view rest = message.signature;
      while (reader.ok() && !rest.empty() && complete_type(rest) > 0) {
        const auto length = complete_type(rest);
        (void)reader.value(rest.substr(0, length));
        rest.remove_prefix(length);
      }
    }
  }
}

TEST(CompleteType, knows_where_types_end) {
  EXPECT_EQ(complete_type("a{sv}s"), 5U);
  EXPECT_EQ(complete_type("(s(iu)as)x"), 9U);
  EXPECT_EQ(complete_type("aay"), 3U);
  for (const auto* bad : {"", "a", "(", "()", "(s", "a{", "z", ")", "(ss"}) EXPECT_EQ(complete_type(bad), 0U) << bad;
  EXPECT_EQ(complete_type(std::string(200, 'a') + "s"), 0U) << "nesting is bounded";
}

TEST(Reader, deeply_nested_variants_end) {
  // 'v' in 'v' in 'v' ...: each level is the signature "v".
  std::string body;
  for (int i = 0; i < 1000; ++i) body.append("\x01v\0", 3);
  Reader reader{std::string_view(body)};
  (void)reader.value("v");
  EXPECT_FALSE(reader.ok());
}

TEST(Reader, an_array_longer_than_the_body_is_refused) {
  const std::string body("\xff\xff\xff\x7f", 4);
  Reader reader{std::string_view(body)};
  EXPECT_TRUE(reader.texts().empty());
  EXPECT_FALSE(reader.ok());
}

/// 'v's, one after the other.
std::string body_of(const std::vector<Value>& values) {
  std::string body;
  WireWriter writer(body);
  for (const Value& value : values) writer.variant(value);
  return body;
}

TEST(Reader, passes_over_what_came_before_in_the_same_bytes_only) {
  const std::string body = body_of({"four", std::uint64_t{7}, "four", std::uint64_t{7}, std::uint64_t{8}});
  Reader reader{std::string_view(body)};
  const auto read = [&reader] {
    const std::size_t position = reader.position();
    (void)reader.variant();
    return std::pair(position, std::string(reader.since(position)));
  };
  const auto [text_at, text] = read();
  const auto [number_at, number] = read();
  EXPECT_FALSE(reader.skip_same(number, number_at)) << "a text stands there";
  EXPECT_TRUE(reader.skip_same(text, text_at));
  EXPECT_TRUE(reader.skip_same(number, number_at));
  EXPECT_FALSE(reader.skip_same(number, number_at)) << "another number";
  EXPECT_EQ(reader.variant(), Value(std::uint64_t{8}));
  EXPECT_TRUE(reader.ok());
  EXPECT_FALSE(reader.skip_same(number, number_at)) << "nothing is left";
}

TEST(Reader, does_not_pass_over_the_same_bytes_where_padding_would_be_other) {
  const std::string body = body_of({true, true});
  Reader reader{std::string_view(body)};
  (void)reader.variant();
  const std::string same(reader.since(0));
  ASSERT_EQ(reader.position(), 8U);
  EXPECT_FALSE(reader.skip_same(same, 4));
  EXPECT_TRUE(reader.skip_same(same, 0));
  EXPECT_EQ(reader.position(), body.size());
}

}  // namespace
}  // namespace ctl::wire
