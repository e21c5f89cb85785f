#include "mace/ops/elementwise/elementwise_lowering.h"

#include <algorithm>

#include "mace/base/divide.h"
#include "mace/ops/elementwise/broadcast_operand.h"
#include "mace/ops/lowering_support.h"

namespace mace {
namespace {

using Kind = BroadcastOperand::Kind;

std::string ParameterName(size_t operand) { return "x" + std::to_string(operand); }
std::string ValueName(size_t operand) { return "v" + std::to_string(operand); }

// One op's kernel: its operands, its text, and both forms of it.
class ElementwiseKernel {
 public:
  explicit ElementwiseKernel(const LoweringRequest& request)
      : request_(request), out_(request.outputs[0].shape) {
    for (size_t i = 0; i < request.inputs.size(); ++i) {
      operands_.push_back(MakeBroadcastOperand(request, static_cast<int>(i)));
    }
  }

  // Whether there is something to launch.
  bool Write(const Op& op) {
    std::vector<ElementOperand> names;
    for (size_t i = 0; i < operands_.size(); ++i) {
      const bool number = operands_[i].kind == Kind::kScalar;
      names.push_back({number ? text_.Splat(operands_[i].scalar) : ValueName(i),
                       request_.inputs[i].info.dtype});
    }
    result_ = op.WriteElement(names, &text_);
    const auto is = [&](Kind kind) {
      return std::count_if(operands_.begin(), operands_.end(),
                           [&](const BroadcastOperand& operand) { return operand.kind == kind; });
    };
    const size_t in_memory = operands_.size() - static_cast<size_t>(is(Kind::kScalar));
    return !result_.empty() && is(Kind::kTensor) > 0 && in_memory <= kMaxElementwiseOperands;
  }

  bool FoldsIntoChannels4() const {
    return std::all_of(operands_.begin(), operands_.end(), [&](const BroadcastOperand& operand) {
      return FoldsIntoView(operand.shape, out_);
    });
  }

  // A layout of blocks where every operand is as large as the result; else kChannels4.
  Layout Blocks() const { return IsSameShape() ? BlocksFor(request_, out_) : Layout::kChannels4; }

  // Into channels4, or the blocks that there are.
  KernelVariant LowerView(const std::string& variant, Layout layout) const;
  KernelVariant LowerRowMajor(const std::string& variant) const;
  // Whether row-major rows are shorter than those of channels4, and no operand is broadcast.
  bool IsFlat() const { return IsSameShape() && AsNhwc(out_).c % 4 != 0; }
  KernelVariant LowerFlat(const std::string& variant) const;

 private:
  // The operand's elements are those of the result, one for one.
  bool IsWhole(const BroadcastOperand& operand) const {
    return operand.kind == Kind::kTensor && AsNhwc(operand.shape).c == AsNhwc(out_).c &&
           operand.shape.elements() == out_.elements();
  }
  bool IsSameShape() const {
    return std::all_of(operands_.begin(), operands_.end(), [&](const BroadcastOperand& operand) {
      return operand.kind == Kind::kScalar || IsWhole(operand);
    });
  }
  // An input whose elements are read for one result each, where a result may take its place; -1:
  // none.
  int InputOfOneResultEach() const {
    for (size_t i = 0; i < request_.inputs.size(); ++i) {
      const OpInput& input = request_.inputs[i];
      if (input.constant == nullptr && input.info.shape == out_) return static_cast<int>(i);
    }
    return -1;
  }
  // One channel for the many of the result.
  bool IsSplat(const BroadcastOperand& operand) const {
    return AsNhwc(operand.shape).c == 1 && AsNhwc(out_).c != 1;
  }

  std::string LoadBlock(size_t i) const;
  std::string LoadSixteen(size_t i) const;
  void SetText(Launch* launch) const;
  void SetChannels4Loads(Launch* launch) const;
  void AppendNumbers(Launch* launch) const {
    for (float number : text_.numbers()) launch->arguments.push_back(number);
  }

