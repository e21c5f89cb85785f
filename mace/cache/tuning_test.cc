// Tuning records: what was measured on a device, found by its next start.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "mace/base/files.h"
#include "mace/base/strings.h"
#include "mace/cache/store.h"
#include "mace/cache/verify.h"
#include "mace/testing/cache/cache_file_fixture.h"

namespace mace {
namespace {

class TuningTest : public CacheFileFixture {
 protected:
  void Write(const DeviceIdentity& device, const std::string& key, const std::string& value) {
    auto store = CacheStore::Open(path_);
    ASSERT_TRUE(store->AddTuning(device, key, value).ok());
    const Status status = store->Flush();
    ASSERT_TRUE(status.ok()) << status.message();
  }

  std::string Read(const DeviceIdentity& device, const std::string& key) {
    return CacheStore::Open(path_)->FindTuning(device, key).value_or("none");
  }

  uint32_t Generation() const {
    auto file = CacheFile::Open(path_, CacheTrust());
    return file.ok() ? (*file)->index().header.generation : 0;
  }
};

TEST_F(TuningTest, ByDeviceAndSignature) {
  DeviceIdentity other = SampleDevice();
  other.name = "another GPU";
  Write(SampleDevice(), "conv 3x3", "tile 8");
  Write(SampleDevice(), "conv 5x5", "tile 4");
  Write(other, "conv 3x3", "tile 2");
  EXPECT_EQ("tile 8", Read(SampleDevice(), "conv 3x3"));
  EXPECT_EQ("tile 4", Read(SampleDevice(), "conv 5x5"));
  EXPECT_EQ("tile 2", Read(other, "conv 3x3"));
  EXPECT_EQ("none", Read(other, "conv 5x5"));
  Write(SampleDevice(), "conv 3x3", "tile 16");  // Measured again.
  EXPECT_EQ("tile 16", Read(SampleDevice(), "conv 3x3"));
  EXPECT_EQ("tile 2", Read(other, "conv 3x3"));
  EXPECT_TRUE(VerifyCacheFile(path_).ok());
}

TEST_F(TuningTest, OfAllDevices) {
  DeviceIdentity other = SampleDevice();
  other.name = "another GPU";
  Write(SampleDevice(), "conv", "tile 8");
  Write(SampleDevice(), "pool", "tile 4");
  Write(other, "conv", "tile 2");
  const auto values = [](const CacheStore& store) {
    std::map<std::string, std::string> by_name;
    for (const CacheStore::DeviceTuning& found : store.FindTuningOfAllDevices("conv")) {
      EXPECT_TRUE(by_name.emplace(found.device.name, found.value).second) << found.device.name;
    }
    return by_name;
  };
  using Values = std::map<std::string, std::string>;
  const auto store = CacheStore::Open(path_);
  EXPECT_EQ((Values{{SampleDevice().name, "tile 8"}, {other.name, "tile 2"}}), values(*store));
  // What was added since stands for what is in the file.
  DeviceIdentity third = SampleDevice();
  third.name = "a third GPU";
  ASSERT_TRUE(store->AddTuning(other, "conv", "tile 16").ok());
  ASSERT_TRUE(store->AddTuning(third, "conv", "tile 1").ok());
  EXPECT_EQ(
      (Values{{SampleDevice().name, "tile 8"}, {other.name, "tile 16"}, {third.name, "tile 1"}}),
      values(*store));
  EXPECT_TRUE(store->FindTuningOfAllDevices("no such key").empty());
}

TEST_F(TuningTest, AnyPartOfTheDeviceMatters) {
  Write(SampleDevice(), "conv", "a");
  for (std::string DeviceIdentity::*field :
       {&DeviceIdentity::name, &DeviceIdentity::vendor_name, &DeviceIdentity::device_version,
        &DeviceIdentity::driver_version, &DeviceIdentity::platform_name,
        &DeviceIdentity::platform_version}) {
    DeviceIdentity device = SampleDevice();
    device.*field += "x";
    EXPECT_EQ("none", Read(device, "conv"));
  }
}

TEST_F(TuningTest, ANewDriversRecordTakesTheOldOnesPlace) {
  Write(SampleDevice("1.0"), "conv", "old");
  Write(SampleDevice("1.0"), "pool", "kept");
  Write(SampleDevice("2.0"), "conv", "new");
  EXPECT_EQ("none", Read(SampleDevice("1.0"), "conv"));
  EXPECT_EQ("kept", Read(SampleDevice("1.0"), "pool"));
  EXPECT_EQ("new", Read(SampleDevice("2.0"), "conv"));
}

TEST_F(TuningTest, AnyBytesUpToTheLimit) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  Write(SampleDevice(), bytes, bytes);
  EXPECT_EQ(bytes, Read(SampleDevice(), bytes));
  const std::string longest(kLargestText, '\0');
  Write(SampleDevice(), longest, longest);
  EXPECT_EQ(longest, Read(SampleDevice(), longest));
  Write(SampleDevice(), "empty", "");
  EXPECT_EQ("", Read(SampleDevice(), "empty"));

