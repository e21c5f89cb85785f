// The base of the ops that only move elements: such an op describes its outputs and the copies that
// fill them, and has its inference, reference and GPU variants from that. Any dtype on the CPU, any
// rank up to Shape::kMaxRank.
//
// Immutable after construction: thread-safe.
#ifndef MACE_OPS_MOVE_MOVE_OP_H_
#define MACE_OPS_MOVE_MOVE_OP_H_

#include <string>
#include <vector>

#include "mace/ops/move/strided_copy.h"
#include "mace/ops/op.h"

namespace mace {

struct Move {
  std::vector<TensorInfo> outputs;
  std::vector<StridedCopy> copies;  // Together they write all of every output.
};

class MoveOp : public Op {
 public:
  // `name` begins the names of the variants, such as "concat".
  explicit MoveOp(std::string name) : name_(std::move(name)) {}

  Status Infer(const std::vector<OpInput>& inputs, std::vector<TensorInfo>* outputs) const final;
  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const final;
  bool SplitsAlongBatch(const std::vector<OpInput>& inputs,
                        const std::vector<bool>& batched) const override;
  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override;

  // kInvalidArgument says what was expected and found.
  virtual Status Describe(const std::vector<OpInput>& inputs, Move* move) const = 0;

 protected:
  const std::string& name() const { return name_; }

 private:
  const std::string name_;
};

// The type and shape that inference gives moved elements: activations of any float kind are
// float32.
inline DType ElementType(DType dtype) { return IsFloat(dtype) ? DType::kFloat32 : dtype; }

// A copy of the box of `extents` elements between dense tensors of these shapes, all of the same
// rank.
StridedCopy CopyBox(const Shape& input, const Shape& output, const Shape& extents);

// The integers of a constant input, at most `limit` of them; kInvalidArgument (naming `what`) where
// it is missing, not constant, no integer tensor or too long.
StatusOr<std::vector<int64_t>> ConstantIntegers(const std::vector<OpInput>& inputs, size_t index,
                                                const char* what, int64_t limit = 64);

// Whether the op is given input `index`.
bool HasInput(const std::vector<OpInput>& inputs, size_t index);

// The attribute where the node has it, else the constant input.
StatusOr<std::vector<int64_t>> AttributeOrInput(const AttributeMap& attributes,
                                                const char* attribute,
                                                const std::vector<OpInput>& inputs, size_t index);

}  // namespace mace

#endif  // MACE_OPS_MOVE_MOVE_OP_H_
