#include "mace/formats/tensorflow/node.h"

#include <unordered_map>
#include <utility>

#include "mace/base/strings.h"
#include "mace/formats/common/constant_numbers.h"

namespace mace {
namespace {

std::vector<double> ToDoubles(const HostTensor& tensor) {
  const std::vector<float> floats = ToFloatVector(tensor);
  return std::vector<double>(floats.begin(), floats.end());
}

}  // namespace

const tf::AttrValue* TfNode::Find(const std::string& name) const {
  const auto found = def_.attr().find(name);
  return found == def_.attr().end() ? nullptr : &found->second;
}

int64_t TfNode::Int(const std::string& name, int64_t fallback) const {
  const tf::AttrValue* value = Find(name);
  return value != nullptr && value->value_case() == tf::AttrValue::kI ? value->i() : fallback;
}

double TfNode::Float(const std::string& name, double fallback) const {
  const tf::AttrValue* value = Find(name);
  return value != nullptr && value->value_case() == tf::AttrValue::kF ? value->f() : fallback;
}

bool TfNode::Bool(const std::string& name, bool fallback) const {
  const tf::AttrValue* value = Find(name);
  return value != nullptr && value->value_case() == tf::AttrValue::kB ? value->b() : fallback;
}

std::string TfNode::String(const std::string& name, const std::string& fallback) const {
  const tf::AttrValue* value = Find(name);
  return value != nullptr && value->value_case() == tf::AttrValue::kS ? value->s() : fallback;
}

std::vector<int64_t> TfNode::Ints(const std::string& name) const {
  const tf::AttrValue* value = Find(name);
  if (value == nullptr || value->value_case() != tf::AttrValue::kList) return {};
  return std::vector<int64_t>(value->list().i().begin(), value->list().i().end());
}

std::vector<std::string> TfNode::Strings(const std::string& name) const {
  const tf::AttrValue* value = Find(name);
  if (value == nullptr || value->value_case() != tf::AttrValue::kList) return {};
  return std::vector<std::string>(value->list().s().begin(), value->list().s().end());
}

tf::DataType TfNode::Type(const std::string& name, tf::DataType fallback) const {
  const tf::AttrValue* value = Find(name);
  return value != nullptr && value->value_case() == tf::AttrValue::kType ? value->type() : fallback;
}

Status TfNode::RequireInputs(size_t count) const {
  if (inputs_.size() >= count) return Status::Ok();
  return InvalidArgument("expected " + std::to_string(count) + " inputs, found " +
                         std::to_string(inputs_.size()));
}

StatusOr<std::vector<int64_t>> TfNode::Numbers(size_t index) const {
  const HostTensor* tensor = builder_->ElementsOf(inputs_[index]);
  MACE_RETURN_IF_ERROR(CheckNumbers(index, tensor));
  return ToInt64Vector(*tensor);
}

StatusOr<int64_t> TfNode::Number(size_t index) const {
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> numbers, Numbers(index));
  return OnlyNumber(index, numbers);
}

StatusOr<double> TfNode::Real(size_t index) const {
  const HostTensor* tensor = builder_->ElementsOf(inputs_[index]);
  MACE_RETURN_IF_ERROR(CheckNumbers(index, tensor));
  if (!IsFloat(tensor->dtype())) {
    MACE_ASSIGN_OR_RETURN(const int64_t number, Number(index));
    return static_cast<double>(number);
  }
  return OnlyNumber(index, ToDoubles(*tensor));
}

StatusOr<bool> TfNode::IsNchw() const {
  const std::string format = String("data_format", "NHWC");
  if (format != "NHWC" && format != "NCHW") {
    return Unsupported("data_format: expected NHWC or NCHW, found " + Printable(format));
  }
  return format == "NCHW";
}

Status TfNode::EmitResult(const std::string& type, std::vector<ValueId> inputs,
                          AttributeMap attributes, int output_count) {
  Node node;
  node.name = name_;
  node.type = type;
  node.inputs = std::move(inputs);
  node.attributes = std::move(attributes);
  std::vector<std::string> names;
  for (int port = 0; port < output_count; ++port) names.push_back(TfTensorName(name_, port));
  MACE_ASSIGN_OR_RETURN(outputs_, builder_->AddNode(std::move(node), names));
  return Status::Ok();
}

Status TfNode::EmitSpatial(const std::string& type, std::vector<ValueId> inputs,
                           AttributeMap attributes) {
  MACE_ASSIGN_OR_RETURN(const bool nchw, IsNchw());
  const int rank = builder_->ShapeOf(inputs[0]).rank();
  if (!nchw || rank == 2) return EmitResult(type, std::move(inputs), std::move(attributes));
  if (rank != 4) {
    return InvalidArgument("expected an NCHW tensor of rank 4, found " +
                           builder_->ShapeOf(inputs[0]).ToString());
  }
  MACE_ASSIGN_OR_RETURN(inputs[0], builder_->Transpose(inputs[0], kNchwToNhwc));
  MACE_RETURN_IF_ERROR(EmitResult(type, std::move(inputs), std::move(attributes)));
  MACE_ASSIGN_OR_RETURN(outputs_[0], builder_->Transpose(outputs_[0], kNhwcToNchw));
  return Status::Ok();
}

TfConverter FindTfConverter(const std::string& op) {
  static const auto* const kConverters = [] {
    auto* all = new std::unordered_map<std::string, TfConverter>();
    for (const TfConverterEntry* table :
         {kTfSpatialConverters, kTfMathConverters, kTfShapeConverters, kTfSliceConverters,
          kTfVisionConverters, kTfElementConverters, kTfIndexConverters, kTfFillConverters,
          kTfMatrixConverters, kTfVolumeConverters, kTfQuantizeConverters, kTfEinsumConverters,
          kTfWindowConverters, kTfCountedConverters, kTfDetectionConverters, kTfNormConverters,
          kTfBinConverters}) {
      for (const TfConverterEntry* entry = table; entry->op != nullptr; ++entry) {
        all->emplace(entry->op, entry->convert);
      }
    }
    return all;
  }();
  const auto found = kConverters->find(op);
  return found == kConverters->end() ? nullptr : found->second;
}

std::string TfTensorName(const std::string& node, int port) {
  return port == 0 ? node : node + ":" + std::to_string(port);
}

}  // namespace mace
