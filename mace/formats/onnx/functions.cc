#include "mace/formats/onnx/functions.h"

#include <google/protobuf/arena.h>

#include <utility>

#include "mace/base/strings.h"
#include "mace/formats/onnx/model.h"

namespace mace {
namespace {

// One text for the three: a length keeps names apart that hold one another's ends.
std::string KeyOf(const std::string& domain, const std::string& name, const std::string& overload) {
  const std::string known = IsOnnxDomain(domain) ? "" : domain;
  return std::to_string(known.size()) + ":" + known + std::to_string(name.size()) + ":" + name +
         overload;
}

std::string Describe(const onnx::FunctionProto& def) {
  return "function '" + Printable(def.name()) + "' of domain '" + Printable(def.domain()) + "'";
}

// The body as a graph. Its nodes are moved, for a model may be little else than functions.
const onnx::GraphProto* MakeBody(onnx::FunctionProto* def) {
  auto* const body = google::protobuf::Arena::CreateMessage<onnx::GraphProto>(def->GetArena());
  body->set_name(def->name());
  for (const std::string& input : def->input()) body->add_input()->set_name(input);
  for (const std::string& output : def->output()) body->add_output()->set_name(output);
  body->mutable_node()->Swap(def->mutable_node());
  return body;
}

StatusOr<OnnxFunction> MakeFunction(onnx::FunctionProto* def, int64_t opset) {
  OnnxFunction function;
  function.opset = opset;
  for (const onnx::OperatorSetId& set : def->opset_import()) {
    if (!IsOnnxDomain(set.domain())) continue;
    MACE_ASSIGN_OR_RETURN(function.opset, CheckOnnxOpset(set.version()));
  }
  for (const std::string& name : def->attribute()) function.attributes.emplace(name, nullptr);
  for (const onnx::AttributeProto& attribute : def->attribute_proto()) {
    function.attributes[attribute.name()] = &attribute;
  }
  function.body = MakeBody(def);
  function.def = def;
  return function;
}

}  // namespace

StatusOr<std::shared_ptr<const OnnxFunctions>> OnnxFunctions::Make(
    const std::shared_ptr<onnx::ModelProto>& model, int64_t opset) {
  auto functions = std::make_shared<OnnxFunctions>();
  functions->model_ = model;
  for (onnx::FunctionProto& def : *model->mutable_functions()) {
    StatusOr<OnnxFunction> function = MakeFunction(&def, opset);
    if (!function.ok()) return function.status().WithPrefix(Describe(def));
    const std::string key = KeyOf(def.domain(), def.name(), def.overload());
    if (!functions->functions_.emplace(key, *std::move(function)).second) {
      return InvalidArgument(Describe(def) + ": expected a unique name, found it twice");
    }
  }
  return std::shared_ptr<const OnnxFunctions>(std::move(functions));
}

const OnnxFunction* OnnxFunctions::Find(const onnx::NodeProto& node) const {
  if (functions_.empty()) return nullptr;
  const auto found = functions_.find(KeyOf(node.domain(), node.op_type(), node.overload()));
  return found == functions_.end() ? nullptr : &found->second;
}

}  // namespace mace
