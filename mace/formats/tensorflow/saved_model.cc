#include "mace/formats/tensorflow/saved_model.h"

#include <google/protobuf/stubs/logging.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/common/new_message.h"
#include "mace/formats/tensorflow/bundle.h"
#include "mace/formats/tensorflow/checkpoint_keys.h"
#include "mace/formats/tensorflow/evaluator.h"
#include "mace/formats/tensorflow/import.h"
#include "mace/formats/tensorflow/tensor.h"

namespace mace {
namespace {

constexpr char kDefaultSignature[] = "serving_default";

// Reads variables when the graph asks for them.
class SavedVariables : public TfVariables {
 public:
  SavedVariables(std::shared_ptr<ModelFiles> files, const tf::GraphDef& def)
      : files_(std::move(files)), keys_(FindCheckpointKeys(def)) {
    for (const tf::NodeDef& node : def.node()) {
      const auto name = node.attr().find("shared_name");
      const bool named = name != node.attr().end() && !name->second.s().empty();
      keys_.emplace(node.name(), named ? name->second.s() : node.name());
    }
  }

  StatusOr<ValueId> Read(const std::string& node, GraphBuilder* builder) override {
    if (bundle_ == nullptr) {
      MACE_ASSIGN_OR_RETURN(bundle_, TfBundle::Open(files_.get()));
    }
    const auto key = keys_.find(node);
    if (key == keys_.end()) return NotFound("expected a node of this name, found none");
    MACE_ASSIGN_OR_RETURN(const auto located, bundle_->Locate(key->second));
    MACE_RETURN_IF_ERROR(builder->CountStored(located.first,
                                              static_cast<uint64_t>(located.second.offset()),
                                              static_cast<uint64_t>(located.second.size())));
    MACE_ASSIGN_OR_RETURN(const std::shared_ptr<const tf::TensorProto> tensor,
                          bundle_->Read(key->second));
    return AddTfConstant(node, *tensor, tensor, builder);
  }

 private:
  const std::shared_ptr<ModelFiles> files_;
  std::map<std::string, std::string> keys_;  // By node.
  std::unique_ptr<TfBundle> bundle_;
};

// "node" of "^node", "node" and "node:1".
std::string NodeOfInput(const std::string& input) {
  const size_t begin = StartsWith(input, "^") ? 1 : 0;
  return input.substr(
      begin, input.rfind(':') == std::string::npos ? std::string::npos : input.rfind(':') - begin);
}

// Makes the graph that one signature serves: only what its outputs need, with the signature's
// names.
class ServedGraph {
 public:
  ServedGraph(tf::GraphDef* def, const tf::SignatureDef& signature)
      : def_(def), signature_(signature) {}

  // The names of the outputs.
  StatusOr<std::vector<std::string>> Make() {
    for (int i = 0; i < def_->node_size(); ++i) by_name_[def_->node(i).name()] = i;
    MACE_RETURN_IF_ERROR(KeepNeeded());
    RenameInputs();
    return AddOutputs();
  }

 private:
  Status KeepNeeded() {
    std::vector<std::string> open;
    std::set<std::string> kept;
    const auto need = [&](const std::string& name) {
      if (kept.insert(name).second) open.push_back(name);
    };
    for (const auto* side : {&signature_.inputs(), &signature_.outputs()}) {
      for (const auto& [key, info] : *side) {
        const std::string node = NodeOfInput(info.name());
        if (by_name_.count(node) == 0) {
          return InvalidArgument("signature: '" + Printable(key) + "': expected the tensor '" +
                                 Printable(info.name()) + "' in the graph, found none");
        }
        need(node);
      }
    }
    while (!open.empty()) {
      const auto found = by_name_.find(open.back());
      open.pop_back();
      if (found == by_name_.end()) continue;  // The wiring says which node has this input.
      for (const std::string& input : def_->node(found->second).input()) need(NodeOfInput(input));
    }
    int end = 0;
    for (int i = 0; i < def_->node_size(); ++i) {
      if (kept.count(def_->node(i).name()) > 0) def_->mutable_node()->SwapElements(i, end++);
    }
    def_->mutable_node()->DeleteSubrange(end, def_->node_size() - end);
    names_ = std::move(kept);
    return Status::Ok();
  }

  // A placeholder is called as the signature calls it, unless another node has that name.
  void RenameInputs() {
    std::map<std::string, std::string> renamed;
    for (const auto& [key, info] : signature_.inputs()) {
      const std::string node = NodeOfInput(info.name());
      if (node != key && names_.insert(key).second) renamed.emplace(node, key);
    }
    for (tf::NodeDef& node : *def_->mutable_node()) {
      const auto name = renamed.find(node.name());
      if (name != renamed.end()) node.set_name(name->second);
      for (std::string& input : *node.mutable_input()) input = Rename(renamed, input);
    }
    renamed_ = std::move(renamed);
  }

