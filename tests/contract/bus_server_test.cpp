// The server of org.freedesktop.systemd1 before real clients on real sockets, with a machine in memory behind it: what they are
// sent, in which order, and what becomes of those who do not read or go away. No root needed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>

#include "init/bus/bus_server.h"
#include "init/bus/message_value.h"
#include "tests/sim/sim.h"
#include "tests/sim/sim_port.h"

namespace init {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using unitparser::UniqueFd;

constexpr const char* manager_name = "org.freedesktop.systemd1";
constexpr const char* manager_path = "/org/freedesktop/systemd1";
constexpr const char* manager_interface = "org.freedesktop.systemd1.Manager";

struct CloseBus {
  void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
};

/// A machine whose dump is a file.
class Port final : public SimPort {
 public:
  explicit Port(sim::SimMachine& machine) : SimPort(machine, "1") {}
  Result<UniqueFd> readable_text(const std::string&) override {
    UniqueFd file(::memfd_create("dump", MFD_CLOEXEC));
    EXPECT_EQ(::write(file.get(), "units", 5), 5);
    ::lseek(file.get(), 0, SEEK_SET);
    return file;
  }
};

/// The other end of a connection: a client, or the bus with all clients behind it. Hears messages in their order.
class Peer {
 public:
  enum class Plays : std::uint8_t { client, client_without_descriptors, bus };

  Peer(UniqueFd socket, Plays role) : plays_(role) {
    sd_bus* raw = nullptr;
    EXPECT_GE(sd_bus_new(&raw), 0);
    bus_.reset(raw);
    EXPECT_GE(sd_bus_set_fd(raw, socket.get(), socket.get()), 0);
    (void)socket.release();
    if (plays_ == Plays::bus) {
      EXPECT_GE(sd_bus_set_server(raw, 1, {}), 0);
    }
    EXPECT_GE(sd_bus_negotiate_fds(raw, plays_ == Plays::client_without_descriptors ? 0 : 1), 0);
    EXPECT_GE(sd_bus_add_filter(raw, nullptr, hear, this), 0);
    EXPECT_GE(sd_bus_start(raw), 0);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  /// Takes in what has come.
  void read() {
    while (sd_bus_process(bus_.get(), nullptr) > 0) {
    }
  }
  [[nodiscard]] bool is_ready() const { return sd_bus_is_ready(bus_.get()) > 0; }
  /// Sends a call of the manager (of its property, for the interface of properties); no signature: without arguments.
  template <class... Arguments>
  void call(const char* interface, const char* member, const char* signature = "", Arguments... arguments) {
    const auto message = new_call(interface, member);
    ASSERT_GE(sd_bus_message_append(message.get(), signature, arguments...), 0);
    std::uint64_t serial = 0;
    ASSERT_GE(sd_bus_send(bus_.get(), message.get(), &serial), 0);
    called_[serial] = member;
  }
  template <class... Arguments>
  void call_without_reply(const char* interface, const char* member, const char* signature = "", Arguments... arguments) {
    const auto message = new_call(interface, member);
    ASSERT_GE(sd_bus_message_append(message.get(), signature, arguments...), 0);
    ASSERT_GE(sd_bus_send(bus_.get(), message.get(), nullptr), 0);  // without a place for its number it expects no reply
  }
  void ping() { call("org.freedesktop.DBus.Peer", "Ping"); }
  void ask_for_environment() { call("org.freedesktop.DBus.Properties", "Get", "ss", manager_interface, "Environment"); }
  void start_unit(const char* unit) { call(manager_interface, "StartUnit", "ss", unit, "replace"); }

  std::vector<std::string> heard;  ///< "JobNew a.service", "return to Ping", "error ... to GetUnit"
  std::vector<std::uint64_t> serials;  ///< of the calls that were answered, in order of the answers
  std::string read_from_descriptor;
  bool disconnected = false;

 private:
  bus::MessagePtr new_call(const char* interface, const char* member) {
    sd_bus_message* raw = nullptr;
    EXPECT_GE(sd_bus_message_new_method_call(bus_.get(), &raw, manager_name, manager_path, interface, member), 0);
    if (plays_ == Plays::bus) {
      EXPECT_GE(sd_bus_message_set_sender(raw, ":1.5"), 0);
    }
    return bus::MessagePtr(raw);
  }
  static int hear(sd_bus_message* message, void* userdata, sd_bus_error*) { return static_cast<Peer*>(userdata)->take_in(message); }

  int take_in(sd_bus_message* message) {
    const auto text_or_nothing = [](const char* text) { return std::string(text == nullptr ? "" : text); };
    const std::string member = text_or_nothing(sd_bus_message_get_member(message));
    std::uint64_t serial = 0;
    if (sd_bus_message_get_reply_cookie(message, &serial) >= 0) return take_in_reply(message, serial);
    if (sd_bus_message_is_method_call(message, nullptr, nullptr) > 0) return play_bus(message, member);
    disconnected |= member == "Disconnected";
    const char* unit = nullptr;
    std::uint32_t job = 0;
    if (member.starts_with("Job"))
      sd_bus_message_read(message, "uos", &job, nullptr, &unit);
    else if (member.starts_with("Unit"))
      sd_bus_message_read(message, "s", &unit);
    if (member == "PropertiesChanged" && text_or_nothing(sd_bus_message_get_path(message)) == manager_path) return take_in_manager(message);
    heard.push_back(member + (unit == nullptr ? "" : " " + std::string(unit)));
    return 1;
  }
  int take_in_manager(sd_bus_message* message) {
    const char* property = nullptr;
    std::uint32_t value = 0;
    EXPECT_GT(sd_bus_message_read(message, "sa{sv}as", nullptr, 1, &property, "u", &value, 0), 0);
    heard.push_back(std::string(property == nullptr ? "" : property) + "=" + std::to_string(value));
    return 1;
  }
  int take_in_reply(sd_bus_message* message, std::uint64_t serial) {
    const sd_bus_error* error = sd_bus_message_get_error(message);
    heard.push_back((error == nullptr ? "return" : "error " + std::string(error->name)) + " to " + called_[serial]);
    serials.push_back(serial);
    int descriptor = -1;
    if (sd_bus_message_read_basic(message, 'h', &descriptor) > 0) {
      std::array<char, 16> text{};
      const auto size = ::read(descriptor, text.data(), text.size());
      read_from_descriptor.assign(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    }
    return 1;
  }
  int play_bus(sd_bus_message* message, const std::string& member) {
    if (member == "Hello") return sd_bus_reply_method_return(message, "s", ":1.1");
    if (member == "RequestName") return sd_bus_reply_method_return(message, "u", 1);
    if (member == "GetConnectionCredentials") return sd_bus_reply_method_return(message, "a{sv}", 2, "UnixUserID", "u", ::geteuid(), "ProcessID", "u", ::getpid());
    return sd_bus_reply_method_return(message, "");
  }

  Plays plays_;
  std::unique_ptr<sd_bus, CloseBus> bus_;
  std::map<std::uint64_t, std::string> called_;  ///< by number of the call
};

class BusServerContract : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "incipit-contract-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    ASSERT_GE(sd_event_new(&loop_), 0);
    machine_.source.set("a.service", "[Unit]\nDefaultDependencies=no\n[Service]\nNotifyAccess=all\nExecStart=/bin/run\n");
    machine_.source.set("b.target", "[Unit]\nDefaultDependencies=no\n");
    port_.change_environment({}, {"LONG=" + std::string(1024UL * 1024, 'x')});
    server_ = make_server();
    start(*server_);
  }
  void TearDown() override {
    server_.reset();
    sd_event_unref(loop_);
    std::filesystem::remove_all(folder_);
  }

