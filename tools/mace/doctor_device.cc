// `mace doctor`: lists the devices, and lets each compute a small network, in child processes.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/clock.h"
#include "mace/base/strings.h"
#include "mace/diagnose.h"
#include "mace/mace.h"
#include "tools/mace/child_process.h"
#include "tools/mace/device_json.h"
#include "tools/mace/doctor_checks.h"
#include "tools/mace/requests.h"
#include "tools/mace/tensors.h"
#include "tools/mace/tiny_network.h"

namespace mace {
namespace {

constexpr double kMaxListSeconds = 60;
constexpr size_t kMaxQuoted = 300;  // Bytes of what a driver prints.

// Warnings of the engine in a child, which go back with its text.
std::vector<std::string>& Warnings() {
  static auto* const warnings = new std::vector<std::string>;
  return *warnings;
}

void CollectWarnings() {
  static auto* const mutex = new std::mutex;
  SetLogSink([](LogLevel, const std::string& line) {
    std::lock_guard<std::mutex> lock(*mutex);
    Warnings().push_back(line.substr(StartsWith(line, "mace: ") ? 6 : 0));
  });
}

std::string ListInChild() {
  CollectWarnings();
  const StatusOr<std::vector<Device>> devices =
      ListDevices(CompileOptions::Environment::kWhenNeeded);
  Json list = Json::array();
  for (size_t i = 0; devices.ok() && i < devices->size(); ++i) {
    list.push_back(DeviceJson((*devices)[i], i));
  }
  return JsonText({{"devices", list},
                   {"error", devices.ok() ? "" : devices.status().message()},
                   {"warnings", Warnings()}},
                  -1);
}

// One way of computing the network.
struct Mode {
  const char* name;
  CompileOptions::Storage storage;
  CompileOptions::Precision precision;
};

constexpr Mode kFloat32 = {"float32", CompileOptions::Storage::kAuto,
                           CompileOptions::Precision::kFloat32};
constexpr Mode kFloat16 = {"float16 in images", CompileOptions::Storage::kImage,
                           CompileOptions::Precision::kFloat16};

struct Computed {
  double compile_ms = 0;
  double run_ms = 0;  // The second run; the first one belongs to the start.
  std::vector<Tensor> outputs;
};

StatusOr<Computed> Compute(const std::string& device, const Mode& mode) {
  const std::string network = TinyNetwork();
  MACE_ASSIGN_OR_RETURN(const Model model, Model::FromBytes({network.data(), network.size(), {}}));
  CompileOptions options;
  options.device = device;
  options.storage = mode.storage;
  options.precision = mode.precision;
  const double begin = MonotonicMilliseconds();
  MACE_ASSIGN_OR_RETURN(CompiledModel compiled, CompiledModel::Compile(model, options));
  Computed computed;
  computed.compile_ms = MonotonicMilliseconds() - begin;
  MACE_ASSIGN_OR_RETURN(const std::vector<Tensor> inputs,
                        LoadInputs(CompiledInputs(compiled), {}, MissingInput::kRandom));
  MACE_RETURN_IF_ERROR(RunOnce(&compiled, inputs).status());
  const double run_begin = MonotonicMilliseconds();
  MACE_ASSIGN_OR_RETURN(computed.outputs, RunOnce(&compiled, inputs));
  computed.run_ms = MonotonicMilliseconds() - run_begin;
  return computed;
}

StatusOr<Json> CompareWithCpu(const std::string& device, const Mode& mode) {
  MACE_ASSIGN_OR_RETURN(const Computed expected, Compute("cpu", kFloat32));
  MACE_ASSIGN_OR_RETURN(const Computed found, Compute(device, mode));
  MACE_ASSIGN_OR_RETURN(const Difference difference,
                        Compare(expected.outputs[0], found.outputs[0]));
  const double limit = DefaultTolerance(mode.precision) * difference.range;
  return Json({{"compile_ms", found.compile_ms},
               {"run_ms", found.run_ms},
               {"max_abs_error", NumberOrNull(difference.max_abs_error)},
               {"limit", limit},
               // The form makes NaN fail.
               {"right", difference.same_shape && difference.max_abs_error <= limit}});
}

std::string ComputeInChild(const std::string& device, const Mode& mode) {
  CollectWarnings();
  const StatusOr<Json> answer = CompareWithCpu(device, mode);
  Json json = answer.ok() ? *answer : Json({{"error", answer.status().message()}});
  json["warnings"] = Warnings();
  return JsonText(json, -1);
}

// What a child printed, behind how it ended; drivers explain themselves there.
std::string EndOf(const ChildResult& child) {
  std::string text = child.HowItEnded();
  if (!child.output.empty()) text += "; it printed: " + Printable(child.output, kMaxQuoted);
  return text;
}

// The JSON object that a child gave; null where it gave none.
Json AnswerOf(const ChildResult& child) {
  Json json = child.completed ? Json::parse(child.text, nullptr, false) : Json(nullptr);
  return json.is_object() ? json : Json(nullptr);
}

void AddWarnings(const Json& answer, const std::string& area, Findings* findings) {
  for (const Json& warning : answer.value("warnings", Json::array())) {
    findings->Warn(area, warning.get<std::string>(), "do what the message says");
  }
}

// Which driver makes listing fail: each is listed alone.
void FindCulprits(const std::vector<std::string>& icd_files, double seconds, Findings* findings) {
  std::string good;
  for (const std::string& file : icd_files) {
    const ChildResult alone = RunInChild(
        [&file] {
          setenv("OCL_ICD_VENDORS", file.c_str(), 1);
          return ListInChild();
        },
        seconds);
    if (alone.completed) {
      good = file;
    } else {
      findings->Problem(
          "driver", "the driver of " + file + " fails when its devices are listed: " + EndOf(alone),
          "remove or update it");
    }
  }
  if (!good.empty()) {
    findings->Note("driver", "the driver of " + good + " works alone",
                   "until then: export OCL_ICD_VENDORS=" + good);
  }
}

std::string Described(const Json& device) {
  char memory[32];
  std::snprintf(memory, sizeof(memory), "%.1f GiB",
                device["global_memory_bytes"].get<double>() / (1 << 30));
  std::string text = device["name"].get<std::string>() + " (" +
                     device["platform"].get<std::string>() + ", driver " +
                     device["driver_version"].get<std::string>() + "), " +
                     device["kind"].get<std::string>() + ", " + memory;
  if (device["images"].get<bool>()) {
    text += ", images up to " + std::to_string(device["image2d_max_width"].get<uint64_t>()) + "x" +
            std::to_string(device["image2d_max_height"].get<uint64_t>());
    text += device["half_images"].get<bool>() ? " (float16 too)" : " (no float16)";
  } else {
    text += ", no images";
  }
  return text + ", float16 arithmetic: " +
         (device["fp16_arithmetic"].get<bool>() ? "yes" : "no, only storage");
}

// Lets one device compute; adds the finding. Gives the answer with the key "verdict": "right",
// "wrong" or "failed".
Json TryMode(const std::string& device, const Mode& mode, double seconds, Findings* findings) {
  const ChildResult child = RunInChild([&] { return ComputeInChild(device, mode); }, seconds);
  Json answer = AnswerOf(child);
  const std::string what = device + ", a small network in " + mode.name + ": ";
  if (answer.is_null() || answer.contains("error")) {
    const std::string why = answer.is_null()
                                ? EndOf(child)
                                : answer["error"].get<std::string>() +
                                      (child.output.empty() ? "" : "; the driver printed: ") +
                                      Printable(child.output, kMaxQuoted);
    findings->Problem("device", what + why,
                      "update the driver of this device, or take another one with --device");
    return {{"verdict", "failed"}, {"why", why}};
  }
  AddWarnings(answer, "device", findings);
  answer.erase("warnings");
  char numbers[160];
  std::snprintf(
      numbers, sizeof(numbers),
      "compiled in %.0f ms, ran in %.2f ms; largest difference from the CPU reference "
      "%.2g, limit %.2g",
      answer["compile_ms"].get<double>(), answer["run_ms"].get<double>(),
      answer["max_abs_error"].is_null() ? HUGE_VAL : answer["max_abs_error"].get<double>(),
      answer["limit"].get<double>());
  const bool right = answer["right"].get<bool>();
  answer.erase("right");
  answer["verdict"] = right ? "right" : "wrong";
  if (right) {
    findings->Ok("device", what + numbers);
  } else {
    findings->Problem("device", what + "wrong answers: " + numbers,
                      "update the driver; mace compare --per-layer shows which op is wrong");
  }
  if (child.exit_code != 0) {
    findings->Warn("device", what + "the answer came, but then " + EndOf(child),
                   "update the driver of this device");
  }
  return answer;
}

}  // namespace

DoctorDevices CheckDevices(const std::vector<std::string>& icd_files, double seconds,
                           Findings* findings) {
  DoctorDevices result;
  const double list_seconds = std::min(seconds, kMaxListSeconds);
  const ChildResult child = RunInChild(ListInChild, list_seconds);
  const Json listed = AnswerOf(child);
  if (listed.is_null()) {
    findings->Problem("driver", "listing the devices failed: " + EndOf(child),
                      "the lines below say which driver it is");
    FindCulprits(icd_files, list_seconds, findings);
    return result;
  }
  AddWarnings(listed, "driver", findings);
  const std::string error = listed.value("error", "");
  if (!error.empty()) findings->Problem("driver", error, "do what the message says");
  if (listed["devices"].empty()) {
    findings->Problem("device", "no OpenCL device: no driver shows one",
                      "see the problems above; --device cpu works without OpenCL");
  }
  for (Json device : listed["devices"]) {
    const std::string word = "gpu:" + std::to_string(device["index"].get<size_t>());
    findings->Ok("device", word + ": " + Described(device) +
                               (device["chosen"].get<bool>() ? "; --device gpu means it" : ""));
    device["float32"] = TryMode(word, kFloat32, seconds, findings);
    const bool works = device["float32"]["verdict"] == "right";
    if (works) ++result.working;
    const bool tries_half = works && device["half_images"].get<bool>();
    device["float16"] = tries_half ? TryMode(word, kFloat16, seconds, findings) : Json(nullptr);
    result.json.push_back(std::move(device));
  }
  return result;
}

}  // namespace mace
