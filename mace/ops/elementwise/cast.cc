// Cast: the elements as another dtype; attribute `dtype` names it ("float32", "int32", ...). Floats
// to integers truncate towards zero and stop at the type's limits, integers to narrower ones wrap
// around, anything but zero is true.
// float16 and bfloat16 are float32 here: the plan chooses the storage. A kernel reports a float that
// becomes an int64 beyond int32 (fault_record.h).
#include <cstring>

#include "mace/ops/elementwise/elementwise_lowering.h"
#include "mace/ops/elementwise/integer_elements.h"
#include "mace/ops/fault_record.h"
#include "mace/ops/integer_lowering.h"
#include "mace/ops/integers.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/shape/alias_op.h"

namespace mace {
namespace {

DType DTypeOfName(const std::string& name) {
  for (DType dtype :
       {DType::kFloat32, DType::kFloat16, DType::kBFloat16, DType::kInt32, DType::kInt64,
        DType::kUInt8, DType::kInt8, DType::kBool, DType::kInt16, DType::kUInt16, DType::kUInt32,
        DType::kUInt64, DType::kInt4, DType::kUInt4, DType::kInt2, DType::kUInt2}) {
    if (name == DTypeName(dtype)) return dtype;
  }
  return DType::kInvalid;
}

class CastOp : public Op {
 public:
  explicit CastOp(DType dtype) : dtype_(dtype) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    outputs->assign(1, {dtype_, inputs[0].info.shape});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    HostTensor& y = (*outputs)[0];
    const bool integers = !IsFloat(inputs[0].dtype()) && !IsFloat(dtype_);
    MACE_ASSIGN_OR_RETURN(const HostTensor converted,
                          integers ? MakeIntegers(dtype_, y.shape(), ToInt64Vector(inputs[0]))
                                   : inputs[0].ConvertTo(dtype_));
    if (y.info().bytes() > 0) {
      std::memcpy(y.mutable_data<uint8_t>(), converted.bytes().data(), y.info().bytes());
    }
    return Status::Ok();
  }

  // Bools are 0 and 1 there too.
  std::string WriteElement(const std::vector<ElementOperand>& inputs,
                           ElementText* text) const override {
    if (DeviceElementOf(inputs[0].dtype) != DeviceElement::kNumber) return "";
    if (IsFloat(dtype_) || inputs[0].dtype == dtype_) return inputs[0].name;
    if (dtype_ != DType::kBool) return "";
    return text->Let("ELTWISE_TRUTH(T, " + inputs[0].name + " != (T)(0.0f))");
  }

  // Integers of the device are all int32, and bools are numbers already. What a type of
  // fewer bits does not hold becomes other integers.
  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    const DType from = request.inputs[0].info.dtype;
    const bool from_integer = DeviceElementOf(from) == DeviceElement::kInteger;
    const bool from_number = DeviceElementOf(from) == DeviceElement::kNumber;
    const DeviceElement to = DeviceElementOf(dtype_);
    if (from_integer && to == DeviceElement::kNumber) {
      return LowerConversion("cast_from_int", request);
    }
    if (from_number && to == DeviceElement::kInteger) {
      return LowerConversion("cast_to_int", request);
    }
    if (from_integer && !IsKept(from)) {
      IntegerStep step;
      step.result = "v0";
      step.may_leave_int32 = true;
      return LowerIntegerElements("cast_integers", request, step);
    }
    if (IsFloat(from) && dtype_ == DType::kBool) return LowerElementwise(*this, "cast", request);
    return LowerAlias("cast", request);
  }

 private:
  // Whether an integer of the type is the same one in the result.
  bool IsKept(DType from) const { return from == dtype_ || ComputesInInt32(dtype_); }

  // The variants that turn numbers into integers, or integers into numbers.
  std::vector<KernelVariant> LowerConversion(const char* kernel,
                                             const LoweringRequest& request) const {
    const int64_t elements = request.outputs[0].shape.elements();
    if (request.inputs[0].constant != nullptr || elements > INT32_MAX / 2) return {};
    KernelVariant variant = NewRowMajorVariant(kernel, request);
    variant.integers = Integers::kFromKernels;
    Launch launch = NewLaunch("cast.cl", kernel, request, Storage::kBuffer);
    launch.arguments = {RawInputArgument(0), RawOutputArgument(0), static_cast<int32_t>(elements)};
    if (DeviceElementOf(dtype_) == DeviceElement::kInteger) {
      launch.kernel.macros["CONVERT(v)"] = SaturatedText(dtype_, "v");
    }
    launch.kernel.macros["TO_BOOL"] = dtype_ == DType::kBool ? "1" : "0";
    launch.kernel.macros["TO_INT64"] = dtype_ == DType::kInt64 ? "1" : "0";
    if (dtype_ == DType::kInt64) AddFaultRecord(&variant, &launch);
    SetFlatSize(*request.device, static_cast<size_t>(elements), &launch);
    variant.launches.push_back(std::move(launch));
    return {std::move(variant)};
  }

  const DType dtype_;
};

StatusOr<std::unique_ptr<Op>> MakeCast(const Node& node) {
  const std::string name = node.attributes.GetString("dtype", "");
  const DType dtype = DTypeOfName(name);
  if (dtype == DType::kInvalid) return Unsupported("dtype '" + name + "' is unknown");
  return std::unique_ptr<Op>(new CastOp(ElementType(dtype)));
}

}  // namespace

extern const OpDefinition kCastOp = {"Cast", 1, 1, &MakeCast};

}  // namespace mace
