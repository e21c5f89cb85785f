#include "mace/formats/onnx/scope.h"

#include "mace/base/strings.h"

namespace mace {

bool OnnxScope::IsInside(const OnnxFunction* function) const {
  for (const OnnxScope* scope = this; scope != nullptr;) {
    if (scope->call_ == nullptr) {
      scope = scope->outer_;
      continue;
    }
    if (scope->call_->function == function) return true;
    scope = scope->call_->caller;
  }
  return false;
}

StatusOr<std::string> OnnxScope::Resolve(const std::string& name) const {
  if (name.empty()) return name;
  for (const OnnxScope* scope = this; scope != nullptr; scope = scope->outer_) {
    if (scope->is_root()) return name;
    const auto found = scope->names_.find(name);
    if (found != scope->names_.end()) return found->second;
  }
  return InvalidArgument("input '" + Printable(name) +
                         "': expected a tensor of this name, found none");
}

StatusOr<OnnxBoundAttribute> OnnxScope::Attribute(const onnx::AttributeProto& attribute) const {
  if (attribute.ref_attr_name().empty()) return OnnxBoundAttribute{&attribute, this};
  const OnnxScope* scope = this;
  while (scope != nullptr && scope->call_ == nullptr) scope = scope->outer_;
  const std::string who = "attribute '" + Printable(attribute.name()) + "'";
  const std::string& name = attribute.ref_attr_name();
  if (scope == nullptr || scope->call_->function->attributes.count(name) == 0) {
    return InvalidArgument(who + ": expected an attribute '" + Printable(name) +
                           "' of the function around it, found none");
  }
  const auto found = scope->call_->attributes.find(name);
  if (found == scope->call_->attributes.end()) return OnnxBoundAttribute();
  const onnx::AttributeProto& given = *found->second.def;
  if (attribute.has_type() && given.has_type() && attribute.type() != given.type()) {
    return InvalidArgument(who + ": expected type " +
                           onnx::AttributeProto::AttributeType_Name(attribute.type()) +
                           ", found '" + Printable(name) + "' of type " +
                           onnx::AttributeProto::AttributeType_Name(given.type()));
  }
  return found->second;
}

}  // namespace mace
