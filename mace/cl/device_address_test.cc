#include "mace/cl/device_address.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

std::vector<ClDeviceEntry> TwoDevices() {
  std::vector<ClDeviceEntry> devices(3);
  devices[1].uuid = "00010203-0405-0607-0809-0a0b0c0d0e0f";
  devices[1].pci_address = "0000:01:00.0";
  devices[2].uuid = "f0010203-0405-0607-0809-0a0b0c0d0e0f";
  devices[2].pci_address = "0001:c1:1f.3";
  return devices;
}

TEST(DeviceAddress, IsWrittenAsToolsDo) {
  unsigned char bytes[16];
  for (unsigned char i = 0; i < 16; ++i) bytes[i] = i;
  EXPECT_EQ("00010203-0405-0607-0809-0a0b0c0d0e0f", UuidText(bytes));
  EXPECT_EQ("0001:c1:1f.3", PciText(1, 0xc1, 0x1f, 3));
}

TEST(DeviceAddress, NamesADevice) {
  const std::vector<ClDeviceEntry> devices = TwoDevices();
  for (const char* const spec :
       {"uuid:00010203-0405-0607-0809-0a0b0c0d0e0f", "uuid:000102030405060708090A0B0C0D0E0F",
        "pci:0000:01:00.0", "pci:00000000:01:00.0", "pci:01:00.0"}) {
    const StatusOr<size_t> found = ChooseDevice(devices, spec);
    ASSERT_TRUE(found.ok()) << found.status().message();
    EXPECT_EQ(1u, *found) << spec;
  }
  for (const char* const spec :
       {"uuid:f0010203-0405-0607-0809-0a0b0c0d0e0f", "pci:1:C1:1F.3", "pci:0001:c1:1f.3"}) {
    const StatusOr<size_t> found = ChooseDevice(devices, spec);
    ASSERT_TRUE(found.ok()) << found.status().message();
    EXPECT_EQ(2u, *found) << spec;
  }
}

TEST(DeviceAddress, ThatNobodyHasIsNotFound) {
  const Status uuid =
      ChooseDevice(TwoDevices(), "uuid:99010203-0405-0607-0809-0a0b0c0d0e0f").status();
  EXPECT_EQ(StatusCode::kNotFound, uuid.code());
  EXPECT_NE(std::string::npos, uuid.message().find("1 00010203-0405")) << uuid.message();
  const Status pci = ChooseDevice(TwoDevices(), "pci:05:00.0").status();
  EXPECT_EQ(StatusCode::kNotFound, pci.code());
  EXPECT_NE(std::string::npos, pci.message().find("2 0001:c1:1f.3")) << pci.message();
  const Status none = ChooseDevice(std::vector<ClDeviceEntry>(1), "pci:05:00.0").status();
  EXPECT_NE(std::string::npos, none.message().find("no driver tells one")) << none.message();
}

TEST(DeviceAddress, ThatIsNoneIsRefused) {
  for (const char* const spec : {"uuid:", "uuid:0001", "uuid:zz010203-0405-0607-0809-0a0b0c0d0e0f",
                                 "pci:", "pci:01", "pci:01:00", "pci:01:00.0x", "pci:g1:00.0"}) {
    EXPECT_EQ(StatusCode::kInvalidArgument, ChooseDevice(TwoDevices(), spec).status().code())
        << spec;
  }
}

}  // namespace
}  // namespace mace