  std::unique_ptr<BusServer> make_server() {
    return std::make_unique<BusServer>(BusParts{machine_.engine(), [this](Event event) { machine_.enqueue(std::move(event)); }, port_, {}});
  }
  void start(BusServer& server) {
    BusOptions options;
    options.private_socket = folder_ + "/private";
    options.bus_address = "unix:path=" + folder_ + "/bus";
    options.bus_is_there = bus_is_there_;
    options.user_manager = true;
    ASSERT_TRUE(server.start(loop_, std::move(options)));
  }

  /// all.target, which wants t0.target and so many more.
  void make_many_targets(int count) {
    std::string wanted;
    for (int i = 0; i < count; ++i) {
      const std::string name = "t" + std::to_string(i) + ".target";
      machine_.source.set(name, "[Unit]\nDefaultDependencies=no\n");
      wanted += " " + name;
    }
    machine_.source.set("all.target", "[Unit]\nDefaultDependencies=no\nWants=" + wanted + "\n");
  }

  /// Turns of the engine; the bus hears of each of them.
  void work_off() {
    while (machine_.settle_one()) {
      for (const Effect& effect : machine_.effects()) server_->on_effect(effect);
      machine_.forget_effects();
    }
  }
  /// A round of PID 1's loop, without what is done before it sleeps.
  void serve() {
    ASSERT_GE(sd_event_run(loop_, 0), 0);
    work_off();
    server_->end_round();
  }
  /// Rounds of the loop and of all who read, until it is so. It has to come from what was done already: nobody waits.
  void until(const std::function<bool()>& is_so, const std::vector<Peer*>& readers) {
    for (int round = 0; round < 100'000 && !is_so(); ++round) {
      serve();
      server_->send_out();
      for (Peer* reader : readers) reader->read();
    }
    EXPECT_TRUE(is_so());
  }
  /// So many rounds, in which nobody reads.
  void serve_rounds(int rounds) {
    for (int round = 0; round < rounds; ++round) {
      serve();
      server_->send_out();
    }
  }

