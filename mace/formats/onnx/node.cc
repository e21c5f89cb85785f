#include "mace/formats/onnx/node.h"

#include <unordered_map>
#include <utility>

#include "mace/base/strings.h"
#include "mace/formats/common/constant_numbers.h"
#include "mace/formats/onnx/converter_tables.h"
#include "mace/formats/onnx/model.h"
#include "mace/formats/onnx/sparse.h"

namespace mace {
namespace {

using Field = onnx::AttributeProto;

}  // namespace

const Field* OnnxNode::Find(const std::string& name, Field::AttributeType type) const {
  for (const Field& attribute : def_.attribute()) {
    if (attribute.name() != name) continue;
    // Files of the first versions do not say the type.
    const bool fits = attribute.type() == type || !attribute.has_type();
    if (!fits || attribute.has_ref_attr_name()) return nullptr;
    looked_at_.insert(name);
    return &attribute;
  }
  return nullptr;
}

bool OnnxNode::Has(const std::string& name) const {
  for (const Field& attribute : def_.attribute()) {
    if (attribute.name() == name) return true;
  }
  return false;
}

int64_t OnnxNode::Int(const std::string& name, int64_t fallback) const {
  const Field* found = Find(name, Field::INT);
  return found == nullptr ? fallback : found->i();
}

double OnnxNode::Float(const std::string& name, double fallback) const {
  const Field* found = Find(name, Field::FLOAT);
  return found == nullptr ? fallback : double{found->f()};
}

std::string OnnxNode::String(const std::string& name, const std::string& fallback) const {
  const Field* found = Find(name, Field::STRING);
  return found == nullptr ? fallback : found->s();
}

std::vector<int64_t> OnnxNode::Ints(const std::string& name,
                                    const std::vector<int64_t>& fallback) const {
  const Field* found = Find(name, Field::INTS);
  if (found == nullptr) return fallback;
  return std::vector<int64_t>(found->ints().begin(), found->ints().end());
}

std::vector<double> OnnxNode::Floats(const std::string& name) const {
  const Field* found = Find(name, Field::FLOATS);
  if (found == nullptr) return {};
  return std::vector<double>(found->floats().begin(), found->floats().end());
}

std::vector<std::string> OnnxNode::Strings(const std::string& name) const {
  const Field* found = Find(name, Field::STRINGS);
  if (found == nullptr) return {};
  return std::vector<std::string>(found->strings().begin(), found->strings().end());
}

StatusOr<HostTensor> OnnxNode::Tensor(const std::string& name) const {
  const Field* found = Find(name, Field::TENSOR);
  if (found == nullptr || !found->has_t()) {
    return InvalidArgument("attribute '" + name + "': expected a tensor, found none");
  }
  StatusOr<HostTensor> tensor = ReadOnnxTensor(found->t(), source_);
  if (!tensor.ok()) return tensor.status().WithPrefix("attribute '" + name + "'");
  return tensor;
}

StatusOr<HostTensor> OnnxNode::SparseTensor(const std::string& name) const {
  const Field* found = Find(name, Field::SPARSE_TENSOR);
  if (found == nullptr || !found->has_sparse_tensor()) {
    return InvalidArgument("attribute '" + name + "': expected a sparse tensor, found none");
  }
  StatusOr<HostTensor> tensor = ReadOnnxSparse(found->sparse_tensor(), source_);
  if (!tensor.ok()) return tensor.status().WithPrefix("attribute '" + name + "'");
  return tensor;
}

int32_t OnnxNode::TensorType(const std::string& name) const {
  const Field* found = Find(name, Field::TENSOR);
  return found == nullptr || !found->has_t() ? 0 : found->t().data_type();
}

void OnnxNode::Ignore(std::initializer_list<const char*> names) const {
  for (const char* name : names) looked_at_.insert(name);
}

Status OnnxNode::CheckAttributes() const {
  for (const Field& attribute : def_.attribute()) {
    if (looked_at_.count(attribute.name()) > 0) continue;
    return Unsupported("attribute '" + Printable(attribute.name()) +
                       "' of this type or in this op set version");
  }
  return Status::Ok();
}

std::vector<ValueId> OnnxNode::GivenInputs() const {
  std::vector<ValueId> given = inputs_;
  while (!given.empty() && given.back() == kNoValue) given.pop_back();
  return given;
}

Status OnnxNode::RequireInputs(size_t count, int most) const {
  for (size_t i = 0; i < count; ++i) {
    if (HasInput(i)) continue;
    return InvalidArgument("expected " + std::to_string(count) + " inputs, found " +
                           (i < inputs_.size() ? "none for input " + std::to_string(i)
                                               : std::to_string(inputs_.size())));
  }
  const size_t given = GivenInputs().size();
  if (most < 0 || given <= static_cast<size_t>(most)) return Status::Ok();
  return InvalidArgument("expected at most " + std::to_string(most) + " inputs, found " +
                         std::to_string(given));
}

StatusOr<std::vector<int64_t>> OnnxNode::Numbers(size_t index) const {
  const std::string who = "input " + std::to_string(index);
  if (!HasInput(index)) return InvalidArgument(who + ": expected numbers, found no input");
  const HostTensor* tensor = builder()->ElementsOf(inputs_[index]);
  MACE_RETURN_IF_ERROR(CheckNumbers(index, tensor));
  if (IsFloat(tensor->dtype())) {
    return InvalidArgument(who + ": expected integers, found " + DTypeName(tensor->dtype()));
  }
  return ToInt64Vector(*tensor);
}

StatusOr<int64_t> OnnxNode::Number(size_t index) const {
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> numbers, Numbers(index));
  return OnlyNumber(index, numbers);
}

