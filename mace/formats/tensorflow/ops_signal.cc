// Signals: TensorFlow's Fourier transforms, and what it computes with complex numbers.
#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/common/filled.h"
#include "mace/formats/common/fourier.h"
#include "mace/formats/tensorflow/complex.h"
#include "mace/formats/tensorflow/emit.h"

namespace mace {
namespace {

constexpr int64_t kParts = 2;  // Real and imaginary.

bool IsComplexType(tf::DataType type) {
  return type == tf::DT_COMPLEX64 || type == tf::DT_COMPLEX128;
}

bool IsComplexType(const tf::NodeDef& node, const std::string& name) {
  const auto found = node.attr().find(name);
  return found != node.attr().end() && found->second.value_case() == tf::AttrValue::kType &&
         IsComplexType(found->second.type());
}

StatusOr<ValueId> EmitWithLastAxis(TfNode* node, ValueId x) {
  std::vector<int64_t> dims = node->builder()->ShapeOf(x).dims();
  dims.push_back(1);
  return node->builder()->Reshape(x, dims);
}

StatusOr<ValueId> EmitWithoutLastAxis(TfNode* node, ValueId x) {
  std::vector<int64_t> dims = node->builder()->ShapeOf(x).dims();
  dims.pop_back();
  return node->builder()->Reshape(x, dims);
}

// [..., 2] of one part: 0 is the real one.
StatusOr<ValueId> EmitPart(TfNode* node, ValueId x, int64_t part) {
  const int axis = node->builder()->ShapeOf(x).rank() - 1;
  MACE_ASSIGN_OR_RETURN(const ValueId y, EmitSlice(node, x, axis, part, part + 1));
  return EmitWithoutLastAxis(node, y);
}

StatusOr<ValueId> EmitComplex(TfNode* node, ValueId real, ValueId imaginary) {
  MACE_ASSIGN_OR_RETURN(real, EmitWithLastAxis(node, real));
  MACE_ASSIGN_OR_RETURN(imaginary, EmitWithLastAxis(node, imaginary));
  const int axis = node->builder()->ShapeOf(real).rank() - 1;
  return EmitConcat(node, {real, imaginary}, axis);
}

// What tells the transforms apart: RFFT2D and the like.
struct Form {
  bool real = false, inverse = false;
  int axes = 1;
};

Form FormOf(const std::string& op) {
  return {op.find("RFFT") != std::string::npos, op[0] == 'I', op.back() == 'D' ? 2 : 1};
}

// The innermost axes of x are transformed; the last one is that of the real signal.
Status ConvertFourier(TfNode* node) {
  const Form form = FormOf(node->def().op());
  MACE_RETURN_IF_ERROR(node->RequireInputs(form.real ? 2 : 1));
  ValueId x = node->input(0);
  if (form.real && !form.inverse) {
    MACE_ASSIGN_OR_RETURN(x, EmitWithLastAxis(node, x));
  }
  const Shape shape = node->builder()->ShapeOf(x);
  const int first = shape.rank() - 1 - form.axes;
  if (first < 0) {
    return InvalidArgument("expected a signal of at least " + std::to_string(form.axes) +
                           " axes, found " + node->shape(0).ToString());
  }
  std::vector<int64_t> lengths;
  for (int axis = first; axis < shape.rank() - 1; ++axis) lengths.push_back(shape[axis]);
  if (form.real) {
    MACE_ASSIGN_OR_RETURN(lengths, node->Numbers(1));
  }
  if (static_cast<int>(lengths.size()) != form.axes) {
    return InvalidArgument("fft_length: expected " + std::to_string(form.axes) +
                           " numbers, found " + std::to_string(lengths.size()));
  }
  // A real signal is transformed along its last axis first, and back along it last.
  for (int step = 0; step < form.axes; ++step) {
    FourierTransform transform;
    transform.axis = form.inverse ? first + step : shape.rank() - 2 - step;
    transform.length = lengths[static_cast<size_t>(transform.axis - first)];
    transform.inverse = form.inverse;
    transform.onesided = form.real && transform.axis == shape.rank() - 2;
    MACE_ASSIGN_OR_RETURN(x, EmitFourier(node, x, transform));
  }
  if (form.real && form.inverse) return SetEmitted(node, EmitWithoutLastAxis(node, x));
  node->SetResult(x);
  return Status::Ok();
}

Status ConvertComplexAbs(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitUnary(node, "square", node->input(0)));
  MACE_ASSIGN_OR_RETURN(y,
                        EmitReduce(node, ReduceType::kSum, y, {node->shape(0).rank() - 1}, false));
  return SetEmitted(node, EmitUnary(node, "sqrt", y));
}

Status ConvertPart(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  return SetEmitted(node, EmitPart(node, node->input(0), node->def().op() == "Imag" ? 1 : 0));
}

// The parts may broadcast.
Status ConvertComplex(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  ValueId parts[kParts] = {node->input(0), node->input(1)};
  const HostTensor zero = HostTensor::FromVector<float>(DType::kFloat32, Shape(), {0});
  for (size_t i = 0; node->shape(0) != node->shape(1) && i < kParts; ++i) {
    MACE_ASSIGN_OR_RETURN(const ValueId zeros, AddFilled(node->name() + "/zeros", zero,
                                                         node->shape(1 - i), node->builder()));
    MACE_ASSIGN_OR_RETURN(parts[i], EmitEltwise(node, EltwiseType::kSum, parts[i], zeros));
  }
  return SetEmitted(node, EmitComplex(node, parts[0], parts[1]));
}

Status ConvertConj(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  const ValueId signs = AddFloats(node, Shape{kParts}, {1, -1});
  return SetEmitted(node, EmitEltwise(node, EltwiseType::kProd, node->input(0), signs));
}

// Converts real numbers to complex ones, and complex numbers to their real parts.
Status ConvertComplexCast(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  if (IsComplexType(node->def(), "DstT")) {
    if (IsComplexType(node->def(), "SrcT")) {
      node->SetResult(node->input(0));
      return Status::Ok();
    }
    MACE_ASSIGN_OR_RETURN(const ValueId real, EmitCast(node, node->input(0), DType::kFloat32));
    const HostTensor zero = HostTensor::FromVector<float>(DType::kFloat32, Shape(), {0});
    MACE_ASSIGN_OR_RETURN(const ValueId zeros, AddFilled(node->name() + "/zeros", zero,
                                                         node->shape(0), node->builder()));
    return SetEmitted(node, EmitComplex(node, real, zeros));
  }
  const tf::DataType to = node->Type("DstT", tf::DT_INVALID);
  if (to != tf::DT_FLOAT && to != tf::DT_DOUBLE) {
    return Unsupported("DstT: expected floats, found element type " + std::to_string(to));
  }
  return SetEmitted(node, EmitPart(node, node->input(0), 0));
}

// Real and imaginary parts are added, subtracted or negated alike.
Status ConvertComplexSum(TfNode* node) {
  const std::string& op = node->def().op();
  MACE_RETURN_IF_ERROR(node->RequireInputs(op == "Neg" ? 1 : 2));
  if (op == "Neg") return SetEmitted(node, EmitEltwise(node, EltwiseType::kNeg, node->input(0)));
  return SetEmitted(node, EmitEltwise(node, op == "Sub" ? EltwiseType::kSub : EltwiseType::kSum,
                                      node->input(0), node->input(1)));
}

// (a + bi) * (c + di) = (ac - bd) + (ad + bc)i.
Status ConvertComplexProduct(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  ValueId part[2][kParts];  // By operand, then real and imaginary.
  for (size_t i = 0; i < 2; ++i) {
    for (int64_t k = 0; k < kParts; ++k) {
      MACE_ASSIGN_OR_RETURN(part[i][k], EmitPart(node, node->input(i), k));
    }
  }
  const auto product = [&](int64_t k, int64_t l) {
    return EmitEltwise(node, EltwiseType::kProd, part[0][k], part[1][l]);
  };
  MACE_ASSIGN_OR_RETURN(ValueId real, product(0, 0));
  MACE_ASSIGN_OR_RETURN(ValueId other, product(1, 1));
  MACE_ASSIGN_OR_RETURN(real, EmitEltwise(node, EltwiseType::kSub, real, other));
  MACE_ASSIGN_OR_RETURN(ValueId imaginary, product(0, 1));
  MACE_ASSIGN_OR_RETURN(other, product(1, 0));
  MACE_ASSIGN_OR_RETURN(imaginary, EmitEltwise(node, EltwiseType::kSum, imaginary, other));
  return SetEmitted(node, EmitComplex(node, real, imaginary));
}

// exp(a + bi) = exp(a) * (cos(b) + sin(b)i).
Status ConvertComplexExp(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  MACE_ASSIGN_OR_RETURN(ValueId size, EmitPart(node, node->input(0), 0));
  MACE_ASSIGN_OR_RETURN(size, EmitUnary(node, "exp", size));
  MACE_ASSIGN_OR_RETURN(const ValueId angle, EmitPart(node, node->input(0), 1));
  MACE_ASSIGN_OR_RETURN(ValueId real, EmitUnary(node, "cos", angle));
  MACE_ASSIGN_OR_RETURN(real, EmitEltwise(node, EltwiseType::kProd, size, real));
  MACE_ASSIGN_OR_RETURN(ValueId imaginary, EmitUnary(node, "sin", angle));
  MACE_ASSIGN_OR_RETURN(imaginary, EmitEltwise(node, EltwiseType::kProd, size, imaginary));
  return SetEmitted(node, EmitComplex(node, real, imaginary));
}

Status ConvertComplexReshape(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> dims, node->Numbers(1));
  const bool is_empty = std::count(dims.begin(), dims.end(), 0) > 0;
  dims.push_back(kParts);
  AttributeMap attributes;
  if (is_empty) attributes.Set("allowzero", int64_t{1});
  attributes.Set("dim", std::move(dims));
  return node->EmitResult("Reshape", {node->input(0)}, std::move(attributes));
}

