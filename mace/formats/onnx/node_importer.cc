#include "mace/formats/onnx/node_importer.h"

#include <algorithm>
#include <utility>

#include "mace/base/strings.h"
#include "mace/formats/onnx/emit_quantized.h"
#include "mace/formats/onnx/model.h"
#include "mace/formats/onnx/structure.h"
#include "mace/ops/elementwise/dequantize.h"

namespace mace {
namespace {

using Field = onnx::AttributeProto;

bool HasReference(const onnx::NodeProto& def) {
  const auto refers = [](const Field& attribute) { return attribute.has_ref_attr_name(); };
  return std::any_of(def.attribute().begin(), def.attribute().end(), refers);
}

// Ops whose converters ask for no elements of their operands, so that weights may be left to a node.
bool TakesDequantized(const std::string& op) {
  static const auto* const kOps = new std::unordered_set<std::string>{
      "FusedGemm", "FusedMatMul", "Gather", "Gemm", "MatMul", "TransposeMatMul", "Transpose"};
  return kOps->count(op) > 0;
}

}  // namespace

Status OnnxNodeImporter::CheckSteps(size_t inner_nodes, size_t steps, size_t nodes_of_step) {
  const size_t added = std::min(steps, kMaxInnerNodes + 1) * nodes_of_step;
  if (inner_nodes + added <= kMaxInnerNodes) return Status::Ok();
  return ResourceExhausted("expected at most " + std::to_string(kMaxInnerNodes) +
                           " nodes and steps of loops in the graphs and functions of a model, "
                           "each counted as often as it runs, found more");
}

StatusOr<const OnnxGraph*> OnnxNodeImporter::InnerGraph(const onnx::GraphProto& def) {
  std::unique_ptr<const OnnxGraph>& graph = inner_graphs_[&def];
  if (graph == nullptr) {
    MACE_ASSIGN_OR_RETURN(OnnxGraph made, OnnxGraph::MakeInner(def));
    graph = std::make_unique<const OnnxGraph>(std::move(made));
  }
  return graph.get();
}

StatusOr<OnnxSubgraph> OnnxNodeImporter::Subgraph(const OnnxCall& call,
                                                  const std::string& attribute) const {
  for (const Field& written : call.written->attribute()) {
    if (written.name() != attribute) continue;
    MACE_ASSIGN_OR_RETURN(const OnnxBoundAttribute bound, call.scope->Attribute(written));
    if (bound.def != nullptr && bound.def->has_g())
      return OnnxSubgraph{&bound.def->g(), bound.scope};
  }
  return InvalidArgument("attribute '" + attribute + "': expected a graph, found none");
}

Status OnnxNodeImporter::CopyAttributes(const onnx::NodeProto& def, const OnnxScope& scope,
                                        bool leaves_graphs, onnx::NodeProto* to) {
  for (const Field& written : def.attribute()) {
    MACE_ASSIGN_OR_RETURN(const OnnxBoundAttribute bound, scope.Attribute(written));
    if (bound.def == nullptr || (leaves_graphs && bound.def->has_g())) continue;
    Field* const copy = to->add_attribute();
    *copy = *bound.def;
    copy->set_name(written.name());
  }
  return Status::Ok();
}

StatusOr<OnnxCall> OnnxNodeImporter::Localize(const onnx::NodeProto& def, OnnxScope* scope,
                                              bool leaves_graphs) {
  OnnxCall call{&def, scope, nullptr};
  if (scope->is_root() && !HasReference(def)) {
    call.node = std::shared_ptr<const onnx::NodeProto>(tensors_->source().owner, &def);
    return call;
  }
  auto node = std::make_shared<onnx::NodeProto>();
  node->set_op_type(def.op_type());
  node->set_domain(def.domain());
  const std::string& prefix = scope->prefix();
  const std::string name =
      !def.name().empty() || def.output_size() == 0 ? def.name() : def.op_type();
  node->set_name(Printable(prefix) + "/" + Printable(name));
  for (const std::string& input : def.input()) {
    MACE_ASSIGN_OR_RETURN(*node->add_input(), scope->Resolve(input));
  }
  MACE_RETURN_IF_ERROR(CopyAttributes(def, *scope, leaves_graphs, node.get()));
  for (const std::string& output : def.output()) {
    std::string* const unique = node->add_output();
    if (output.empty()) continue;
    *unique = scope->is_root() ? output : tensors_->NewName(prefix, output);
    scope->Bind(output, *unique);
  }
  call.node = std::move(node);
  return call;
}

std::string OnnxNodeImporter::NodeName(const OnnxCall& call) const {
  const onnx::NodeProto& node = *call.node;
  const std::string name =
      !node.name().empty() ? node.name() : node.op_type() + "/" + node.output(0);
  return tensors_->builder()->UniqueName(name);
}

Status OnnxNodeImporter::Add(const onnx::NodeProto& def, OnnxScope* scope) {
  const OnnxFunction* const function = functions_->Find(def);
  const OnnxStructureHandler handler =
      function != nullptr ? nullptr : FindOnnxStructure(def.domain(), def.op_type());
  const bool is_structure = function != nullptr || handler != nullptr;
  MACE_ASSIGN_OR_RETURN(const OnnxCall call, Localize(def, scope, is_structure));
  if (def.output_size() == 0) return InvalidArgument("expected an output, found none");
  if (!is_structure) {
    const bool moves = IsOnnxDomain(def.domain()) && def.op_type() == "Identity" &&
                       def.input_size() == 1 && tensors_->IsStructured(call.node->input(0));
    return moves ? SetOutput(call, 0, call.node->input(0)) : Convert(call);
  }
  std::vector<ValueId> inputs;
  for (const std::string& input : call.node->input()) {
    inputs.push_back(input.empty() ? kNoValue : tensors_->builder()->Find(input));
    MACE_RETURN_IF_ERROR(EvaluateDequantized(inputs.back()));
  }
  OnnxTensorSource source = tensors_->source();
  source.owner = call.node;
  OnnxNode node(*call.node, NodeName(call), scope->opset(), std::move(inputs), source);
  node.set_quantized(tensors_->quantized());
  const OnnxStructure at{call, &node, this};
  if (function != nullptr) return AddOnnxFunction(at, *function);
  MACE_RETURN_IF_ERROR(handler(at));
  return node.CheckAttributes();
}

Status OnnxNodeImporter::SetOutput(const OnnxCall& call, int index, const std::string& tensor) {
  if (index >= call.node->output_size()) return Status::Ok();
  return tensors_->Alias(tensor, call.node->output(index));
}

Status OnnxNodeImporter::Convert(const OnnxCall& call) {
  const onnx::NodeProto& def = *call.node;
  const OnnxConversion conversion = FindOnnxConversion(def.domain(), def.op_type());
  if (conversion.convert == nullptr) {
    return Unsupported(IsOnnxDomain(def.domain())
                           ? "unknown op"
                           : "unknown op of domain '" + Printable(def.domain()) + "'");
  }
  MACE_ASSIGN_OR_RETURN(std::vector<ValueId> inputs, FindInputs(def, conversion.reads_quantized));
  OnnxTensorSource source = tensors_->source();
  source.owner = call.node;
  OnnxNode node(def, NodeName(call), call.scope->opset(), std::move(inputs), source);
  node.set_quantized(tensors_->quantized());
  const size_t nodes_before = tensors_->builder()->graph().nodes.size();
  MACE_RETURN_IF_ERROR(conversion.convert(&node));
  MACE_RETURN_IF_ERROR(node.CheckAttributes());
  MarkMovedOnnxTensors(&node);
  NoteDequantized(nodes_before);
  return DefineOutputs(node);
}

void OnnxNodeImporter::NoteDequantized(size_t first_node) {
  const std::vector<Node>& nodes = tensors_->builder()->graph().nodes;
  for (size_t i = first_node; i < nodes.size(); ++i) {
    if (nodes[i].type == "Dequantize") dequantized_.insert(nodes[i].outputs[0]);
  }
}

Status OnnxNodeImporter::EvaluateDequantized(ValueId id) {
  if (dequantized_.erase(id) == 0) return Status::Ok();
  GraphBuilder* const builder = tensors_->builder();
  Graph& graph = builder->graph();
  const auto made = std::find_if(graph.nodes.rbegin(), graph.nodes.rend(), [&](const Node& node) {
    return node.outputs == std::vector<ValueId>{id};
  });
  if (made == graph.nodes.rend()) return Internal("weights without the node that makes them");
  const TensorInfo info = graph.value(id).info;
  MACE_RETURN_IF_ERROR(builder->budget().Convert("float values", info.bytes()));
  MACE_ASSIGN_OR_RETURN(HostTensor floats, EvaluateDequantize(graph, *made));
  // The node stays where it is, because the places of nodes count (mace/formats/common/run_values.h), and
  // makes a value that nobody reads.
  const ValueId unread = graph.AddValue(graph.value(id).name + "/unread");
  graph.value(unread).info = info;
  graph.value(unread).shape_known = true;
  made->outputs = {unread};
  const std::shared_ptr<AskedValues>& asked = builder->options().run_values.asked;
  if (asked != nullptr) asked->names[unread] = graph.value(unread).name;
  graph.value(id).constant = std::move(floats);
  return Status::Ok();
}

Status OnnxNodeImporter::EvaluateAllDequantized() {
  Graph& graph = tensors_->builder()->graph();
  const auto is_output = [&](ValueId id) {
    return std::any_of(graph.outputs.begin(), graph.outputs.end(),
                       [id](const IoInfo& io) { return io.value == id; });
  };
  const std::vector<ValueId> left(dequantized_.begin(), dequantized_.end());
  for (ValueId id : left) {
    if (!is_output(id)) MACE_RETURN_IF_ERROR(EvaluateDequantized(id));
  }
  // What nobody reads may be handed on from part to part, too, and is made small.
  const std::vector<std::vector<int>> readers = graph.Consumers();
  for (Node& node : graph.nodes) {
    const ValueId result = node.type == "Dequantize" ? node.outputs[0] : kNoValue;
    if (result == kNoValue || is_output(result)) continue;
    if (!readers[static_cast<size_t>(result)].empty()) continue;
    node.type = "Identity";
    node.inputs = {node.inputs[1]};
    node.attributes = AttributeMap();
    graph.value(result).info = {DType::kFloat32, graph.value(node.inputs[0]).info.shape};
  }
  return Status::Ok();
}

std::string OnnxNodeImporter::MakerOf(const std::string& tensor) const {
  const OnnxSource made_by = graph_->Find(tensor);
  return made_by.kind == OnnxSource::Kind::kNode ? DescribeOnnxNode(graph_->node(made_by.index))
                                                 : "the graph";
}

// The inputs as the converter takes them: one that does not know quantized tensors gets integers.
StatusOr<std::vector<ValueId>> OnnxNodeImporter::FindInputs(const onnx::NodeProto& def,
                                                            bool reads_quantized) {
  OnnxQuantizedTensors* const known = tensors_->quantized();
  std::vector<ValueId> inputs;
  for (const std::string& name : def.input()) {
    const bool is_first = inputs.empty();
    inputs.push_back(name.empty() ? kNoValue : tensors_->builder()->Find(name));
    const bool moves = is_first && MovesOnnxElements(def.op_type());
    const OnnxQuantized* quantized = known->Find(name);
    if (quantized != nullptr && !reads_quantized && !(moves && quantized->is_movable)) {
      MACE_ASSIGN_OR_RETURN(inputs.back(), EmitIntegersOf(name, tensors_->source(), known));
    }
    if (!TakesDequantized(def.op_type())) MACE_RETURN_IF_ERROR(EvaluateDequantized(inputs.back()));
    if (name.empty() || inputs.back() != kNoValue) continue;
    if (tensors_->Has(name)) return tensors_->Value(name).status();
    return Unsupported("input '" + Printable(name) + "': this output of " + MakerOf(name) +
                       " is not supported");
  }
  return inputs;
}

Status OnnxNodeImporter::DefineOutputs(const OnnxNode& node) {
  for (int i = 0; i < node.def().output_size(); ++i) {
    const size_t index = static_cast<size_t>(i);
    const bool made = index < node.outputs().size() && node.outputs()[index] != kNoValue;
    // One that is not made is an error for those who read it.
    if (!made || !node.WantsOutput(i)) continue;
    // A tensor that was cut is what the caller gives.
    if (tensors_->Has(node.def().output(i))) continue;
    MACE_RETURN_IF_ERROR(tensors_->builder()->Define(node.def().output(i), node.outputs()[index]));
    node.NoteResult(index);
  }
  return Status::Ok();
}

}  // namespace mace