StatusOr<std::vector<double>> OnnxNode::Reals(size_t index) const {
  const std::string who = "input " + std::to_string(index);
  if (!HasInput(index)) return InvalidArgument(who + ": expected numbers, found no input");
  const HostTensor* tensor = builder()->ElementsOf(inputs_[index]);
  MACE_RETURN_IF_ERROR(CheckNumbers(index, tensor));
  if (!IsFloat(tensor->dtype())) {
    const std::vector<int64_t> integers = ToInt64Vector(*tensor);
    return std::vector<double>(integers.begin(), integers.end());
  }
  const std::vector<float> floats = ToFloatVector(*tensor);
  return std::vector<double>(floats.begin(), floats.end());
}

StatusOr<double> OnnxNode::Real(size_t index) const {
  MACE_ASSIGN_OR_RETURN(const std::vector<double> numbers, Reals(index));
  return OnlyNumber(index, numbers);
}

StatusOr<std::vector<int64_t>> OnnxNode::AttributeOrInput(
    const std::string& name, size_t index, const std::vector<int64_t>& fallback) const {
  if (HasInput(index)) return Numbers(index);
  return Ints(name, fallback);
}

StatusOr<std::vector<ValueId>> OnnxNode::EmitMany(const std::string& suffix,
                                                  const std::string& type,
                                                  std::vector<ValueId> inputs,
                                                  AttributeMap attributes, int output_count) {
  Node node;
  node.name = builder()->UniqueName(name_ + suffix);
  node.type = type;
  node.inputs = std::move(inputs);
  node.attributes = std::move(attributes);
  std::vector<std::string> names;
  for (int i = 0; i < output_count; ++i) names.push_back(node.name + ":" + std::to_string(i));
  return builder()->AddNode(std::move(node), names);
}

Status OnnxNode::EmitResult(const std::string& type, std::vector<ValueId> inputs,
                            AttributeMap attributes, int output_count) {
  Node node;
  node.name = builder()->UniqueName(name_);
  node.type = type;
  node.inputs = std::move(inputs);
  node.attributes = std::move(attributes);
  std::vector<std::string> names;
  for (int i = 0; i < output_count; ++i) {
    names.push_back(WantsOutput(i) ? def_.output(i) : name_ + ":" + std::to_string(i));
  }
  MACE_ASSIGN_OR_RETURN(outputs_, builder()->AddNode(std::move(node), names));
  return Status::Ok();
}

Status OnnxNode::EmitChannelsLast(const std::string& type, std::vector<ValueId> inputs,
                                  AttributeMap attributes) {
  const int rank = builder()->ShapeOf(inputs[0]).rank();
  if (rank < 3) return EmitResult(type, std::move(inputs), std::move(attributes));
  MACE_ASSIGN_OR_RETURN(inputs[0], builder()->Transpose(inputs[0], ChannelsLast(rank)));
  MACE_RETURN_IF_ERROR(EmitResult(type, std::move(inputs), std::move(attributes)));
  MACE_ASSIGN_OR_RETURN(outputs_[0], builder()->Transpose(outputs_[0], ChannelsFirst(rank)));
  return Status::Ok();
}

ValueId OnnxNode::AddConstant(const std::string& suffix, HostTensor tensor) const {
  return builder()->graph().AddConstant(name_ + suffix, std::move(tensor));
}

ValueId OnnxNode::AddInts(const std::string& suffix, const std::vector<int64_t>& values) const {
  return AddConstant(
      suffix,
      HostTensor::FromVector(DType::kInt64, Shape{static_cast<int64_t>(values.size())}, values));
}

ValueId OnnxNode::AddScalar(const std::string& suffix, float value) const {
  return AddConstant(suffix, HostTensor::FromVector<float>(DType::kFloat32, Shape(), {value}));
}

void OnnxNode::SetResult(ValueId id, size_t index) {
  if (outputs_.size() <= index) outputs_.resize(index + 1, kNoValue);
  outputs_[index] = id;
}