  const LoweringRequest& request_;
  const Shape& out_;
  std::vector<BroadcastOperand> operands_;
  ElementText text_;
  std::string result_;
};

void ElementwiseKernel::SetText(Launch* launch) const {
  std::string numbers;
  for (size_t i = 0; i < text_.numbers().size(); ++i) numbers += ", float k" + std::to_string(i);
  launch->kernel.macros["ELEMENT_NUMBERS"] = numbers;
  launch->kernel.macros["ELEMENT_STEPS(T)"] = text_.statements();
  launch->kernel.macros["ELEMENT_RESULT"] = result_;
}

// The index as an expression; (n, h, w, block) are the parameters of the macro it stands in.
std::string ElementwiseKernel::LoadBlock(size_t i) const {
  const std::string from = operands_[i].kind == Kind::kTensor ? "TENSOR4(" : "WEIGHTS4(";
  const std::string head = from + ParameterName(i) + ", n, h, w, ";
  return IsSplat(operands_[i]) ? "(float4)(" + head + "0).x)" : head + "block)";
}

std::string ElementwiseKernel::LoadSixteen(size_t i) const {
  const std::string from = operands_[i].kind == Kind::kTensor ? "TENSOR" : "WEIGHTS";
  const std::string head = "(" + ParameterName(i) + ", n, h, w, ";
  return IsSplat(operands_[i]) ? "(float16)(" + from + "4" + head + "0).x)"
                               : from + "16" + head + "c)";
}

void ElementwiseKernel::SetChannels4Loads(Launch* launch) const {
  std::string parameters, load4, load16, load_dense, dense;
  for (size_t i = 0; i < operands_.size(); ++i) {
    if (operands_[i].kind == Kind::kScalar) continue;
    const std::string name = ParameterName(i), value = ValueName(i);
    const bool tensor = operands_[i].kind == Kind::kTensor;
    parameters += (tensor ? "OPERAND_TENSOR(" : "OPERAND_WEIGHTS(") + name + ") ";
    load4 += "const float4 " + value + " = " + LoadBlock(i) + "; ";
    load16 += "const float16 " + value + " = " + LoadSixteen(i) + "; ";
    load_dense += "const WIDE " + value + " = LOAD_WIDE(" + name + ", " + name + "_offset + at); ";
    dense += "DENSE(" + name + ", channels) && ";
  }
  std::map<std::string, std::string>& macros = launch->kernel.macros;
  macros["ELEMENT_OPERANDS"] = parameters;
  macros["ELEMENT_LOAD4(n, h, w, block)"] = load4;
  if (macros["WHOLE_PIXELS"] == "1") macros["ELEMENT_LOAD16(n, h, w, c)"] = load16;
  if (macros["SAME_SHAPE"] == "0") return;
  macros["ELEMENT_LOAD_WIDE(at)"] = load_dense;
  macros["ELEMENT_DENSE(channels)"] = dense;
}

KernelVariant ElementwiseKernel::LowerView(const std::string& variant, Layout layout) const {
  const Storage storage = StorageWithinLimits(request_);
  const Nhwc view = AsNhwc(out_);
  const int64_t block = BlockChannels(layout);
  const int64_t blocks_per_item = block > 0 ? block / 4 : BlocksPerItem(request_, storage);
  KernelVariant kernel_variant = NewVariant(variant, request_, storage);
  Launch launch = NewLaunch("elementwise.cl", "elementwise", request_, storage);
  const bool same_shape = IsSameShape();
  for (size_t i = 0; i < operands_.size(); ++i) {
    AppendChannels4Operand(operands_[i], ParameterName(i), &kernel_variant, &launch);
  }
  const bool whole_pixels = !same_shape && blocks_per_item > 1 && view.c >= 16;
  launch.kernel.macros["WHOLE_PIXELS"] = whole_pixels ? "1" : "0";
  launch.kernel.macros["SAME_SHAPE"] = same_shape ? "1" : "0";
  launch.kernel.macros["BLOCKS_PER_ITEM"] = std::to_string(blocks_per_item);
  SetText(&launch);
  SetChannels4Loads(&launch);
  launch.arguments.insert(launch.arguments.end(),
                          {OutputArgument(0), static_cast<int32_t>(view.rows()),
                           static_cast<int32_t>(view.h), static_cast<int32_t>(view.c)});
  AppendNumbers(&launch);
  const int64_t pixels = view.rows() * view.w;
  const int64_t fours = pixels * CeilDivide(PaddedChannels(layout, view.c), 4);
  const int64_t items = whole_pixels ? pixels : CeilDivide(fours, blocks_per_item);
  SetFlatSize(*request_.device, static_cast<size_t>(items), &launch);
  if (storage == Storage::kBuffer) kernel_variant.in_place = InputOfOneResultEach();
  kernel_variant.launches.push_back(std::move(launch));
  if (block > 0) SetBlocks(layout, layout, &kernel_variant);
  return kernel_variant;
}

KernelVariant ElementwiseKernel::LowerRowMajor(const std::string& variant) const {
  KernelVariant kernel_variant = NewRowMajorVariant(variant, request_);
  Launch launch = NewLaunch("elementwise.cl", "elementwise_strided", request_, Storage::kBuffer);
  std::string parameters, loads;
  for (size_t i = 0; i < operands_.size(); ++i) {
    if (operands_[i].kind == Kind::kScalar) continue;
    const std::string name = ParameterName(i), at = "mace_sum8((at) * STEPS_OF(" + name + "))";
    const bool tensor = operands_[i].kind == Kind::kTensor;
    parameters += (tensor ? "__global const STORAGE_T *" : "__global const float *") + name +
                  ", OPERAND_STEPS(" + name + "), ";
    loads += "const float " + ValueName(i) + " = " +
             (tensor ? "LOAD(" + name + ", " + at + "); " : name + "[" + at + "]; ");
    AppendRowMajorOperand(operands_[i], name, &kernel_variant, &launch);
    AppendSteps(operands_[i].shape, &launch);
  }
  launch.kernel.macros["ELEMENT_OPERANDS"] = parameters;
  launch.kernel.macros["ELEMENT_LOAD(at)"] = loads;
  SetText(&launch);
  launch.arguments.push_back(RawOutputArgument(0));
  AppendExtents(out_, &launch);
  launch.arguments.push_back(static_cast<int32_t>(out_.elements()));
  AppendNumbers(&launch);
  SetFlatSize(*request_.device, static_cast<size_t>(out_.elements()), &launch);
  kernel_variant.launches.push_back(std::move(launch));
  return kernel_variant;
}

KernelVariant ElementwiseKernel::LowerFlat(const std::string& variant) const {
  const int64_t lanes = request_.device->kind == DeviceKind::kCpu ? 16 : 4;
  KernelVariant kernel_variant = NewRowMajorVariant(variant, request_);
  Launch launch = NewLaunch("elementwise.cl", "elementwise_flat", request_, Storage::kBuffer);
  std::string parameters, loads, lane_loads;
  for (size_t i = 0; i < operands_.size(); ++i) {
    if (operands_[i].kind == Kind::kScalar) continue;
    const std::string name = ParameterName(i), value = ValueName(i);
    parameters += "__global const STORAGE_T *" + name + ", ";
    loads += "const float " + value + " = LOAD(" + name + ", at); ";
    lane_loads += "const FLOATS " + value + " = LOAD_FLOATS(" + name + ", at); ";
    AppendRowMajorOperand(operands_[i], name, &kernel_variant, &launch);
  }
  launch.kernel.macros["LANES"] = std::to_string(lanes);
  launch.kernel.macros["ELEMENT_OPERANDS"] = parameters;
  launch.kernel.macros["ELEMENT_LOAD(at)"] = loads;
  launch.kernel.macros["ELEMENT_LOAD_LANES(at)"] = lane_loads;
  SetText(&launch);
  launch.arguments.push_back(RawOutputArgument(0));
  launch.arguments.push_back(static_cast<int32_t>(out_.elements()));
  AppendNumbers(&launch);
  SetFlatSize(*request_.device, static_cast<size_t>(CeilDivide(out_.elements(), lanes)), &launch);
  kernel_variant.in_place = InputOfOneResultEach();
  kernel_variant.launches.push_back(std::move(launch));
  return kernel_variant;
}

}  // namespace

std::vector<KernelVariant> LowerElementwise(const Op& op, const std::string& variant,
                                            const LoweringRequest& request) {
  // A node whose inputs are all constant is folded before it comes here.
  if (!CanLower(request)) return {};
  ElementwiseKernel kernel(request);
  if (!kernel.Write(op)) return {};
  if (!kernel.FoldsIntoChannels4()) return {kernel.LowerRowMajor(variant + "_strided")};
  std::vector<KernelVariant> kernel_variants = {kernel.LowerView(variant, Layout::kChannels4)};
  const Layout blocks = kernel.Blocks();
  if (BlockChannels(blocks) > 0) kernel_variants.push_back(kernel.LowerView(variant, blocks));
  if (kernel.IsFlat()) kernel_variants.push_back(kernel.LowerFlat(variant + "_flat"));
  return kernel_variants;
}

}  // namespace mace
