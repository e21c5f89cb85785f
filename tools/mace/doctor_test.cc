// `mace doctor` on machines that lack something: no loader, no drivers, drivers that do not load.
// No OpenCL device is needed.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "mace/base/files.h"
#include "mace/mace.h"
#include "tools/mace/child_process.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/test_support.h"
#include "tools/mace/tiny_network.h"

namespace mace {
namespace {

// The findings of `area` whose level is `level`, each with its advice behind it.
std::string FindingsOf(const Json& json, const std::string& level, const std::string& area) {
  std::string text;
  for (const Json& finding : json["findings"]) {
    if (finding["level"] != level || finding["area"] != area) continue;
    text += finding["what"].get<std::string>() + " -> " +
            (finding["advice"].is_null() ? "" : finding["advice"].get<std::string>()) + "\n";
  }
  return text;
}

void ExpectIn(const std::string& part, const std::string& text) {
  EXPECT_NE(text.find(part), std::string::npos) << "expected '" << part << "' in:\n" << text;
}

// The doctor's JSON where no device works: code 4, and every problem has an advice.
Json SickJson(const Environment& environment) {
  const std::string file = FreshFolder("doctor") + "/doctor.json";
  const CommandResult result = RunMace({"doctor", "--json", file}, environment);
  ExpectRefused(result, kExitDeviceError, "no OpenCL device works");
  const Json json = Json::parse(ReadText(file), nullptr, false);
  EXPECT_TRUE(json.is_object());
  EXPECT_EQ(json["works"], false);
  EXPECT_TRUE(json["devices"].empty());
  EXPECT_GT(json["problems"].get<size_t>(), 0u);
  for (const Json& finding : json["findings"]) {
    EXPECT_EQ(finding.size(), 4u) << finding;
    EXPECT_TRUE(finding["level"] != "problem" || finding["advice"].is_string()) << finding;
  }
  ExpectIn("problem", result.out);
  return json;
}

// A file in place of the loader that is no library: as without one, the command must start, which
// it could not if it were linked with the loader.
TEST(Doctor, SaysWhatToDoWithoutALoader) {
  const std::string folder = FreshFolder("no_loader");
  WriteText(folder + "/libOpenCL.so.1", "no library");
  const Environment environment = {{"LD_LIBRARY_PATH", folder}};
  const Json json = SickJson(environment);
  ExpectIn("does not load", FindingsOf(json, "problem", "loader"));
  ExpectIn("ocl-icd-libopencl1", FindingsOf(json, "problem", "loader"));
  ExpectIn("LD_LIBRARY_PATH", FindingsOf(json, "note", "environment"));
  const std::string digits = ProjectFile("models/digits/digits.pb");
  EXPECT_EQ(RunMace({"run", digits, "--device", "cpu"}, environment).exit_code, kExitDone);
  ExpectRefused(RunMace({"run", digits}, environment), kExitDeviceError, "no OpenCL");
  ExpectRefused(RunMace({"devices"}, environment), kExitDeviceError, "no OpenCL device");
}

TEST(Doctor, SaysWhatToDoWithoutDrivers) {
  const std::string folder = FreshFolder("no_drivers");
  const Json json = SickJson({{"OCL_ICD_VENDORS", folder}});
  ExpectIn("no driver is installed: " + folder, FindingsOf(json, "problem", "driver"));
  ExpectIn("OCL_ICD_VENDORS", FindingsOf(json, "problem", "driver"));
  ExpectIn("libOpenCL", FindingsOf(json, "ok", "loader"));
}

TEST(Doctor, ExplainsVariables) {
  const Json json = SickJson({{"OCL_ICD_VENDORS", FreshFolder("variables")},
                              {"NVIDIA_DRIVER_CAPABILITIES", "utility"},
                              {"POCL_DEVICES", "basic"}});
  ExpectIn("leaves out compute", FindingsOf(json, "warning", "environment"));
  ExpectIn("POCL_DEVICES=basic", FindingsOf(json, "note", "environment"));
}

TEST(Doctor, NamesTheDriverWhoseLibraryIsMissing) {
  const std::string folder = FreshFolder("missing");
  WriteText(folder + "/nvidia.icd", "libnvidia-opencl.so.999\n");
  WriteText(folder + "/empty.icd", "\n");
  WriteText(folder + "/other.icd", "libm.so.6\n");
  const std::string problems =
      FindingsOf(SickJson({{"OCL_ICD_VENDORS", folder}}), "problem", "driver");
  ExpectIn("nvidia.icd: libnvidia-opencl.so.999 does not load", problems);
  ExpectIn("install nvidia-opencl-icd", problems);
  ExpectIn("empty.icd names no library", problems);
  ExpectIn("is no OpenCL driver", problems);
}

TEST(Doctor, NamesALayerThatDoesNotLoad) {
  const std::string folder = FreshFolder("layer");
  const Json json =
      SickJson({{"OCL_ICD_VENDORS", folder}, {"OPENCL_LAYERS", "/none/layer.so:libm.so.6"}});
  ExpectIn("/none/layer.so does not load", FindingsOf(json, "problem", "layer"));
  ExpectIn("is no layer", FindingsOf(json, "problem", "layer"));
}

TEST(Doctor, JudgesTheFoldersOfPrograms) {
  const std::string folder = FreshFolder("folders");
  WriteText(folder + "/cache.bin", "");
  std::filesystem::permissions(folder + "/cache.bin", std::filesystem::perms(0666));
  std::filesystem::create_directory(folder + "/open");
  std::filesystem::permissions(folder + "/open", std::filesystem::perms(0777));
  const CommandResult result =
      RunMace({"doctor", "--cache", folder + "/cache.bin", "--json", "-"},
              {{"OCL_ICD_VENDORS", folder}, {"POCL_CACHE_DIR", folder + "/open"}, {"HOME", ""}});
  const std::string warnings = FindingsOf(result.OutJson(), "warning", "folder");
  ExpectIn("may be written by others", warnings);
  ExpectIn("chmod go-w", warnings);
  ExpectIn(folder + "/open can be changed by another user", warnings);
  ExpectIn("HOME is not set", warnings);
}

TEST(Doctor, RefusesBadUse) {
  ExpectRefused(RunMace({"doctor", "--timeout", "0"}), kExitBadUse, "--timeout");
  ExpectRefused(RunMace({"doctor", "model.pb"}), kExitBadUse, "model.pb");
}

TEST(TinyNetwork, GivesShares) {
  const std::string bytes = TinyNetwork();
  const StatusOr<Model> model = Model::FromBytes({bytes.data(), bytes.size(), {}});
  ASSERT_TRUE(model.ok()) << model.status().message();
  CompileOptions options;
  options.device = "cpu";
  StatusOr<CompiledModel> compiled = CompiledModel::Compile(*model, options);
  ASSERT_TRUE(compiled.ok()) << compiled.status().message();
  const HostTensor output = RunOrFail(&*compiled, {RandomFloats({1, 3, 24, 24}, 1)})[0];
  float sum = 0, least = 1, most = 0;
  for (int64_t i = 0; i < output.shape().elements(); ++i) {
    sum += output.f32()[i];
    least = std::min(least, output.f32()[i]);
    most = std::max(most, output.f32()[i]);
  }
  EXPECT_NEAR(sum, 1, 1e-5);
  // A network whose outputs are all alike would compare nothing.
  EXPECT_GT(most - least, 0.1);
}

TEST(RunInChild, GivesTheTextAndWhatWasPrinted) {
  const ChildResult result = RunInChild(
      [] {
        std::fputs("a message\n", stderr);
        return std::string(100000, 'x');
      },
      60);
  EXPECT_TRUE(result.completed) << result.HowItEnded();
  EXPECT_EQ(result.text.size(), 100000u);
  EXPECT_EQ(result.output, "a message");
  EXPECT_EQ(result.exit_code, 0);
}

TEST(RunInChild, SurvivesACrashAHangAndAnExit) {
  const ChildResult crash = RunInChild([]() -> std::string { std::abort(); }, 60);
  EXPECT_FALSE(crash.completed);
  ExpectIn("crashed", crash.HowItEnded());
  const ChildResult hang = RunInChild(
      []() -> std::string {
        while (true) pause();
      },
      1);
  EXPECT_FALSE(hang.completed);
  ExpectIn("did not answer in time", hang.HowItEnded());
  const ChildResult exits = RunInChild([]() -> std::string { _exit(7); }, 60);
  EXPECT_FALSE(exits.completed);
  ExpectIn("code 7", exits.HowItEnded());
}

}  // namespace
}  // namespace mace
