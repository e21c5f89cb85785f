#include "mace/formats/onnx/import.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/keyed_hash.h"
#include "mace/base/strings.h"
#include "mace/formats/common/graph_builder.h"
#include "mace/formats/onnx/declared.h"
#include "mace/formats/onnx/emit_quantized.h"
#include "mace/formats/onnx/graph.h"
#include "mace/formats/onnx/model.h"
#include "mace/formats/onnx/node_importer.h"
#include "mace/formats/onnx/requested.h"
#include "mace/formats/onnx/scope.h"
#include "mace/formats/onnx/sparse.h"
#include "mace/formats/onnx/tensor.h"
#include "mace/formats/onnx/tensors.h"
#include "mace/graph/constant_identity.h"
#include "mace/graph/integer_type.h"
#include "mace/ops/integers.h"

namespace mace {
namespace {

constexpr char kHowQuantizedIsComputed[] =
    "quantized model: weights are dequantized as it is loaded; computes in floats, each quantized "
    "result rounded";

class OnnxImporter {
 public:
  OnnxImporter(const OnnxModel& model, const OnnxGraph& graph, ModelFiles* files,
               const ImportOptions& options)
      : model_(model),
        wiring_(graph),
        declarations_(wiring_.def()),
        files_(files),
        builder_(options, files->model().size()),
        tensors_(&wiring_, source(), &quantized_),
        nodes_(&wiring_, &tensors_, model.functions),
        scope_(model.opset) {}
  OnnxImporter(const OnnxImporter&) = delete;  // Its parts point at one another.
  OnnxImporter& operator=(const OnnxImporter&) = delete;

  StatusOr<std::shared_ptr<Graph>> Run();

 private:
  Status AddAll(const std::vector<std::string>& outputs);
  bool RunsInStages();
  const ImportOptions& options() const { return builder_.options(); }
  OnnxTensorSource source() { return {model_.def, &model_.cut, files_, &builder_}; }

  StatusOr<OnnxGraph::Needs> Prune(const std::vector<std::string>& outputs);
  StatusOr<HostTensor> KnownValue(const std::string& name, const HostTensor& value);
  Status AddTensors(const std::vector<std::string>& outputs);
  Status AddInputs(const OnnxGraph::Needs& needs);
  Status AddInput(const std::string& name);
  StatusOr<OnnxDeclared> Describe(const std::string& name);
  StatusOr<TensorInfo> InferTensor(const std::string& name);
  void ImportBeforeCut();
  StatusOr<TensorInfo> InfoOf(const std::string& name);
  Status AddNode(size_t index);
  int LevelOf(const std::string& tensor) const;
  Status Miss(const std::string& tensor, const Status& why);
  const Status* WhyMissing(size_t node) const;
  StatusOr<HostTensor> ReadInitializer(size_t index);
  Status AddInitializer(size_t index);
  Status AddOutput(const std::string& name);
  StatusOr<ValueId> AsDeclared(const std::string& name, ValueId id);