  auto store = CacheStore::Open(path_);
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
           {"", "v"}, {longest + "x", "v"}, {"k", longest + "x"}}) {
    const Status status = store->AddTuning(SampleDevice(), key, value);
    EXPECT_EQ(StatusCode::kInvalidArgument, status.code());
    EXPECT_TRUE(StartsWith(status.message(), path_)) << status.message();
  }
  EXPECT_FALSE(store->dirty());
}

TEST_F(TuningTest, WhatTheFileHoldsAlreadyWritesNothing) {
  Write(SampleDevice(), "conv", "a");
  EXPECT_EQ(1u, Generation());
  Write(SampleDevice(), "conv", "a");
  EXPECT_EQ(1u, Generation());
  auto store = CacheStore::Open(path_);
  ASSERT_TRUE(store->AddTuning(SampleDevice(), "conv", "b").ok());
  EXPECT_TRUE(store->dirty());
  ASSERT_TRUE(store->AddTuning(SampleDevice(), "conv", "a").ok());  // Thought better of it.
  EXPECT_FALSE(store->dirty());
  EXPECT_EQ("a", store->FindTuning(SampleDevice(), "conv").value_or("none"));
}

TEST_F(TuningTest, RecordsAndProgramsShareTheFileAndItsLimit) {
  CacheStoreOptions options;
  options.size_limit = 40000;
  auto store = CacheStore::Open(path_, options);
  ASSERT_TRUE(store->AddProgram(SampleProgram(1)).ok());
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(
        store->AddTuning(SampleDevice(), "conv " + std::to_string(i), std::string(1000, 'v')).ok());
  }
  ASSERT_TRUE(store->Flush().ok());
  EXPECT_GT(store->counters().evicted, 0u);
  auto file = RandomAccessFile::Open(path_);
  ASSERT_TRUE(file.ok());
  EXPECT_LE((*file)->size(), options.size_limit);
  EXPECT_TRUE(VerifyCacheFile(path_).ok());
  // A second generation finds the newest still there.
  const uint32_t before = Generation();
  Write(SampleDevice(), "pool", "kept");
  EXPECT_EQ(before + 1, Generation());
  EXPECT_EQ("kept", Read(SampleDevice(), "pool"));
}

TEST_F(TuningTest, ManyDevicesStayWithinTheHeader) {
  auto store = CacheStore::Open(path_);
  for (int i = 0; i < 60; ++i) {  // 60 × 24 KiB of device texts: above the header's 1 MiB.
    DeviceIdentity device = SampleDevice(std::to_string(i));
    device.name = "device " + std::to_string(i);
    device.name.resize(kLargestDeviceText, ' ');
    device.vendor_name = device.device_version = device.platform_name = device.platform_version =
        std::string(kLargestDeviceText, 'x');
    ASSERT_TRUE(store->AddTuning(device, "conv", "a").ok());
  }
  const Status status = store->Flush();
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_GT(store->counters().evicted, 0u);
  EXPECT_LT(store->counters().evicted, 20u);
  EXPECT_TRUE(VerifyCacheFile(path_).ok());
}

}  // namespace
}  // namespace mace
