#include "mace/formats/mace/export_integers.h"

#include <algorithm>
#include <climits>
#include <cmath>
#include <numeric>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "mace/base/strings.h"
#include "mace/graph/unique_names.h"
#include "mace/ops/elementwise/eltwise.h"
#include "mace/ops/infer.h"
#include "mace/ops/reduce/reduce.h"

namespace mace {
namespace {

bool FitsInt32(double number) { return number >= INT32_MIN && number <= INT32_MAX; }

DType TypeOf(const Graph& graph, ValueId id) {
  if (id == kNoValue) return DType::kInvalid;
  return graph.IsConstant(id) ? graph.value(id).constant->dtype() : graph.value(id).info.dtype;
}

bool AnyInt64(const Graph& graph, const std::vector<ValueId>& values) {
  return std::any_of(values.begin(), values.end(),
                     [&](ValueId id) { return TypeOf(graph, id) == DType::kInt64; });
}

// Ops whose results are elements of their inputs, or positions along an axis of one.
bool OnlyChooses(const Node& node) {
  static const auto* const kTypes = new std::unordered_set<std::string>{
      "BatchToSpaceND", "Concat",         "Crop",      "DepthToSpace", "ExpandDims",
      "Gather",         "GatherElements", "Identity",  "Pad",          "NormalizeIndices",
      "Require",        "Reshape",        "Reverse",   "Slice",        "SpaceToBatchND",
      "SpaceToDepth",   "Split",          "Squeeze",   "Stack",        "StridedSlice",
      "Tile",           "TopK",           "Transpose", "Unsqueeze",    "Unstack",
      "Where"};
  if (kTypes->count(node.type) > 0) return true;
  if (node.type == "Eltwise") {
    const auto type = static_cast<EltwiseType>(node.attributes.GetInt("type", 0));
    return type == EltwiseType::kMin || type == EltwiseType::kMax || type == EltwiseType::kSign;
  }
  if (node.type == "Reduce") {
    const auto type = static_cast<ReduceType>(node.attributes.GetInt("reduce_type", 0));
    return type == ReduceType::kMin || type == ReduceType::kMax;
  }
  return false;
}

// The numbers among the attributes that stand beside the elements of the inputs.
bool NumbersFit(const Node& node) {
  for (const char* name : {"scalar_input", "constant_value"}) {
    if (!FitsInt32(node.attributes.GetFloat(name, 0))) return false;
  }
  return true;
}

class Int64Narrower {
 public:
  explicit Int64Narrower(const Graph& graph) : graph_(graph) {
    for (const Node& node : graph_.nodes) names_.Insert(node.name);
  }

  StatusOr<NarrowedGraph> Run();

 private:
  bool Fits(ValueId id) const { return unknown_.count(id) == 0; }
  void FindWhatFits();
  bool NodeFits(const Node& node) const;
  Status MakeAllInt32();
  Status WidenInputs();
  StatusOr<ValueId> WidenConstant(ValueId id);
  Status WidenConstants(Node* node);
  Status WidenGraph();
  Status NarrowOutputs();
  StatusOr<ValueId> NarrowOutput(const IoInfo& io);
  Status Append(Node node);
  StatusOr<ValueId> Emit(const std::string& base, const char* type, std::vector<ValueId> inputs,
                         const std::vector<std::pair<const char*, Attribute>>& attributes);
  StatusOr<ValueId> EmitCast(const std::string& base, ValueId id, DType dtype) {
    return Emit(base, "Cast", {id}, {{"dtype", std::string(DTypeName(dtype))}});
  }

