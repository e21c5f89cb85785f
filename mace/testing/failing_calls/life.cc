#include "mace/testing/failing_calls/life.h"

#include <cmath>
#include <functional>
#include <optional>
#include <utility>

namespace mace {
namespace {

// A model in use, as far as it came.
struct Objects {
  CompiledModel compiled;
  std::optional<Request> request;
};

Status Differs(const std::string& what) { return Internal("wrong answer: " + what); }

Status CheckAnswer(const Request& request, const std::vector<float>& expected, double tolerance) {
  MACE_ASSIGN_OR_RETURN(const Tensor output, request.Get(0));
  const float* const found = output.data<float>();
  if (found == nullptr || output.elements() != static_cast<int64_t>(expected.size())) {
    return Differs("expected " + std::to_string(expected.size()) + " floats");
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    if (std::abs(found[i] - expected[i]) <= tolerance) continue;
    return Differs("element " + std::to_string(i) + ": expected " + std::to_string(expected[i]) +
                   ", found " + std::to_string(found[i]));
  }
  return Status();
}

Status RunBatch(Request* request, int64_t batch) {
  MACE_ASSIGN_OR_RETURN(Tensor input, Tensor::Allocate(DType::kFloat32, {batch, 8, 8, 1}));
  const std::vector<float> values = LifeInput(batch);
  std::copy(values.begin(), values.end(), input.mutable_data<float>());
  MACE_RETURN_IF_ERROR(request->Set(0, std::move(input)));
  return request->Run();
}

struct Step {
  const char* name;
  std::function<Status()> run;
};

class Life {
 public:
  Life(const LifeCase& with, const ExpectedAnswers& expected) : with_(with), expected_(expected) {}

  std::vector<Step> Steps() {
    return {{"list devices", [] { return ListDevices().status(); }},
            {"load", [this] { return Load(); }},
            {"first run", [this] { return Run(1); }},
            {"second run", [this] { return Run(1); }},
            {"other dims", [this] { return Run(2); }},
            {"save", [this] { return objects_.compiled.SaveCache(); }},
            {"run after saving", [this] { return Run(1); }}};
  }
  void BeginAgain() { objects_ = Objects(); }

 private:
  Status Load() {
    objects_ = Objects();
    MACE_ASSIGN_OR_RETURN(objects_.compiled,
                          CompiledModel::Load(with_.model, LoadOptions(), with_.options));
    MACE_ASSIGN_OR_RETURN(Request request, objects_.compiled.NewRequest());
    objects_.request = std::move(request);
    return Status();
  }
  Status Run(int64_t batch) {
    MACE_RETURN_IF_ERROR(RunBatch(&*objects_.request, batch));
    return CheckAnswer(*objects_.request, batch == 1 ? expected_.one : expected_.two,
                       with_.tolerance);
  }

  const LifeCase& with_;
  const ExpectedAnswers& expected_;
  Objects objects_;
};

// One line on a failed step that is not as it must be; empty: it is.
std::string FaultOf(const Status& status, const char* failed_call) {
  if (failed_call == nullptr) return "no call failed: " + status.message();
  switch (status.code()) {
    case StatusCode::kDeviceError:
    case StatusCode::kDeviceLost:
    case StatusCode::kResourceExhausted:
      break;
    default:
      return std::string("a code of another kind for ") + failed_call + ": " + status.message();
  }
  if (status.message().find(failed_call) == std::string::npos) {
    return std::string("the message does not name ") + failed_call + ": " + status.message();
  }
  return "";
}

}  // namespace

std::vector<float> LifeInput(int64_t batch) {
  std::vector<float> values;
  uint32_t state = 12345;
  while (static_cast<int64_t>(values.size()) < batch * 64) {
    state = state * 1664525 + 1013904223;
    values.push_back(static_cast<float>(state >> 28));
  }
  return values;
}

StatusOr<ExpectedAnswers> FindExpectedAnswers(const std::string& model) {
  CompileOptions options;
  options.device = "cpu";
  MACE_ASSIGN_OR_RETURN(CompiledModel compiled, CompiledModel::Load(model, LoadOptions(), options));
  MACE_ASSIGN_OR_RETURN(Request request, compiled.NewRequest());
  ExpectedAnswers expected;
  for (const int64_t batch : {1, 2}) {
    MACE_RETURN_IF_ERROR(RunBatch(&request, batch));
    MACE_ASSIGN_OR_RETURN(const Tensor output, request.Get(0));
    const float* const values = output.data<float>();
    if (values == nullptr) return InvalidArgument(model + ": expected an output of float32");
    (batch == 1 ? expected.one : expected.two).assign(values, values + output.elements());
  }
  return expected;
}

LifeReport Live(const LifeCase& with, const ExpectedAnswers& expected,
                const char* (*failed_call)()) {
  LifeReport report;
  Life life(with, expected);
  std::vector<Step> steps = life.Steps();
  for (size_t i = 0; i < steps.size(); ++i) {
    const Status status = steps[i].run();
    if (status.ok()) continue;
    if (!report.step.empty()) {
      report.fault = "after " + report.step + " (" + report.message + ") failed " + steps[i].name +
                     ": " + status.message();
      return report;
    }
    report.step = steps[i].name;
    report.message = status.message();
    report.fault = FaultOf(status, failed_call());
    if (!report.fault.empty()) return report;
    // The step again, or all steps with a new compiled model.
    if (status.code() == StatusCode::kDeviceLost) {
      life.BeginAgain();
      i = size_t{0} - 1;
    } else {
      --i;
    }
  }
  return report;
}

}  // namespace mace
