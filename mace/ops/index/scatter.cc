// Scatter: input 0 with rows replaced by, or combined with, those of input 2, at the indices of
// input 1. Rows are what lies behind the first axis of input 0 [r, ...]; indices [k] (integers,
// negative ones count from the end), updates [k, ...]. Attribute reduction: "none" (the last of
// several for one row stays), "add", "mul", "max", "min". Any dtype. A kernel
// reports an index outside of its axis, and an int64 that leaves int32 (fault_record.h).
#include <algorithm>
#include <cstring>

#include "mace/base/divide.h"
#include "mace/graph/integer_type.h"
#include "mace/ops/fault_record.h"
#include "mace/ops/integer_lowering.h"
#include "mace/ops/integers.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

constexpr int64_t kMaxComparisons = 1 << 26;

// The rows and columns of the result that a work-item of scatter_blocks owns.
struct ResultBlock {
  int64_t rows, columns;
  int64_t items;
};

// A CPU gets a few items for each core, a GPU as many as it runs at once, unless that made more
// comparisons of indices with rows than kMaxComparisons.
ResultBlock BlockOf(const DeviceInfo& device, int64_t rows, int64_t inner, int64_t count) {
  constexpr int64_t kItemsOfCore = 4, kItemsOfUnit = 2048, kColumnsOfCore = 1024;
  const int64_t units = std::max<int64_t>(device.compute_units, 1);
  const bool cpu = device.kind == DeviceKind::kCpu;
  const int64_t wanted =
      cpu ? kItemsOfCore * units
          : std::clamp(kMaxComparisons / std::max<int64_t>(count, 1), units, kItemsOfUnit * units);
  ResultBlock block;
  block.columns = cpu ? std::min(inner, kColumnsOfCore) : 1;
  const int64_t across = CeilDivide(inner, block.columns);
  block.rows = CeilDivide(rows, std::clamp(wanted / across, int64_t{1}, rows));
  block.items = across * CeilDivide(rows, block.rows);
  return block;
}

enum class Reduction { kNone, kAdd, kMultiply, kMax, kMin };

template <typename T>
T Combine(Reduction reduction, T a, T b) {
  switch (reduction) {
    case Reduction::kAdd:
      return a + b;
    case Reduction::kMultiply:
      return a * b;
    case Reduction::kMax:
      return std::max(a, b);
    case Reduction::kMin:
      return std::min(a, b);
    case Reduction::kNone:
      break;
  }
  return b;
}

