#include <algorithm>
#include <cstring>

#include "mace/base/divide.h"
#include "mace/kernel/roofline.h"
#include "mace/ops/conv/convolution_lowering.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/recurrent/dynamic_quantize_lstm.h"

namespace mace {
namespace {

using namespace dynamic_quantize_lstm;  // The operands.
using Attributes = DynamicQuantizeLstmAttributes;

constexpr int64_t kLanes = 16, kParts = 4, kBytesOfWord = 4;
constexpr int64_t kTileColumns = Attributes::kGates * kLanes;
constexpr int64_t kMaxElements = int64_t{1} << 30;  // Indices of the kernels are ints.

// Constants of w (or r), and how the kernels have them.
struct PackedMatrix {
  HostTensor integers, scales, zero_points;
  HostTensor bias;  // [directions, 2 * columns]; without a dtype: none.
  int64_t hidden;

  int64_t directions() const { return integers.shape()[0]; }
  int64_t rows() const { return integers.shape()[1]; }
  int64_t words() const { return CeilDivide(rows(), kBytesOfWord); }
  int64_t tiles() const { return CeilDivide(hidden, kLanes); }  // Of each direction.
  int64_t columns() const { return integers.shape()[2]; }

  // The tile of a column of a direction, among all tiles, and its place there.
  int64_t TileOf(int64_t direction, int64_t column) const {
    return direction * tiles() + column % hidden / kLanes;
  }
  int64_t PlaceOf(int64_t column) const {
    return column / hidden * kLanes + column % hidden % kLanes;
  }
  // Unsigned bytes are made signed ones: all are less by 128 then.
  bool is_signed() const { return integers.dtype() == DType::kInt8; }
  int8_t Byte(int64_t at) const {
    const int byte = integers.data<uint8_t>()[at];
    return static_cast<int8_t>(is_signed() ? byte : byte ^ 0x80);
  }
};

void PackBytes(const PackedMatrix& matrix, float* to) {
  auto* const bytes = reinterpret_cast<uint8_t*>(to);
  const int64_t tile_bytes = matrix.words() * kTileColumns * kBytesOfWord;
  std::memset(bytes, 0, static_cast<size_t>(matrix.directions() * matrix.tiles() * tile_bytes));
  int64_t at = 0;
  for (int64_t d = 0; d < matrix.directions(); ++d) {
    for (int64_t row = 0; row < matrix.rows(); ++row) {
      const int64_t word = row / kBytesOfWord * kTileColumns;
      for (int64_t c = 0; c < matrix.columns(); ++c, ++at) {
        const int64_t place = (word + matrix.PlaceOf(c)) * kBytesOfWord + row % kBytesOfWord;
        bytes[matrix.TileOf(d, c) * tile_bytes + place] = static_cast<uint8_t>(matrix.Byte(at));
      }
    }
  }
}

// The parts of dynamic_quantize_lstm.cl.
void PackColumns(const PackedMatrix& matrix, float* to) {
  const int64_t columns = matrix.columns();
  std::fill_n(to, matrix.directions() * matrix.tiles() * kParts * kTileColumns, 0.0f);
  const std::vector<float> scales = ToFloatVector(matrix.scales);
  const std::vector<int64_t> zeros = ToInt64Vector(matrix.zero_points);
  std::vector<float> bias;
  if (matrix.bias.dtype() != DType::kInvalid) bias = ToFloatVector(matrix.bias);
  const bool each = matrix.scales.shape().rank() == 2;
  const bool each_zero = matrix.zero_points.shape().rank() == 2;
  for (int64_t d = 0; d < matrix.directions(); ++d) {
    for (int64_t c = 0; c < columns; ++c) {
      const auto place = static_cast<size_t>(d * columns + c), whole = static_cast<size_t>(d);
      int32_t sum = 0;
      for (int64_t row = 0; row < matrix.rows(); ++row) {
        sum += matrix.Byte((d * matrix.rows() + row) * columns + c);
      }
      const auto zero =
          static_cast<int32_t>(zeros[each_zero ? place : whole] - (matrix.is_signed() ? 0 : 128));
      float* const parts = to + matrix.TileOf(d, c) * kParts * kTileColumns + matrix.PlaceOf(c);
      parts[0] = scales[each ? place : whole];
      std::memcpy(parts + kTileColumns, &zero, sizeof(zero));
      std::memcpy(parts + 2 * kTileColumns, &sum, sizeof(sum));
      if (bias.empty()) continue;
      const auto first = static_cast<size_t>(2 * d * columns + c);
      parts[3 * kTileColumns] = bias[first] + bias[first + static_cast<size_t>(columns)];
    }
  }
}

using Pack = void (*)(const PackedMatrix& matrix, float* to);

// `elements`: of each tile.
PackedWeights Packed(const char* name, const PackedMatrix& matrix, int64_t elements, Pack pack) {
  PackedWeights weights;
  weights.name = name;
  weights.keep_float32 = true;
  weights.elements = static_cast<size_t>(matrix.directions() * matrix.tiles() * elements);
  weights.pack = [=](float* to) -> Status {
    pack(matrix, to);
    return Status();
  };
  std::vector<HostTensor> constants = {matrix.integers, matrix.scales, matrix.zero_points};
  if (matrix.bias.dtype() != DType::kInvalid) constants.push_back(matrix.bias);
  weights.identity = PackingIdentity(std::string("quantized gates ") + name, {matrix.hidden},
                                     std::move(constants));
  return weights;
}

class DynamicQuantizeLstmVariant {
 public:
  DynamicQuantizeLstmVariant(const Attributes& attributes, const LoweringRequest& request)
      : attributes_(attributes), request_(request) {}

