#include "mace/ops/elementwise/integer_elements.h"

#include <limits>

#include "mace/ops/elementwise/broadcast_operand.h"
#include "mace/ops/fault_record.h"
#include "mace/ops/integer_lowering.h"
#include "mace/ops/lowering_support.h"

namespace mace {
namespace {

bool FitsInt32(int64_t value) {
  return value >= std::numeric_limits<int32_t>::min() &&
         value <= std::numeric_limits<int32_t>::max();
}

bool IsBool(const TensorInfo& info) { return info.dtype == DType::kBool; }

// Integers or bools that the kernel can index.
bool CanRead(const OpInput& input) {
  if (!IsBool(input.info)) return IsIndexableIntegers(input);
  const int64_t elements = input.info.shape.elements();
  return elements > 0 && elements < std::numeric_limits<int32_t>::max();
}

// The variant and its launch, to which operands are added one after the other.
class IntegerKernel {
 public:
  IntegerKernel(const std::string& variant, const LoweringRequest& request)
      : request_(request),
        variant_(NewRowMajorVariant(variant, request)),
        launch_(NewLaunch("integer_elements.cl", "integer_elements", request, Storage::kBuffer)) {
    variant_.integers = Integers::kFromKernels;
  }

  void AddNumber(int64_t number) {
    const std::string name = NextName();
    parameters_ += "int " + name + ", ";
    loads_ += Declare(name);
    launch_.arguments.push_back(static_cast<int32_t>(number));
  }

  void AddInput(size_t index) {
    const OpInput& input = request_.inputs[index];
    const bool constant = input.constant != nullptr;
    if (constant && input.info.shape.elements() == 1) {
      return AddNumber(ToInt64Vector(*input.constant)[0]);
    }
    const std::string name = NextName(), at = "mace_sum8((at) * STEPS_OF(" + name + "))";
    const bool is_bool = IsBool(input.info) && !constant;
    parameters_ += std::string("__global const ") + (is_bool ? "STORAGE_T *" : "int *") + name +
                   ", OPERAND_STEPS(" + name + "), ";
    loads_ += Declare(is_bool ? "LOAD(" + name + ", " + at + ") != 0.0f" : name + "[" + at + "]");
    if (constant) {
      MarkConstant(static_cast<int>(index), &launch_);
      launch_.arguments.push_back(WeightsArgument(static_cast<int>(variant_.weights.size())));
      variant_.weights.push_back(PackIntegers(name, *input.constant));
    } else {
      launch_.arguments.push_back(RawInputArgument(static_cast<int>(index)));
    }
    AppendSteps(input.info.shape, &launch_);
  }

  KernelVariant Finish(const IntegerStep& step) {
    const TensorInfo& y = request_.outputs[0];
    const bool check = step.may_leave_int32 && y.dtype == DType::kInt64;
    launch_.kernel.macros["INTEGER_OPERANDS"] = parameters_;
    launch_.kernel.macros["INTEGER_LOAD(at)"] = loads_;
    launch_.kernel.macros["INTEGER_RESULT"] = "(" + step.result + ")";
    if (!IsBool(y)) launch_.kernel.macros["INTEGER_WRAP(v)"] = WrappedText(y.dtype, "v");
    launch_.kernel.macros["INTEGER_DIVIDES"] = step.divisor.empty() ? "0" : "1";
    launch_.kernel.macros["INTEGER_DIVISOR"] = step.divisor;
    launch_.kernel.macros["INTEGER_CHECK"] = check ? "1" : "0";
    launch_.kernel.macros["TO_BOOL"] = IsBool(y) ? "1" : "0";
    launch_.arguments.push_back(RawOutputArgument(0));
    AppendExtents(y.shape, &launch_);
    launch_.arguments.push_back(static_cast<int32_t>(y.shape.elements()));
    if (check || !step.divisor.empty()) AddFaultRecord(&variant_, &launch_);
    SetFlatSize(*request_.device, static_cast<size_t>(y.shape.elements()), &launch_);
    variant_.launches.push_back(std::move(launch_));
    return std::move(variant_);
  }

 private:
  std::string NextName() { return "x" + std::to_string(operands_++); }
  // REQUIRES: the operand has its name.
  std::string Declare(const std::string& expression) const {
    return "const long v" + std::to_string(operands_ - 1) + " = " + expression + "; ";
  }

  const LoweringRequest& request_;
  KernelVariant variant_;
  Launch launch_;
  int operands_ = 0;
  std::string parameters_, loads_;
};

}  // namespace

bool ComputesIntegers(const LoweringRequest& request) {
  const auto is_integer = [](const TensorInfo& info) {
    return DeviceElementOf(info.dtype) == DeviceElement::kInteger;
  };
  for (const OpInput& input : request.inputs) {
    if (input.present && input.constant == nullptr && is_integer(input.info)) return true;
  }
  return is_integer(request.outputs[0]);
}

std::vector<KernelVariant> LowerIntegerElements(const std::string& variant,
                                                const LoweringRequest& request,
                                                const IntegerStep& step) {
  bool has_activation = false, can_read = true;
  for (const OpInput& input : request.inputs) {
    has_activation = has_activation || input.constant == nullptr;
    can_read = can_read && CanRead(input);
  }
  const TensorInfo& y = request.outputs[0];
  const bool can_write =
      IsBool(y)
          ? y.shape.elements() > 0 && y.shape.elements() < std::numeric_limits<int32_t>::max() / 2
          : IsIndexableIntegers(y);
  const bool has_scalar = step.scalar.has_value();
  if (step.result.empty() || !has_activation || !can_read || !can_write ||
      (has_scalar && !FitsInt32(*step.scalar))) {
    return {};
  }
  IntegerKernel kernel(variant, request);
  for (size_t i = 0; i < request.inputs.size(); ++i) kernel.AddInput(i);
  if (has_scalar) kernel.AddNumber(*step.scalar);
  return {kernel.Finish(step)};
}

}  // namespace mace
