#include "mace/formats/tensorflow/functions.h"

#include <set>
#include <utility>

#include "mace/base/strings.h"

namespace mace {
namespace {

// The outputs of ops that have several, by name; each is one tensor.
const std::vector<std::string>* OutputNames(const std::string& op) {
  static const auto* const kNames = new std::map<std::string, std::vector<std::string>>{
      {"CombinedNonMaxSuppression",
       {"nmsed_boxes", "nmsed_scores", "nmsed_classes", "valid_detections"}},
      {"FusedBatchNorm",
       {"y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"}},
      {"FusedBatchNormV2",
       {"y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"}},
      {"FusedBatchNormV3",
       {"y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2",
        "reserve_space_3"}},
      {"MaxPoolWithArgmax", {"output", "argmax"}},
      {"Merge", {"output", "value_index"}},
      {"NonMaxSuppressionV4", {"selected_indices", "valid_outputs"}},
      {"NonMaxSuppressionV5", {"selected_indices", "selected_scores", "valid_outputs"}},
      {"Switch", {"output_false", "output_true"}},
      {"TensorArrayConcatV3", {"value", "lengths"}},
      {"TensorArrayV3", {"handle", "flow"}},
      {"TensorListConcatV2", {"tensor", "lengths"}},
      {"TensorListPopBack", {"output_handle", "tensor"}},
      {"TopK", {"values", "indices"}},
      {"TopKV2", {"values", "indices"}},
      {"Unique", {"y", "idx"}},
      {"UniqueV2", {"y", "idx"}},
      {"UniqueWithCounts", {"y", "idx", "count"}},
      {"UniqueWithCountsV2", {"y", "idx", "count"}},
  };
  const auto found = kNames->find(op);
  return found == kNames->end() ? nullptr : &found->second;
}

// Turns a function into a graph: its inputs become names of nodes and ports.
class FunctionBuilder {
 public:
  FunctionBuilder(const tf::FunctionDef& source, const tf::NameAttrList& call)
      : source_(source), call_(call) {}

  StatusOr<std::unique_ptr<TfFunction>> Build() {
    auto function = std::make_unique<TfFunction>();
    MACE_RETURN_IF_ERROR(AddArguments(function.get()));
    for (const tf::NodeDef& node : source_.node_def()) {
      ops_[node.name()] = node.op();
      *function->def.add_node() = node;
    }
    for (tf::NodeDef& node : *function->def.mutable_node()) {
      MACE_RETURN_IF_ERROR(Rewire(&node));
      MACE_RETURN_IF_ERROR(FillAttributes(&node));
    }
    MACE_ASSIGN_OR_RETURN(TfGraph graph, TfGraph::Make(function->def));
    function->graph = std::make_unique<TfGraph>(std::move(graph));
    for (const tf::OpDef::ArgDef& output : source_.signature().output_arg()) {
      const auto found = source_.ret().find(output.name());
      if (found == source_.ret().end()) {
        return InvalidArgument("output '" + Printable(output.name()) + "': expected a result");
      }
      MACE_ASSIGN_OR_RETURN(const std::string name, TensorName(found->second));
      MACE_ASSIGN_OR_RETURN(const TfTensorRef ref, function->graph->Resolve(name));
      function->results.push_back(ref);
    }
    std::set<TfTensorRef> given;
    for (size_t i = 0; i < function->arguments; ++i) given.insert({i, 0});
    MACE_ASSIGN_OR_RETURN(function->order, function->graph->OrderFor(function->results, given));
    return function;
  }

 private:
  Status AddArguments(TfFunction* function) {
    for (const tf::OpDef::ArgDef& argument : source_.signature().input_arg()) {
      if (!argument.number_attr().empty() || !argument.type_list_attr().empty()) {
        return Unsupported("argument '" + Printable(argument.name()) +
                           "': expected one tensor, found a list of them");
      }
      tf::NodeDef* node = function->def.add_node();
      node->set_name(argument.name());
      node->set_op("_Arg");
      arguments_.insert(argument.name());
      ++function->arguments;
    }
    return Status::Ok();
  }

  // "argument", "node:output" or "node:output:index" as "node:port".
  StatusOr<std::string> TensorName(const std::string& input) const {
    const size_t colon = input.find(':');
    const std::string node = input.substr(0, colon);
    if (arguments_.count(node) > 0) return node;
    if (colon == std::string::npos) return input;
    const size_t second = input.find(':', colon + 1);
    const std::string output =
        input.substr(colon + 1, second == std::string::npos ? second : second - colon - 1);
    const std::string index = second == std::string::npos ? "0" : input.substr(second + 1);
    const auto op = ops_.find(node);
    const std::vector<std::string>* names = op == ops_.end() ? nullptr : OutputNames(op->second);
    if (names == nullptr) return node + ":" + index;
    for (size_t port = 0; port < names->size(); ++port) {
      if ((*names)[port] == output) return node + ":" + std::to_string(port);
    }
    return InvalidArgument("'" + Printable(input) + "': expected an output of op " +
                           Printable(op->second));
  }

  Status Rewire(tf::NodeDef* node) const {
    for (std::string& input : *node->mutable_input()) {
      if (StartsWith(input, "^")) continue;
      MACE_ASSIGN_OR_RETURN(input, TensorName(input));
    }
    return Status::Ok();
  }

  Status FillAttributes(tf::NodeDef* node) const {
    for (auto& [name, value] : *node->mutable_attr()) {
      if (value.value_case() != tf::AttrValue::kPlaceholder) continue;
      const auto found = call_.attr().find(value.placeholder());
      if (found == call_.attr().end()) {
        return InvalidArgument("node '" + Printable(node->name()) + "': attribute " +
                               Printable(name) + ": expected the call to give " +
                               Printable(value.placeholder()));
      }
      const tf::AttrValue given = found->second;
      value = given;
    }
    return Status::Ok();
  }

  const tf::FunctionDef& source_;
  const tf::NameAttrList& call_;
  std::set<std::string> arguments_;
  std::map<std::string, std::string> ops_;  // By node.
};

bool LeavesAttributesOpen(const tf::FunctionDef& function) {
  for (const tf::NodeDef& node : function.node_def()) {
    for (const auto& [name, value] : node.attr()) {
      if (value.value_case() == tf::AttrValue::kPlaceholder) return true;
    }
  }
  return false;
}

}  // namespace

TfFunctions::TfFunctions(const tf::FunctionDefLibrary& library) {
  for (const tf::FunctionDef& function : library.function()) {
    definitions_.emplace(function.signature().name(), &function);
  }
}

StatusOr<const TfFunction*> TfFunctions::Find(const tf::NameAttrList& call) {
  const auto definition = definitions_.find(call.name());
  if (definition == definitions_.end()) {
    return NotFound("expected a function named '" + Printable(call.name()) + "', found none");
  }
  std::string key = call.name();
  if (LeavesAttributesOpen(*definition->second)) {
    const std::map<std::string, tf::AttrValue> sorted(call.attr().begin(), call.attr().end());
    for (const auto& [name, value] : sorted) {
      key += '\n' + name + '=' + value.SerializeAsString();
    }
  }
  std::unique_ptr<TfFunction>& made = made_[key];
  if (made == nullptr) {
    StatusOr<std::unique_ptr<TfFunction>> built =
        FunctionBuilder(*definition->second, call).Build();
    if (!built.ok()) {
      return built.status().WithPrefix("function '" + Printable(call.name()) + "'");
    }
    made = *std::move(built);
  }
  return made.get();
}

}  // namespace mace
