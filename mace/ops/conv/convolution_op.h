// What Conv2D and DepthwiseConv2d have in common: all but how their filters lie. An op of this kind
// has the inputs x, filter, [bias] and, as its attributes say, residual and channel_scale
// (convolution.h).
//
// Immutable once its attributes are parsed: thread-safe.
#ifndef MACE_OPS_CONV_CONVOLUTION_OP_H_
#define MACE_OPS_CONV_CONVOLUTION_OP_H_

#include <optional>
#include <string>
#include <vector>

#include "mace/ops/conv/convolution.h"
#include "mace/ops/op.h"

namespace mace {

class ConvolutionOp : public Op {
 public:
  Status Infer(const std::vector<OpInput>& inputs, std::vector<TensorInfo>* outputs) const override;
  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override;
  bool SplitsAlongBatch(const std::vector<OpInput>& inputs,
                        const std::vector<bool>& batched) const override;
  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override;
  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override;

 protected:
  // `name` begins the names of the variants, such as "conv2d".
  explicit ConvolutionOp(std::string name) : name_(std::move(name)) {}

  // The attributes of both ops: window.h, fused_activation.h, int8.h, and residual.
  Status ParseAttributes(const AttributeMap& attributes);
  void set_channel_scale(bool channel_scale) { extras_.channel_scale = channel_scale; }

  // Batch, channels and groups for x [N, H, W, C] and a filter of rank 4 whose last axes are its
  // height and width. kInvalidArgument where they do not fit each other.
  virtual StatusOr<Convolution> Describe(const Shape& x, const Shape& filter) const = 0;

  struct FilterOrder {
    const char* name;  // ConvolutionWeights::filter_order.
    std::vector<float> (*reorder)(const HostTensor& filter);
  };
  // What brings the elements of a filter of this shape into the order of
  // ConvolutionWeights::filter; null where they are in that order.
  virtual const FilterOrder* OrderOf(const Shape& filter) const = 0;

 private:
  StatusOr<Convolution> Bind(const Shape& x, const Shape& filter,
                             const ConvolutionInputs& found) const;

  const std::string name_;
  WindowAttributes window_;
  FusedActivation activation_;
  std::optional<Int8Convolution> int8_;
  ConvolutionExtras extras_;
};

}  // namespace mace

#endif  // MACE_OPS_CONV_CONVOLUTION_OP_H_
