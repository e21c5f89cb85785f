// What an output of a TensorFlow node is while the graph is imported.
//
// Lists of tensors, variables, and branches that are not taken exist at import alone: no node of
// the graph stands for them. Thread contract: plain values.
#ifndef MACE_FORMATS_TENSORFLOW_VALUE_H_
#define MACE_FORMATS_TENSORFLOW_VALUE_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mace/graph/dtype.h"
#include "mace/graph/graph.h"

namespace mace {

// A TensorList or a TensorArray. An element that was never set is kNoValue.
struct TfList {
  std::vector<ValueId> elements;
  // What was said of an element's shape: an extent that is not known is -1; nullopt: nothing.
  std::optional<std::vector<int64_t>> element_dims;
  DType dtype = DType::kFloat32;
  bool grows = false;  // A TensorArray of dynamic size.
};

// A branch that is taken where a predicate, which is not known at import, has one value.
struct TfGuard {
  ValueId predicate = kNoValue;
  bool taken = false;
  int depth = 1;  // The number of guards, with the outer ones.
  std::shared_ptr<const TfGuard> outer;
};

struct TfValue {
  enum class Kind {
    kTensor,
    kDead,  // The result of a branch that is not taken.
    kList,
    kVariable,  // The handle of a variable.
  };

  static TfValue Tensor(ValueId id) {
    TfValue value;
    value.id = id;
    return value;
  }
  static TfValue Dead() {
    TfValue value;
    value.kind = Kind::kDead;
    return value;
  }
  static TfValue List(TfList list) {
    TfValue value;
    value.kind = Kind::kList;
    value.list = std::make_shared<const TfList>(std::move(list));
    return value;
  }
  static TfValue Variable(std::string node) {
    TfValue value;
    value.kind = Kind::kVariable;
    value.variable = std::move(node);
    return value;
  }

  bool is_tensor() const { return kind == Kind::kTensor; }
  bool is_dead() const { return kind == Kind::kDead; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_variable() const { return kind == Kind::kVariable; }

  Kind kind = Kind::kTensor;
  ValueId id = kNoValue;                 // Of a tensor.
  std::shared_ptr<const TfList> list;    // Of a list.
  std::string variable;                  // Of a variable: the node of the graph that makes it.
  std::shared_ptr<const TfGuard> guard;  // Null: always taken.
};

}  // namespace mace

#endif  // MACE_FORMATS_TENSORFLOW_VALUE_H_