  UniqueFd connect(const std::string& path) {
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path.c_str());
    EXPECT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return socket;
  }
  /// A client of the private socket, past its handshake.
  std::unique_ptr<Peer> make_client(Peer::Plays role = Peer::Plays::client) {
    auto client = std::make_unique<Peer>(connect(folder_ + "/private"), role);
    client->ping();
    until([&] { return client->heard.size() == 1; }, {client.get()});
    client->heard.clear();
    client->serials.clear();
    return client;
  }
  /// The bus, to which the server has connected and whose name it has.
  std::unique_ptr<Peer> make_bus() {
    UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, (folder_ + "/bus").c_str());
    EXPECT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener.get(), 1), 0);
    bus_is_there_ = true;
    std::filesystem::remove(folder_ + "/private");
    server_ = make_server();
    start(*server_);
    auto bus = std::make_unique<Peer>(UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)), Peer::Plays::bus);
    until([&] { return bus->is_ready(); }, {bus.get()});
    serve_rounds(10);
    bus->read();
    bus->ping();
    until([&] { return !bus->heard.empty(); }, {bus.get()});
    bus->heard.clear();
    bus->serials.clear();
    return bus;
  }

  std::string folder_;
  sd_event* loop_ = nullptr;
  bool bus_is_there_ = false;
  sim::SimMachine machine_;
  Port port_{machine_};
  std::unique_ptr<BusServer> server_;
};

TEST_F(BusServerContract, WhoAsksForAJobHearsOfItBeforeTheAnswer) {
  const auto client = make_client();
  client->start_unit("b.target");
  until([&] { return std::count(client->heard.begin(), client->heard.end(), "JobRemoved b.target") == 1; }, {client.get()});
  EXPECT_THAT(client->heard, ElementsAre("UnitNew b.target", "JobNew b.target", "return to StartUnit", "PropertiesChanged", "JobRemoved b.target"));
  client->heard.clear();
  client->call(manager_interface, "EnqueueUnitJob", "sss", "b.target", "stop", "replace");
  until([&] { return !client->heard.empty() && client->heard.back() == "UnitRemoved b.target"; }, {client.get()});
  ASSERT_GE(client->heard.size(), 2U);
  EXPECT_EQ(client->heard[0], "JobNew b.target");
  EXPECT_EQ(client->heard[1], "return to EnqueueUnitJob");
}

TEST_F(BusServerContract, WhatAUnitHasBecomeIsToldOnceForEachSendingAndBeforeTheEndOfItsJob) {
  constexpr int count = 20;
  make_many_targets(count);
  const auto client = make_client();
  const auto number_of = [&](const std::string& what) { return std::count_if(client->heard.begin(), client->heard.end(), [&](const std::string& word) { return word.starts_with(what); }); };
  client->start_unit("all.target");
  for (int round = 0; round < 8; ++round) serve();
  until([&] { return number_of("JobRemoved") == count + 1; }, {client.get()});
  EXPECT_EQ(number_of("JobNew"), count + 1);
  EXPECT_EQ(number_of("PropertiesChanged"), count + 1);
  for (std::size_t i = 1; i < client->heard.size(); ++i) {
    if (client->heard[i].starts_with("JobRemoved")) {
      EXPECT_EQ(client->heard[i - 1], "PropertiesChanged");
    }
  }
}

TEST_F(BusServerContract, TheNumberOfFailedUnitsIsToldWhenItChanges) {
  machine_.source.set("f.service", "[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nExecStart=/bin/false\n");
  machine_.programs["/bin/false"] = {.exits_at_once = 1};
  const auto client = make_client();
  const auto heard = [&](const char* what) { return std::count(client->heard.begin(), client->heard.end(), what); };
  client->start_unit("f.service");
  until([&] { return heard("JobRemoved f.service") == 1; }, {client.get()});
  EXPECT_EQ(heard("NFailedUnits=1"), 1);
  EXPECT_LT(std::find(client->heard.begin(), client->heard.end(), "NFailedUnits=1"), std::find(client->heard.begin(), client->heard.end(), "JobRemoved f.service"));
  client->heard.clear();
  client->call(manager_interface, "ResetFailed");
  until([&] { return heard("NFailedUnits=0") == 1; }, {client.get()});
}

