// `mace profile` on a device: an event for every launch, peaks that are measured once, and a warm
// profile that neither compiles nor measures.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tools/mace/exit_code.h"
#include "tools/mace/profile_checks.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

class ProfileGpu : public testing::Test {
 protected:
  void SetUp() override {
    if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  }
};

std::string Digits() { return ProjectFile("models/digits/digits.pb"); }

Json ProfileOf(const std::string& model, const std::vector<std::string>& more,
               const Environment& environment = {}) {
  std::vector<std::string> words = {"profile", model, "--iterations", "3", "--json", "-"};
  words.insert(words.end(), more.begin(), more.end());
  const CommandResult result = RunMace(words, environment);
  EXPECT_EQ(result.exit_code, kExitDone) << result.err;
  return result.OutJson();
}

TEST_F(ProfileGpu, TimesEveryLaunchOnTheDevice) {
  for (const std::vector<std::string>& mode : std::vector<std::vector<std::string>>{
           {"--memory", "buffer"}, {"--memory", "image"}, {"--precision", "fp16"}}) {
    SCOPED_TRACE(testing::PrintToString(mode));
    const Json json = ProfileOf(Digits(), mode);
    ExpectProfileJson(json);
    EXPECT_GT(json["launches_per_run"].get<int>(), 0);
    EXPECT_GT(json["replay_ms"]["min"].get<double>(), 0);
    EXPECT_GT(json["peaks"]["gflop_per_s"].get<double>(), 0.01);
    EXPECT_GT(json["peaks"]["gb_per_s"].get<double>(), 0.01);
    const Json run = RunMace({"run", Digits(), "--json", "-", mode[0], mode[1]}).OutJson();
    EXPECT_EQ(json["launches_per_run"], run["launches_per_run"]);
    const Json& memory = json["device_memory"];
    EXPECT_EQ(memory["peak_bytes"], run["peak_device_bytes"]);
    EXPECT_EQ(memory["peak_bytes"].get<size_t>(),
              memory["weight_bytes"].get<size_t>() + memory["activation_bytes"].get<size_t>());
    for (const Json& op : json["ops"]) {
      // The only certain bound of a kernel's time is that it is positive.
      EXPECT_GT(op["ms"].get<double>(), 0) << op;
      EXPECT_EQ(op["roof_share"].is_null(), op["bytes"].get<double>() == 0) << op;
    }
  }
}

TEST_F(ProfileGpu, TraceAndPageOfAWholeNetwork) {
  const std::string folder = FreshFolder("profile");
  const Json json = ProfileOf(MadeModel("mobilenet_v2.pb"),
                              {"--trace", folder + "/trace.json", "--html", folder + "/page.html"});
  ExpectProfileJson(json);
  const Json trace = Json::parse(ReadText(folder + "/trace.json"), nullptr, false);
  ExpectTrace(trace);
  size_t on_device = 0;
  for (const Json& event : trace["traceEvents"]) {
    if (event["ph"] == "X" && event["tid"] == 2) ++on_device;
  }
  // Every launch and both copies of each run.
  EXPECT_EQ(on_device, 3 * (json["timed_launches"].get<size_t>() + 2));
  ExpectPage(ReadText(folder + "/page.html"));
}

TEST_F(ProfileGpu, WarmMeasuresNoPeakAndCompilesNothing) {
  const std::string folder = FreshFolder("warm"), cache = folder + "/cache.bin";
  const Json cold = ProfileOf(Digits(), {"--cache", cache});
  EXPECT_EQ(cold["peaks"]["recorded"], false);
  const std::string counts = folder + "/counts";
  const Json warm = ProfileOf(Digits(), {"--cache", cache},
                              {{"MACE_REQUIRE_CACHE", "1"},
                               {"OPENCL_LAYERS", CountingLayer()},
                               {"MACE_COUNT_FILE", counts}});
  EXPECT_EQ(warm["cache_status"], "warm");
  EXPECT_EQ(warm["peaks"]["recorded"], true);
  // The cache file keeps six digits.
  const double peak = cold["peaks"]["gflop_per_s"].get<double>();
  EXPECT_NEAR(warm["peaks"]["gflop_per_s"].get<double>(), peak, 1e-5 * peak);
  std::map<std::string, int> calls = ReadCounts(counts);
  EXPECT_GT(calls["clEnqueueNDRangeKernel"], 0);
  EXPECT_EQ(calls["source_builds"], 0);
}

// The cache file has the model's program and no peaks: the profile is made without them.
TEST_F(ProfileGpu, WithoutPermissionToCompileThePeaksAreLeftOut) {
  const std::string cache = FreshFolder("no_peaks") + "/cache.bin";
  ASSERT_EQ(RunMace({"run", Digits(), "--memory", "image", "--cache", cache}).exit_code, kExitDone);
  const CommandResult result = RunMace({"profile", Digits(), "--memory", "image", "--cache", cache,
                                        "--iterations", "1", "--json", "-"},
                                       {{"MACE_REQUIRE_CACHE", "1"}});
  ASSERT_EQ(result.exit_code, kExitDone) << result.err;
  const Json json = result.OutJson();
  ExpectProfileJson(json);
  EXPECT_TRUE(json["peaks"].is_null());
  EXPECT_NE(result.err.find("MACE_REQUIRE_CACHE"), std::string::npos) << result.err;
}

TEST_F(ProfileGpu, ADeviceThatIsNotThereIsCodeFour) {
  ExpectRefused(RunMace({"profile", Digits(), "--device", "gpu:no such device"}), kExitDeviceError,
                "no such device");
}

}  // namespace
}  // namespace mace
