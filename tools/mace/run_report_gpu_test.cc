// The results of `mace run`: JSON with every documented key, outputs in their declared shapes, and
// the same answer on all devices.
#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "mace/base/files.h"
#include "mace/base/npy.h"
#include "mace/base/strings.h"
#include "mace/graph/difference.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

std::string Digits() { return ProjectFile("models/digits/digits.pb"); }
std::string Sample() { return ProjectFile("models/digits/samples/digit_3.npy"); }

// "key", or "key.inner" for a member of an object.
const char* const kKeys[] = {"model",
                             "device",
                             "driver",
                             "memory",
                             "precision",
                             "init_ms",
                             "device_open_ms",
                             "program_ms",
                             "first_output_ms",
                             "start_parts",
                             "latency_ms.mean",
                             "latency_ms.min",
                             "latency_ms.p50",
                             "latency_ms.p90",
                             "latency_ms.p99",
                             "latency_ms.n",
                             "launches_per_run",
                             "ops.gpu_image",
                             "ops.gpu_buffer",
                             "ops.cpu",
                             "ops.folded",
                             "ops.cpu_ops",
                             "cache.file",
                             "cache.status",
                             "cache.reason",
                             "cache.hits",
                             "cache.misses",
                             "cache.built_from_source",
                             "cache.loaded_bytes",
                             "cache.written_ms",
                             "peak_device_bytes",
                             "peak_rss_bytes",
                             "outputs"};

void ExpectAllKeys(const Json& json) {
  for (const std::string key : kKeys) {
    const std::vector<std::string> path = Split(key, '.');
    const Json* place = &json;
    for (const std::string& name : path) {
      ASSERT_TRUE(place->is_object() && place->contains(name)) << "no key " << key;
      place = &(*place)[name];
    }
  }
  for (const Json& op : json["ops"]["cpu_ops"]) {
    for (const char* key : {"name", "type", "why"})
      EXPECT_TRUE(op.contains(key) && op[key].is_string()) << op;
  }
  for (const Json& output : json["outputs"]) {
    for (const char* key : {"name", "file", "shape", "dtype", "layout"})
      EXPECT_TRUE(output.contains(key)) << output;
  }
}

CommandResult RunToStdout(const std::vector<std::string>& more) {
  std::vector<std::string> words = {"run", Digits(), "--input", "input=" + Sample(), "--json", "-"};
  words.insert(words.end(), more.begin(), more.end());
  CommandResult result = RunMace(words);
  EXPECT_EQ(result.exit_code, kExitDone) << result.err;
  return result;
}

TEST(RunJson, OnTheGpu) {
  if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  const CommandResult result = RunToStdout({"--iterations", "3", "--warmup", "1"});
  const Json json = result.OutJson();
  ExpectAllKeys(json);
  EXPECT_NE(result.err.find("latency"), std::string::npos) << "no table on stderr: " << result.err;
  EXPECT_EQ(json["latency_ms"]["n"], 3);
  EXPECT_GT(json["launches_per_run"].get<int>(), 0);
  EXPECT_GT(json["ops"]["gpu_image"].get<int>() + json["ops"]["gpu_buffer"].get<int>(), 0);
  EXPECT_GT(json["peak_device_bytes"].get<int64_t>(), 0);
  EXPECT_GT(json["first_output_ms"].get<double>(), json["program_ms"].get<double>());
  EXPECT_GE(json["init_ms"].get<double>(), json["device_open_ms"].get<double>());
  EXPECT_EQ(json["cache"]["status"], "off");
  EXPECT_TRUE(json["cache"]["file"].is_null());
  EXPECT_TRUE(json["cache"]["written_ms"].is_null());
  EXPECT_EQ(json["cache"]["built_from_source"].get<int>(), 1) << "the plan is one program";
  EXPECT_TRUE(json["outputs"][0]["file"].is_null());
}

// The members that benchmarks/start reads.
TEST(RunJson, SaysThePartsOfTheStart) {
  if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  const std::string cache = FreshFolder("parts") + "/cache.bin";
  const Json json = RunToStdout({"--cache", cache}).OutJson();
  ASSERT_TRUE(json["start_parts"].is_array());
  std::map<std::string, double> ends;
  for (const Json& part : json["start_parts"]) {
    EXPECT_LE(part["begin_ms"].get<double>(), part["end_ms"].get<double>()) << part;
    ends[part["name"].get<std::string>()] = part["end_ms"].get<double>();
  }
  for (const char* name :
       {"process", "cache file", "device", "model file", "passes", "plan", "regions", "cache read",
        "programs", "weights", "kernels", "constants", "first run"}) {
    ASSERT_EQ(ends.count(name), 1u) << name << " is missing in " << json["start_parts"];
    EXPECT_LE(ends[name], ends["first run"]) << name;
  }
}