  const Graph& graph_;
  UniqueNames names_;
  std::unordered_set<ValueId> unknown_;  // Values of int64 that may lie outside of int32.
  bool all_fit_ = true;
  std::unordered_map<ValueId, ValueId> widened_;  // Constants as int64, by the stored ones.
  Graph made_;
};

bool Int64Narrower::NodeFits(const Node& node) const {
  if (!NumbersFit(node)) return false;
  const auto fits = [&](ValueId id) { return id == kNoValue || Fits(id); };
  if (!std::all_of(node.inputs.begin(), node.inputs.end(), fits)) return false;
  if (!AnyInt64(graph_, node.outputs)) return true;
  const auto is_unsigned = [&](ValueId id) {
    if (id == kNoValue) return false;
    const DType type = TypeOf(graph_, id);
    return type == DType::kUInt32 || type == DType::kUInt64;
  };
  if (std::any_of(node.inputs.begin(), node.inputs.end(), is_unsigned)) return false;
  if (node.type == "Cast") return !IsFloat(TypeOf(graph_, node.inputs[0]));
  return OnlyChooses(node);
}

void Int64Narrower::FindWhatFits() {
  for (size_t i = 0; i < graph_.values.size(); ++i) {
    const ValueId id = static_cast<ValueId>(i);
    if (!graph_.IsConstant(id) || TypeOf(graph_, id) != DType::kInt64) continue;
    for (const int64_t number : ToInt64Vector(*graph_.value(id).constant)) {
      if (number >= INT32_MIN && number <= INT32_MAX) continue;
      unknown_.insert(id);
      break;
    }
  }
  for (const Node& node : graph_.nodes) {
    if (!AnyInt64(graph_, node.inputs) && !AnyInt64(graph_, node.outputs)) continue;
    if (NodeFits(node)) continue;
    all_fit_ = false;
    for (const ValueId id : node.outputs) {
      if (TypeOf(graph_, id) == DType::kInt64) unknown_.insert(id);
    }
  }
}

Status Int64Narrower::Append(Node node) {
  MACE_RETURN_IF_ERROR(InferNode(&made_, &node, nullptr).status());
  made_.nodes.push_back(std::move(node));
  return Status::Ok();
}

StatusOr<ValueId> Int64Narrower::Emit(
    const std::string& base, const char* type, std::vector<ValueId> inputs,
    const std::vector<std::pair<const char*, Attribute>>& attributes) {
  Node node;
  node.type = type;
  node.name = names_.Take(base);
  node.inputs = std::move(inputs);
  for (const auto& [name, value] : attributes) node.attributes.Set(name, value);
  const ValueId output = made_.AddValue(node.name);
  node.outputs = {output};
  MACE_RETURN_IF_ERROR(Append(std::move(node)));
  return output;
}

Status Int64Narrower::MakeAllInt32() {
  made_ = graph_;
  made_.nodes.clear();
  for (Value& value : made_.values) {
    if (value.info.dtype == DType::kInt64) value.info.dtype = DType::kInt32;
    if (!value.constant.has_value() || value.constant->dtype() != DType::kInt64) continue;
    MACE_ASSIGN_OR_RETURN(value.constant, value.constant->ConvertTo(DType::kInt32));
  }
  for (Node node : graph_.nodes) {
    if (node.type == "Cast" && node.attributes.GetString("dtype", "") == DTypeName(DType::kInt64)) {
      node.attributes.Set("dtype", std::string(DTypeName(DType::kInt32)));
    }
    MACE_RETURN_IF_ERROR(Append(std::move(node)));
  }
  return NarrowOutputs();
}

Status Int64Narrower::WidenInputs() {
  for (IoInfo& io : made_.inputs) {
    if (TypeOf(graph_, io.value) != DType::kInt64) continue;
    const ValueId wide = io.value;
    io.value = made_.AddValue(io.name);
    made_.value(io.value).info = {DType::kInt32, graph_.value(wide).info.shape};
    made_.value(io.value).shape_known = true;
    Node cast;
    cast.type = "Cast";
    cast.name = names_.Take(io.name + "_int64");
    cast.inputs = {io.value};
    cast.outputs = {wide};
    cast.attributes.Set("dtype", std::string(DTypeName(DType::kInt64)));
    MACE_RETURN_IF_ERROR(Append(std::move(cast)));
  }
  return Status::Ok();
}

// The constant as int64, made of what the file can store: itself as int32, or its parts of 32, 16
// and 16 bits. An importer evaluates these nodes.
StatusOr<ValueId> Int64Narrower::WidenConstant(ValueId id) {
  const std::string base = graph_.value(id).name + "_int64";
  if (Fits(id)) return EmitCast(base, id, DType::kInt64);
  const HostTensor& constant = *graph_.value(id).constant;
  const std::vector<int64_t> numbers = ToInt64Vector(constant);
  ValueId whole = kNoValue;
  for (const int shift : {32, 16, 0}) {
    std::vector<int32_t> part;
    for (const int64_t number : numbers) {
      const int64_t shifted = number >> shift;
      part.push_back(static_cast<int32_t>(shift == 32 ? shifted : shifted & 0xffff));
    }
    const ValueId stored = made_.AddConstant(
        base + "_part", HostTensor::FromVector(DType::kInt32, constant.shape(), std::move(part)));
    MACE_ASSIGN_OR_RETURN(const ValueId wide, EmitCast(base, stored, DType::kInt64));
    if (whole == kNoValue) {
      whole = wide;
      continue;
    }
    MACE_ASSIGN_OR_RETURN(whole, Emit(base, "Eltwise", {whole},
                                      {{"type", static_cast<int64_t>(EltwiseType::kProd)},
                                       {"scalar_input", 65536.0}}));
    MACE_ASSIGN_OR_RETURN(whole, Emit(base, "Eltwise", {whole, wide},
                                      {{"type", static_cast<int64_t>(EltwiseType::kSum)}}));
  }
  return whole;
}

// The file stores no int64; these readers compute in it.
Status Int64Narrower::WidenConstants(Node* node) {
  for (ValueId& id : node->inputs) {
    if (id == kNoValue || !graph_.IsConstant(id) || TypeOf(graph_, id) != DType::kInt64) continue;
    auto& widened = widened_.emplace(id, kNoValue).first->second;
    if (widened == kNoValue) {
      MACE_ASSIGN_OR_RETURN(widened, WidenConstant(id));
    }
    id = widened;
  }
  return Status::Ok();
}

Status Int64Narrower::WidenGraph() {
  made_ = graph_;
  made_.nodes.clear();
  MACE_RETURN_IF_ERROR(WidenInputs());
  const auto is_computed = [&](ValueId id) {
    return TypeOf(graph_, id) == DType::kInt64 && !graph_.IsConstant(id);
  };
  for (Node node : graph_.nodes) {
    // Importers make a constant an output so; each run of such a file would fail.
    if (node.type == "Identity" && graph_.IsConstant(node.inputs[0]) && !Fits(node.inputs[0])) {
      return Unsupported("tensor '" + Printable(graph_.value(node.inputs[0]).name) +
                         "': a MACE file has int32, found a constant beyond it");
    }
    const bool computes = AnyInt64(graph_, node.outputs) ||
                          std::any_of(node.inputs.begin(), node.inputs.end(), is_computed);
    if (computes) MACE_RETURN_IF_ERROR(WidenConstants(&node));
    MACE_RETURN_IF_ERROR(Append(std::move(node)));
  }
  return NarrowOutputs();
}

// The output as int32. Where it may not fit, the run fails unless it is the same number there.
StatusOr<ValueId> Int64Narrower::NarrowOutput(const IoInfo& io) {
  MACE_ASSIGN_OR_RETURN(const ValueId narrow,
                        EmitCast(io.name + "_int32", io.value, DType::kInt32));
  const Shape shape = made_.value(io.value).info.shape;  // Values move as more are added.
  if (Fits(io.value) || shape.elements() == 0) return narrow;
  const std::string base = io.name + "_check";
  MACE_ASSIGN_OR_RETURN(const ValueId back, EmitCast(base, narrow, DType::kInt64));
  MACE_ASSIGN_OR_RETURN(ValueId same, Emit(base, "Eltwise", {io.value, back},
                                           {{"type", static_cast<int64_t>(EltwiseType::kEqual)}}));
  if (shape.rank() > 0) {
    std::vector<int64_t> axes(static_cast<size_t>(shape.rank()));
    std::iota(axes.begin(), axes.end(), 0);
    MACE_ASSIGN_OR_RETURN(same, EmitCast(base, same, DType::kInt32));
    MACE_ASSIGN_OR_RETURN(same, Emit(base, "Reduce", {same},
                                     {{"reduce_type", static_cast<int64_t>(ReduceType::kMin)},
                                      {"axis", axes},
                                      {"keepdims", int64_t{0}}}));
    MACE_ASSIGN_OR_RETURN(same, EmitCast(base, same, DType::kBool));
  }
  return Emit(io.name + "_int32", "Require", {narrow, same},
              {{"message", "output '" + Printable(io.name) +
                               "': expected numbers of int32, found one outside of it"}});
}

Status Int64Narrower::NarrowOutputs() {
  std::unordered_map<ValueId, ValueId> narrowed;  // Several outputs may be one value.
  for (IoInfo& io : made_.outputs) {
    // A constant is stored as int32.
    if (made_.IsConstant(io.value) || TypeOf(made_, io.value) != DType::kInt64) continue;
    auto& narrow = narrowed.emplace(io.value, kNoValue).first->second;
    if (narrow == kNoValue) {
      MACE_ASSIGN_OR_RETURN(narrow, NarrowOutput(io));
    }
    io.value = narrow;
  }
  return Status::Ok();
}

StatusOr<NarrowedGraph> Int64Narrower::Run() {
  FindWhatFits();
  // Some ops make int64 whatever they are given, and others do not take it beside int32.
  if (!all_fit_ || !MakeAllInt32().ok()) MACE_RETURN_IF_ERROR(WidenGraph());
  NarrowedGraph result;
  for (const IoInfo& io : graph_.inputs) {
    if (TypeOf(graph_, io.value) == DType::kInt64) {
      result.narrowed.push_back("input '" + Printable(io.name) + "'");
    }
  }
  for (const IoInfo& io : graph_.outputs) {
    if (TypeOf(graph_, io.value) == DType::kInt64) {
      result.narrowed.push_back("output '" + Printable(io.name) + "'");
    }
  }
  result.graph = std::move(made_);
  return result;
}

}  // namespace

bool HasInt64(const Graph& graph) {
  for (const Value& value : graph.values) {
    if (!value.constant.has_value() && value.info.dtype == DType::kInt64) return true;
  }
  return false;
}

StatusOr<NarrowedGraph> NarrowInt64(const Graph& graph) { return Int64Narrower(graph).Run(); }

}  // namespace mace
