// BitCast: the bits of each element as those of another type. Attribute `dtype` names it: float32,
// int32 or uint32. The input has one of these types, too. On the CPU alone, because a device may
// flush small floats to zero where it copies them as floats.
#include <cstring>

#include "mace/ops/op.h"

namespace mace {
namespace {

bool IsWord(DType dtype) {
  return dtype == DType::kFloat32 || dtype == DType::kInt32 || dtype == DType::kUInt32;
}

class BitCastOp : public Op {
 public:
  explicit BitCastOp(DType dtype) : dtype_(dtype) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    if (!IsWord(x.dtype)) {
      return InvalidArgument(std::string("expected float32, int32 or uint32, found ") +
                             DTypeName(x.dtype));
    }
    outputs->assign(1, {dtype_, x.shape});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    HostTensor& y = (*outputs)[0];
    if (y.info().bytes() == 0) return Status::Ok();
    std::memcpy(y.mutable_data<uint8_t>(), inputs[0].bytes().data(), y.info().bytes());
    return Status::Ok();
  }

 private:
  const DType dtype_;
};

StatusOr<std::unique_ptr<Op>> MakeBitCast(const Node& node) {
  const std::string name = node.attributes.GetString("dtype", "");
  for (const DType dtype : {DType::kFloat32, DType::kInt32, DType::kUInt32}) {
    if (name == DTypeName(dtype)) return std::unique_ptr<Op>(new BitCastOp(dtype));
  }
  return InvalidArgument("dtype: expected float32, int32 or uint32, found '" + name + "'");
}

}  // namespace

extern const OpDefinition kBitCastOp;
const OpDefinition kBitCastOp = {"BitCast", 1, 1, &MakeBitCast};

}  // namespace mace
