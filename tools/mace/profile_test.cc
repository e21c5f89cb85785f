// `mace profile` without an OpenCL device: its JSON, trace and page from the CPU reference, and its
// errors.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tools/mace/exit_code.h"
#include "tools/mace/profile_checks.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

std::string Digits() { return ProjectFile("models/digits/digits.pb"); }

CommandResult ProfileOnCpu(const std::vector<std::string>& more) {
  std::vector<std::string> words = {"profile", Digits(), "--device", "cpu", "--iterations", "3"};
  words.insert(words.end(), more.begin(), more.end());
  return RunMace(words);
}

TEST(ProfileCpu, JsonHasEveryKeyAndAddsUp) {
  const CommandResult result = ProfileOnCpu({"--json", "-"});
  ASSERT_EQ(result.exit_code, kExitDone) << result.err;
  const Json json = result.OutJson();
  ExpectProfileJson(json);
  EXPECT_EQ(json["iterations"], 3);
  EXPECT_EQ(json["device"], "cpu reference");
  for (const char* key : {"driver", "memory", "replay_ms", "peaks", "device_memory"}) {
    EXPECT_TRUE(json[key].is_null()) << key;
  }
  EXPECT_EQ(json["launches_per_run"], 0);
  for (const Json& op : json["ops"]) {
    EXPECT_EQ(op["variant"], "cpu");
    EXPECT_EQ(op["ms"], op["host_ms"]);
    EXPECT_TRUE(op["roof_share"].is_null());
  }
  // A run takes at least the sum of its parts, but medians of parts may sum up to a little more
  // than the run's median.
  EXPECT_LE(json["ops_ms"].get<double>(), 2 * json["run_ms"].get<double>());
  EXPECT_NE(result.err.find("Conv2D"), std::string::npos) << "no table on stderr: " << result.err;
}

TEST(ProfileCpu, CountsTheWorkOfEachOp) {
  const Json json = ProfileOnCpu({"--json", "-"}).OutJson();
  double flops = 0;
  for (const Json& op : json["ops"]) {
    flops += op["flops"].get<double>();
    if (op["type"] != "Conv2D" || op["name"] != "conv_1/Relu6") continue;
    // A 3x3 convolution from 1 to 16 channels at 8 x 8: a multiply and an add each, plus the bias.
    EXPECT_NEAR(op["flops"].get<double>(), 2.0 * 64 * 16 * 9, 3.0 * 64 * 16);
    EXPECT_EQ(op["outputs"], "[1, 8, 8, 16]");
  }
  EXPECT_EQ(json["flops"].get<double>(), flops);
  const Json inspected = RunMace({"inspect", Digits(), "--json", "-"}).OutJson();
  EXPECT_EQ(inspected["flops"].get<double>(), flops);
}

TEST(ProfileCpu, TheTraceHasASliceForEachStepOfEachRun) {
  const std::string folder = FreshFolder("trace");
  const CommandResult result =
      ProfileOnCpu({"--trace", folder + "/trace.json", "--json", folder + "/profile.json"});
  ASSERT_EQ(result.exit_code, kExitDone) << result.err;
  EXPECT_EQ(result.err, "");
  const Json profile = Json::parse(ReadText(folder + "/profile.json"), nullptr, false);
  const Json trace = Json::parse(ReadText(folder + "/trace.json"), nullptr, false);
  ASSERT_FALSE(profile.is_discarded());
  ExpectTrace(trace);
  size_t slices = 0;
  for (const Json& event : trace["traceEvents"]) {
    if (event["ph"] == "X" && event["name"] != "run") ++slices;
  }
  EXPECT_EQ(slices, 3 * profile["ops"].size());
}

TEST(ProfileCpu, ThePageNeedsNothingElse) {
  const std::string file = FreshFolder("page") + "/profile.html";
  ASSERT_EQ(ProfileOnCpu({"--html", file}).exit_code, kExitDone);
  ExpectPage(ReadText(file));
}

// A name of the model must not be interpreted as a part of the page.
TEST(ProfileCpu, ANameCannotEndThePagesScript) {
  const std::string folder = FreshFolder("name");
  const std::string name = folder + "/<script>alert(1)</script>";
  std::filesystem::create_directories(name.substr(0, name.rfind('/')));
  const std::string model = name + ".pb";
  WriteText(model, ReadText(Digits()));
  WriteText(name + ".data", ReadText(ProjectFile("models/digits/digits.data")));
  const CommandResult result = RunMace(
      {"profile", model, "--device", "cpu", "--iterations", "1", "--html", folder + "/page.html"});
  ASSERT_EQ(result.exit_code, kExitDone) << result.err;
  ExpectPage(ReadText(folder + "/page.html"));
}

TEST(ProfileRefuses, BadUseIsCodeTwo) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> uses = {
      {{"profile"}, "model"},
      {{"profile", Digits(), "--iterations", "0"}, "--iterations"},
      {{"profile", Digits(), "--trace", "-"}, "--trace"},
      {{"profile", Digits(), "--html", "-"}, "--html"},
      {{"profile", Digits(), "--device", "abacus"}, "abacus"},
  };
  for (const auto& [words, part] : uses) ExpectRefused(RunMace(words), kExitBadUse, part);
}

TEST(ProfileRefuses, BadModelsInputsAndFilesAreCodeThree) {
  const std::string folder = FreshFolder("refused");
  WriteText(folder + "/file", "in the way");
  ExpectRefused(RunMace({"profile", folder + "/none.pb", "--device", "cpu"}), kExitBadModelOrInput,
                "none.pb");
  ExpectRefused(ProfileOnCpu({"--input", "picture=" + folder + "/none.npy"}), kExitBadModelOrInput,
                "picture");
  for (const char* flag : {"--trace", "--html", "--json"}) {
    ExpectRefused(ProfileOnCpu({flag, folder + "/file/below"}), kExitBadModelOrInput,
                  folder + "/file");
    ExpectRefused(ProfileOnCpu({flag, folder}), kExitBadModelOrInput, folder);
  }
  EXPECT_EQ(ReadText(folder + "/file"), "in the way");
}

}  // namespace
}  // namespace mace
