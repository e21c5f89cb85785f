#include "mace/base/driver_folders.h"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace mace {
namespace {

TEST(DriverFolders, FollowTheEnvironment) {
  setenv("HOME", "/home/someone", 1);
  setenv("XDG_CACHE_HOME", "/caches", 1);
  EXPECT_EQ(UserCacheFolder(), "/caches");
  EXPECT_EQ(PoclDefaultFolder(), "/caches/pocl");
  // An empty variable is as good as none.
  setenv("XDG_CACHE_HOME", "", 1);
  EXPECT_EQ(UserCacheFolder(), "/home/someone/.cache");
  EXPECT_EQ(PoclDefaultFolder(), "/home/someone/.cache/pocl");
  unsetenv("XDG_CACHE_HOME");
  unsetenv("HOME");
  EXPECT_EQ(UserCacheFolder(), "");
  EXPECT_EQ(PoclDefaultFolder(), "/tmp/pocl");
}

}  // namespace
}  // namespace mace
