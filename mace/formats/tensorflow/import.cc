#include "mace/formats/tensorflow/import.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/text_format.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/common/graph_builder.h"
#include "mace/formats/common/new_message.h"
#include "mace/formats/tensorflow/complex.h"
#include "mace/formats/tensorflow/evaluator.h"
#include "mace/formats/tensorflow/graph.h"
#include "mace/formats/tensorflow/io_type.h"
#include "mace/formats/tensorflow/node.h"
#include "mace/formats/tensorflow/tensor.h"

namespace mace {
namespace {

// Whether the caller gives the node's value. A placeholder with a default is an input where the
// options name it, and its default everywhere else.
bool IsInput(const tf::NodeDef& node, const ImportOptions& options) {
  if (node.op() == "Placeholder" || node.op() == "PlaceholderV2") return true;
  return node.op() == "PlaceholderWithDefault" && (options.input_shapes.count(node.name()) > 0 ||
                                                   options.dynamic_shapes.count(node.name()) > 0);
}

class TfImporter {
 public:
  TfImporter(ParsedTfGraph parsed, TfGraph graph, const ImportOptions& options)
      : parsed_(std::move(parsed)),
        wiring_(std::move(graph)),
        builder_(options, parsed_.model_bytes),
        evaluator_(parsed_.def, parsed_.variables, &builder_) {
    scope_.graph = &wiring_;
    // A node may be evaluated with one that comes later, as the parts of a loop are.
    builder_.run_values().set_one_by_one();
  }
  TfImporter(const TfImporter&) = delete;
  TfImporter& operator=(const TfImporter&) = delete;

  StatusOr<std::shared_ptr<Graph>> Run();

 private:
  Status AddAll(const std::vector<TfTensorRef>& outputs);
  StatusOr<std::vector<TfTensorRef>> ChooseOutputs() const;
  Status AddInputs(const std::vector<size_t>& needed);
  Status AddInput(size_t index);
  void FindCut();
  Status CutInputs();
  Status AddGivenInputs();
  Status AddTensors(const std::vector<TfTensorRef>& outputs);
  void ImportBeforeCut();
  StatusOr<IoInfo> DescribeMade(const TfTensorRef& ref);
  StatusOr<IoInfo> DescribeGiven(const std::string& name, const TfTensorRef& ref);
  Status Miss(size_t index, const Status& why);
  const Status* WhyMissing(size_t index) const;
  StatusOr<ValueId> AddGraphInput(IoInfo io);
  Status AddNode(size_t index);
  StatusOr<ValueId> FindTensor(const TfTensorRef& ref) const;
  Status AddOutput(const TfTensorRef& ref);

