// ResizeNearestNeighbor, ResizeBilinear and ResizeBicubic: an NHWC tensor resized in h and w by
// taking the nearest element, by linear interpolation, or by cubic convolution; resize_sources.h
// has their attributes.
#include "mace/base/divide.h"
#include "mace/ops/batch.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/resize/resize_sources.h"

namespace mace {
namespace {

// An image of the input from one of its channels on.
struct ImageChannel {
  const float* first;
  int64_t width;
  int64_t channels;

  double at(int64_t row, int64_t column) const { return first[(row * width + column) * channels]; }
};

// The three methods: what a result is made from, and how.
struct Nearest {
  static constexpr const char* kVariant = "resize_nearest_neighbor";
  static constexpr const char* kMethod = "0";  // METHOD of resize.cl,
  static constexpr int kTableFloats = 1;       // and the floats of a source in its table.
  static constexpr double kFlops = 1;          // Of one result.

  static std::vector<int64_t> Sources(const ResizeAttributes& attributes, int64_t in, int64_t out) {
    return attributes.NearestSources(in, out);
  }
  static float* Write(int64_t source, float* table) {
    *table++ = static_cast<float>(source);
    return table;
  }
  static double Result(const ImageChannel& x, int64_t h, int64_t w) { return x.at(h, w); }
};

struct Bilinear {
  static constexpr const char* kVariant = "resize_bilinear";
  static constexpr const char* kMethod = "1";
  static constexpr int kTableFloats = 3;
  static constexpr double kFlops = 9;

  static std::vector<ResizeSource> Sources(const ResizeAttributes& attributes, int64_t in,
                                           int64_t out) {
    return attributes.BilinearSources(in, out);
  }
  static float* Write(const ResizeSource& source, float* table) {
    *table++ = static_cast<float>(source.lower);
    *table++ = static_cast<float>(source.upper);
    *table++ = source.lerp;
    return table;
  }
  static double Result(const ImageChannel& x, const ResizeSource& h, const ResizeSource& w) {
    const auto between = [&](int64_t row) {
      return x.at(row, w.lower) + (x.at(row, w.upper) - x.at(row, w.lower)) * w.lerp;
    };
    const double upper = between(h.lower);
    return upper + (between(h.upper) - upper) * h.lerp;
  }
};

struct Bicubic {
  static constexpr const char* kVariant = "resize_bicubic";
  static constexpr const char* kMethod = "2";
  static constexpr int kTableFloats = 8;
  static constexpr double kFlops = 40;  // Five sums of four products.

  static std::vector<CubicSource> Sources(const ResizeAttributes& attributes, int64_t in,
                                          int64_t out) {
    return attributes.BicubicSources(in, out);
  }
  static float* Write(const CubicSource& source, float* table) {
    for (int64_t at : source.at) *table++ = static_cast<float>(at);
    for (float share : source.share) *table++ = share;
    return table;
  }
  static double Result(const ImageChannel& x, const CubicSource& h, const CubicSource& w) {
    double sum = 0;
    for (int i = 0; i < 16; ++i) {
      sum += double{h.share[i / 4]} * w.share[i % 4] * x.at(h.at[i / 4], w.at[i % 4]);
    }
    return sum;
  }
};

template <typename Method>
class ResizeOp : public Op {
 public:
  static StatusOr<std::unique_ptr<Op>> Make(const Node& node) {
    auto op = std::make_unique<ResizeOp>();
    MACE_ASSIGN_OR_RETURN(op->attributes_, ResizeAttributes::Parse(node.attributes));
    return std::unique_ptr<Op>(std::move(op));
  }

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    MACE_ASSIGN_OR_RETURN(Shape shape, attributes_.InferShape(inputs));
    outputs->assign(1, {DType::kFloat32, std::move(shape)});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const Shape& in = inputs[0].shape();
    const Shape& out = (*outputs)[0].shape();
    const auto rows = Method::Sources(attributes_, in[1], out[1]);
    const auto columns = Method::Sources(attributes_, in[2], out[2]);
    float* y = (*outputs)[0].f32();
    for (int64_t n = 0; n < out[0]; ++n) {
      const float* image = inputs[0].f32() + n * in[1] * in[2] * in[3];
      for (const auto& h : rows) {
        for (const auto& w : columns) {
          for (int64_t c = 0; c < in[3]; ++c) {
            *y++ = static_cast<float>(Method::Result({image + c, in[2], in[3]}, h, w));
          }
        }
      }
    }
    return Status::Ok();
  }

  bool SplitsAlongBatch(const std::vector<OpInput>& /*inputs*/,
                        const std::vector<bool>& batched) const override {
    return BatchIsInFirstInputOnly(batched);
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    // The second input, the size, is no business of the kernel.
    LoweringRequest own = request;
    own.inputs.resize(1);
    if (!CanLower(own) || own.inputs[0].constant != nullptr) return {};
    const Storage storage = StorageWithinLimits(own);
    const Nhwc view = AsNhwc(request.outputs[0].shape);
    const int blocks_per_item = BlocksPerItem(own, storage);
    KernelVariant variant = NewVariant(Method::kVariant, own, storage);
    variant.inputs.resize(request.inputs.size(), variant.inputs[0]);
    variant.weights.push_back(MakeTable(own.inputs[0].info.shape, request.outputs[0].shape));
    Launch launch = NewLaunch("resize.cl", "resize", own, storage);
    launch.kernel.macros = {{"METHOD", Method::kMethod},
                            {"BLOCKS_PER_ITEM", std::to_string(blocks_per_item)}};
    launch.arguments = {InputArgument(0),
                        OutputArgument(0),
                        WeightsArgument(0),
                        static_cast<int32_t>(view.rows()),
                        static_cast<int32_t>(own.inputs[0].info.shape[1]),
                        static_cast<int32_t>(view.h),
                        static_cast<int32_t>(view.c)};
    const int64_t items =
        view.rows() * view.w * CeilDivide(view.blocks(), int64_t{blocks_per_item});
    SetFlatSize(*request.device, static_cast<size_t>(items), &launch);
    variant.launches.push_back(std::move(launch));
    return {variant};
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    cost.flops *= Method::kFlops;
    return cost;
  }

 private:
  // The sources of all rows, then of all columns.
  PackedWeights MakeTable(const Shape& in, const Shape& out) const {
    PackedWeights table;
    table.name = "sources";
    table.elements = static_cast<size_t>(Method::kTableFloats * (out[1] + out[2]));
    table.keep_float32 = true;
    table.pack = [attributes = attributes_, in, out](float* destination) -> Status {
      for (int axis : {1, 2}) {
        for (const auto& source : Method::Sources(attributes, in[axis], out[axis])) {
          destination = Method::Write(source, destination);
        }
      }
      return Status();
    };
    return table;
  }

  ResizeAttributes attributes_;
};

}  // namespace

extern const OpDefinition kResizeNearestNeighborOp;
const OpDefinition kResizeNearestNeighborOp = {"ResizeNearestNeighbor", 1, 2,
                                               &ResizeOp<Nearest>::Make};

extern const OpDefinition kResizeBilinearOp;
const OpDefinition kResizeBilinearOp = {"ResizeBilinear", 1, 2, &ResizeOp<Bilinear>::Make};

extern const OpDefinition kResizeBicubicOp;
const OpDefinition kResizeBicubicOp = {"ResizeBicubic", 1, 2, &ResizeOp<Bicubic>::Make};

}  // namespace mace
