// Shape: the extents of the input as int32 [rank]. Known at plan time, so it never runs on a GPU.
#include <limits>

#include "mace/ops/op.h"

namespace mace {
namespace {

class ShapeOp : public Op {
 public:
  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const Shape& shape = inputs[0].info.shape;
    for (int64_t extent : shape.dims()) {
      if (extent > std::numeric_limits<int32_t>::max()) {
        return InvalidArgument("expected extents that fit int32, found shape " + shape.ToString());
      }
    }
    outputs->assign(1, {DType::kInt32, Shape{shape.rank()}});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    int32_t* extents = (*outputs)[0].mutable_data<int32_t>();
    for (int64_t extent : inputs[0].shape().dims()) *extents++ = static_cast<int32_t>(extent);
    return Status::Ok();
  }
};

StatusOr<std::unique_ptr<Op>> MakeShape(const Node&) { return std::unique_ptr<Op>(new ShapeOp()); }

}  // namespace

extern const OpDefinition kShapeOp = {"Shape", 1, 1, &MakeShape};

}  // namespace mace