Status ConvertComplexTranspose(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> axes, node->Numbers(1));
  axes.push_back(static_cast<int64_t>(axes.size()));
  AttributeMap attributes;
  attributes.Set("dims", std::move(axes));
  return node->EmitResult("Transpose", {node->input(0)}, std::move(attributes));
}

// Axes counted from the end stand one further in front of the parts.
Status ConvertComplexExpandDims(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  MACE_ASSIGN_OR_RETURN(int64_t axis, node->Number(1));
  if (axis < 0) axis += node->shape(0).rank();
  if (axis < 0 || axis > node->shape(0).rank() - 1) {
    return InvalidArgument("axis: expected one of the " + std::to_string(node->shape(0).rank()) +
                           " places, found " + std::to_string(axis));
  }
  AttributeMap attributes;
  attributes.Set("axis", std::vector<int64_t>{axis});
  return node->EmitResult("Unsqueeze", {node->input(0)}, std::move(attributes));
}

// An axis of extent 2 never goes: only axes counted from the end need a change.
Status ConvertComplexSqueeze(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  AttributeMap attributes;
  std::vector<int64_t> axes = node->Ints("squeeze_dims");
  for (int64_t& axis : axes) axis += axis < 0 ? node->shape(0).rank() - 1 : 0;
  if (!axes.empty()) attributes.Set("axis", std::move(axes));
  return node->EmitResult("Squeeze", {node->input(0)}, std::move(attributes));
}