  std::vector<KernelVariant> Run() {
    if (!CanRun()) return {};
    variant_ = NewRowMajorVariant("dynamic_quantize_lstm", request_);
    const PackedMatrix w = Matrix(kW), r = Matrix(kR);
    AddLevels(w);
    AddProduct(w);
    AddSteps(r);
    const double products = static_cast<double>(steps() * sequences()) *
                            static_cast<double>(w.rows() + r.rows()) *
                            static_cast<double>(attributes_.directions() * attributes_.columns());
    variant_.estimate_ms = ProductsMs(*request_.device, products);
    return {std::move(variant_)};
  }

 private:
  // The variant's scratch buffers, in their order.
  enum Scratch { kRanges, kLevels, kRowSums, kRange, kProducts, kState, kStateLevels };

  bool IsGiven(size_t operand) const {
    return operand < request_.inputs.size() && request_.inputs[operand].present;
  }
  const HostTensor* Constant(size_t operand) const {
    return IsGiven(operand) ? request_.inputs[operand].constant : nullptr;
  }
  int64_t steps() const { return request_.inputs[kX].info.shape[0]; }
  int64_t sequences() const { return request_.inputs[kX].info.shape[1]; }
  int64_t width() const { return request_.inputs[kX].info.shape[2]; }
  int64_t rows() const { return steps() * sequences(); }

  // PoCL's fma and division round correctly on the processors that have vectors of byte products.
  bool ComputesAsTheReference() const {
    const DeviceInfo& device = *request_.device;
    if (device.byte_products == ByteProducts::kPlain) return true;  // For tests, on any device.
    return device.vendor == DeviceVendor::kPocl && device.is_host() &&
           device.byte_products == ByteProducts::kVnni;
  }

  bool CanRun() const {
    if (!ComputesAsTheReference() || request_.precision != Precision::kFloat32) return false;
    LoweringRequest activations = request_;
    for (size_t i = 0; i < request_.inputs.size(); ++i) {
      const bool travels = i == kX || i == kInitialH || i == kInitialC;
      if (!travels && IsGiven(i) && Constant(i) == nullptr) return false;
      if (!travels) activations.inputs[i].present = false;
    }
    const int64_t padded = RoundUp(attributes_.columns(), kTileColumns) + kTileColumns;
    const int64_t deepest = std::max(width(), attributes_.hidden) + kLanes;
    return CanLower(activations) && Constant(kX) == nullptr && rows() > 0 &&
           rows() * std::max(width(), int64_t{1}) < kMaxElements &&
           rows() * attributes_.directions() * padded < kMaxElements &&
           attributes_.directions() * padded * deepest < kMaxElements;
  }

  PackedMatrix Matrix(size_t operand) const {
    const size_t scales = operand == kW ? kWScale : kRScale;
    PackedMatrix matrix = {*Constant(operand), *Constant(scales), *Constant(scales + 1),
                           HostTensor(), attributes_.hidden};
    if (operand == kR && IsGiven(kBias)) matrix.bias = *Constant(kBias);
    return matrix;
  }

  KernelArgument AddScratch(Scratch index, int64_t elements) {
    variant_.scratch.resize(std::max(variant_.scratch.size(), static_cast<size_t>(index) + 1));
    variant_.scratch[index] = {static_cast<size_t>(elements), true};
    return ScratchArgument(index);
  }
  KernelArgument AddWeights(PackedWeights weights) {
    variant_.weights.push_back(std::move(weights));
    return WeightsArgument(static_cast<int>(variant_.weights.size()) - 1);
  }
  // The matrix's bytes, then its columns.
  std::vector<KernelArgument> AddMatrix(const PackedMatrix& matrix) {
    return {AddWeights(Packed("bytes", matrix, matrix.words() * kTileColumns, &PackBytes)),
            AddWeights(Packed("columns", matrix, kParts * kTileColumns, &PackColumns))};
  }

  Launch* AddLaunch(const char* kernel, std::vector<KernelArgument> arguments,
                    std::vector<int64_t> numbers) {
    Launch launch = NewLaunch("dynamic_quantize_lstm.cl", kernel, request_, Storage::kBuffer);
    launch.arguments = std::move(arguments);
    for (int64_t number : numbers) launch.arguments.push_back(static_cast<int32_t>(number));
    variant_.launches.push_back(std::move(launch));
    return &variant_.launches.back();
  }
  static void SetItems(int64_t first, int64_t second, Launch* launch) {
    launch->global = {static_cast<size_t>(first), static_cast<size_t>(second), 1};
  }