  OnnxModel model_;
  OnnxGraph wiring_;
  OnnxDeclarations declarations_;
  ModelFiles* const files_;
  GraphBuilder builder_;
  std::vector<std::string> cut_;  // The tensors that the options make inputs.
  // For tensors in the middle: the part of the graph before all that are cut, imported once.
  std::unique_ptr<OnnxImporter> before_cut_;
  Status before_cut_status_;
  // True in the importer that is another one's before_cut_: there, a tensor that cannot be made is
  // an error only for those that need it.
  bool keeps_going_ = false;
  NameMap<Status> missing_;  // Why each such tensor could not be made.
  NameSet waiting_;      // Tensors that need elements of a run (mace/formats/common/run_values.h).
  Status waits_;         // Why the first of them waits.
  NameMap<int> levels_;  // Of tensors that are made with elements of a run.
  OnnxQuantizedTensors quantized_;
  OnnxTensors tensors_;
  OnnxNodeImporter nodes_;
  OnnxScope scope_;  // Of the model's own graph.
};

// The nodes that are needed when the options give inputs and constants.
StatusOr<OnnxGraph::Needs> OnnxImporter::Prune(const std::vector<std::string>& outputs) {
  NameSet cut(cut_.begin(), cut_.end());
  for (const auto& [name, value] : options().input_values) cut.insert(name);
  MACE_ASSIGN_OR_RETURN(OnnxGraph::Needs needs, wiring_.NeedsFor(outputs, cut, keeps_going_));
  if (!options().inputs.empty() && !needs.inputs.empty()) {
    return InvalidArgument("input '" + Printable(needs.inputs[0]) +
                           "': expected outputs that need only the inputs asked for, found that "
                           "they need this one");
  }
  return needs;
}

// The error itself, or where the importer keeps going a note of it.
Status OnnxImporter::Miss(const std::string& tensor, const Status& why) {
  if (!keeps_going_) return why;
  missing_.emplace(tensor, why);
  return Status::Ok();
}

// Why an input of the node is missing; null where none is.
const Status* OnnxImporter::WhyMissing(size_t node) const {
  if (missing_.empty()) return nullptr;
  for (const std::string& name : wiring_.Reads(node)) {
    const auto found = missing_.find(name);
    if (found != missing_.end()) return &found->second;
  }
  return nullptr;
}

// One import for all tensors that are cut: their number is the caller's choice.
void OnnxImporter::ImportBeforeCut() {
  ImportOptions before = options();
  before.inputs.clear();
  for (const std::string& cut : cut_) before.dynamic_shapes.erase(cut);
  before.outputs = cut_;
  before.run_values = RunValues();
  before_cut_ = std::make_unique<OnnxImporter>(model_, wiring_, files_, before);
  before_cut_->keeps_going_ = true;
  before_cut_status_ = before_cut_->AddTensors(cut_);
}

// The type and shape of a tensor that AddTensors was asked for.
StatusOr<TensorInfo> OnnxImporter::InfoOf(const std::string& name) {
  const auto missing = missing_.find(name);
  if (missing != missing_.end()) return missing->second;
  ValueId id = builder_.Find(name);
  if (id == kNoValue) {
    const OnnxSource made_by = wiring_.Find(name);
    return Unsupported("this output of " + DescribeOnnxNode(wiring_.node(made_by.index)) +
                       " is not supported, or needs itself");
  }
  MACE_ASSIGN_OR_RETURN(id, EmitIntegersOf(name, source(), &quantized_));
  MACE_ASSIGN_OR_RETURN(id, AsDeclared(name, id));
  return builder_.graph().value(id).info;
}

// The type of a tensor in the middle of the graph, from the part of the graph before it.
StatusOr<TensorInfo> OnnxImporter::InferTensor(const std::string& name) {
  if (before_cut_ == nullptr) ImportBeforeCut();
  const StatusOr<TensorInfo> info =
      before_cut_status_.ok() ? before_cut_->InfoOf(name) : before_cut_status_;
  if (info.ok()) return info;
  return info.status().WithPrefix("input '" + Printable(name) +
                                  "': the file does not say its shape, and inferring it failed");
}

// All that the model declares, in its order, needed or not; where the options say what the inputs
// or the outputs are, those that are needed.
Status OnnxImporter::AddInputs(const OnnxGraph::Needs& needs) {
  const auto who = [](const std::string& name) { return "input '" + Printable(name) + "'"; };
  if (!cut_.empty() || !options().outputs.empty()) {
    std::vector<std::string> inputs = needs.inputs;  // None where the options list them.
    inputs.insert(inputs.end(), cut_.begin(), cut_.end());
    for (const std::string& name : inputs) {
      const Status added = AddInput(name).WithPrefix(who(name));
      if (!added.ok()) MACE_RETURN_IF_ERROR(Miss(name, added));
    }
    return Status::Ok();
  }
  const NameSet needed(needs.inputs.begin(), needs.inputs.end());
  for (const onnx::ValueInfoProto& info : wiring_.def().input()) {
    const std::string& name = info.name();
    const bool is_input = wiring_.Find(name).kind == OnnxSource::Kind::kInput;
    if (!is_input || options().input_values.count(name) > 0) continue;
    const Status added = AddInput(name).WithPrefix(who(name));
    // One that nothing reads and whose type or shape says too little stands in no one's way.
    if (!added.ok() && needed.count(name) > 0) return added;
  }
  return Status::Ok();
}

StatusOr<OnnxDeclared> OnnxImporter::Describe(const std::string& name) {
  const OnnxSource source = wiring_.Find(name);
  const onnx::GraphProto& def = wiring_.def();
  if (source.kind == OnnxSource::Kind::kInput) {
    return ReadOnnxDeclared(def.input(static_cast<int>(source.index)));
  }
  OnnxDeclared declared;
  if (const onnx::ValueInfoProto* info = declarations_.Find(name)) {
    MACE_ASSIGN_OR_RETURN(declared, ReadOnnxDeclared(*info));
  }
  const bool given = builder_.GivenShape(name) != nullptr;
  if (declared.is_closed() || (given && declared.type != 0)) return declared;
  const StatusOr<TensorInfo> inferred = InferTensor(name);
  if (!inferred.ok() && given) {
    // Nodes before the tensor are left out, and need not be a graph that can be read.
    declared.type = onnx::TensorProto::FLOAT;
    return declared;
  }
  MACE_ASSIGN_OR_RETURN(const TensorInfo info, inferred);
  declared.dims = info.shape.dims();
  if (declared.type != 0) return declared;
  declared.type = OnnxTypeOf(info.dtype);
  return declared;
}

Status OnnxImporter::AddInput(const std::string& name) {
  MACE_ASSIGN_OR_RETURN(const OnnxDeclared declared, Describe(name));
  IoInfo io;
  io.name = name;
  io.dtype = OnnxIoType(declared.type);
  if (io.dtype == DType::kInvalid) {
    return Unsupported("expected a tensor of a known type, found " +
                       (declared.type == 0 ? "no tensor" : OnnxTypeName(declared.type)));
  }
  io.declared_dims = declared.dims;
  if (!io.declared_dims.has_value()) {
    const std::vector<int64_t>* given = builder_.GivenShape(name);
    if (given == nullptr) return InvalidArgument("the model leaves its shape dynamic, give one");
    io.declared_dims = *given;
  }
  io.dim_names = declared.dim_names;
  if (io.declared_dims->size() == 4) io.layout = "NCHW";
  MACE_ASSIGN_OR_RETURN(const ValueId id, builder_.AddInput(std::move(io)));
  MACE_RETURN_IF_ERROR(builder_.UseRunValue(name, id));
  return builder_.Define(name, id);
}

StatusOr<HostTensor> OnnxImporter::ReadInitializer(size_t index) {
  const auto dense = static_cast<size_t>(wiring_.def().initializer_size());
  const OnnxTensorSource from = source();
  if (index >= dense) {
    return ReadOnnxSparse(wiring_.def().sparse_initializer(static_cast<int>(index - dense)), from);
  }
  return ReadOnnxTensor(wiring_.def().initializer(static_cast<int>(index)), from);
}

Status OnnxImporter::AddInitializer(size_t index) {
  const onnx::TensorProto& proto = wiring_.initializer(index);
  StatusOr<HostTensor> tensor = ReadInitializer(index);
  if (!tensor.ok()) {
    return tensor.status().WithPrefix("initializer '" + Printable(proto.name()) + "'");
  }
  // Define refuses a second tensor of the name.
  tensor->set_identity(StoredIdentity("onnx", proto.name()));
  return builder_.Define(proto.name(),
                         builder_.graph().AddConstant(proto.name(), *std::move(tensor)));
}

// Integers as the file declares them: an op of the graph may have made another width of them.
StatusOr<ValueId> OnnxImporter::AsDeclared(const std::string& name, ValueId id) {
  const DType declared = OnnxType(declarations_.TypeOf(name));
  const DType found = builder_.graph().value(id).info.dtype;
  if (declared == DType::kInvalid || IsFloat(declared) || IsFloat(found) || found == declared) {
    return id;
  }
  Node node;
  node.type = "Cast";
  node.inputs = {id};
  node.attributes.Set("dtype", std::string(DTypeName(declared)));
  return builder_.AddHelper(name + "/declared", std::move(node));
}

Status OnnxImporter::AddOutput(const std::string& name) {
  IoInfo io;
  io.name = name;
  const std::string who = "output '" + Printable(name) + "'";
  if (tensors_.IsStructured(name)) {
    return Unsupported(who + ": expected a tensor, found a sequence or an optional");
  }
  ValueId id = builder_.Find(name);
  if (id == kNoValue) {
    const OnnxSource made_by = wiring_.Find(name);
    return Unsupported(who + ": this output of " + DescribeOnnxNode(wiring_.node(made_by.index)) +
                       " is not supported");
  }
  MACE_ASSIGN_OR_RETURN(id, EmitIntegersOf(name, source(), &quantized_));
  MACE_ASSIGN_OR_RETURN(id, AsDeclared(name, id));
  MACE_ASSIGN_OR_RETURN(io.value, builder_.ComputedByNode(name, id));
  const TensorInfo& info = builder_.graph().value(io.value).info;
  const DType declared = OnnxIoType(declarations_.TypeOf(name));
  io.dtype = IsFloat(info.dtype) && IsFloat(declared) ? declared : info.dtype;
  if (info.shape.rank() == 4) io.layout = "NCHW";
  if (const onnx::ValueInfoProto* declaration = declarations_.Find(name)) {
    // What a file says of a computed shape is not needed, and may be wrong.
    StatusOr<OnnxDeclared> said = ReadOnnxDeclared(*declaration);
    if (said.ok()) io.dim_names = std::move(said->dim_names);
  }
  builder_.graph().outputs.push_back(std::move(io));
  return Status::Ok();
}

// A tensor that the options give, as the graph has it: no tensor there is float64, and integers of
// 4 and 2 bits may come as int8 or uint8.
StatusOr<HostTensor> OnnxImporter::KnownValue(const std::string& name, const HostTensor& value) {
  if (value.dtype() == DType::kFloat64) return value.ConvertTo(DType::kFloat32);
  const OnnxSource source = wiring_.Find(name);
  if (source.kind != OnnxSource::Kind::kInput) return value;
  const onnx::TypeProto& type = wiring_.def().input(static_cast<int>(source.index)).type();
  const DType declared = OnnxType(type.tensor_type().elem_type());
  if (!IsBelowByte(declared)) return value;
  const std::vector<int64_t> numbers = ToInt64Vector(value);
  MACE_ASSIGN_OR_RETURN(HostTensor narrow, MakeIntegers(declared, value.shape(), numbers));
  if (ToInt64Vector(narrow) == numbers) return narrow;
  return InvalidArgument("value of '" + Printable(name) + "': expected numbers that " +
                         DTypeName(declared) + " holds, found others");
}

// Makes these tensors, and all that they need.
Status OnnxImporter::AddTensors(const std::vector<std::string>& outputs) {
  MACE_RETURN_IF_ERROR(CheckRequested(wiring_, options()));
  cut_ = RequestedCut(wiring_, options());
  MACE_ASSIGN_OR_RETURN(const OnnxGraph::Needs needs, Prune(outputs));
  MACE_RETURN_IF_ERROR(AddInputs(needs));
  for (const auto& [name, value] : options().input_values) {
    MACE_ASSIGN_OR_RETURN(HostTensor known, KnownValue(name, value));
    MACE_RETURN_IF_ERROR(
        builder_.Define(name, builder_.graph().AddConstant(name, std::move(known))));
  }
  for (size_t index : needs.initializers) {
    const Status added = AddInitializer(index);
    const std::string& name = wiring_.initializer(index).name();
    if (!added.ok()) MACE_RETURN_IF_ERROR(Miss(name, added));
  }
  for (size_t index : needs.nodes) MACE_RETURN_IF_ERROR(AddNode(index));
  return waits_;
}

// A node that waits for elements of a run, or reads what waits, is left out: others may not.
Status OnnxImporter::AddNode(size_t index) {
  const onnx::NodeProto& def = wiring_.node(index);
  const std::vector<std::string> reads = wiring_.Reads(index);
  bool waits = false;
  int level = 0;
  for (const std::string& name : reads) {
    waits = waits || waiting_.count(name) > 0;
    level = std::max(level, LevelOf(name));
  }
  const Status* cause = WhyMissing(index);
  Status status = cause != nullptr ? *cause : Status::Ok();
  if (!waits && cause == nullptr) {
    builder_.run_values().BeginNode(index, level);
    status = nodes_.Add(def, &scope_);
    waits = builder_.run_values().EndNode(status.ok());
    // The graph's own op names the node too, by the op type it has there.
    if (!status.ok()) status = status.WithPrefix(DescribeOnnxNode(def));
  }
  if (waits && waits_.ok()) waits_ = status;
  if (waits && builder_.run_values().one_by_one()) return waits_;
  for (const std::string& output : def.output()) {
    if (waits) waiting_.insert(output);
    const int made_at = builder_.run_values().level();
    if (status.ok() && made_at > 0) levels_[output] = made_at;
    if (!status.ok() && keeps_going_) missing_.emplace(output, status);
  }
  return status.ok() || waits || keeps_going_ ? Status::Ok() : status;
}

int OnnxImporter::LevelOf(const std::string& tensor) const {
  const auto found = levels_.find(tensor);
  return found == levels_.end() ? 0 : found->second;
}

Status OnnxImporter::AddAll(const std::vector<std::string>& outputs) {
  MACE_RETURN_IF_ERROR(AddTensors(outputs));
  for (const std::string& name : outputs) {
    builder_.run_values().BeginNode(RunValueTracker::kOutputs, LevelOf(name));
    MACE_RETURN_IF_ERROR(AddOutput(name));
  }
  if (!quantized_.empty()) builder_.graph().note = kHowQuantizedIsComputed;
  return Status::Ok();
}

// Whether the graph is cut where a run gives values. One part hands values to the next, and should not
// hand on weights.
bool OnnxImporter::RunsInStages() {
  const AskedValues* const asked = options().run_values.asked.get();
  if (asked == nullptr) return false;
  return asked->stops() || std::any_of(asked->levels.begin(), asked->levels.end(),
                                       [](int level) { return level > 0; });
}

StatusOr<std::shared_ptr<Graph>> OnnxImporter::Run() {
  builder_.graph().source_format = "onnx";
  builder_.graph().name = wiring_.def().name();
  const std::vector<std::string> outputs = RequestedOutputs(wiring_, options());
  if (outputs.empty()) return InvalidArgument("expected an output, found none");
  const Status added = AddAll(outputs);
  if (!added.ok()) builder_.graph().outputs = declarations_.OutputsOf(outputs);
  if (RunsInStages()) MACE_RETURN_IF_ERROR(nodes_.EvaluateAllDequantized());
  return builder_.Finish(added);
}

}  // namespace

StatusOr<std::shared_ptr<Graph>> ImportOnnx(ModelFiles* files, const ImportOptions& options) {
  OnnxModel model;
  MACE_RETURN_IF_ERROR(ParseOnnx(files->model(), &model));
  const std::shared_ptr<const onnx::ModelProto> def = model.def;
  if (!def->has_graph()) return Corruption("an ONNX model without a graph");
  if (static_cast<size_t>(def->graph().node_size()) > options.max_nodes) {
    return InvalidArgument("expected at most " + std::to_string(options.max_nodes) +
                           " nodes, found " + std::to_string(def->graph().node_size()));
  }
  MACE_ASSIGN_OR_RETURN(model.opset, FindOnnxOpset(*def));
  MACE_ASSIGN_OR_RETURN(const OnnxGraph wiring, OnnxGraph::Make(def->graph()));
  MACE_ASSIGN_OR_RETURN(model.functions, OnnxFunctions::Make(model.def, model.opset));
  return OnnxImporter(model, wiring, files, options).Run();
}

}  // namespace mace
