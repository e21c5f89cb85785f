// NormalizeIndices: integer indices as positions. Attribute extents: one for all indices, or one
// for each place of the last axis. An index in [-extent, 0) counts from the end; one outside of
// [-extent, extent) is kInvalidArgument, which a kernel reports (fault_record.h).
#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/ops/fault_record.h"
#include "mace/ops/integer_lowering.h"
#include "mace/ops/integers.h"
#include "mace/ops/lowering_support.h"

namespace mace {
namespace {

class NormalizeIndicesOp : public Op {
 public:
  explicit NormalizeIndicesOp(std::vector<int64_t> extents) : extents_(std::move(extents)) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    if (IsFloat(x.dtype) || x.dtype == DType::kBool) {
      return InvalidArgument(std::string("indices: expected integers, found ") +
                             DTypeName(x.dtype));
    }
    const int64_t count = static_cast<int64_t>(extents_.size());
    if (count != 1 && (x.shape.rank() == 0 || x.shape.back(0) != count)) {
      return InvalidArgument("indices: expected " + std::to_string(count) +
                             " along the last axis, found " + x.shape.ToString());
    }
    outputs->assign(1, x);
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    std::vector<int64_t> positions = ToInt64Vector(inputs[0]);
    for (size_t i = 0; i < positions.size(); ++i) {
      const int64_t index = positions[i], extent = extents_[i % extents_.size()];
      if (index < -extent || index >= extent) {
        return InvalidArgument("index " + std::to_string(index) + " is outside of the axis of " +
                               std::to_string(extent));
      }
      if (index < 0) positions[i] += extent;
    }
    HostTensor& y = (*outputs)[0];
    MACE_ASSIGN_OR_RETURN(y, MakeIntegers(y.dtype(), y.shape(), std::move(positions)));
    return Status::Ok();
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    const bool fits = std::all_of(extents_.begin(), extents_.end(), [](int64_t extent) {
      return extent <= std::numeric_limits<int32_t>::max();
    });
    if (request.inputs[0].constant != nullptr || !CanMoveIntegers(request) || !fits) return {};
    KernelVariant variant = NewRowMajorVariant("normalize_indices", request);
    variant.integers = Integers::kAny;
    const int64_t count = static_cast<int64_t>(extents_.size());
    const HostTensor extents =
        HostTensor::FromVector<int64_t>(DType::kInt64, Shape({count}), extents_);
    variant.weights.push_back(PackIntegers("extents", extents));
    Launch launch =
        NewLaunch("normalize_indices.cl", "normalize_indices", request, Storage::kBuffer);
    const int64_t total = request.outputs[0].shape.elements();
    launch.arguments = {RawInputArgument(0), RawOutputArgument(0), WeightsArgument(0),
                        static_cast<int32_t>(count), static_cast<int32_t>(total)};
    AddFaultRecord(&variant, &launch);
    SetFlatSize(*request.device, static_cast<size_t>(total), &launch);
    variant.launches.push_back(std::move(launch));
    return {std::move(variant)};
  }

  bool SplitsAlongBatch(const std::vector<OpInput>& inputs,
                        const std::vector<bool>& batched) const override {
    // Each entry then has all the extents that there are.
    return batched[0] && (extents_.size() == 1 || inputs[0].info.shape.rank() > 1);
  }

 private:
  const std::vector<int64_t> extents_;
};

StatusOr<std::unique_ptr<Op>> MakeNormalizeIndices(const Node& node) {
  std::vector<int64_t> extents = node.attributes.GetInts("extents");
  bool good = !extents.empty();
  for (int64_t extent : extents) good = good && extent >= 1;
  if (!good) {
    return InvalidArgument("extents: expected numbers above 0, found [" +
                           JoinNumbers(extents, ", ") + "]");
  }
  return std::unique_ptr<Op>(new NormalizeIndicesOp(std::move(extents)));
}

}  // namespace

extern const OpDefinition kNormalizeIndicesOp;
const OpDefinition kNormalizeIndicesOp = {"NormalizeIndices", 1, 1, &MakeNormalizeIndices};

}  // namespace mace
