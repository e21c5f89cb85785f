#include "mace/import/tf_import.h"

#include <google/protobuf/stubs/logging.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/import/builder.h"
#include "mace/import/tf_graph.h"
#include "mace/import/tf_node.h"
#include "mace/import/tf_tensor.h"

namespace mace {
namespace {

bool IsInput(const std::string& op) {
  return op == "Placeholder" || op == "PlaceholderWithDefault" || op == "PlaceholderV2";
}

class TfImporter {
 public:
  TfImporter(Bytes bytes, std::shared_ptr<const tf::GraphDef> def, TfGraph graph,
             const ImportOptions& options)
      : bytes_(bytes), def_(std::move(def)), wiring_(std::move(graph)), builder_(options) {}

  StatusOr<std::shared_ptr<Graph>> Run();

 private:
  StatusOr<std::vector<TfTensorRef>> ChooseOutputs() const;
  Status AddInputs(const std::vector<size_t>& needed);
  Status AddInput(size_t index);
  Status CutInputs();
  Status AddGivenInputs();
  StatusOr<GraphPort> DescribeGiven(const std::string& name);
  Status AddNode(size_t index);
  StatusOr<ValueId> Find(const TfTensorRef& ref) const;
  Status AddOutput(const TfTensorRef& ref);
  StatusOr<ValueId> ComputedByNode(const TfTensorRef& ref, ValueId id);