TEST_F(BusServerContract, WhoeverAsksForNoAnswerGetsNone) {
  const auto client = make_client();
  client->call_without_reply(manager_interface, "StartUnit", "ss", "b.target", "replace");
  client->call_without_reply(manager_interface, "StartUnit", "ss", "none.service", "replace");
  client->call_without_reply(manager_interface, "NoMethod");
  client->call_without_reply("org.freedesktop.DBus.Peer", "Ping");
  client->call_without_reply("org.freedesktop.DBus.Properties", "GetAll", "s", "");
  client->call_without_reply(manager_interface, "DumpByFileDescriptor");
  client->ping();
  until([&] { return !client->serials.empty(); }, {client.get()});
  EXPECT_EQ(client->serials.size(), 1U);
  EXPECT_THAT(client->heard, ::testing::Contains("JobNew b.target"));
}

TEST_F(BusServerContract, AnswersComeInTheOrderOfTheQuestions) {
  const auto client = make_client();
  for (int i = 0; i < 100; ++i) {
    client->ping();
    client->call(manager_interface, "GetUnit", "s", "none.service");
    if (i % 10 == 0) client->ask_for_environment();
    client->call(manager_interface, "DumpByFileDescriptor");
  }
  until([&] { return client->serials.size() == 310; }, {client.get()});
  EXPECT_TRUE(std::is_sorted(client->serials.begin(), client->serials.end()));
  EXPECT_EQ(client->read_from_descriptor, "units");
  EXPECT_EQ(client->heard[0], "return to Ping");
  EXPECT_EQ(client->heard[1], "error org.freedesktop.systemd1.NoSuchUnit to GetUnit");
  EXPECT_EQ(client->heard[2], "return to Get");
}

TEST_F(BusServerContract, AnAnswerIsOnItsWayBeforeTheLoopSleepsAndAfterSomeRoundsAnyway) {
  const auto client = make_client();
  client->ping();
  for (int round = 0; round < 64 && client->heard.empty(); ++round) {
    serve();
    client->read();
  }
  EXPECT_THAT(client->heard, ElementsAre("return to Ping"));
}

TEST_F(BusServerContract, ADescriptorIsNotSentToThoseWhoCannotTakeOne) {
  const auto client = make_client(Peer::Plays::client_without_descriptors);
  client->call(manager_interface, "DumpByFileDescriptor");
  until([&] { return !client->heard.empty(); }, {client.get()});
  EXPECT_THAT(client->heard, ElementsAre("error org.freedesktop.DBus.Error.Failed to DumpByFileDescriptor"));
}

TEST_F(BusServerContract, NothingMoreIsReadFromAClientThatLeavesMuchUnread) {
  const auto client = make_client();
  const auto other = make_client();
  constexpr int questions = 200;  // of 1 MiB each: more than is kept for one who does not read, and the socket takes
  for (int i = 0; i < questions; ++i) client->ask_for_environment();
  serve_rounds(4 * questions);
  other->start_unit("b.target");
  until([&] { return !other->serials.empty(); }, {other.get()});
  EXPECT_EQ(other->serials.size(), 1U);
  until([&] { return client->serials.size() == questions || client->disconnected; }, {client.get(), other.get()});
  EXPECT_FALSE(client->disconnected);
  EXPECT_TRUE(std::is_sorted(client->serials.begin(), client->serials.end()));
  client->ping();
  until([&] { return client->serials.size() == questions + 1; }, {client.get()});
}

TEST_F(BusServerContract, AClientThatNeverReadsItsSignalsIsDropped) {
  const auto client = make_client();
  const auto other = make_client();
  other->start_unit("a.service");
  until([&] { return std::count(other->heard.begin(), other->heard.end(), "JobRemoved a.service") == 1; }, {other.get()});
  for (int i = 0; i < 200; ++i) {
    machine_.notify(machine_.main_pid("a.service"), {{"STATUS", std::to_string(i) + std::string(1024UL * 1024, 'x')}});
    for (const Effect& effect : machine_.effects()) server_->on_effect(effect);
    machine_.forget_effects();
    until([&] { return other->heard.back() == "PropertiesChanged"; }, {other.get()});
    other->heard.emplace_back("more");
  }
  until([&] { return client->disconnected; }, {client.get()});
  EXPECT_FALSE(other->disconnected);
  other->ping();
  until([&] { return other->heard.back() == "return to Ping"; }, {other.get()});
}

