// Gather: slices of input 0 along `axis` (0 by default) at the integer indices of input 1, which
// may be negative: the output's shape is that of input 0 with the axis replaced by the shape of the
// indices. An index outside of the axis is an error, which a kernel reports (fault_record.h).
#include <cstring>
#include <limits>
#include <optional>

#include "mace/ops/fault_record.h"
#include "mace/ops/integer_lowering.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/move/move_op.h"

namespace mace {
namespace {

// Indices travel to kernels as floats, which hold integers up to here.
constexpr int64_t kMaxGatherExtent = int64_t{1} << 24;

class GatherOp : public Op {
 public:
  explicit GatherOp(int64_t axis) : axis_(axis) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    const TensorInfo& indices = inputs[1].info;
    MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(axis_, x.shape.rank()));
    if (!inputs[1].present || IsFloat(indices.dtype) || indices.dtype == DType::kBool) {
      return InvalidArgument(std::string("indices: expected integers, found ") +
                             DTypeName(indices.dtype));
    }
    std::vector<int64_t> dims(x.shape.dims().begin(), x.shape.dims().begin() + axis);
    dims.insert(dims.end(), indices.shape.dims().begin(), indices.shape.dims().end());
    dims.insert(dims.end(), x.shape.dims().begin() + axis + 1, x.shape.dims().end());
    MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make(std::move(dims)));
    if (inputs[1].constant != nullptr) {
      MACE_RETURN_IF_ERROR(Positions(*inputs[1].constant, x.shape[axis]).status());
    }
    outputs->assign(1, {ElementType(x.dtype), std::move(shape)});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const Shape& shape = inputs[0].shape();
    MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(axis_, shape.rank()));
    MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> positions, Positions(inputs[1], shape[axis]));
    const size_t run =
        static_cast<size_t>(shape.elements(axis + 1, shape.rank())) * DTypeSize(inputs[0].dtype());
    const int64_t outer = shape.elements(0, axis);
    const uint8_t* from = inputs[0].bytes().data();
    uint8_t* to = (*outputs)[0].mutable_data<uint8_t>();
    if (run == 0) return Status::Ok();
    for (int64_t o = 0; o < outer; ++o) {
      for (int64_t position : positions) {
        std::memcpy(to, from + static_cast<size_t>(o * shape[axis] + position) * run, run);
        to += run;
      }
    }
    return Status::Ok();
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    const OpInput& x = request.inputs[0];
    const OpInput& indices = request.inputs[1];
    const StatusOr<int> axis = NormalizeAxis(axis_, x.info.shape.rank());
    if (!axis.ok() || x.info.shape[*axis] > kMaxGatherExtent) return {};
    LoweringRequest activations = request;  // The indices are no activation.
    activations.inputs.resize(1);
    const bool moves_integers = CanMoveIntegers(activations);
    if (!CanLower(activations) && !moves_integers) return {};
    std::optional<std::vector<int64_t>> positions;
    if (indices.constant != nullptr) {
      StatusOr<std::vector<int64_t>> known = Positions(*indices.constant, x.info.shape[*axis]);
      if (!known.ok()) return {};
      positions = *std::move(known);
    } else if (DeviceElementOf(indices.info.dtype) != DeviceElement::kInteger) {
      return {};
    }
    std::vector<KernelVariant> variants;
    variants.push_back(MakeVariant(request, *axis, positions, Layout::kRowMajor));
    if (moves_integers) SetIntegerMoves(&variants.back());
    const bool whole_pixels =
        *axis + 1 < x.info.shape.rank() && !moves_integers && x.constant == nullptr;
    if (whole_pixels && StorageWithinLimits(activations) == request.storage) {
      variants.push_back(MakeVariant(request, *axis, positions, Layout::kChannels4));
    }
    return variants;
  }

 private:
  // Each index as a position in [0, extent).
  static StatusOr<std::vector<int64_t>> Positions(const HostTensor& indices, int64_t extent) {
    std::vector<int64_t> positions = ToInt64Vector(indices);
    for (int64_t& position : positions) {
      const int64_t index = position;
      if (position < 0) position += extent;
      if (position < 0 || position >= extent) {
        return InvalidArgument("index " + std::to_string(index) + " is outside of the axis of " +
                               std::to_string(extent));
      }
    }
    return positions;
  }

  static PackedWeights PackPositions(const std::vector<int64_t>& positions) {
    PackedWeights table;
    table.name = "gather indices";
    table.elements = positions.size();
    table.keep_float32 = true;
    table.pack = [positions](float* destination) -> Status {
      for (int64_t position : positions) *destination++ = static_cast<float>(position);
      return Status();
    };
    table.identity = PackingIdentity("numbers", positions, {});
    return table;
  }

  // Units are elements of a row-major buffer, or blocks of four channels. `positions` where they
  // are known.
  static KernelVariant MakeVariant(const LoweringRequest& request, int axis,
                                   const std::optional<std::vector<int64_t>>& positions,
                                   Layout layout) {
    const Shape& shape = request.inputs[0].info.shape;
    const bool row_major = layout == Layout::kRowMajor;
    KernelVariant variant = row_major ? NewRowMajorVariant("gather_row_major", request)
                                      : NewVariant("gather_blocks", request, request.storage);
    variant.estimate_ms *= row_major ? 2 : 1.2;
    const bool computed = !positions.has_value();
    if (computed) {
      variant.inputs[1] = {Layout::kRowMajor, Storage::kBuffer};
      variant.integers = Integers::kAny;
    } else {
      variant.weights.push_back(PackPositions(*positions));
    }
    const int64_t channels = shape.back(0), blocks = (channels + 3) / 4;
    const int64_t outer = shape.elements(0, axis);
    const int64_t inner = row_major ? shape.elements(axis + 1, shape.rank())
                                    : shape.elements(axis + 1, shape.rank() - 1) * blocks;
    const int64_t count = request.inputs[1].info.shape.elements();
    Launch launch = NewLaunch("gather.cl", row_major ? "gather_row_major" : "gather_blocks",
                              request, row_major ? Storage::kBuffer : request.storage);
    launch.arguments = {
        row_major ? RowMajorArgument(request, 0, &variant, &launch) : InputArgument(0),
        row_major ? RawOutputArgument(0) : OutputArgument(0),
        computed ? RawInputArgument(1) : WeightsArgument(0)};
    launch.kernel.macros["COMPUTED"] = computed ? "1" : "0";
    for (int64_t value : {outer, shape[axis], count, inner}) {
      launch.arguments.push_back(static_cast<int32_t>(value));
    }
    if (!row_major) launch.arguments.push_back(static_cast<int32_t>(channels));
    if (computed) AddFaultRecord(&variant, &launch);
    SetFlatSize(*request.device, static_cast<size_t>(outer * count * inner), &launch);
    variant.launches.push_back(std::move(launch));
    return variant;
  }

  const int64_t axis_;
};

StatusOr<std::unique_ptr<Op>> MakeGather(const Node& node) {
  if (node.attributes.GetInt("batch_dims", 0) != 0) {
    return Unsupported("batch_dims: expected 0, found " +
                       std::to_string(node.attributes.GetInt("batch_dims", 0)));
  }
  return std::unique_ptr<Op>(new GatherOp(node.attributes.GetInt("axis", 0)));
}

}  // namespace

extern const OpDefinition kGatherOp = {"Gather", 2, 2, &MakeGather};

}  // namespace mace