TEST(RunJson, OnTheCpuHasTheSameKeys) {
  const Json json = RunToStdout({"--device", "cpu"}).OutJson();
  ExpectAllKeys(json);
  for (const char* key : {"driver", "memory", "device_open_ms", "program_ms", "peak_device_bytes"})
    EXPECT_TRUE(json[key].is_null()) << key;
  EXPECT_EQ(json["launches_per_run"], 0);
  EXPECT_EQ(json["ops"]["gpu_image"], 0);
  EXPECT_EQ(json["ops"]["gpu_buffer"], 0);
  EXPECT_GT(json["ops"]["cpu"].get<int>(), 0);
  EXPECT_EQ(json["ops"]["cpu"].get<size_t>(), json["ops"]["cpu_ops"].size());
}

TEST(RunJson, IntoAFileLeavesTheTableOnStdout) {
  const std::string file = FreshFolder("json") + "/run.json";
  const CommandResult result = RunMace({"run", Digits(), "--device", "cpu", "--json", file});
  ASSERT_EQ(result.exit_code, kExitDone) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_NE(result.out.find("latency"), std::string::npos);
  const Json json = Json::parse(ReadText(file), nullptr, false);
  ASSERT_FALSE(json.is_discarded());
  ExpectAllKeys(json);
}

TEST(RunOutputs, HaveTheDeclaredShapeAndAreTheSameEverywhere) {
  if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  HostTensor expected;
  for (const std::vector<std::string>& mode :
       std::vector<std::vector<std::string>>{{"--device", "cpu"},
                                             {"--memory", "image"},
                                             {"--memory", "buffer"},
                                             {"--memory", "auto"},
                                             {"--memory", "buffer", "--precision", "fp16"}}) {
    SCOPED_TRACE(testing::PrintToString(mode));
    const std::string folder = JoinPath(FreshFolder("outputs"), "made/by/run");
    std::vector<std::string> words = mode;
    words.insert(words.end(), {"--output-dir", folder});
    const Json json = RunToStdout(words).OutJson();
    ASSERT_EQ(json["outputs"].size(), 1u);
    const Json& output = json["outputs"][0];
    EXPECT_EQ(output["name"], "output");
    EXPECT_EQ(output["file"], folder + "/output.npy");
    EXPECT_EQ(output["shape"], Json({1, 10}));
    EXPECT_EQ(output["dtype"], "float32");
    const StatusOr<NpyArray> array = ReadNpy(folder + "/output.npy");
    ASSERT_TRUE(array.ok()) << array.status().message();
    EXPECT_EQ(array->descr, "<f4");
    EXPECT_EQ(array->shape, (std::vector<int64_t>{1, 10}));
    const HostTensor found = LoadFloats(folder + "/output.npy");
    if (!expected.has_data() || expected.shape().rank() == 0) expected = found;
    const double limit = mode.back() == "fp16" ? 2e-2 : 1e-5;
    EXPECT_LE(Compare(expected, found).max_abs_error, limit);
  }
}

// Every output has its own file and the shape of output_info, which may have another rank than the
// op's.
TEST(RunOutputs, OfAModelWithSeveral) {
  const std::string shared = SharedFolder();
  if (shared.empty()) GTEST_SKIP() << "no reference models at hand";
  const std::string folder = FreshFolder("several");
  const CommandResult result = RunMace({"run", shared + "/models/mace/unet_tiny_gpu_fp32.pb",
                                        "--device", "cpu", "--output-dir", folder, "--json", "-"});
  ASSERT_EQ(result.exit_code, kExitDone) << result.err;
  const Json json = result.OutJson();
  ASSERT_EQ(json["outputs"].size(), 2u);
  EXPECT_EQ(LoadFloats(folder + "/mask.npy").shape(), Shape({1, 48, 64, 5}));
  EXPECT_EQ(LoadFloats(folder + "/prob.npy").shape(), Shape({1, 10}));
}