  static std::string Rename(const std::map<std::string, std::string>& renamed,
                            const std::string& input) {
    const std::string node = NodeOfInput(input);
    const auto found = renamed.find(node);
    if (found == renamed.end()) return input;
    const size_t begin = StartsWith(input, "^") ? 1 : 0;
    return input.substr(0, begin) + found->second + input.substr(begin + node.size());
  }

  // An Identity is called as the signature calls the output, unless another node has that name.
  StatusOr<std::vector<std::string>> AddOutputs() {
    const std::map<std::string, tf::TensorInfo> sorted(signature_.outputs().begin(),
                                                       signature_.outputs().end());
    std::vector<std::string> outputs;
    for (const auto& [key, info] : sorted) {
      std::string tensor = Rename(renamed_, info.name());
      if (tensor.size() > 2 && tensor.compare(tensor.size() - 2, 2, ":0") == 0) {
        tensor.resize(tensor.size() - 2);
      }
      if (tensor == key || !names_.insert(key).second) {
        outputs.push_back(tensor);
        continue;
      }
      tf::NodeDef* node = def_->add_node();
      node->set_name(key);
      node->set_op("Identity");
      node->add_input(tensor);
      (*node->mutable_attr())["T"].set_type(info.dtype());
      outputs.push_back(key);
    }
    if (outputs.empty()) return InvalidArgument("signature: expected outputs, found none");
    return outputs;
  }

  tf::GraphDef* const def_;
  const tf::SignatureDef& signature_;
  std::map<std::string, int> by_name_;
  std::set<std::string> names_;
  std::map<std::string, std::string> renamed_;
};

// The graph for serving; the only one where no tag says which it is.
StatusOr<tf::MetaGraphDef*> ChooseGraph(tf::SavedModel* model) {
  if (model->meta_graphs_size() == 0) return InvalidArgument("SavedModel: expected a graph");
  for (tf::MetaGraphDef& graph : *model->mutable_meta_graphs()) {
    for (const std::string& tag : graph.meta_info_def().tags()) {
      if (tag == "serve") return &graph;
    }
  }
  return model->mutable_meta_graphs(0);
}

// `asked`: the name of the signature; empty: the default one.
StatusOr<tf::SignatureDef> ChooseSignature(const tf::MetaGraphDef& graph,
                                           const std::string& asked) {
  std::map<std::string, const tf::SignatureDef*> signatures;
  for (const auto& [name, signature] : graph.signature_def()) {
    // What initializes or trains the model has no outputs, or a name that TensorFlow reserves.
    if (!StartsWith(name, "__saved_model") && signature.outputs_size() > 0) {
      signatures.emplace(name, &signature);
    }
  }
  const std::string wanted = asked.empty() ? kDefaultSignature : asked;
  const auto found = signatures.find(wanted);
  if (found != signatures.end()) return *found->second;
  if (asked.empty() && signatures.size() == 1) return *signatures.begin()->second;
  std::vector<std::string> names;
  for (const auto& [name, signature] : signatures) names.push_back("'" + Printable(name) + "'");
  const std::string message = "SavedModel: expected a signature named '" + Printable(wanted) +
                              "', found " + (names.empty() ? "none" : Join(names, ", "));
  return asked.empty() ? Unsupported(message) : InvalidArgument(message);
}

}  // namespace

StatusOr<std::shared_ptr<Graph>> ImportSavedModel(const std::shared_ptr<ModelFiles>& files,
                                                  const ImportOptions& options) {
  auto model = NewMessage<tf::SavedModel>();
  {
    MACE_ASSIGN_OR_RETURN(const KeptBytes whole, files->model().ReadAll());
    const google::protobuf::LogSilencer quiet;
    if (!model->ParseFromArray(whole.bytes.data(), static_cast<int>(whole.bytes.size()))) {
      return Corruption("a TensorFlow SavedModel whose protobuf bytes do not parse");
    }
  }
  MACE_ASSIGN_OR_RETURN(tf::MetaGraphDef* const graph, ChooseGraph(model.get()));
  tf::GraphDef* const def = graph->mutable_graph_def();
  SavedVariables variables(files, *def);
  ImportOptions served = options;
  if (!options.signature.empty() && !options.outputs.empty()) {
    return InvalidArgument("SavedModel: expected either names of outputs or signature '" +
                           Printable(options.signature) + "', found both");
  }
  if (options.outputs.empty()) {
    MACE_ASSIGN_OR_RETURN(const tf::SignatureDef signature,
                          ChooseSignature(*graph, options.signature));
    MACE_ASSIGN_OR_RETURN(served.outputs, ServedGraph(def, signature).Make());
  }
  const std::shared_ptr<const tf::GraphDef> kept(model, def);
  return ImportTensorFlowGraph({kept, files->model().size(), &variables}, served);
}

}  // namespace mace
