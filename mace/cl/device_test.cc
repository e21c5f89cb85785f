// Choosing a device needs no driver.
#include "mace/cl/device.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

ClDeviceEntry Entry(const std::string& name, const std::string& platform, DeviceKind kind,
                    uint32_t units) {
  ClDeviceEntry entry;
  entry.info.name = name;
  entry.info.platform_name = platform;
  entry.info.kind = kind;
  entry.info.compute_units = units;
  entry.info.clock_mhz = 1000;
  return entry;
}

std::vector<ClDeviceEntry> Host() {
  return {Entry("pthread-Xeon", "Portable Computing Language", DeviceKind::kCpu, 64),
          Entry("Small GPU", "Vendor A", DeviceKind::kGpu, 8),
          Entry("Board", "Vendor B", DeviceKind::kAccelerator, 100),
          Entry("Big GPU", "Vendor C", DeviceKind::kGpu, 132)};
}

size_t Chosen(const std::string& spec) {
  StatusOr<size_t> index = ChooseDevice(Host(), spec);
  EXPECT_TRUE(index.ok()) << spec << ": " << index.status().message();
  return index.ok() ? *index : 99;
}

TEST(ChooseDeviceTest, PrefersTheFastestGpuToACpuDriverThatIsListedFirst) {
  EXPECT_EQ(3u, Chosen("gpu"));
}

TEST(ChooseDeviceTest, TakesAnIndexOrAPartOfAName) {
  EXPECT_EQ(0u, Chosen("gpu:0"));
  EXPECT_EQ(2u, Chosen("gpu:2"));
  EXPECT_EQ(1u, Chosen("gpu:sMaLL"));
  EXPECT_EQ(0u, Chosen("gpu:portable"));
  EXPECT_EQ(3u, Chosen("gpu:gpu"));
}

TEST(ChooseDeviceTest, SaysWhatThereIs) {
  for (const char* spec : {"gpu:4", "gpu:999999", "gpu:Riva"}) {
    const Status status = ChooseDevice(Host(), spec).status();
    EXPECT_EQ(StatusCode::kNotFound, status.code()) << spec;
    EXPECT_NE(std::string::npos, status.message().find("3 Big GPU")) << status.message();
  }
}

TEST(ChooseDeviceTest, RefusesOtherWords) {
  for (const char* spec : {"", "gpus", "gpu:", "cuda", "cpu"}) {
    EXPECT_EQ(StatusCode::kInvalidArgument, ChooseDevice(Host(), spec).status().code()) << spec;
  }
}

TEST(ChooseDeviceTest, SaysHowManyThereAre) {
  const std::vector<ClDeviceEntry> devices = Host();
  const std::string count = std::to_string(devices.size());
  const Status status = ChooseDevice(devices, "gpu:77").status();
  EXPECT_NE(std::string::npos, status.message().find("no OpenCL device 77: there are " + count))
      << status.message();
  EXPECT_NE(std::string::npos, status.message().find(devices[0].info.name)) << status.message();
}

TEST(ChooseDeviceTest, WithoutADeviceNamesTheWayOut) {
  const Status status = ChooseDevice({}, "gpu").status();
  EXPECT_EQ(StatusCode::kNotFound, status.code());
  EXPECT_NE(std::string::npos, status.message().find("no OpenCL device")) << status.message();
  EXPECT_NE(std::string::npos, status.message().find("--device cpu")) << status.message();
}

}  // namespace
}  // namespace mace