TEST(RunInputs, AreTheSameSeededNumbersEachTime) {
  const std::string first = FreshFolder("seeded"), second = FreshFolder("seeded");
  for (const std::string& folder : {first, second}) {
    const CommandResult result =
        RunMace({"run", Digits(), "--device", "cpu", "--output-dir", folder});
    ASSERT_EQ(result.exit_code, kExitDone) << result.err;
  }
  EXPECT_EQ(ReadText(first + "/output.npy"), ReadText(second + "/output.npy"));
}

TEST(NoFallback, PassesWhereEveryOpHasAKernel) {
  if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  for (const char* memory : {"image", "buffer"}) {
    const Json json = RunToStdout({"--no-fallback", "--memory", memory}).OutJson();
    EXPECT_EQ(json["ops"]["cpu"], 0) << json["ops"];
  }
}

TEST(CompareGpu, AgreesWithTheCpu) {
  if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  for (const std::vector<std::string>& mode :
       std::vector<std::vector<std::string>>{{}, {"--memory", "image"}, {"--precision", "fp16"}}) {
    std::vector<std::string> words = {"compare", Digits(), "--json", "-"};
    words.insert(words.end(), mode.begin(), mode.end());
    const CommandResult result = RunMace(words);
    EXPECT_EQ(result.exit_code, kExitDone) << result.err;
    const Json json = result.OutJson();
    EXPECT_EQ(json.value("passed", false), true) << json;
    EXPECT_EQ(json.value("against", ""), "cpu");
  }
}

TEST(Inspect, EveryStageOfAModel) {
  const Json summary = RunMace({"inspect", Digits(), "--json", "-"}).OutJson();
  EXPECT_EQ(summary["inputs"][0]["shape"], Json({1, 8, 8, 1}));
  EXPECT_EQ(summary["outputs"][0]["shape"], Json({1, 10}));
  EXPECT_GT(summary["parameters"].get<int64_t>(), 1000);
  EXPECT_GT(summary["flops"].get<double>(), 1000.0);
  for (const char* stage : {"graph", "passes", "variants", "plan"}) {
    const CommandResult result = RunMace({"inspect", Digits(), "--stage", stage});
    EXPECT_EQ(result.exit_code, kExitDone) << result.err;
    EXPECT_NE(result.out.find("Conv2D"), std::string::npos) << stage << ":\n" << result.out;
  }
}

// Each node has one chosen variant or a reason for having none, and measured variants are marked.
TEST(Inspect, VariantsOfEachNode) {
  if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  for (const char* tuning : {"none", "fast"}) {
    const CommandResult result = RunMace(
        {"inspect", Digits(), "--stage", "variants", "--device", "gpu", "--tuning", tuning});
    ASSERT_EQ(result.exit_code, kExitDone) << result.err;
    std::istringstream lines(result.out);
    std::string line;
    size_t nodes = 0, chosen = 0, variants = 0;
    while (std::getline(lines, line)) {
      nodes += line[0] != ' ';
      chosen += line.compare(0, 4, "  * ") == 0;
      variants += line[0] == ' ';
    }
    EXPECT_GE(nodes, 5u) << result.out;
    EXPECT_EQ(chosen, nodes) << result.out;
    EXPECT_GT(variants, nodes) << result.out;
    const bool measured = result.out.find(" ms measured") != std::string::npos;
    EXPECT_EQ(measured, std::string(tuning) == "fast") << result.out;
  }
  const CommandResult cpu = RunMace({"inspect", Digits(), "--stage", "variants"});
  EXPECT_NE(cpu.out.find("on the CPU (the device is the CPU)"), std::string::npos) << cpu.out;
}

TEST(Devices, ListsWhatIsThere) {
  if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  const CommandResult result = RunMace({"devices", "--json", "-"});
  ASSERT_EQ(result.exit_code, kExitDone) << result.err;
  const Json json = result.OutJson();
  ASSERT_GE(json["devices"].size(), 1u);
  int chosen = 0;
  for (const Json& device : json["devices"]) {
    chosen += device["chosen"].get<bool>() ? 1 : 0;
    EXPECT_FALSE(device["name"].get<std::string>().empty());
    EXPECT_GT(device["global_memory_bytes"].get<int64_t>(), 0);
  }
  EXPECT_EQ(chosen, 1);
}

}  // namespace
}  // namespace mace