TEST_F(BusServerContract, AClientThatIsGoneNeedsNoAnswers) {
  const auto other = make_client();
  for (int when = 0; when < 4; ++when) {
    auto client = make_client();
    client->ask_for_environment();
    client->ask_for_environment();
    client->start_unit("b.target");  // its unit has to be loaded
    client->call(manager_interface, "LoadUnit", "s", "a.service");
    client->ping();
    serve_rounds(when);
    client.reset();
    serve_rounds(20);
  }
  other->ping();
  until([&] { return !other->serials.empty(); }, {other.get()});
  EXPECT_FALSE(other->disconnected);
}

TEST_F(BusServerContract, AnswersAndSignalsThatLieReadyAreNotLostWhenTheNextImageGoesOn) {
  const auto client = make_client();
  client->ping();
  client->start_unit("b.target");
  for (int round = 0; round < 6; ++round) serve();  // nothing is sent yet
  EXPECT_FALSE(server_->settled(BusServer::SlowReaders::waited_for));
  server_->leave();
  EXPECT_TRUE(server_->settled(BusServer::SlowReaders::waited_for));
  const auto lines = server_->hand_over();
  auto next = make_server();
  // What executing the next image does: the descriptors stay, everything else goes.
  std::vector<std::string> inherited;
  for (const std::string& line : lines) {
    const std::size_t begin = line.find_first_of("0123456789"), end = line.find_first_not_of("0123456789", begin);
    if (begin == std::string::npos) continue;
    inherited.push_back(line.substr(0, begin) + std::to_string(::dup(std::stoi(line.substr(begin)))) + (end == std::string::npos ? "" : line.substr(end)));
  }
  server_ = std::move(next);
  for (const std::string& line : inherited) server_->take_over(line);
  start(*server_);
  client->call(manager_interface, "GetUnit", "s", "b.target");
  until([&] { return client->serials.size() == 3; }, {client.get()});
  EXPECT_THAT(client->heard, ElementsAre("return to Ping", "UnitNew b.target", "JobNew b.target", "return to StartUnit", "PropertiesChanged", "JobRemoved b.target",
                                         "return to GetUnit"));
}

TEST_F(BusServerContract, OnTheBusTooAnswersComeInTheOrderOfTheQuestions) {
  const auto bus = make_bus();
  constexpr std::size_t rounds = 20;
  for (std::size_t i = 0; i < rounds; ++i) {
    bus->ask_for_environment();  // so long that sd-bus has to write it, and the socket takes only a part
    bus->ping();
    bus->call(manager_interface, "DumpByFileDescriptor");
  }
  serve_rounds(200);
  until([&] { return bus->serials.size() == 3 * rounds || bus->disconnected; }, {bus.get()});
  EXPECT_FALSE(bus->disconnected);
  EXPECT_TRUE(std::is_sorted(bus->serials.begin(), bus->serials.end()));
  EXPECT_EQ(bus->read_from_descriptor, "units");
}

TEST_F(BusServerContract, ASubscriberOnTheBusHearsOfAJobBeforeTheAnswer) {
  const auto bus = make_bus();
  bus->call(manager_interface, "Subscribe");
  until([&] { return bus->serials.size() == 1; }, {bus.get()});
  bus->heard.clear();
  bus->start_unit("b.target");
  until([&] { return !bus->heard.empty() && bus->heard.back() == "JobRemoved b.target"; }, {bus.get()});
  EXPECT_THAT(bus->heard, ElementsAre("UnitNew b.target", "JobNew b.target", "return to StartUnit", "PropertiesChanged", "JobRemoved b.target"));
}

TEST_F(BusServerContract, ManySignalsAreOnTheirWayToPrivateClientsBeforeTheyGoToTheBus) {
  constexpr int count = 200;  // more than 32 KiB
  make_many_targets(count);
  const auto bus = make_bus();
  bus->call(manager_interface, "Subscribe");
  until([&] { return bus->serials.size() == 1; }, {bus.get()});
  const auto client = make_client();
  bus->read();
  bus->heard.clear();
  client->start_unit("all.target");
  for (int round = 0; round < 8 && client->heard.empty(); ++round) {
    serve();
    client->read();
  }
  EXPECT_THAT(client->heard, Not(IsEmpty()));
  bus->read();
  EXPECT_THAT(bus->heard, IsEmpty());
  const auto has_ended = [](const Peer& peer) { return std::count(peer.heard.begin(), peer.heard.end(), "JobRemoved all.target") == 1; };
  until([&] { return has_ended(*client) && has_ended(*bus); }, {client.get(), bus.get()});
}

}  // namespace
}  // namespace init
