// A node that calls a function of the model: the function's nodes take its place.
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/body.h"
#include "mace/formats/onnx/structure.h"

namespace mace {
namespace {

StatusOr<OnnxFunctionCall> BindAttributes(const OnnxStructure& at, const OnnxFunction& function) {
  OnnxFunctionCall call{&function, at.call.scope, {}};
  for (const onnx::AttributeProto& written : at.call.written->attribute()) {
    if (function.attributes.count(written.name()) == 0) {
      return InvalidArgument("attribute '" + Printable(written.name()) +
                             "': expected one that the function has");
    }
    MACE_ASSIGN_OR_RETURN(const OnnxBoundAttribute bound, at.call.scope->Attribute(written));
    if (bound.def != nullptr) call.attributes[written.name()] = bound;
  }
  for (const auto& [name, fallback] : function.attributes) {
    if (fallback == nullptr) continue;
    call.attributes.emplace(name, OnnxBoundAttribute{fallback, at.call.scope});
  }
  return call;
}

Status AddCall(const OnnxStructure& at, const OnnxFunction& function) {
  if (at.call.scope->IsInside(&function)) {
    return InvalidArgument("expected a function that does not call itself, found that it does");
  }
  const int output_count = function.body->output_size();
  if (at.output_count() > output_count) {
    return InvalidArgument("expected at most " + std::to_string(output_count) + " outputs, found " +
                           std::to_string(at.output_count()));
  }
  if (at.input_count() > function.body->input_size()) {
    return InvalidArgument("expected at most " + std::to_string(function.body->input_size()) +
                           " inputs, found " + std::to_string(at.input_count()));
  }
  MACE_ASSIGN_OR_RETURN(const OnnxFunctionCall call, BindAttributes(at, function));
  std::vector<bool> wanted;
  for (int i = 0; i < output_count; ++i) wanted.push_back(at.WantsOutput(i));
  const std::string& prefix = at.node->name();
  MACE_ASSIGN_OR_RETURN(
      OnnxBody body, OnnxBody::Make(*function.body, OnnxScope(&call, prefix), wanted, at.importer));
  const std::vector<std::string> inputs(at.call.node->input().begin(), at.call.node->input().end());
  MACE_ASSIGN_OR_RETURN(const std::vector<std::string> outputs, body.Run(inputs, prefix));
  for (int i = 0; i < at.output_count(); ++i) {
    if (!at.WantsOutput(i)) continue;
    MACE_RETURN_IF_ERROR(at.SetOutput(i, outputs[static_cast<size_t>(i)]));
  }
  return Status::Ok();
}

}  // namespace

Status AddOnnxFunction(const OnnxStructure& at, const OnnxFunction& function) {
  return AddCall(at, function)
      .WithPrefix("function '" + Printable(function.def->name()) + "' of domain '" +
                  Printable(function.def->domain()) + "'");
}

}  // namespace mace
