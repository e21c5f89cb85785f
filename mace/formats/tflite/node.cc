#include "mace/formats/tflite/node.h"

#include <algorithm>
#include <map>

#include "mace/base/strings.h"
#include "mace/formats/tensorflow/complex.h"
#include "mace/formats/tensorflow/node.h"

namespace mace {

TfliteTfOp& TfliteTfOp::Int(const std::string& name, int64_t value) {
  (*def_.mutable_attr())[name].set_i(value);
  return *this;
}

TfliteTfOp& TfliteTfOp::Float(const std::string& name, double value) {
  (*def_.mutable_attr())[name].set_f(static_cast<float>(value));
  return *this;
}

TfliteTfOp& TfliteTfOp::Bool(const std::string& name, bool value) {
  (*def_.mutable_attr())[name].set_b(value);
  return *this;
}

TfliteTfOp& TfliteTfOp::Text(const std::string& name, const std::string& value) {
  (*def_.mutable_attr())[name].set_s(value);
  return *this;
}

TfliteTfOp& TfliteTfOp::Ints(const std::string& name, const std::vector<int64_t>& values) {
  auto* list = (*def_.mutable_attr())[name].mutable_list();
  for (int64_t value : values) list->add_i(value);
  return *this;
}

TfliteTfOp& TfliteTfOp::Type(const std::string& name, tf::DataType value) {
  (*def_.mutable_attr())[name].set_type(value);
  return *this;
}

std::vector<ValueId> TfliteNode::inputs() const {
  std::vector<ValueId> ids;
  for (const Place& place : inputs_) ids.push_back(place.value);
  return ids;
}

bool TfliteNode::AnyIsQuantized() const {
  const auto is_quantized = [](const Place& place) { return place.is_quantized(); };
  return std::any_of(inputs_.begin(), inputs_.end(), is_quantized) ||
         std::any_of(outputs_.begin(), outputs_.end(), is_quantized);
}

namespace {

bool AnyIsComplex(const std::vector<TfliteNode::Place>& places) {
  return std::any_of(places.begin(), places.end(), [](const TfliteNode::Place& place) {
    return place.tensor != nullptr && place.tensor->type() == tflite::TensorType_COMPLEX64;
  });
}

}  // namespace

bool TfliteNode::ReadsComplex() const { return AnyIsComplex(inputs_); }

bool TfliteNode::MakesComplex() const { return AnyIsComplex(outputs_); }

Status TfliteNode::RequireInputs(size_t count, size_t most, size_t outputs) const {
  most = std::max(count, most);
  bool given = inputs_.size() >= count && inputs_.size() <= most;
  for (size_t i = 0; given && i < count; ++i) given = HasInput(i);
  if (!given) {
    return InvalidArgument("expected " + std::to_string(count) +
                           (most > count ? " to " + std::to_string(most) : "") + " inputs, found " +
                           std::to_string(inputs_.size()));
  }
  if (outputs_.size() == outputs) return Status::Ok();
  return InvalidArgument("expected " + std::to_string(outputs) + " outputs, found " +
                         std::to_string(outputs_.size()));
}

StatusOr<std::vector<int64_t>> TfliteNode::Numbers(size_t index) const {
  constexpr int64_t kMaxNumbers = 1024;
  const std::string who = "input " + std::to_string(index);
  const HostTensor* constant = builder_->ConstantOf(input(index));
  if (constant == nullptr) {
    return Unsupported(who +
                       ": expected numbers that are known at import, found a tensor that is "
                       "computed from the inputs");
  }
  if (IsFloat(constant->dtype()) || constant->shape().elements() > kMaxNumbers) {
    return InvalidArgument(who + ": expected up to " + std::to_string(kMaxNumbers) +
                           " integers, found " + constant->shape().ToString() + " of " +
                           DTypeName(constant->dtype()));
  }
  return ToInt64Vector(*constant);
}

StatusOr<std::vector<ValueId>> TfliteNode::EmitTf(const TfliteTfOp& op,
                                                  const std::vector<ValueId>& inputs) {
  TfliteTfOp typed = op;
  if (ReadsComplex()) typed.Type("T", tf::DT_COMPLEX64);
  const TfConverter convert = FindTfConverterFor(typed.def());
  if (convert == nullptr) return Unsupported("TensorFlow's op " + op.def().op());
  TfNode node(typed.def(), builder_->UniqueName(name_), inputs, builder_);
  MACE_RETURN_IF_ERROR(convert(&node));
  return node.outputs();
}

Status TfliteNode::ConvertAs(const TfliteTfOp& op) { return ConvertAs(op, inputs()); }

Status TfliteNode::ConvertAs(const TfliteTfOp& op, const std::vector<ValueId>& inputs) {
  MACE_ASSIGN_OR_RETURN(results_, EmitTf(op, inputs));
  return Status::Ok();
}

ValueId TfliteNode::AddInts(const std::vector<int64_t>& values, bool is_scalar) {
  const std::vector<int32_t> narrow(values.begin(), values.end());
  const Shape shape = is_scalar ? Shape() : Shape{static_cast<int64_t>(values.size())};
  return builder_->graph().AddConstant(name_ + "/numbers",
                                       HostTensor::FromVector(DType::kInt32, shape, narrow));
}

Status TfliteNode::SetResult(const StatusOr<ValueId>& id) {
  if (!id.ok()) return id.status();
  results_ = {*id};
  return Status::Ok();
}

Status TfliteNode::SetActivated(const StatusOr<ValueId>& id,
                                tflite::ActivationFunctionType activation) {
  if (!id.ok()) return id.status();
  has_activation_ = activation != tflite::ActivationFunctionType_NONE;
  AttributeMap attributes;
  switch (activation) {
    case tflite::ActivationFunctionType_NONE:
      return SetResult(id);
    case tflite::ActivationFunctionType_RELU:
      if (!IsFloat(builder_->graph().value(*id).info.dtype)) {
        return SetResult(EmitEltwise(this, EltwiseType::kMax, *id, 0.0));
      }
      attributes.Set("activation", std::string("RELU"));
      break;
    case tflite::ActivationFunctionType_RELU6:
      attributes.Set("activation", std::string("RELUX"));
      attributes.Set("max_limit", 6.0);
      break;
    case tflite::ActivationFunctionType_RELU_N1_TO_1:
      return SetResult(EmitClipped(this, *id, -1, 1));
    case tflite::ActivationFunctionType_TANH:
      attributes.Set("activation", std::string("TANH"));
      break;
    default:
      return Unsupported(
          "fused_activation_function: expected NONE, RELU, RELU_N1_TO_1, RELU6 or "
          "TANH, found " +
          std::to_string(static_cast<int>(activation)));
  }
  return SetResult(Emit("/activation", "Activation", {*id}, std::move(attributes)));
}

Status TfliteOptionsError(tflite::BuiltinOptions found) {
  return Corruption("options: expected those of the operator, found type " +
                    std::to_string(static_cast<int>(found)));
}

const void* TfliteDefaults() {
  // A vtable of no fields (its size and the table's), and a table that leads back to it.
  struct Empty {
    uint16_t vtable_bytes = 4;
    uint16_t table_bytes = 4;
    int32_t to_vtable = 4;
  };
  static const Empty kEmpty;
  return &kEmpty.to_vtable;
}

StatusOr<std::string> TflitePadding(tflite::Padding padding) {
  if (padding == tflite::Padding_SAME) return std::string("SAME");
  if (padding == tflite::Padding_VALID) return std::string("VALID");
  return Corruption("padding: expected SAME or VALID, found " +
                    std::to_string(static_cast<int>(padding)));
}

TfliteConverter FindTfliteConverter(tflite::BuiltinOperator code) {
  static const auto* const kConverters = [] {
    auto* all = new std::map<tflite::BuiltinOperator, TfliteConverter>();
    for (const TfliteConverterEntry* table :
         {kTfliteElementConverters, kTfliteSpatialConverters, kTfliteReduceConverters,
          kTfliteShapeConverters, kTfliteSignalConverters, kTfliteIndexConverters,
          kTfliteMatrixConverters, kTfliteRecurrentConverters}) {
      for (const TfliteConverterEntry* entry = table; entry->convert != nullptr; ++entry) {
        all->emplace(entry->code, entry->convert);
      }
    }
    return all;
  }();
  const auto found = kConverters->find(code);
  return found == kConverters->end() ? nullptr : found->second;
}

}  // namespace mace