std::vector<int64_t> ChannelsLast(int rank) {
  std::vector<int64_t> permutation = {0};
  for (int axis = 2; axis < rank; ++axis) permutation.push_back(axis);
  permutation.push_back(1);
  return permutation;
}

std::vector<int64_t> ChannelsFirst(int rank) {
  std::vector<int64_t> permutation = {0, rank - 1};
  for (int axis = 1; axis < rank - 1; ++axis) permutation.push_back(axis);
  return permutation;
}

StatusOr<ValueId> OnnxNode::ConvertAs(const std::string& op, std::vector<ValueId> inputs,
                                      int64_t opset) {
  OnnxNode other(def_, name_, opset == 0 ? opset_ : opset, std::move(inputs), source_);
  other.op_ = op;
  other.quantized_ = quantized_;
  other.has_own_inputs_ = false;
  MACE_RETURN_IF_ERROR(FindOnnxConversion("", op).convert(&other));
  looked_at_.insert(other.looked_at_.begin(), other.looked_at_.end());
  return other.outputs()[0];
}

const OnnxQuantized* OnnxNode::Quantized(size_t index) const {
  if (quantized_ == nullptr || !has_own_inputs_ || !HasInput(index)) return nullptr;
  return quantized_->Find(def_.input(static_cast<int>(index)));
}

void OnnxNode::SetQuantizedResult(const OnnxQuantized& result, size_t index) {
  SetResult(result.floats, index);
  quantized_results_[index] = result;
}

void OnnxNode::NoteResult(size_t index) const {
  const std::string& name = def_.output(static_cast<int>(index));
  const auto quantized = quantized_results_.find(index);
  if (quantized != quantized_results_.end()) quantized_->Add(name, quantized->second);
}

namespace {

using ConversionMap = std::unordered_map<std::string, OnnxConversion>;

void AddConversions(const OnnxConverterEntry* table, bool reads_quantized, ConversionMap* to) {
  for (; table->op != nullptr; ++table)
    to->emplace(table->op, OnnxConversion{table->convert, reads_quantized});
}

const ConversionMap& OnnxConversions() {
  static const auto* const kConversions = [] {
    auto* all = new ConversionMap();
    for (const OnnxConverterEntry* table :
         {kOnnxAttentionConverters, kOnnxCountedConverters, kOnnxRegionConverters,
          kOnnxSampleConverters, kOnnxLinearAttentionConverters, kOnnxLossConverters,
          kOnnxRandomConverters, kOnnxSignalConverters, kOnnxBinaryConverters,
          kOnnxElementConverters, kOnnxIndexConverters, kOnnxNormConverters,
          kOnnxRecurrentConverters, kOnnxResizeConverters, kOnnxMathConverters, kOnnxPoolConverters,
          kOnnxShapeConverters, kOnnxSliceConverters, kOnnxSpatialConverters}) {
      AddConversions(table, false, all);
    }
    for (const OnnxConverterEntry* table :
         {kOnnxIntegerConverters, kOnnxQuantizeConverters, kOnnxQuantizedConverters}) {
      AddConversions(table, true, all);
    }
    all->at("Cast").reads_quantized = true;
    return all;
  }();
  return *kConversions;
}

const ConversionMap& MicrosoftConversions() {
  static const auto* const kConversions = [] {
    auto* all = new ConversionMap();
    for (const OnnxConverterEntry* table :
         {kMicrosoftAttentionConverters, kMicrosoftFusedConverters, kMicrosoftGatherConverters,
          kMicrosoftGroupQueryConverters, kMicrosoftNormConverters,
          kMicrosoftRecurrentConverters}) {
      AddConversions(table, false, all);
    }
    for (const OnnxConverterEntry* table :
         {kMicrosoftIntegerConverters, kMicrosoftQuantizedConverters, kOnnxQuantizeConverters}) {
      AddConversions(table, true, all);
    }
    return all;
  }();
  return *kConversions;
}

const ConversionMap& LearnedConversions() {
  static const auto* const kConversions = [] {
    auto* all = new ConversionMap();
    for (const OnnxConverterEntry* table : {kOnnxFeatureConverters, kOnnxLinearModelConverters,
                                            kOnnxSupportVectorConverters, kOnnxTreeConverters}) {
      AddConversions(table, false, all);
    }
    return all;
  }();
  return *kConversions;
}

// Null for a domain that is not known.
const ConversionMap* ConversionsOf(const std::string& domain) {
  if (IsOnnxDomain(domain)) return &OnnxConversions();
  if (domain == "com.microsoft") return &MicrosoftConversions();
  return domain == "ai.onnx.ml" ? &LearnedConversions() : nullptr;
}

}  // namespace

OnnxConversion FindOnnxConversion(const std::string& domain, const std::string& op) {
  const ConversionMap* const all = ConversionsOf(domain);
  if (all == nullptr) return OnnxConversion();
  const auto found = all->find(op);
  return found == all->end() ? OnnxConversion() : found->second;
}

}  // namespace mace
