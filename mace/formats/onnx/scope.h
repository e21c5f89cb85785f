// Names inside of the graphs that an ONNX model nests: the branches of If, the bodies of Loop, Scan
// and SequenceMap, and the bodies of functions.
//
// The importer gives every tensor of such a graph a name that no other tensor of the model has, and
// a scope knows which. The names of the model's own graph stay as they are.
//
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_ONNX_SCOPE_H_
#define MACE_FORMATS_ONNX_SCOPE_H_

#include <cstdint>
#include <string>
#include <utility>

#include "mace/base/keyed_hash.h"
#include "mace/base/status.h"
#include "mace/formats/onnx/functions.h"
#include "mace/formats/proto/onnx.pb.h"

namespace mace {

class OnnxScope;

// An attribute of a node, and where the node stands: the graph of an attribute reads names there.
struct OnnxBoundAttribute {
  const onnx::AttributeProto* def = nullptr;  // Null: there is none.
  const OnnxScope* scope = nullptr;
};

// A call of a function: what its body sees of the node that calls it.
struct OnnxFunctionCall {
  const OnnxFunction* function = nullptr;
  const OnnxScope* caller = nullptr;
  NameMap<OnnxBoundAttribute> attributes;  // Given by the node, or defaults.
};

class OnnxScope {
 public:
  // How deep graphs and calls of functions may lie in one another.
  static constexpr int kMaxDepth = 32;

  // The model's own graph, written in this version of ONNX's own ops.
  explicit OnnxScope(int64_t opset) : opset_(opset) {}
  // A graph inside of a node; `prefix` begins the names of its tensors. REQUIRES: `outer`, where
  // the node stands, outlives the scope.
  OnnxScope(const OnnxScope* outer, std::string prefix)
      : outer_(outer),
        opset_(outer->opset_),
        prefix_(std::move(prefix)),
        depth_(outer->depth_ + 1) {}
  // The body of a function. REQUIRES: `call` and its caller outlive the scope.
  OnnxScope(const OnnxFunctionCall* call, std::string prefix)
      : call_(call),
        opset_(call->function->opset),
        prefix_(std::move(prefix)),
        depth_(call->caller->depth_ + 1) {}

  // One run of a body, whose names hide those of `body`, a scope of either kind.
  static OnnxScope OfRun(const OnnxScope* body, std::string prefix) {
    OnnxScope scope(body, std::move(prefix));
    scope.depth_ = body->depth_;
    return scope;
  }

  bool is_root() const { return outer_ == nullptr && call_ == nullptr; }
  int64_t opset() const { return opset_; }
  const std::string& prefix() const { return prefix_; }
  int depth() const { return depth_; }
  // Whether the scope lies in the body of this function.
  bool IsInside(const OnnxFunction* function) const;

  // The tensor's name in the whole model; "" for a tensor that is not given. kInvalidArgument where
  // no graph around has the name.
  StatusOr<std::string> Resolve(const std::string& name) const;
  // In this scope `name` is the tensor `unique`; "": it is not given.
  void Bind(const std::string& name, const std::string& unique) { names_[name] = unique; }
  bool Holds(const std::string& name) const { return names_.count(name) > 0; }

  // The attribute itself, or where it refers to one of the function around it, that one.
  // kInvalidArgument for a reference outside of a function, to something that is no attribute of
  // the function, or to one of another type.
  StatusOr<OnnxBoundAttribute> Attribute(const onnx::AttributeProto& attribute) const;

 private:
  const OnnxScope* outer_ = nullptr;
  const OnnxFunctionCall* call_ = nullptr;
  int64_t opset_;
  std::string prefix_;
  int depth_ = 0;
  NameMap<std::string> names_;
};

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_SCOPE_H_