  const ParsedTfGraph parsed_;
  TfGraph wiring_;
  GraphBuilder builder_;
  std::vector<std::string> cut_;  // The tensors that the options make inputs.
  TfEvaluator evaluator_;
  TfScope scope_;  // What is given are the tensors of cut_.
  // For tensors in the middle: the part of the graph before all that are cut, imported once.
  std::unique_ptr<TfImporter> before_cut_;
  Status before_cut_status_;
  // True in the importer that is another one's before_cut_: there, a node that cannot be made is an
  // error only for those that need it.
  bool keeps_going_ = false;
  std::map<size_t, Status> missing_;  // By node: why each such node could not be made.
};

StatusOr<std::vector<TfTensorRef>> TfImporter::ChooseOutputs() const {
  std::vector<TfTensorRef> outputs;
  for (const std::string& name : builder_.options().outputs) {
    StatusOr<TfTensorRef> ref = wiring_.Resolve(name);
    if (!ref.ok()) return ref.status().WithPrefix("output");
    outputs.push_back(*ref);
  }
  if (outputs.empty()) outputs = wiring_.FindOutputs();
  if (outputs.empty()) return InvalidArgument("the graph has no node that computes an output");
  return outputs;
}

// Whether TensorFlow made the placeholder itself, in place of an output that a control input named
// when a loop was taken apart.
bool IsLeftOver(const tf::NodeDef& node) {
  constexpr char kLeftOver[] = "unused_control_flow_input";
  return StartsWith(node.name().substr(node.name().rfind('/') + 1), kLeftOver);
}

// All of them, needed or not: they are what the model declares. Where the options say what the
// inputs or outputs are, those that are needed.
Status TfImporter::AddInputs(const std::vector<size_t>& needed) {
  const ImportOptions& options = builder_.options();
  const bool all = cut_.empty() && options.outputs.empty();
  std::vector<bool> is_needed(wiring_.size(), false);
  for (size_t index : needed) is_needed[index] = true;
  for (size_t i = 0; i < wiring_.size(); ++i) {
    const tf::NodeDef& node = wiring_.node(i);
    if (!IsInput(node, options) || !(is_needed[i] || (all && !IsLeftOver(node)))) continue;
    if (!options.inputs.empty()) {
      return InvalidArgument("input '" + Printable(node.name()) +
                             "': expected outputs that need only the inputs asked for, found that "
                             "they need this one");
    }
    const Status added = AddInput(i).WithPrefix(DescribeNode(node.name(), node.op()));
    if (!added.ok()) MACE_RETURN_IF_ERROR(Miss(i, added));
  }
  return Status::Ok();
}

// The cut is at the inputs that are asked for, else at the tensors that there is data for and that
// are no inputs yet.
void TfImporter::FindCut() {
  cut_ = builder_.options().inputs;
  if (!cut_.empty()) return;
  for (const auto& [name, shape] : builder_.options().dynamic_shapes) {
    const StatusOr<TfTensorRef> ref = wiring_.Resolve(name);
    if (ref.ok() && !IsInput(wiring_.node(ref->node), builder_.options())) cut_.push_back(name);
  }
}

Status TfImporter::CutInputs() {
  FindCut();
  for (const std::string& name : cut_) {
    StatusOr<TfTensorRef> ref = wiring_.Resolve(name);
    if (!ref.ok()) return ref.status().WithPrefix("input");
    if (!scope_.given.emplace(*ref, TfValue()).second) {
      return InvalidArgument("input '" + Printable(name) + "' is asked for twice");
    }
  }
  return Status::Ok();
}

// The error itself, or where the importer keeps going a note of it.
Status TfImporter::Miss(size_t index, const Status& why) {
  if (!keeps_going_) return why;
  missing_.emplace(index, why);
  return Status::Ok();
}

// Why the node, or a node that it reads, is missing; null where none is.
const Status* TfImporter::WhyMissing(size_t index) const {
  if (missing_.empty()) return nullptr;
  const auto itself = missing_.find(index);
  if (itself != missing_.end()) return &itself->second;
  for (const TfTensorRef& ref : wiring_.inputs(index)) {
    const auto found = missing_.find(ref.node);
    if (found != missing_.end() && scope_.given.count(ref) == 0) return &found->second;
  }
  return nullptr;
}

// One import for all tensors that are cut: their number is the caller's choice.
void TfImporter::ImportBeforeCut() {
  ImportOptions before = builder_.options();
  before.inputs.clear();
  for (const std::string& cut : cut_) before.dynamic_shapes.erase(cut);
  before.outputs = cut_;
  before.run_values = RunValues();
  before_cut_ = std::make_unique<TfImporter>(parsed_, wiring_, before);
  before_cut_->keeps_going_ = true;
  std::vector<TfTensorRef> outputs;
  for (const auto& [ref, value] : scope_.given) outputs.push_back(ref);
  before_cut_status_ = before_cut_->AddTensors(outputs);
}

// The output for a tensor that AddTensors was asked for: its type, and its shape as the declared
// one.
StatusOr<IoInfo> TfImporter::DescribeMade(const TfTensorRef& ref) {
  const auto missing = missing_.find(ref.node);
  if (missing != missing_.end()) return missing->second;
  MACE_RETURN_IF_ERROR(AddOutput(ref));
  IoInfo io = builder_.graph().outputs.back();
  io.declared_dims = builder_.ShapeOf(io.value).dims();
  return io;
}

// The type of a tensor in the middle of the graph, from the part of the graph before it. The part
// before the tensor is left out of the result; where the tensor's shape is given, it need not be a
// graph that can be read.
StatusOr<IoInfo> TfImporter::DescribeGiven(const std::string& name, const TfTensorRef& ref) {
  if (before_cut_ == nullptr) ImportBeforeCut();
  const StatusOr<IoInfo> made =
      before_cut_status_.ok() ? before_cut_->DescribeMade(ref) : before_cut_status_;
  const std::vector<int64_t>* shape = builder_.GivenShape(name);
  IoInfo io;
  io.name = name;
  io.dtype = DType::kInvalid;
  if (made.ok()) {
    io.dtype = made->dtype;
    io.declared_dims = made->declared_dims;
  } else if (shape != nullptr) {
    io.dtype = IoType(DeclaredType(wiring_.node(ref.node)));
    io.declared_dims = *shape;
  }
  if (io.dtype == DType::kInvalid) {
    return made.status().WithPrefix("inferring its shape failed (--input-shape would give it)");
  }
  if (io.declared_dims->size() == 4) io.layout = "NHWC";
  return io;
}

Status TfImporter::AddGivenInputs() {
  for (const std::string& name : cut_) {
    MACE_ASSIGN_OR_RETURN(const TfTensorRef ref, wiring_.Resolve(name));
    StatusOr<IoInfo> io = DescribeGiven(name, ref);
    if (!io.ok()) return io.status().WithPrefix("input '" + Printable(name) + "'");
    MACE_ASSIGN_OR_RETURN(const ValueId id, AddGraphInput(*std::move(io)));
    scope_.given[ref] = TfValue::Tensor(id);
  }
  return Status::Ok();
}

Status TfImporter::AddInput(size_t index) {
  const tf::NodeDef& def = wiring_.node(index);
  const TfNode node(def, def.name(), {}, &builder_);
  const std::string& name = node.def().name();
  IoInfo io;
  io.name = name;
  io.dtype = IoType(node.Type("dtype", tf::DT_FLOAT));
  if (io.dtype == DType::kInvalid) {
    return Unsupported("an input of element type " +
                       std::to_string(node.Type("dtype", tf::DT_FLOAT)));
  }
  const auto shape = node.def().attr().find("shape");
  const bool declared = shape != node.def().attr().end() &&
                        shape->second.value_case() == tf::AttrValue::kShape &&
                        !shape->second.shape().unknown_rank();
  if (declared) {
    MACE_ASSIGN_OR_RETURN(io.declared_dims, ReadDims(shape->second.shape()));
    for (const auto& dim : shape->second.shape().dim()) io.dim_names.push_back(dim.name());
  } else if (const std::vector<int64_t>* given = builder_.GivenShape(name)) {
    io.declared_dims = *given;
  } else {
    return InvalidArgument("the model leaves its shape dynamic, give one");
  }
  if (io.declared_dims->size() == 4) io.layout = "NHWC";
  MACE_ASSIGN_OR_RETURN(const ValueId id, AddGraphInput(std::move(io)));
  scope_.results[index] = {TfValue::Tensor(id)};
  return Status::Ok();
}

// The graph holds TensorFlow's int64 as int32.
StatusOr<ValueId> TfImporter::AddGraphInput(IoInfo io) {
  const bool narrow = io.dtype == DType::kInt64;
  const std::string name = io.name;
  MACE_ASSIGN_OR_RETURN(const ValueId id, builder_.AddInput(std::move(io)));
  if (narrow) builder_.graph().value(id).info.dtype = DType::kInt32;
  MACE_RETURN_IF_ERROR(builder_.UseRunValue(name, id));
  return id;
}

// A tensor that the graph computes: no list, and no result of a branch that is not taken.
StatusOr<ValueId> TfImporter::FindTensor(const TfTensorRef& ref) const {
  MACE_ASSIGN_OR_RETURN(const TfValue value, evaluator_.Find(scope_, ref));
  if (value.is_tensor()) return value.id;
  return Unsupported("output '" + Printable(TfTensorName(wiring_.node(ref.node).name(), ref.port)) +
                     "': expected a tensor, found " +
                     (value.is_dead() ? "a branch that is not taken" : "a list or a variable"));
}

Status TfImporter::AddNode(size_t index) {
  if (IsInput(wiring_.node(index), builder_.options())) return Status::Ok();
  return evaluator_.Evaluate(&scope_, index);
}

Status TfImporter::AddOutput(const TfTensorRef& ref) {
  IoInfo io;
  io.name = TfTensorName(wiring_.node(ref.node).name(), ref.port);
  MACE_RETURN_IF_ERROR(CheckTfOutput(wiring_.node(ref.node), ref.port));
  MACE_ASSIGN_OR_RETURN(const ValueId id, FindTensor(ref));
  MACE_ASSIGN_OR_RETURN(io.value, builder_.ComputedByNode(io.name, id));
  const TensorInfo& info = builder_.graph().value(io.value).info;
  io.dtype = OutputType(wiring_.node(ref.node), ref.port, info.dtype);
  if (info.shape.rank() == 4) io.layout = "NHWC";
  builder_.graph().outputs.push_back(std::move(io));
  return Status::Ok();
}

// Makes these tensors, and all that they need.
Status TfImporter::AddTensors(const std::vector<TfTensorRef>& outputs) {
  MACE_RETURN_IF_ERROR(CutInputs());
  std::set<TfTensorRef> given;
  for (const auto& [ref, value] : scope_.given) given.insert(ref);
  MACE_ASSIGN_OR_RETURN(const std::vector<size_t> order,
                        wiring_.OrderFor(outputs, given, keeps_going_));
  MACE_RETURN_IF_ERROR(AddGivenInputs());
  MACE_RETURN_IF_ERROR(AddInputs(order));
  for (const TfTensorRef& ref : outputs) {
    builder_.KeepAsNode(TfTensorName(wiring_.node(ref.node).name(), ref.port));
  }
  for (size_t index : order) {
    const tf::NodeDef& def = wiring_.node(index);
    const Status* cause = WhyMissing(index);
    builder_.run_values().BeginNode(index, 0);
    Status status = cause != nullptr ? *cause : AddNode(index);
    builder_.run_values().EndNode(status.ok());
    if (status.ok()) continue;
    // The graph's own op names the node too, by the op type it has there.
    if (cause == nullptr) status = status.WithPrefix(DescribeNode(def.name(), def.op()));
    MACE_RETURN_IF_ERROR(Miss(index, status));
  }
  return Status::Ok();
}

Status TfImporter::AddAll(const std::vector<TfTensorRef>& outputs) {
  MACE_RETURN_IF_ERROR(AddTensors(outputs));
  for (const TfTensorRef& ref : outputs) MACE_RETURN_IF_ERROR(AddOutput(ref));
  return Status::Ok();
}

StatusOr<std::shared_ptr<Graph>> TfImporter::Run() {
  builder_.graph().source_format = "tensorflow";
  MACE_ASSIGN_OR_RETURN(const std::vector<TfTensorRef> outputs, ChooseOutputs());
  const Status added = AddAll(outputs);
  if (added.ok()) return builder_.Finish(added);
  builder_.graph().outputs.clear();
  for (const TfTensorRef& ref : outputs) {
    const tf::NodeDef& node = wiring_.node(ref.node);
    builder_.graph().outputs.push_back(DeclaredOutput(node, TfTensorName(node.name(), ref.port)));
  }
  return builder_.Finish(added);
}

// Gathers what protobuf says of a text.
class TextErrors : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (!first_.empty()) return;
    first_ = "line " + std::to_string(line + 1) + ", column " + std::to_string(column + 1) + ": " +
             Printable(message);
  }
  const std::string& first() const { return first_; }

