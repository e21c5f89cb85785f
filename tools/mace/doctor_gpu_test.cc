// `mace doctor` with a device, and with drivers that crash, hang or end the process.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tools/mace/exit_code.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

void ExpectIn(const std::string& part, const std::string& text) {
  EXPECT_NE(text.find(part), std::string::npos) << "expected '" << part << "' in:\n" << text;
}

// A folder of .icd files for the bad driver and for PoCL.
std::string VendorsWithBadDriver(const std::string& name) {
  const std::string folder = FreshFolder(name);
  WriteText(folder + "/bad.icd",
            ProjectFile("mace/testing/bad_driver/libmace_bad_driver.so") + "\n");
  std::filesystem::copy_file("/etc/OpenCL/vendors/pocl.icd", folder + "/pocl.icd");
  return folder;
}

bool HasPocl() { return std::filesystem::exists("/etc/OpenCL/vendors/pocl.icd"); }

TEST(Doctor, FindsThatTheDeviceComputes) {
  if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  const CommandResult result = RunMace({"doctor", "--json", "-"});
  ASSERT_EQ(result.exit_code, kExitDone) << result.err;
  const Json json = result.OutJson();
  EXPECT_EQ(json["works"], true);
  ASSERT_FALSE(json["devices"].empty());
  size_t right = 0;
  for (const Json& device : json["devices"]) {
    const Json& float32 = device["float32"];
    if (float32["verdict"] != "right") continue;
    ++right;
    EXPECT_GT(float32["compile_ms"].get<double>(), 0);
    EXPECT_LE(float32["max_abs_error"].get<double>(), float32["limit"].get<double>());
    if (device["half_images"] == true) {
      EXPECT_EQ(device["float16"]["verdict"], "right") << device;
    }
  }
  EXPECT_GT(right, 0u);
  ExpectIn("compiled in", result.err);
}

// A device whose launches fail is a problem of the device, and not of the doctor.
TEST(Doctor, SaysThatADeviceFails) {
  if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  const CommandResult result = RunMace(
      {"doctor"},
      {{"OPENCL_LAYERS", CountingLayer()}, {"MACE_COUNT_FAIL", "clEnqueueNDRangeKernel=-5"}});
  EXPECT_EQ(result.exit_code, kExitDeviceError) << result.out;
  ExpectIn("problem  device", result.out);
  ExpectIn("sees every OpenCL call", result.out);
}

TEST(Doctor, NamesTheDriverThatCrashesHangsOrExits) {
  if (!HasPocl()) GTEST_SKIP() << "no PoCL";
  for (const std::string behaviour : {"crash", "hang", "exit"}) {
    SCOPED_TRACE(behaviour);
    const std::string folder = VendorsWithBadDriver("bad_" + behaviour);
    const CommandResult result =
        RunMace({"doctor", "--timeout", behaviour == "hang" ? "8" : "60"},
                {{"OCL_ICD_VENDORS", folder}, {"MACE_BAD_DRIVER", behaviour}});
    EXPECT_EQ(result.exit_code, kExitDeviceError) << result.out;
    ExpectIn("the driver of " + folder + "/bad.icd fails", result.out);
    ExpectIn("export OCL_ICD_VENDORS=" + folder + "/pocl.icd", result.out);
    if (behaviour == "crash") {
      ExpectIn("it printed: bad driver: about to crash", result.out);
    }
    // What the doctor advises helps.
    const CommandResult helped = RunMace(
        {"devices"}, {{"OCL_ICD_VENDORS", folder + "/pocl.icd"}, {"MACE_BAD_DRIVER", behaviour}});
    EXPECT_EQ(helped.exit_code, kExitDone) << helped.err;
  }
}

}  // namespace
}  // namespace mace