// An op on x as it is, with one more axis behind those that it speaks of. Only an ellipsis needs a
// place for that axis.
Status ConvertComplexStridedSlice(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(4));
  tf::NodeDef def = node->def();
  std::vector<ValueId> inputs = node->inputs();
  if (node->Int("ellipsis_mask", 0) != 0) {
    MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> places, node->Numbers(1));
    const size_t place = places.size();
    if (place >= 31) return InvalidArgument("begin: expected at most 30 numbers");
    for (size_t i = 1; i < inputs.size(); ++i) {
      MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> numbers, node->Numbers(i));
      std::vector<int32_t> longer(numbers.begin(), numbers.end());
      longer.push_back(1);
      inputs[i] = AddInts(node, Shape{static_cast<int64_t>(longer.size())}, longer);
    }
    for (const char* mask : {"begin_mask", "end_mask"}) {
      (*def.mutable_attr())[mask].set_i(node->Int(mask, 0) | (int64_t{1} << place));
    }
  }
  TfNode wider(def, node->name(), std::move(inputs), node->builder());
  MACE_RETURN_IF_ERROR(FindTfConverter("StridedSlice")(&wider));
  node->SetResults(wider.outputs());
  return Status::Ok();
}

// Ops that are there for complex numbers alone. Their types have defaults, which a file may leave
// out.
const TfConverterEntry kComplexOps[] = {
    {"Complex", ConvertComplex}, {"ComplexAbs", ConvertComplexAbs}, {"Conj", ConvertConj},
    {"FFT", ConvertFourier},     {"FFT2D", ConvertFourier},         {"IFFT", ConvertFourier},
    {"IFFT2D", ConvertFourier},  {"IRFFT", ConvertFourier},         {"IRFFT2D", ConvertFourier},
    {"Imag", ConvertPart},       {"RFFT", ConvertFourier},          {"RFFT2D", ConvertFourier},
    {"Real", ConvertPart},
};