class ScatterOp : public Op {
 public:
  explicit ScatterOp(Reduction reduction) : reduction_(reduction) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    const TensorInfo& indices = inputs[1].info;
    const TensorInfo& updates = inputs[2].info;
    const bool integers = !IsFloat(indices.dtype) && indices.dtype != DType::kBool;
    if (!integers || ActivationType(x.dtype) != ActivationType(updates.dtype)) {
      return InvalidArgument(
          std::string("expected integer indices and updates of x's type, found ") +
          DTypeName(indices.dtype) + ", " + DTypeName(updates.dtype) + " and " +
          DTypeName(x.dtype));
    }
    if (reduction_ != Reduction::kNone && IsBelowByte(x.dtype)) {
      return Unsupported(std::string("a reduction of ") + DTypeName(x.dtype));
    }
    bool fits = x.shape.rank() >= 1 && indices.shape.rank() == 1 &&
                updates.shape.rank() == x.shape.rank() && updates.shape[0] == indices.shape[0];
    for (int axis = 1; fits && axis < x.shape.rank(); ++axis) {
      fits = x.shape[axis] == updates.shape[axis];
    }
    if (!fits) {
      return InvalidArgument("x " + x.shape.ToString() + ", indices " + indices.shape.ToString() +
                             " and updates " + updates.shape.ToString() + " do not fit together");
    }
    outputs->assign(1, {ActivationType(x.dtype), x.shape});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    HostTensor& y = (*outputs)[0];
    std::memcpy(y.mutable_data<uint8_t>(), inputs[0].bytes().data(), y.info().bytes());
    const std::vector<int64_t> rows = ToInt64Vector(inputs[1]);
    for (size_t i = 0; i < rows.size(); ++i) {
      const int64_t row = rows[i] < 0 ? rows[i] + y.shape()[0] : rows[i];
      if (row < 0 || row >= y.shape()[0]) {
        return InvalidArgument("index " + std::to_string(rows[i]) + " is outside of the axis of " +
                               std::to_string(y.shape()[0]));
      }
      Write(inputs[2], static_cast<int64_t>(i), row, &y);
    }
    return Status::Ok();
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    const OpInput& x = request.inputs[0];
    const OpInput& indices = request.inputs[1];
    LoweringRequest elements = request;  // Without the indices.
    elements.inputs.erase(elements.inputs.begin() + 1);
    const bool changes = reduction_ == Reduction::kAdd || reduction_ == Reduction::kMultiply;
    const bool integers = CanMoveIntegers(elements) && (!changes || ComputesInInt32(x.info.dtype));
    const bool numbers = CanLower(elements) && x.info.dtype != DType::kBool;
    if (!(integers || numbers) || !IsIndexableIntegers(indices)) return {};
    if (x.info.shape.elements() == 0) return {};
    const int64_t rows = x.info.shape[0], inner = x.info.shape.elements() / rows;
    const int64_t count = indices.info.shape.elements();
    // Sums and products of halves and integers are rounded or checked at the end alone.
    const bool stores = !changes || (!integers && request.precision == Precision::kFloat32);
    const ResultBlock block = BlockOf(*request.device, rows, inner, count);
    const int64_t items = stores ? block.items : rows * inner;
    // Each item looks at each index: the host is faster where there are many of both.
    if (static_cast<double>(items) * static_cast<double>(count) > kMaxComparisons) return {};
    Launch launch =
        NewLaunch("scatter.cl", stores ? "scatter_blocks" : "scatter", request, Storage::kBuffer);
    launch.kernel.macros = {
        {"REDUCTION", std::to_string(static_cast<int>(reduction_))},
        {"INTEGERS", integers ? "1" : "0"},
        {"INTEGER_CHECK", changes && x.info.dtype == DType::kInt64 ? "1" : "0"}};
    KernelVariant variant = NewRowMajorVariant(launch.kernel.base_name, request);
    variant.integers = Integers::kFromKernels;
    for (int input = 0; input < 3; ++input) {
      launch.arguments.push_back(RowMajorArgument(request, input, &variant, &launch));
    }
    launch.arguments.push_back(RawOutputArgument(0));
    std::vector<int64_t> extents = {rows, inner, count};
    if (stores) extents.insert(extents.end(), {block.rows, block.columns});
    for (int64_t value : extents) launch.arguments.push_back(static_cast<int32_t>(value));
    AddFaultRecord(&variant, &launch);
    if (stores && request.device->kind == DeviceKind::kCpu) {
      SetGroupSize(1, static_cast<size_t>(items), &launch);  // A core takes whole groups.
    } else {
      SetFlatSize(*request.device, static_cast<size_t>(items), &launch);
    }
    variant.launches.push_back(std::move(launch));
    return {std::move(variant)};
  }

 private:
  void Write(const HostTensor& updates, int64_t from, int64_t row, HostTensor* y) const {
    const int64_t run = y->shape().elements(1, y->shape().rank());
    const size_t bytes = static_cast<size_t>(run) * DTypeSize(y->dtype());
    switch (reduction_ == Reduction::kNone ? DType::kInvalid : y->dtype()) {
      case DType::kFloat32:
        return WriteAs<float>(updates, from * run, row * run, run, y);
      case DType::kInt32:
        return WriteAs<int32_t>(updates, from * run, row * run, run, y);
      case DType::kInt64:
        return WriteAs<int64_t>(updates, from * run, row * run, run, y);
      case DType::kUInt32:
        return WriteAs<uint32_t>(updates, from * run, row * run, run, y);
      case DType::kUInt64:
        return WriteAs<uint64_t>(updates, from * run, row * run, run, y);
      case DType::kInt16:
        return WriteAs<int16_t>(updates, from * run, row * run, run, y);
      case DType::kUInt16:
        return WriteAs<uint16_t>(updates, from * run, row * run, run, y);
      case DType::kInt8:
        return WriteAs<int8_t>(updates, from * run, row * run, run, y);
      case DType::kUInt8:
      case DType::kBool:
        return WriteAs<uint8_t>(updates, from * run, row * run, run, y);
      default:
        if (bytes == 0) return;
        std::memcpy(y->mutable_data<uint8_t>() + static_cast<size_t>(row) * bytes,
                    updates.bytes().data() + static_cast<size_t>(from) * bytes, bytes);
    }
  }

  template <typename T>
  void WriteAs(const HostTensor& updates, int64_t from, int64_t to, int64_t run,
               HostTensor* y) const {
    using Wide = std::conditional_t<std::is_integral_v<T>, uint64_t, double>;
    for (int64_t i = 0; i < run; ++i) {
      T& target = y->mutable_data<T>()[to + i];
      const T update = updates.data<T>()[from + i];
      const bool orders = reduction_ == Reduction::kMax || reduction_ == Reduction::kMin;
      // Sums and products in a type that may overflow without harm.
      target = orders ? Combine(reduction_, target, update)
                      : static_cast<T>(Combine(reduction_, static_cast<Wide>(target),
                                               static_cast<Wide>(update)));
    }
  }

  const Reduction reduction_;
};

StatusOr<std::unique_ptr<Op>> MakeScatter(const Node& node) {
  const std::string name = node.attributes.GetString("reduction", "none");
  const char* const names[] = {"none", "add", "mul", "max", "min"};
  for (int i = 0; i < 5; ++i) {
    if (name == names[i]) return std::unique_ptr<Op>(new ScatterOp(static_cast<Reduction>(i)));
  }
  return Unsupported("reduction: expected none, add, mul, max or min, found '" + name + "'");
}

}  // namespace

extern const OpDefinition kScatterOp;
const OpDefinition kScatterOp = {"Scatter", 3, 3, &MakeScatter};

}  // namespace mace
