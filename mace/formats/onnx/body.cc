#include "mace/formats/onnx/body.h"

#include <utility>

#include "mace/base/strings.h"
#include "mace/formats/onnx/model.h"
#include "mace/formats/onnx/sparse.h"
#include "mace/formats/onnx/tensor.h"

namespace mace {

StatusOr<OnnxBody> OnnxBody::Make(const onnx::GraphProto& def, OnnxScope scope,
                                  const std::vector<bool>& wanted, OnnxNodeImporter* importer) {
  if (scope.depth() > OnnxScope::kMaxDepth) {
    return InvalidArgument("expected that graphs and calls of functions lie at most " +
                           std::to_string(OnnxScope::kMaxDepth) +
                           " deep in one another, found more");
  }
  if (static_cast<size_t>(def.output_size()) != wanted.size()) {
    return InvalidArgument("graph '" + Printable(def.name()) + "': expected " +
                           std::to_string(wanted.size()) + " outputs, found " +
                           std::to_string(def.output_size()));
  }
  OnnxBody body(def, std::move(scope), importer);
  MACE_ASSIGN_OR_RETURN(body.graph_, importer->InnerGraph(def));
  MACE_RETURN_IF_ERROR(body.FindNeeds(wanted));
  body.FindVarying();
  return body;
}

Status OnnxBody::FindNeeds(const std::vector<bool>& wanted) {
  wanted_ = wanted;
  std::vector<std::string> outputs;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const std::string& name = def_.output(static_cast<int>(i)).name();
    // One that the body does not make is one of the graph around it.
    const bool is_inner = graph_->Find(name).kind != OnnxSource::Kind::kNone;
    if (wanted[i] && is_inner) outputs.push_back(name);
  }
  MACE_ASSIGN_OR_RETURN(needs_, graph_->NeedsFor(outputs, NameSet()));
  return Status::Ok();
}

void OnnxBody::FindVarying() {
  NameSet inputs;
  for (const onnx::ValueInfoProto& input : def_.input()) inputs.insert(input.name());
  varies_.assign(static_cast<size_t>(def_.node_size()), false);
  for (size_t index : needs_.nodes) {
    for (const std::string& name : graph_->Reads(index)) {
      const OnnxSource source = graph_->Find(name);
      const bool is_made = source.kind == OnnxSource::Kind::kNode;
      if (inputs.count(name) > 0 || (is_made && varies_[source.index])) varies_[index] = true;
    }
  }
}

bool OnnxBody::Keeps(int input, int output) const {
  std::string name = def_.output(output).name();
  for (int i = 0; i <= def_.node_size(); ++i) {
    if (name == def_.input(input).name()) return true;
    const OnnxSource source = graph_->Find(name);
    if (source.kind == OnnxSource::Kind::kInput) return false;
    if (source.kind != OnnxSource::Kind::kNode || !varies_[source.index]) return true;
    const onnx::NodeProto& node = graph_->node(source.index);
    if (node.op_type() != "Identity" || !IsOnnxDomain(node.domain())) return false;
    if (node.input_size() != 1) return false;
    name = node.input(0);
  }
  return false;  // Nodes of a cycle.
}

Status OnnxBody::AddInitializer(size_t index) {
  const onnx::TensorProto& proto = graph_->initializer(index);
  const int sparse = static_cast<int>(index) - def_.initializer_size();
  OnnxTensors* const tensors = importer_->tensors();
  StatusOr<HostTensor> tensor =
      sparse >= 0 ? ReadOnnxSparse(def_.sparse_initializer(sparse), tensors->source())
                  : ReadOnnxTensor(proto, tensors->source());
  if (!tensor.ok()) {
    return tensor.status().WithPrefix("initializer '" + Printable(proto.name()) + "'");
  }
  const std::string name = tensors->NewName(shared_.prefix(), proto.name());
  shared_.Bind(proto.name(), name);
  GraphBuilder* const builder = tensors->builder();
  return builder->Define(name, builder->graph().AddConstant(name, *std::move(tensor)));
}

Status OnnxBody::AddNodes(bool varying, OnnxScope* scope) {
  for (size_t index : needs_.nodes) {
    if (varies_[index] != varying) continue;
    const onnx::NodeProto& node = graph_->node(index);
    MACE_RETURN_IF_ERROR(importer_->CountInner());
    MACE_RETURN_IF_ERROR(importer_->Add(node, scope).WithPrefix(DescribeOnnxNode(node)));
  }
  return Status::Ok();
}

StatusOr<std::vector<std::string>> OnnxBody::Run(const std::vector<std::string>& inputs,
                                                 const std::string& prefix) {
  const size_t count = static_cast<size_t>(def_.input_size());
  if (inputs.size() > count) {
    return InvalidArgument("graph '" + Printable(def_.name()) + "': expected " +
                           std::to_string(inputs.size()) + " inputs, found " +
                           std::to_string(count));
  }
  MACE_RETURN_IF_ERROR(importer_->CountInner());
  if (!has_run_) {
    for (size_t index : needs_.initializers) MACE_RETURN_IF_ERROR(AddInitializer(index));
    MACE_RETURN_IF_ERROR(AddNodes(false, &shared_));
    has_run_ = true;
  }
  OnnxScope scope = OnnxScope::OfRun(&shared_, prefix);
  for (size_t i = 0; i < count; ++i) {
    scope.Bind(def_.input(static_cast<int>(i)).name(), i < inputs.size() ? inputs[i] : "");
  }
  MACE_RETURN_IF_ERROR(AddNodes(true, &scope));
  std::vector<std::string> outputs(wanted_.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!wanted_[i]) continue;
    MACE_ASSIGN_OR_RETURN(outputs[i], scope.Resolve(def_.output(static_cast<int>(i)).name()));
  }
  return outputs;
}

StatusOr<OnnxBody> MakeOnnxBody(const OnnxCall& call, const std::string& attribute,
                                const std::string& prefix, const std::vector<bool>& wanted,
                                OnnxNodeImporter* importer) {
  MACE_ASSIGN_OR_RETURN(const OnnxSubgraph graph, importer->Subgraph(call, attribute));
  return OnnxBody::Make(*graph.def, OnnxScope(graph.outer, prefix), wanted, importer);
}

}  // namespace mace