  void AddLevels(const PackedMatrix& w) {
    const int64_t count = rows() * width();
    // Parts that keep all units of the device busy, each long enough to be worth it.
    const int64_t each = std::max<int64_t>(CeilDivide(count, 64), 1024);
    const int64_t parts = std::max<int64_t>(CeilDivide(count, each), 1);
    Launch* launch = AddLaunch("lstm_range", {RawInputArgument(kX), AddScratch(kRanges, 2 * parts)},
                               {count, each, parts});
    SetItems(parts, 1, launch);
    launch = AddLaunch(
        "lstm_levels",
        {RawInputArgument(kX), ScratchArgument(kRanges), AddScratch(kLevels, rows() * w.words()),
         AddScratch(kRowSums, rows()), AddScratch(kRange, 2)},
        {parts, rows(), width(), w.words()});
    SetItems(rows(), 1, launch);
  }

  void SetProducts(int64_t rows_at_once, Launch* launch) const {
    launch->kernel.macros["PRODUCTS"] =
        std::to_string(static_cast<int>(request_.device->byte_products));
    launch->kernel.macros["ROWS"] = std::to_string(rows_at_once);
  }

  void AddProduct(const PackedMatrix& w) {
    const int64_t tiles = w.directions() * w.tiles();
    std::vector<KernelArgument> arguments = {ScratchArgument(kLevels), ScratchArgument(kRowSums),
                                             ScratchArgument(kRange)};
    for (KernelArgument& argument : AddMatrix(w)) arguments.push_back(std::move(argument));
    arguments.push_back(AddScratch(kProducts, rows() * tiles * kTileColumns));
    Launch* const launch =
        AddLaunch("lstm_product", std::move(arguments), {rows(), w.words(), tiles});
    const int64_t rows_at_once = std::min<int64_t>(rows(), 4);
    SetProducts(rows_at_once, launch);
    SetItems(tiles, CeilDivide(rows(), rows_at_once), launch);
  }

  // H0 or C0 of the kernel.
  void AddInitialState(size_t operand, const char* macro, std::vector<KernelArgument>* arguments) {
    if (!IsGiven(operand)) return;
    const HostTensor* const constant = Constant(operand);
    if (constant == nullptr) {
      arguments->push_back(RawInputArgument(static_cast<int>(operand)));
      return;
    }
    PackedWeights weights;
    weights.name = macro;
    weights.keep_float32 = true;
    weights.elements = static_cast<size_t>(constant->shape().elements());
    weights.pack = [values = *constant](float* to) -> Status {
      CopyAsFloats(values, to);
      return Status();
    };
    weights.identity = PackingIdentity("row-major", {}, {*constant});
    arguments->push_back(AddWeights(std::move(weights)));
  }

  void AddSteps(const PackedMatrix& r) {
    const int64_t padded = r.tiles() * kLanes, units = r.directions() * sequences() * padded;
    std::vector<KernelArgument> arguments = {ScratchArgument(kProducts)};
    for (KernelArgument& argument : AddMatrix(r)) arguments.push_back(std::move(argument));
    AddInitialState(kInitialH, "H0", &arguments);
    AddInitialState(kInitialC, "C0", &arguments);
    arguments.push_back(AddScratch(kState, 2 * units));
    const int64_t state_words = padded / kBytesOfWord + 1;
    arguments.push_back(AddScratch(kStateLevels, r.directions() * sequences() * state_words));
    for (int i = 0; i < 3; ++i) arguments.push_back(RawOutputArgument(i));
    Launch* const launch = AddLaunch("lstm_steps", std::move(arguments), {steps(), sequences()});
    SetProducts(std::min<int64_t>(sequences(), 4), launch);
    int reversed = 0;
    for (size_t d = 0; d < attributes_.reversed.size(); ++d) {
      if (attributes_.reversed[d]) reversed |= 1 << d;
    }
    launch->kernel.macros["HIDDEN"] = std::to_string(attributes_.hidden);
    launch->kernel.macros["DIRECTIONS"] = std::to_string(attributes_.directions());
    launch->kernel.macros["REVERSED"] = std::to_string(reversed);
    launch->kernel.macros["H0"] = IsGiven(kInitialH) ? "1" : "0";
    launch->kernel.macros["C0"] = IsGiven(kInitialC) ? "1" : "0";
    SetItems(r.directions(), 1, launch);
  }

  const Attributes& attributes_;
  const LoweringRequest& request_;
  KernelVariant variant_;
};

}  // namespace

std::vector<KernelVariant> LowerDynamicQuantizeLstm(const DynamicQuantizeLstmAttributes& attributes,
                                                    const LoweringRequest& request) {
  return DynamicQuantizeLstmVariant(attributes, request).Run();
}

}  // namespace mace
