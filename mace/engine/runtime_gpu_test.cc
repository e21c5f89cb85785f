// Devices and cache files that compiled models share.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "mace/engine/cache_options.h"
#include "mace/engine/runtime.h"

namespace mace {
namespace {

std::shared_ptr<Runtime> Get(CompileOptions options) {
  const StatusOr<std::optional<CachePlace>> place = TakeCachePlace(&options.cache);
  EXPECT_TRUE(place.ok()) << place.status().message();
  if (!place.ok()) return nullptr;
  const StatusOr<std::shared_ptr<CacheStore>> store = Runtime::OpenCache(options, *place);
  EXPECT_TRUE(store.ok()) << store.status().message();
  if (!store.ok()) return nullptr;
  StatusOr<std::shared_ptr<Runtime>> runtime = Runtime::Get(options, *store);
  EXPECT_TRUE(runtime.ok()) << runtime.status().message();
  return runtime.ok() ? *runtime : nullptr;
}

TEST(Runtime, ADeviceHasOneContextWhateverItIsCalled) {
  const auto devices = ListClDevices();
  ASSERT_TRUE(devices.ok()) << devices.status().message();
  const auto best = ChooseDevice(*devices, "gpu");
  ASSERT_TRUE(best.ok()) << best.status().message();
  CompileOptions plain, numbered, cached;
  numbered.device = "gpu:" + std::to_string(*best);
  cached.cache.path = testing::TempDir() + "runtime.bin";
  const auto a = Get(plain), b = Get(numbered), c = Get(cached);
  ASSERT_TRUE(a != nullptr && b != nullptr && c != nullptr);
  EXPECT_EQ(a, b);
  EXPECT_EQ(a->device(), c->device());
  EXPECT_NE(a, c) << "one has a cache file";
}

TEST(Runtime, FilesThatAreTrustedOtherwiseAreNotShared) {
  CompileOptions plain, shared;
  plain.cache.path = shared.cache.path = testing::TempDir() + "runtime.bin";
  shared.cache.allow_shared = true;
  const auto a = Get(plain), b = Get(plain), c = Get(shared);
  EXPECT_EQ(a, b);
  ASSERT_TRUE(a != nullptr && c != nullptr);
  EXPECT_NE(a->store(), c->store());
}

TEST(Runtime, ThreadsThatOpenADeviceAtOnceGetTheSame) {
  std::vector<std::shared_ptr<Runtime>> runtimes(4);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < runtimes.size(); ++i) {
    threads.emplace_back([&runtimes, i] {
      CompileOptions options;
      options.device = i % 2 == 0 ? "gpu" : "gpu:";
      if (i % 2 != 0) options.device += "0";
      runtimes[i] = Get(options);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(runtimes[0], runtimes[2]);
  EXPECT_EQ(runtimes[1], runtimes[3]);
}

}  // namespace
}  // namespace mace
