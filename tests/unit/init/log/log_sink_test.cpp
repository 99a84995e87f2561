#include "init/log/log_sink.h"

#include <gtest/gtest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

#include "unitparser/base/fd.h"

namespace init {
namespace {

/// A journal that reads only when it is told to.
class LazyJournal {
 public:
  LazyJournal() {
    char folder[] = "/tmp/log-sink.XXXXXX";
    folder_ = ::mkdtemp(folder);
    path = folder_ + "/socket";
    open();
  }
  /// In the place of the one before, if there was one.
  void open() {
    ::unlink(path.c_str());
    fd_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~LazyJournal() {
    ::unlink(path.c_str());
    ::rmdir(folder_.c_str());
  }
  LazyJournal(const LazyJournal&) = delete;
  LazyJournal& operator=(const LazyJournal&) = delete;

  /// The MESSAGE= of each datagram that is there.
  std::vector<std::string> read() {
    std::vector<std::string> messages;
    char buffer[4096];
    for (ssize_t size = 0; (size = ::recv(fd_.get(), buffer, sizeof buffer, 0)) > 0;) {
      const std::string text(buffer, static_cast<std::size_t>(size));
      messages.push_back(text.substr(8, text.find('\n') - 8));
    }
    return messages;
  }
  std::string path;

 private:
  std::string folder_;
  unitparser::UniqueFd fd_;
};

TEST(LogSink, WhoOverrulesTheSettingsGoesBeforeThemUntilItIsTakenBack) {
  LogSink sink("", "");
  sink.override_max_priority(7);
  sink.override_target(LogTarget::null);
  sink.set_max_priority(4);
  sink.set_target(LogTarget::kmsg);
  EXPECT_EQ(sink.max_priority(), 7);
  EXPECT_EQ(sink.target(), LogTarget::null);
  sink.override_max_priority(std::nullopt);
  sink.override_target(std::nullopt);
  EXPECT_EQ(sink.max_priority(), 4);
  EXPECT_EQ(sink.target(), LogTarget::kmsg);
}

TEST(LogSink, LosesNothingWhenTheJournalIsSlow) {
  LazyJournal journal;
  LogSink sink(journal.path);
  constexpr int count = 5000;  // far more than a socket's queue takes
  for (int i = 0; i < count; ++i) sink.write(6, std::to_string(i));
  std::vector<std::string> messages = journal.read();
  ASSERT_LT(messages.size(), static_cast<std::size_t>(count)) << "the queue took it all: this tests nothing";
  while (sink.flush())
    for (auto& message : journal.read()) messages.push_back(std::move(message));
  for (auto& message : journal.read()) messages.push_back(std::move(message));
  ASSERT_EQ(messages.size(), static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) EXPECT_EQ(messages[static_cast<std::size_t>(i)], std::to_string(i));
  EXPECT_EQ(sink.lost(), 0U);
}

TEST(LogSink, KeepsSixteenMebibytesAndGivesTheRestToTheKernelsLog) {
  LazyJournal journal;
  const std::string kernel_log = journal.path + ".kmsg";
  const unitparser::UniqueFd log(::open(kernel_log.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_TRUE(log);
  LogSink sink(journal.path, kernel_log);
  constexpr std::size_t size = 4000, count = 6000;  // 24 million bytes
  for (std::size_t i = 0; i < count; ++i) sink.write(6, std::string(size, 'x'));
  const off_t overflow = ::lseek(log.get(), 0, SEEK_END);
  std::size_t taken = 0;
  while (sink.flush()) taken += journal.read().size();
  taken += journal.read().size();
  EXPECT_GT(overflow, 0);
  EXPECT_EQ(::lseek(log.get(), 0, SEEK_END), overflow) << "what was kept is the journal's";
  // Each is kept twice: as the journal gets it, and as the kernel's log would.
  EXPECT_GT(2 * taken * size, 14UL << 20U);
  EXPECT_LT(2 * taken * size, 17UL << 20U);
  EXPECT_EQ(sink.lost(), 0U) << "the kernel's log took the rest";
  ::unlink(kernel_log.c_str());
}

TEST(LogSink, GathersInOrderWhatIsSentTogether) {
  LazyJournal journal;
  LogSink sink(journal.path);
  sink.write(6, "before");
  sink.set_gathering(true);
  sink.write(6, "first");
  sink.write(6, "second");
  EXPECT_EQ(journal.read(), std::vector<std::string>{"before"});
  sink.set_gathering(false);
  EXPECT_FALSE(sink.flush());
  EXPECT_EQ(journal.read(), (std::vector<std::string>{"first", "second"}));
}

TEST(LogSink, FindsTheJournalThatTookThePlaceOfAnother) {
  LazyJournal journal;
  LogSink sink(journal.path);
  sink.write(6, "to the first");
  EXPECT_EQ(journal.read(), std::vector<std::string>{"to the first"});
  journal.open();
  sink.write(6, "to the second");
  EXPECT_EQ(journal.read(), std::vector<std::string>{"to the second"});
}

}  // namespace
}  // namespace init
