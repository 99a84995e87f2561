#include "init/boot/firmware_times.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace init {
namespace {

using unitparser::Duration;

class FirmwareTimes : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "efivars-XXXXXX";
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void set(const std::string& name, const std::string& digits) const {
    std::string bytes("\6\0\0\0", 4);
    for (const char c : digits) bytes += {c, '\0'};
    bytes += {'\0', '\0'};
    std::ofstream(folder_ + "/" + name + "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", std::ios::binary) << bytes;
  }
  std::string folder_;
};

TEST_F(FirmwareTimes, AreReadFromTheLoadersVariables) {
  set("LoaderTimeInitUSec", "1500000");
  set("LoaderTimeExecUSec", "2750000");
  const auto times = read_loader_times(folder_);
  ASSERT_TRUE(times);
  EXPECT_EQ(times->loader_started, Duration::from_msec(1500));
  EXPECT_EQ(times->kernel_started, Duration::from_msec(2750));
}

TEST_F(FirmwareTimes, NothingWithoutThem) {
  EXPECT_FALSE(read_loader_times(folder_));
  set("LoaderTimeInitUSec", "1500000");
  EXPECT_FALSE(read_loader_times(folder_));
}

TEST_F(FirmwareTimes, NonsenseIsNotBelieved) {
  set("LoaderTimeInitUSec", "2000000");
  for (const char* kernel : {"1000000", "", "abc", "-5", "0", "999999999999", "99999999999999999999999"}) {
    set("LoaderTimeExecUSec", kernel);
    EXPECT_FALSE(read_loader_times(folder_)) << kernel;
  }
}

}  // namespace
}  // namespace init
