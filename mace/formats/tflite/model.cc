#include "mace/formats/tflite/model.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "mace/base/coding.h"
#include "mace/base/keyed_hash.h"
#include "mace/base/strings.h"
#include "mace/graph/shape.h"

namespace mace {
namespace {

constexpr uint32_t kVersion = 3;
// Tables that are reached by several ways count each time, so that a small file cannot ask for much
// work.
constexpr flatbuffers::uoffset_t kMaxDepth = 64;
constexpr flatbuffers::uoffset_t kMaxTables = 1 << 22;
constexpr size_t kMaxNames = size_t{1} << 12;  // The most inputs, and the most outputs.
// Operators may share one list of inputs in the file, and tensors one name.
constexpr size_t kMaxReferences = size_t{1} << 22;
constexpr size_t kMaxNameBytes = size_t{1} << 26;

Status VerifyBytes(Bytes bytes) {
  if (bytes.size() >= FLATBUFFERS_MAX_BUFFER_SIZE) {
    return InvalidArgument("expected less than 2^31 bytes, found " + std::to_string(bytes.size()));
  }
  flatbuffers::Verifier verifier(bytes.data(), bytes.size(), kMaxDepth, kMaxTables);
  if (tflite::VerifyModelBuffer(verifier)) return Status::Ok();
  return Corruption(
      "a TensorFlow Lite model that is cut short or damaged: expected tables inside " +
      std::to_string(bytes.size()) + " bytes, found an offset or a count that " +
      "leads outside of them, or more than " + std::to_string(kMaxTables) + " tables");
}

template <typename List>
size_t SizeOf(const List* list) {
  return list == nullptr ? 0 : list->size();
}

Status CheckIndex(const std::string& who, int64_t index, size_t count) {
  if (index >= 0 && static_cast<uint64_t>(index) < count) return Status::Ok();
  return Corruption(who + ": expected a place below " + std::to_string(count) + ", found " +
                    std::to_string(index));
}

template <typename List>
Status CheckNone(const std::string& who, const List* list) {
  for (size_t i = 0; i < SizeOf(list); ++i) {
    if (list->Get(static_cast<flatbuffers::uoffset_t>(i)) == nullptr) {
      return Corruption(who + ' ' + std::to_string(i) + ": expected a table, found none");
    }
  }
  return Status::Ok();
}

std::string TextOf(const flatbuffers::String* text) { return text == nullptr ? "" : text->str(); }

}  // namespace

std::vector<int32_t> TflitePlaces(const flatbuffers::Vector<int32_t>* list) {
  if (list == nullptr) return {};
  return {list->begin(), list->end()};
}

bool IsTflite(Bytes begin) {
  return begin.size() >= 8 && AsStringView(begin).substr(4, 4) == tflite::ModelIdentifier();
}

StatusOr<TfliteModel> TfliteModel::Parse(const ByteSource& source, size_t max_operators) {
  TfliteModel model;
  model.source_ = source;
  MACE_ASSIGN_OR_RETURN(model.whole_, source.ReadAll());
  MACE_RETURN_IF_ERROR(VerifyBytes(model.whole_.bytes));
  model.model_ = tflite::GetModel(model.whole_.bytes.data());
  MACE_RETURN_IF_ERROR(model.CheckParts());
  model.graph_ = model.model_->subgraphs()->Get(0);
  if (model.operator_count() > max_operators) {
    return InvalidArgument("expected at most " + std::to_string(max_operators) +
                           " operators, found " + std::to_string(model.operator_count()));
  }
  MACE_RETURN_IF_ERROR(model.CheckTensors());
  MACE_RETURN_IF_ERROR(model.CheckOperators());
  MACE_RETURN_IF_ERROR(model.CheckOrder());
  MACE_RETURN_IF_ERROR(model.CheckSignatures());
  MACE_RETURN_IF_ERROR(model.FindNames());
  return model;
}

Status TfliteModel::CheckParts() const {
  if (model_->version() != kVersion) {
    return Unsupported("schema version: expected 3, found " + std::to_string(model_->version()));
  }
  MACE_RETURN_IF_ERROR(CheckNone("subgraph", model_->subgraphs()));
  MACE_RETURN_IF_ERROR(CheckNone("operator code", model_->operator_codes()));
  MACE_RETURN_IF_ERROR(CheckNone("buffer", model_->buffers()));
  MACE_RETURN_IF_ERROR(CheckNone("signature", model_->signature_defs()));
  if (SizeOf(model_->subgraphs()) == 0) return Corruption("expected a subgraph, found none");
  const tflite::SubGraph* graph = model_->subgraphs()->Get(0);  // No other one is read.
  MACE_RETURN_IF_ERROR(CheckNone("tensor", graph->tensors()));
  MACE_RETURN_IF_ERROR(CheckNone("operator", graph->operators()));
  if (SizeOf(graph->tensors()) == 0) return Corruption("expected tensors, found none");
  return Status::Ok();
}

const tflite::Tensor& TfliteModel::tensor(size_t index) const {
  return *graph_->tensors()->Get(static_cast<flatbuffers::uoffset_t>(index));
}

size_t TfliteModel::operator_count() const { return SizeOf(graph_->operators()); }

const tflite::Operator& TfliteModel::op(size_t index) const {
  return *graph_->operators()->Get(static_cast<flatbuffers::uoffset_t>(index));
}

// Files from before code 127 was needed have the old field alone; later ones have the larger of the
// two numbers.
tflite::BuiltinOperator TfliteModel::code(const tflite::Operator& op) const {
  const tflite::OperatorCode& code = *model_->operator_codes()->Get(op.opcode_index());
  const int32_t old = code.deprecated_builtin_code();
  return static_cast<tflite::BuiltinOperator>(
      std::max(old, static_cast<int32_t>(code.builtin_code())));
}

std::string TfliteModel::CodeName(const tflite::Operator& op) const {
  const tflite::BuiltinOperator builtin = code(op);
  if (builtin == tflite::BuiltinOperator_CUSTOM) {
    const tflite::OperatorCode& custom = *model_->operator_codes()->Get(op.opcode_index());
    return "custom operator '" + Printable(TextOf(custom.custom_code())) + "'";
  }
  const std::string name = tflite::EnumNameBuiltinOperator(builtin);
  return name.empty() ? "builtin operator " + std::to_string(static_cast<int32_t>(builtin)) : name;
}

std::string TfliteModel::TensorName(size_t index) const {
  const std::string name = TextOf(tensor(index).name());
  return name.empty() ? "tensor_" + std::to_string(index) : name;
}

std::string TfliteModel::Describe(size_t op_index) const {
  const tflite::Operator& operation = op(op_index);
  std::string text = "operator " + std::to_string(op_index) + " (" + CodeName(operation) + ")";
  if (SizeOf(operation.outputs()) > 0) {
    const size_t made = static_cast<size_t>(operation.outputs()->Get(0));
    text += " that makes '" + Printable(TensorName(made)) + "'";
  }
  return text;
}

Status TfliteModel::CheckTensor(size_t index) const {
  const tflite::Tensor& each = tensor(index);
  MACE_RETURN_IF_ERROR(CheckIndex("buffer", each.buffer(), SizeOf(model_->buffers())));
  const size_t rank = SizeOf(each.shape()), said = SizeOf(each.shape_signature());
  if (rank > Shape::kMaxRank || said > Shape::kMaxRank) {
    return Unsupported("expected a rank up to " + std::to_string(Shape::kMaxRank) + ", found " +
                       std::to_string(std::max(rank, said)));
  }
  for (size_t axis = 0; axis < rank; ++axis) {
    const int32_t extent = each.shape()->Get(static_cast<flatbuffers::uoffset_t>(axis));
    if (extent < 0) {
      return Corruption("expected extents of 0 or more, found " + std::to_string(extent));
    }
  }
  return Elements(index).status();
}

Status TfliteModel::CheckTensors() const {
  size_t name_bytes = 0;
  for (size_t i = 0; i < tensor_count(); ++i) {
    const Status checked = CheckTensor(i);
    if (!checked.ok()) {
      return checked.WithPrefix("tensor " + std::to_string(i) + " '" + Printable(TensorName(i)) +
                                "'");
    }
    name_bytes += SizeOf(tensor(i).name());
    if (name_bytes > kMaxNameBytes) {
      return ResourceExhausted("names of tensors: expected at most " +
                               std::to_string(kMaxNameBytes) + " bytes in all, found more");
    }
  }
  return Status::Ok();
}

Status TfliteModel::CheckOperators() const {
  size_t references = 0;
  for (size_t i = 0; i < operator_count(); ++i) {
    const tflite::Operator& each = op(i);
    const std::string who = "operator " + std::to_string(i);
    MACE_RETURN_IF_ERROR(
        CheckIndex(who + ": operator code", each.opcode_index(), SizeOf(model_->operator_codes())));
    references += SizeOf(each.inputs()) + SizeOf(each.outputs());
    if (references > kMaxReferences) {
      return ResourceExhausted(who + ": expected at most " + std::to_string(kMaxReferences) +
                               " inputs and outputs in all, found more");
    }
    for (int32_t index : TflitePlaces(each.inputs())) {
      if (index == -1) continue;  // Not given.
      MACE_RETURN_IF_ERROR(CheckIndex(who + ": input", index, tensor_count()));
    }
    for (int32_t index : TflitePlaces(each.outputs())) {
      MACE_RETURN_IF_ERROR(CheckIndex(who + ": output", index, tensor_count()));
    }
  }
  return Status::Ok();
}

// A tensor is made once, and before it is read.
Status TfliteModel::CheckOrder() const {
  for (const auto* list : {graph_->inputs(), graph_->outputs()}) {
    for (int32_t index : TflitePlaces(list)) {
      MACE_RETURN_IF_ERROR(CheckIndex("inputs and outputs of the subgraph", index, tensor_count()));
    }
  }
  std::vector<bool> made(tensor_count(), false), will_be_made(tensor_count(), false);
  for (size_t i = 0; i < operator_count(); ++i) {
    for (int32_t index : TflitePlaces(op(i).outputs())) {
      will_be_made[static_cast<size_t>(index)] = true;
    }
  }
  for (size_t i = 0; i < operator_count(); ++i) {
    for (int32_t index : TflitePlaces(op(i).inputs())) {
      const size_t at = static_cast<size_t>(index);
      if (index < 0 || !will_be_made[at] || made[at]) continue;
      return Corruption(Describe(i) + ": expected inputs that operators before it make, found '" +
                        Printable(TensorName(at)) + "'");
    }
    for (int32_t index : TflitePlaces(op(i).outputs())) {
      const size_t at = static_cast<size_t>(index);
      if (made[at]) {
        return Corruption(Describe(i) + ": expected tensors that no other operator makes, found '" +
                          Printable(TensorName(at)) + "'");
      }
      made[at] = true;
    }
  }
  return Status::Ok();
}

StatusOr<TfliteModel::Part> TfliteModel::Elements(size_t index) const {
  const tflite::Tensor& each = tensor(index);
  const tflite::Buffer& buffer = *model_->buffers()->Get(each.buffer());
  if (each.external_buffer() != 0) {
    return Unsupported("expected elements in the file, found a buffer of another file");
  }
  Part part;
  if (buffer.offset() > 1) {
    part = {buffer.offset(), buffer.size()};
  } else if (SizeOf(buffer.data()) > 0) {
    part = {static_cast<uint64_t>(buffer.data()->data() - whole_.bytes.data()),
            buffer.data()->size()};
  }
  if (part.offset > whole_.bytes.size() || part.size > whole_.bytes.size() - part.offset) {
    return Corruption("buffer " + std::to_string(each.buffer()) + ": expected elements inside " +
                      std::to_string(whole_.bytes.size()) + " bytes, found " +
                      std::to_string(part.size) + " at " + std::to_string(part.offset));
  }
  return part;
}

namespace {

using NameList = flatbuffers::Vector<flatbuffers::Offset<tflite::TensorMap>>;

// The tensors of other subgraphs are not read.
Status CheckSignatureNames(const std::string& who, const NameList* names, size_t count) {
  MACE_RETURN_IF_ERROR(CheckNone(who + ": name", names));
  for (size_t i = 0; i < SizeOf(names); ++i) {
    const auto* each = names->Get(static_cast<flatbuffers::uoffset_t>(i));
    MACE_RETURN_IF_ERROR(CheckIndex(who + ": tensor", each->tensor_index(), count));
  }
  return Status::Ok();
}

// The name that a signature gives to the tensor; "": none.
std::string NameInSignature(const NameList* names, size_t tensor) {
  for (size_t i = 0; i < std::min(SizeOf(names), kMaxNames); ++i) {
    const tflite::TensorMap* each = names->Get(static_cast<flatbuffers::uoffset_t>(i));
    if (each->tensor_index() == tensor) return TextOf(each->name());
  }
  return "";
}

}  // namespace

Status TfliteModel::CheckSignatures() const {
  for (size_t i = 0; i < SizeOf(model_->signature_defs()); ++i) {
    const auto* each = model_->signature_defs()->Get(static_cast<flatbuffers::uoffset_t>(i));
    const std::string who = "signature " + std::to_string(i);
    MACE_RETURN_IF_ERROR(
        CheckIndex(who + ": subgraph", each->subgraph_index(), SizeOf(model_->subgraphs())));
    if (each->subgraph_index() != 0) continue;
    MACE_RETURN_IF_ERROR(CheckSignatureNames(who, each->inputs(), tensor_count()));
    MACE_RETURN_IF_ERROR(CheckSignatureNames(who, each->outputs(), tensor_count()));
  }
  return Status::Ok();
}

Status TfliteModel::FindNames() {
  const tflite::SignatureDef* signature = nullptr;
  for (size_t i = 0; i < SizeOf(model_->signature_defs()) && signature == nullptr; ++i) {
    const auto* each = model_->signature_defs()->Get(static_cast<flatbuffers::uoffset_t>(i));
    if (each->subgraph_index() == 0) signature = each;
  }
  for (const bool is_input : {true, false}) {
    const auto* list = is_input ? graph_->inputs() : graph_->outputs();
    std::vector<TfliteName>* names = is_input ? &inputs_ : &outputs_;
    if (SizeOf(list) > kMaxNames) {
      return Unsupported("expected at most " + std::to_string(kMaxNames) +
                         " inputs and outputs, found " + std::to_string(SizeOf(list)));
    }
    const NameList* signed_names = nullptr;
    if (signature != nullptr) signed_names = is_input ? signature->inputs() : signature->outputs();
    NameSet taken;
    for (int32_t place : TflitePlaces(list)) {
      const size_t index = static_cast<size_t>(place);
      std::string name = NameInSignature(signed_names, index);
      if (name.empty()) name = TensorName(index);
      // A tensor may be an output twice, and two tensors may have one name.
      const std::string base = name;
      for (int i = 1; !taken.insert(name).second; ++i) name = base + '/' + std::to_string(i);
      names->push_back({std::move(name), index});
    }
  }
  return Status::Ok();
}

}  // namespace mace
