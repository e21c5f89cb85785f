// Short ways to the graph's nodes that converters of all formats are made of.
//
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_COMMON_EMIT_H_
#define MACE_FORMATS_COMMON_EMIT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/formats/common/graph_builder.h"
#include "mace/ops/elementwise/eltwise.h"
#include "mace/ops/reduce/reduce.h"

namespace mace {

// More parts than any tensor is split into: a count that no allocation may follow.
inline constexpr int64_t kMaxSplitParts = 1 << 12;

// A node of a model for which a converter appends nodes to the graph.
class NodeEmitter {
 public:
  virtual ~NodeEmitter() = default;

  virtual GraphBuilder* builder() const = 0;
  // Unique among the nodes of the model.
  virtual const std::string& name() const = 0;
  // Appends a node of the graph; the result can feed another one. `suffix` tells its name from that
  // of the node that the model has.
  StatusOr<ValueId> Emit(const std::string& suffix, const std::string& type,
                         std::vector<ValueId> inputs, AttributeMap attributes = {});

 protected:
  NodeEmitter() = default;
  NodeEmitter(const NodeEmitter&) = default;
};

// The attributes of an Eltwise of this type.
AttributeMap Typed(EltwiseType type);
// With one operand, two that broadcast, or one and a number. Where a holds integers, the number must
// be exact as a float, so below 2^24.
StatusOr<ValueId> EmitEltwise(NodeEmitter* node, EltwiseType type, ValueId a);
StatusOr<ValueId> EmitEltwise(NodeEmitter* node, EltwiseType type, ValueId a, ValueId b);
StatusOr<ValueId> EmitEltwise(NodeEmitter* node, EltwiseType type, ValueId a, double b);
StatusOr<ValueId> EmitUnary(NodeEmitter* node, const char* function, ValueId x);
// Floats x, those outside of [low, high] replaced by the nearer bound.
StatusOr<ValueId> EmitClipped(NodeEmitter* node, ValueId x, double low, double high);
// x itself where it has the type. All kinds of floats become float32.
StatusOr<ValueId> EmitCast(NodeEmitter* node, ValueId x, DType dtype);
// condition is of bools; the others are of one type.
StatusOr<ValueId> EmitWhere(NodeEmitter* node, ValueId condition, ValueId a, ValueId b);
// `keeps`: the axes stay with extent 1. No axes at all: x itself.
StatusOr<ValueId> EmitReduce(NodeEmitter* node, ReduceType type, ValueId x,
                             std::vector<int64_t> axes, bool keeps = true);
// The elements start, ..., end - 1 of one axis.
StatusOr<ValueId> EmitSlice(NodeEmitter* node, ValueId x, int64_t axis, int64_t start, int64_t end);
// The first rows of x along axis 0. `count`, one integer, says how many; it may be one that only a
// run gives. kUnsupported if it is not known (GraphBuilder::ElementsOf).
StatusOr<ValueId> EmitFirstRows(NodeEmitter* node, ValueId x, ValueId count);
// One part: that part itself.
StatusOr<ValueId> EmitConcat(NodeEmitter* node, std::vector<ValueId> parts, int64_t axis);
StatusOr<ValueId> EmitGather(NodeEmitter* node, ValueId x, ValueId indices, int64_t axis);
StatusOr<ValueId> EmitMatMul(NodeEmitter* node, ValueId a, ValueId b, bool transpose_b = false);

}  // namespace mace

#endif  // MACE_FORMATS_COMMON_EMIT_H_