  Bytes bytes_;
  std::shared_ptr<const tf::GraphDef> def_;
  TfGraph wiring_;
  GraphBuilder builder_;
  std::map<TfTensorRef, ValueId> given_;       // The tensors that the options make inputs.
  std::vector<std::vector<ValueId>> results_;  // By node and port; empty: not made.
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

// All of them, needed or not: they are what the model declares. Where the options say what the
// inputs or outputs are, those that are needed.
Status TfImporter::AddInputs(const std::vector<size_t>& needed) {
  const ImportOptions& options = builder_.options();
  const bool all = options.inputs.empty() && options.outputs.empty();
  std::vector<bool> is_needed(results_.size(), all);
  for (size_t index : needed) is_needed[index] = true;
  for (size_t i = 0; i < results_.size(); ++i) {
    const tf::NodeDef& node = wiring_.node(i);
    if (!IsInput(node.op()) || !is_needed[i]) continue;
    if (!options.inputs.empty()) {
      return InvalidArgument("input '" + Printable(node.name()) +
                             "': expected outputs that need only the inputs asked for, found that "
                             "they need this one");
    }
    MACE_RETURN_IF_ERROR(AddInput(i).WithPrefix(DescribeNode(node.name(), node.op())));
  }
  return Status::Ok();
}

Status TfImporter::CutInputs() {
  for (const std::string& name : builder_.options().inputs) {
    StatusOr<TfTensorRef> ref = wiring_.Resolve(name);
    if (!ref.ok()) return ref.status().WithPrefix("input");
    if (!given_.emplace(*ref, kNoValue).second) {
      return InvalidArgument("input '" + Printable(name) + "' is asked for twice");
    }
  }
  return Status::Ok();
}

// The type of a tensor in the middle of the graph, from the part of the graph before it.
StatusOr<GraphPort> TfImporter::DescribeGiven(const std::string& name) {
  ImportOptions before = builder_.options();
  before.inputs.clear();
  before.outputs = {name};
  StatusOr<std::shared_ptr<Graph>> graph = ImportTensorFlow(bytes_, before);
  if (!graph.ok()) return graph.status().WithPrefix("inferring its shape failed");
  const TensorInfo info = (*graph)->value((*graph)->outputs[0].value).info;
  GraphPort port;
  port.name = name;
  port.dtype = info.dtype;
  port.declared_dims = info.shape.dims();
  if (info.shape.rank() == 4) port.layout = "NHWC";
  return port;
}

Status TfImporter::AddGivenInputs() {
  for (const std::string& name : builder_.options().inputs) {
    StatusOr<GraphPort> port = DescribeGiven(name);
    if (!port.ok()) return port.status().WithPrefix("input '" + Printable(name) + "'");
    MACE_ASSIGN_OR_RETURN(const TfTensorRef ref, wiring_.Resolve(name));
    MACE_ASSIGN_OR_RETURN(given_[ref], builder_.AddInput(*std::move(port)));
  }
  return Status::Ok();
}

Status TfImporter::AddInput(size_t index) {
  const TfNode node(wiring_.node(index), {}, &builder_);
  const std::string& name = node.def().name();
  GraphPort port;
  port.name = name;
  port.dtype = GraphType(node.Type("dtype", tf::DT_FLOAT));
  if (port.dtype == DType::kFloat16 || port.dtype == DType::kBFloat16) {
    port.dtype = DType::kFloat32;
  }
  if (port.dtype == DType::kInvalid) {
    return Unsupported("an input of element type " +
                       std::to_string(node.Type("dtype", tf::DT_FLOAT)));
  }
  const auto shape = node.def().attr().find("shape");
  const bool declared = shape != node.def().attr().end() &&
                        shape->second.value_case() == tf::AttrValue::kShape &&
                        !shape->second.shape().unknown_rank();
  if (declared) {
    MACE_ASSIGN_OR_RETURN(port.declared_dims, ReadDims(shape->second.shape()));
  } else if (builder_.options().input_shapes.count(name) == 0) {
    return InvalidArgument("the model leaves its shape open, give one");
  } else {
    port.declared_dims = builder_.options().input_shapes.at(name);
  }
  if (port.declared_dims->size() == 4) port.layout = "NHWC";
  MACE_ASSIGN_OR_RETURN(const ValueId id, builder_.AddInput(std::move(port)));
  results_[index] = {id};
  return Status::Ok();
}

StatusOr<ValueId> TfImporter::Find(const TfTensorRef& ref) const {
  const auto given = given_.find(ref);
  if (given != given_.end()) return given->second;
  const std::vector<ValueId>& outputs = results_[ref.node];
  if (static_cast<size_t>(ref.port) < outputs.size()) return outputs[static_cast<size_t>(ref.port)];
  const tf::NodeDef& node = wiring_.node(ref.node);
  return Unsupported("'" + Printable(TfTensorName(node.name(), ref.port)) + "': expected one of " +
                     std::to_string(outputs.size()) + " outputs of op " + Printable(node.op()));
}

Status TfImporter::AddNode(size_t index) {
  const tf::NodeDef& def = wiring_.node(index);
  if (IsInput(def.op())) return Status::Ok();
  if (def.op() == "Const") {
    const auto value = def.attr().find("value");
    if (value == def.attr().end()) return InvalidArgument("a constant without a value");
    MACE_ASSIGN_OR_RETURN(HostTensor tensor,
                          ReadTensorProto(value->second.tensor(), def_, &builder_));
    results_[index] = {builder_.graph().AddConstant(def.name(), std::move(tensor))};
    return Status::Ok();
  }
  const TfConverter convert = FindTfConverter(def.op());
  if (convert == nullptr) return Unsupported("unknown op");
  std::vector<ValueId> inputs;
  for (const TfTensorRef& ref : wiring_.inputs(index)) {
    MACE_ASSIGN_OR_RETURN(const ValueId id, Find(ref));
    inputs.push_back(id);
  }
  TfNode node(def, std::move(inputs), &builder_);
  MACE_RETURN_IF_ERROR(convert(&node));
  results_[index] = node.outputs();
  return Status::Ok();
}

// A node stands behind every output, also where the model hands an input or a constant through.
StatusOr<ValueId> TfImporter::ComputedByNode(const TfTensorRef& ref, ValueId id) {
  bool passed_through = builder_.graph().IsConstant(id);
  for (const GraphPort& input : builder_.graph().inputs) {
    passed_through = passed_through || input.value == id;
  }
  if (!passed_through) return id;
  Node node;
  node.type = "Identity";
  node.inputs = {id};
  return builder_.AddHelper(TfTensorName(wiring_.node(ref.node).name(), ref.port), std::move(node));
}

Status TfImporter::AddOutput(const TfTensorRef& ref) {
  GraphPort port;
  port.name = TfTensorName(wiring_.node(ref.node).name(), ref.port);
  MACE_ASSIGN_OR_RETURN(const ValueId id, Find(ref));
  MACE_ASSIGN_OR_RETURN(port.value, ComputedByNode(ref, id));
  const TensorInfo& info = builder_.graph().value(port.value).info;
  port.dtype = info.dtype;
  if (info.shape.rank() == 4) port.layout = "NHWC";
  builder_.graph().outputs.push_back(std::move(port));
  return Status::Ok();
}

StatusOr<std::shared_ptr<Graph>> TfImporter::Run() {
  builder_.graph().source_format = "tensorflow";
  results_.resize(static_cast<size_t>(def_->node_size()));
  MACE_ASSIGN_OR_RETURN(const std::vector<TfTensorRef> outputs, ChooseOutputs());
  MACE_RETURN_IF_ERROR(CutInputs());
  std::set<TfTensorRef> given;
  for (const auto& [ref, value] : given_) given.insert(ref);
  MACE_ASSIGN_OR_RETURN(const std::vector<size_t> order, wiring_.OrderFor(outputs, given));
  MACE_RETURN_IF_ERROR(AddGivenInputs());
  MACE_RETURN_IF_ERROR(AddInputs(order));
  for (const TfTensorRef& ref : outputs) {
    builder_.KeepAsNode(TfTensorName(wiring_.node(ref.node).name(), ref.port));
  }
  for (size_t index : order) {
    const tf::NodeDef& def = wiring_.node(index);
    const Status status = AddNode(index);
    // The graph's own op names the node too, by the op type it has there.
    if (!status.ok()) return status.WithPrefix(DescribeNode(def.name(), def.op()));
  }
  for (const TfTensorRef& ref : outputs) MACE_RETURN_IF_ERROR(AddOutput(ref));
  MACE_RETURN_IF_ERROR(ValidateGraph(builder_.graph()));
  return builder_.shared_graph();
}

}  // namespace

StatusOr<std::shared_ptr<Graph>> ImportTensorFlow(Bytes model, const ImportOptions& options) {
  auto def = std::make_shared<tf::GraphDef>();
  const google::protobuf::LogSilencer quiet;  // Its complaints come back as a Status.
  if (!def->ParseFromArray(model.data(), static_cast<int>(model.size()))) {
    return Corruption("a TensorFlow graph whose protobuf bytes do not parse");
  }
  if (static_cast<size_t>(def->node_size()) > options.max_nodes) {
    return InvalidArgument("expected at most " + std::to_string(options.max_nodes) +
                           " nodes, found " + std::to_string(def->node_size()));
  }
  MACE_ASSIGN_OR_RETURN(TfGraph wiring, TfGraph::Make(*def));
  return TfImporter(model, def, std::move(wiring), options).Run();
}

}  // namespace mace
