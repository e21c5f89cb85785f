#include "mace/kernel/device_info_text.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace mace {
namespace {

DeviceInfo SomeDevice() {
  DeviceInfo device;
  device.kind = DeviceKind::kCpu;
  device.vendor = DeviceVendor::kPocl;
  device.compute_units = 2;
  device.global_memory_bytes = UINT64_MAX;
  device.max_work_item_sizes[1] = 4096;
  device.images = true;
  device.half_images = false;
  device.byte_products = ByteProducts::kVnni;
  device.compute_capability = 90;
  return device;
}

TEST(DeviceInfoText, IsReadBack) {
  const std::string text = DeviceInfoText(SomeDevice());
  const std::optional<DeviceInfo> read = ParseDeviceInfo(text);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(text, DeviceInfoText(*read));
  EXPECT_EQ(DeviceKind::kCpu, read->kind);
  EXPECT_EQ(DeviceVendor::kPocl, read->vendor);
  EXPECT_EQ(2u, read->compute_units);
  EXPECT_EQ(UINT64_MAX, read->global_memory_bytes);
  EXPECT_EQ(4096u, read->max_work_item_sizes[1]);
  EXPECT_TRUE(read->images);
  EXPECT_FALSE(read->half_images);
  EXPECT_EQ(ByteProducts::kVnni, read->byte_products);
  EXPECT_EQ(90u, read->compute_capability);
}

TEST(DeviceInfoText, TellsDevicesApart) {
  DeviceInfo other = SomeDevice();
  other.cache_bytes = 1;
  EXPECT_NE(DeviceInfoText(SomeDevice()), DeviceInfoText(other));
}

TEST(DeviceInfoText, EveryTextThatIsCutShortIsRefused) {
  const std::string text = DeviceInfoText(SomeDevice());
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(ParseDeviceInfo(text.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(ParseDeviceInfo(text + "more 1\n").has_value());
}

TEST(DeviceInfoText, NumbersOutOfRangeAreRefused) {
  const auto with = [](const std::string& from, const std::string& to) {
    std::string text = DeviceInfoText(SomeDevice());
    return text.replace(text.find(from), from.size(), to);
  };
  EXPECT_TRUE(ParseDeviceInfo(with("compute_units 2\n", "compute_units 3\n")).has_value());
  EXPECT_FALSE(ParseDeviceInfo(with("compute_units 2\n", "compute_units 4294967296\n")));
  EXPECT_FALSE(ParseDeviceInfo(with("compute_units 2\n", "compute_units -2\n")));
  EXPECT_FALSE(ParseDeviceInfo(with("compute_units 2\n", "compute_units 2 \n")));
  EXPECT_FALSE(ParseDeviceInfo(with("kind 1\n", "kind 3\n")));
  EXPECT_FALSE(ParseDeviceInfo(with("images 1\n", "images 2\n")));
  EXPECT_FALSE(ParseDeviceInfo(with("images 1\n", "pictures 1\n")));
}

}  // namespace
}  // namespace mace
