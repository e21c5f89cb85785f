// Helpers of the files of rules for MACE's ops. A rule brings one op into the graph's form, which
// may consist of other ops. mace_ops.h says what happens to an op as a whole.
#ifndef MACE_FORMATS_MACE_RULES_H_
#define MACE_FORMATS_MACE_RULES_H_

#include <string>
#include <utility>
#include <vector>

#include "mace/formats/mace/ops.h"

namespace mace {

using MaceRule = Status (*)(MaceOp* op, const MaceLayout& layout, GraphBuilder* builder);

// The rule for ops of this type, or null. mace_ops.cc has the common ops and asks the others.
MaceRule FindMaceScalarRule(const std::string& type);
MaceRule FindMaceVisionRule(const std::string& type);

// -1 where there is no such input.
int InputRank(const MaceOp& op, size_t index, GraphBuilder* builder);

// An input that only holds numbers, of any shape; false where it is not constant.
bool ConstantNumbers(const MaceOp& op, size_t index, const GraphBuilder& builder,
                     std::vector<int64_t>* numbers);

void SetDefault(MaceOp* op, const std::string& name, Attribute value);

// Writes an op as several: all but the last are emitted, the last takes the op's place and name.
class MaceRewrite {
 public:
  using Attributes = std::vector<std::pair<const char*, Attribute>>;

  MaceRewrite(MaceOp* op, GraphBuilder* builder) : op_(op), builder_(builder) {}

  const Shape& shape(ValueId id) const { return builder_->ShapeOf(id); }
  StatusOr<ValueId> Reshape(ValueId id, const std::vector<int64_t>& dims) const {
    return builder_->Reshape(id, dims);
  }

  StatusOr<ValueId> Emit(const char* type, std::vector<ValueId> inputs,
                         const Attributes& attributes = {}) const;
  // With a number as second operand; `index` 0: as first. The types are Eltwise's.
  StatusOr<ValueId> EmitScalar(int64_t type, ValueId id, double scalar, int64_t index = 1) const;
  StatusOr<ValueId> EmitUnary(const char* function, ValueId id) const;
  // Rows of `id` along `axis`. REQUIRES: they are inside, and reserved.
  StatusOr<ValueId> EmitGather(ValueId id, int64_t axis, const std::vector<int64_t>& rows) const;

  // The last op. Attributes of the file are dropped.
  void Finish(const char* type, std::vector<ValueId> inputs, const Attributes& attributes) const;
  // The result is `id` with other extents.
  void FinishAs(ValueId id, const std::vector<int64_t>& dims) const {
    Finish("Reshape", {id}, {{"dim", dims}});
  }

  // Counts constants of so many numbers against the limit of what importing may allocate: before
  // they are made, since extents of a file are not to be trusted.
  Status Reserve(int64_t numbers) const {
    return builder_->Reserve("constants of the op", static_cast<size_t>(numbers) * sizeof(int64_t));
  }
  // REQUIRES: reserved.
  ValueId Indices(const std::vector<int64_t>& values, const Shape& shape) const;
  ValueId Floats(const std::vector<float>& values, Shape shape) const;
  // All of one value, reserved here.
  StatusOr<ValueId> Filled(float value, std::vector<int64_t> dims) const;

 private:
  MaceOp* op_;
  GraphBuilder* builder_;
};

}  // namespace mace

#endif  // MACE_FORMATS_MACE_RULES_H_
