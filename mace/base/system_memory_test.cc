#include "mace/base/system_memory.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

#include "mace/base/files.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

constexpr uint64_t kGigabyte = uint64_t{1} << 30;

class SystemMemoryTest : public testing::Test {
 protected:
  void SetUp() override {
    sources_.proc = folder_.At("proc");
    sources_.cgroups = folder_.At("cgroup");
    Write(sources_.proc + "/meminfo",
          "MemTotal:       16777216 kB\nMemFree:  1024 kB\nMemAvailable:    8388608 kB\n");
    Write(sources_.proc + "/self/statm", "1024 10 10 10 0 10 0\n");
  }

  static void Write(const std::string& path, const std::string& text) {
    ASSERT_TRUE(MakeDirectories(DirectoryName(path)).ok());
    std::ofstream(path) << text;
  }

  const TemporaryFolder folder_;
  MemorySources sources_;
};

TEST_F(SystemMemoryTest, IsWhatTheMachineHasAvailable) {
  EXPECT_EQ(8 * kGigabyte, AvailableHostMemory(sources_));
}

TEST_F(SystemMemoryTest, KeepsToTheLimitOfAGroup) {
  Write(sources_.proc + "/self/cgroup", "1:name=systemd:/\n0::/app.slice/mace\n");
  Write(sources_.cgroups + "/app.slice/mace/memory.max", "max\n");
  Write(sources_.cgroups + "/app.slice/mace/memory.current", "100\n");
  EXPECT_EQ(8 * kGigabyte, AvailableHostMemory(sources_));
  Write(sources_.cgroups + "/app.slice/mace/memory.max", "4294967296\n");
  Write(sources_.cgroups + "/app.slice/mace/memory.current", "2147483648\n");
  Write(sources_.cgroups + "/app.slice/mace/memory.stat", "anon 5\ninactive_file 1073741824\n");
  EXPECT_EQ(3 * kGigabyte, AvailableHostMemory(sources_)) << "file caches can be given up";
  Write(sources_.cgroups + "/app.slice/memory.max", "1073741824\n");
  Write(sources_.cgroups + "/app.slice/memory.current", "2147483648\n");
  EXPECT_EQ(0u, AvailableHostMemory(sources_)) << "the group above has nothing left";
}

TEST_F(SystemMemoryTest, KeepsToTheLimitOfAGroupOfVersionOne) {
  Write(sources_.proc + "/self/cgroup", "3:cpu,cpuacct:/a\n4:hugetlb,memory:/a/b\n");
  Write(sources_.cgroups + "/memory/memory.limit_in_bytes", "3221225472\n");
  Write(sources_.cgroups + "/memory/memory.usage_in_bytes", "1073741824\n");
  EXPECT_EQ(2 * kGigabyte, AvailableHostMemory(sources_))
      << "a container sees the root of its groups alone";
  Write(sources_.cgroups + "/memory/a/b/memory.limit_in_bytes", "1073741824\n");
  EXPECT_EQ(kGigabyte, AvailableHostMemory(sources_));
}

TEST_F(SystemMemoryTest, KeepsToTheLimitOfAddressSpace) {
  Write(sources_.proc + "/meminfo", "MemAvailable: 1099511627776 kB\n");
  const auto page_bytes = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const uint64_t limit = uint64_t{1} << 45;
  rlimit before = {};
  ASSERT_EQ(0, getrlimit(RLIMIT_AS, &before));
  if (before.rlim_max != RLIM_INFINITY) GTEST_SKIP() << "the limit of this process is fixed";
  const rlimit with_limit = {limit, before.rlim_max};
  ASSERT_EQ(0, setrlimit(RLIMIT_AS, &with_limit));
  EXPECT_EQ(limit - 1024 * page_bytes, AvailableHostMemory(sources_));
  ASSERT_EQ(0, setrlimit(RLIMIT_AS, &before));
}

TEST_F(SystemMemoryTest, WhatIsNotToldIsNoLimit) {
  const std::string nowhere = sources_.proc + "/nowhere";
  rlimit limit = {};
  ASSERT_EQ(0, getrlimit(RLIMIT_AS, &limit));
  if (limit.rlim_cur != RLIM_INFINITY) GTEST_SKIP() << "this process has a limit of address space";
  EXPECT_EQ(UINT64_MAX, AvailableHostMemory({nowhere, nowhere}));
}

TEST(SystemMemory, ThisMachineHasSome) { EXPECT_GT(AvailableHostMemory(), uint64_t{1} << 20); }

}  // namespace
}  // namespace mace