 private:
  std::string first_;
};

}  // namespace

StatusOr<std::shared_ptr<Graph>> ImportTensorFlowGraph(ParsedTfGraph parsed,
                                                       const ImportOptions& options) {
  if (static_cast<size_t>(parsed.def->node_size()) > options.max_nodes) {
    return InvalidArgument("expected at most " + std::to_string(options.max_nodes) +
                           " nodes, found " + std::to_string(parsed.def->node_size()));
  }
  MACE_ASSIGN_OR_RETURN(TfGraph wiring, TfGraph::Make(*parsed.def));
  return TfImporter(std::move(parsed), std::move(wiring), options).Run();
}

StatusOr<std::shared_ptr<Graph>> ImportTensorFlow(const ByteSource& model,
                                                  const ImportOptions& options) {
  auto def = NewMessage<tf::GraphDef>();
  {
    MACE_ASSIGN_OR_RETURN(const KeptBytes whole, model.ReadAll());
    const google::protobuf::LogSilencer quiet;  // Protobuf's complaints come back as a Status.
    if (!def->ParseFromArray(whole.bytes.data(), static_cast<int>(whole.bytes.size()))) {
      return Corruption("a TensorFlow graph whose protobuf bytes do not parse");
    }
  }
  return ImportTensorFlowGraph({std::move(def), model.size(), nullptr}, options);
}

StatusOr<std::shared_ptr<Graph>> ImportTensorFlowText(const ByteSource& model,
                                                      const ImportOptions& options) {
  constexpr int kMaxDepth = 64;
  auto def = NewMessage<tf::GraphDef>();
  {
    MACE_ASSIGN_OR_RETURN(const KeptBytes whole, model.ReadAll());
    TextErrors errors;
    google::protobuf::TextFormat::Parser parser;
    parser.AllowUnknownField(true);
    parser.SetRecursionLimit(kMaxDepth);
    parser.RecordErrorsTo(&errors);
    google::protobuf::io::ArrayInputStream stream(whole.bytes.data(),
                                                  static_cast<int>(whole.bytes.size()));
    if (!parser.Parse(&stream, def.get())) {
      return Corruption("a TensorFlow graph as text that does not parse: " + errors.first());
    }
  }
  return ImportTensorFlowGraph({std::move(def), model.size(), nullptr}, options);
}

}  // namespace mace