// Ops of all numbers, where these are complex.
const TfConverterEntry kComplexForms[] = {
    {"Add", ConvertComplexSum},
    {"AddV2", ConvertComplexSum},
    {"Cast", ConvertComplexCast},
    {"Exp", ConvertComplexExp},
    {"ExpandDims", ConvertComplexExpandDims},
    {"Mul", ConvertComplexProduct},
    {"Neg", ConvertComplexSum},
    {"Reshape", ConvertComplexReshape},
    {"Squeeze", ConvertComplexSqueeze},
    {"StridedSlice", ConvertComplexStridedSlice},
    {"Sub", ConvertComplexSum},
    {"Transpose", ConvertComplexTranspose},
};

template <size_t kCount>
TfConverter Find(const TfConverterEntry (&table)[kCount], const std::string& op) {
  for (const TfConverterEntry& entry : table) {
    if (op == entry.op) return entry.convert;
  }
  return nullptr;
}

// Whether output `port` of the node has complex numbers.
bool IsTfComplexOutput(const tf::NodeDef& node, int port) {
  const std::string& op = node.op();
  if (op == "Cast") return IsComplexType(node, "DstT");
  const bool gives_floats = op == "ComplexAbs" || op == "Imag" || op == "IRFFT" ||
                            op == "IRFFT2D" || op == "Real" || op == "Angle";
  if (gives_floats) return false;
  if (Find(kComplexOps, op) != nullptr) return true;
  const auto outputs = node.attr().find("Tout");
  if (outputs != node.attr().end() && outputs->second.has_list()) {
    const auto& types = outputs->second.list();
    return port < types.type_size() && IsComplexType(types.type(port));
  }
  return IsComplexType(node, "T") || IsComplexType(node, "dtype");
}

}  // namespace

TfConverter FindTfConverterFor(const tf::NodeDef& node) {
  if (const TfConverter convert = Find(kComplexOps, node.op())) return convert;
  return NamesTfComplex(node) ? Find(kComplexForms, node.op()) : FindTfConverter(node.op());
}

bool NamesTfComplex(const tf::NodeDef& node) {
  for (const auto& [name, value] : node.attr()) {
    if (IsComplexType(node, name)) return true;
  }
  return false;
}

Status CheckTfOutput(const tf::NodeDef& node, int port) {
  if (!IsTfComplexOutput(node, port)) return Status::Ok();
  return Unsupported("output '" + Printable(TfTensorName(node.name(), port)) +
                     "': complex numbers");
}

}  // namespace mace
