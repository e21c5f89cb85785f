#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "mace/base/divide.h"
#include "mace/kernel/roofline.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/matmul/batched_gemm.h"
#include "mace/ops/recurrent/recurrent.h"

namespace mace {
namespace {

constexpr int64_t kMaxElements = int64_t{1} << 30;  // Indices of the kernel are ints.

// The number's bits as a literal of OpenCL C, exact whatever it is.
std::string FloatText(float value) {
  uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof(bits));
  return "as_float(" + std::to_string(bits) + "u)";
}

// The units of a gate, and how many there are in packed operands.
struct Units {
  int64_t hidden = 0, padded = 0;
};

// From [directions, gates * hidden, width] to [width][direction][gate][unit].
void PackInputWeights(const std::vector<float>& from, const Shape& shape, const Units& units,
                      float* to) {
  const int64_t rows = shape[0] * shape[1], width = shape[2];
  const int64_t columns = rows / units.hidden * units.padded;
  std::fill_n(to, width * columns, 0.0f);
  for (int64_t row = 0; row < rows; ++row) {
    float* const column = to + row / units.hidden * units.padded + row % units.hidden;
    for (int64_t i = 0; i < width; ++i)
      column[i * columns] = from[static_cast<size_t>(row * width + i)];
  }
}

// From [directions, gates * hidden, hidden] to [direction][vector of units][i][gate][lane].
void PackRecurrentWeights(const std::vector<float>& from, const Shape& shape, const Units& units,
                          int64_t lanes, float* to) {
  const int64_t hidden = units.hidden, gates = shape[1] / hidden;
  // Where a vector is one unit, the vectors of a gate lie side by side.
  const int64_t vectors = lanes == 1 ? 1 : units.padded / lanes;
  const int64_t side_by_side = units.padded / vectors;
  std::fill_n(to, shape[0] * gates * units.padded * hidden, 0.0f);
  for (int64_t d = 0; d < shape[0]; ++d) {
    for (int64_t row = 0; row < shape[1]; ++row) {
      const int64_t gate = row / hidden, unit = row % hidden;
      const int64_t vector = d * vectors + unit / side_by_side;
      float* const column =
          to + (vector * hidden * gates + gate) * side_by_side + unit % side_by_side;
      const float* const state = from.data() + (d * shape[1] + row) * hidden;
      for (int64_t i = 0; i < hidden; ++i) column[i * gates * side_by_side] = state[i];
    }
  }
}

class RecurrentVariant {
 public:
  RecurrentVariant(const RecurrentAttributes& attributes, const LoweringRequest& request)
      : attributes_(attributes), request_(request) {}

  std::vector<KernelVariant> Run() {
    if (!CanRun()) return {};
    variant_ = NewRowMajorVariant("recurrent", request_);
    variant_.integers = Integers::kAny;
    if (!AddProducts()) return {};
    AddSteps();
    return {std::move(variant_)};
  }

 private:
  bool IsGiven(size_t operand) const {
    return operand < request_.inputs.size() && request_.inputs[operand].present;
  }
  const HostTensor* Constant(size_t operand) const {
    return IsGiven(operand) ? request_.inputs[operand].constant : nullptr;
  }
  const Shape& x() const { return request_.inputs[kX].info.shape; }
  int64_t columns() const { return attributes_.gates() * attributes_.hidden; }
  // Neighbouring units that a work-item computes together, and the units of packed operands.
  int64_t lanes() const {
    if (request_.device->kind != DeviceKind::kCpu) return 1;
    return attributes_.hidden > 8 ? 16 : attributes_.hidden > 4 ? 8 : 4;
  }
  int64_t padded() const { return RoundUp(attributes_.hidden, lanes()); }
  int64_t padded_columns() const { return attributes_.gates() * padded(); }

  bool CanRun() const {
    LoweringRequest activations = request_;
    if (IsGiven(kLengths)) activations.inputs[kLengths].present = false;
    if (!CanLower(activations) || Constant(kX) != nullptr) return false;
    for (size_t operand : {kW, kR, kBias, kPeepholes}) {
      if (IsGiven(operand) && Constant(operand) == nullptr) return false;
    }
    const bool lengths_travel =
        !IsGiven(kLengths) || Constant(kLengths) != nullptr ||
        DeviceElementOf(request_.inputs[kLengths].info.dtype) == DeviceElement::kInteger;
    const int64_t products = x()[0] * x()[1] * attributes_.directions() * padded_columns();
    const auto local_bytes = static_cast<uint64_t>(3 * padded()) * sizeof(float);
    return lengths_travel && products < kMaxElements &&
           attributes_.directions() * padded_columns() * attributes_.hidden < kMaxElements &&
           local_bytes <= request_.device->local_memory_bytes;
  }

  // w times x of all steps, with w's bias, as scratch 0.
  bool AddProducts() {
    const Shape& w = request_.inputs[kW].info.shape;
    const HostTensor& weights = *Constant(kW);
    const Shape packed{w[2], w[0] * padded_columns()};
    const HostTensor bias = Bias(0);
    LoweringRequest product = request_;
    product.inputs = {{{DType::kFloat32, Shape({x()[0] * x()[1], x()[2]})}},
                      {{DType::kFloat32, packed}, &weights},
                      {bias.info(), &bias}};
    product.outputs = {{DType::kFloat32, Shape({x()[0] * x()[1], packed[1]})}};
    GemmRequest bound;
    bound.op = "recurrent";
    bound.lowering = &product;
    bound.pack_b = [weights, hidden = attributes_.hidden, padded = padded()](float* to) -> Status {
      PackInputWeights(ToFloatVector(weights), weights.shape(), {hidden, padded}, to);
      return Status();
    };
    bound.pack_b_order = "units of gates " + std::to_string(padded());
    StatusOr<BatchedGemm> shapes =
        BindBatchedGemm(product.inputs[0].info.shape, packed, Transposes());
    if (!shapes.ok()) return false;
    bound.gemm = *std::move(shapes);
    std::vector<KernelVariant> variants;
    LowerGemmRowMajor(bound, &variants);
    if (variants.empty()) return false;
    variant_.scratch = {{static_cast<size_t>(product.outputs[0].shape.elements())}};
    variant_.weights = std::move(variants[0].weights);
    variant_.estimate_ms += variants[0].estimate_ms;
    Launch launch = std::move(variants[0].launches[0]);
    for (KernelArgument& argument : launch.arguments) {
      TensorArgument* tensor = std::get_if<TensorArgument>(&argument);
      if (tensor == nullptr || tensor->kind != TensorArgument::Kind::kRawOutput) continue;
      argument = ScratchArgument(0);
    }
    variant_.launches.push_back(std::move(launch));
    return true;
  }

  // [direction][gate][unit] of w (part 0) or r (1); zeros where there is none, and behind the units.
  HostTensor Bias(int64_t part) const {
    std::vector<float> all;
    if (IsGiven(kBias)) all = ToFloatVector(*Constant(kBias));
    std::vector<float> bias(static_cast<size_t>(attributes_.directions() * padded_columns()));
    for (int64_t d = 0; !all.empty() && d < attributes_.directions(); ++d) {
      PadRows(all.data() + (2 * d + part) * columns(), attributes_.gates(),
              bias.data() + d * padded_columns());
    }
    const Shape shape{static_cast<int64_t>(bias.size())};
    return HostTensor::FromVector(DType::kFloat32, shape, std::move(bias));
  }

  // [direction][i, o, f][unit]; one zero where there is none.
  HostTensor Peepholes() const {
    if (!IsGiven(kPeepholes)) return HostTensor::FromVector<float>(DType::kFloat32, {1}, {0});
    const int64_t rows = attributes_.directions() * 3;
    std::vector<float> peepholes(static_cast<size_t>(rows * padded()));
    PadRows(ToFloatVector(*Constant(kPeepholes)).data(), rows, peepholes.data());
    return HostTensor::FromVector(DType::kFloat32, {rows * padded()}, std::move(peepholes));
  }

  // Rows of `hidden` numbers to rows of padded() ones.
  void PadRows(const float* from, int64_t rows, float* to) const {
    for (int64_t row = 0; row < rows; ++row) {
      std::copy_n(from + row * attributes_.hidden, attributes_.hidden, to + row * padded());
    }
  }

  KernelArgument AddWeights(const char* name, size_t elements, bool keep_float32,
                            std::function<Status(float*)> pack,
                            std::function<std::string()> identity) {
    PackedWeights weights;
    weights.name = name;
    weights.elements = elements;
    weights.keep_float32 = keep_float32;
    weights.pack = std::move(pack);
    weights.identity = std::move(identity);
    variant_.weights.push_back(std::move(weights));
    return WeightsArgument(static_cast<int>(variant_.weights.size()) - 1);
  }
  KernelArgument AddFloats(const char* name, const HostTensor& values) {
    return AddWeights(
        name, static_cast<size_t>(values.shape().elements()), true,
        [values](float* to) -> Status {
          const std::vector<float> from = ToFloatVector(values);
          std::copy(from.begin(), from.end(), to);
          return Status();
        },
        PackingIdentity("row-major", {}, {values}));
  }

  // [d, g * h, h] as recurrent.cl reads it.
  KernelArgument AddRecurrentWeights() {
    const HostTensor& r = *Constant(kR);
    const Units units = {attributes_.hidden, padded()};
    const auto pack = [r, units, lanes = lanes()](float* to) -> Status {
      PackRecurrentWeights(ToFloatVector(r), r.shape(), units, lanes, to);
      return Status();
    };
    const int64_t elements = attributes_.directions() * padded_columns() * attributes_.hidden;
    return AddWeights("r", static_cast<size_t>(elements), false, pack,
                      PackingIdentity("recurrent", {columns(), padded(), lanes()}, {r}));
  }

  // An operand that may be missing, constant or computed, and the macro that says which.
  void AddOperand(size_t operand, const char* macro, Launch* launch) {
    launch->kernel.macros[macro] = "0";
    if (!IsGiven(operand)) return;
    if (const HostTensor* constant = Constant(operand)) {
      launch->kernel.macros[macro] = "1";
      launch->arguments.push_back(AddFloats(macro, *constant));
    } else {
      launch->kernel.macros[macro] = "2";
      launch->arguments.push_back(RawInputArgument(static_cast<int>(operand)));
    }
  }

  void AddSteps() {
    const int64_t instances = attributes_.directions() * x()[1];
    Launch launch = NewLaunch("recurrent.cl", "recurrent", request_, Storage::kBuffer);
    launch.arguments = {ScratchArgument(0), AddRecurrentWeights(), AddFloats("r's bias", Bias(1)),
                        AddFloats("peepholes", Peepholes())};
    AddOperand(kLengths, "LENGTHS", &launch);
    AddOperand(kInitialH, "H0", &launch);
    AddOperand(kInitialC, "C0", &launch);
    for (size_t i = 0; i < request_.outputs.size(); ++i) {
      launch.arguments.push_back(RawOutputArgument(static_cast<int>(i)));
    }
    launch.arguments.push_back(static_cast<int32_t>(x()[0]));
    launch.arguments.push_back(static_cast<int32_t>(x()[1]));
    const bool clips = attributes_.clip > 0;
    launch.arguments.push_back(clips ? static_cast<float>(attributes_.clip)
                                     : std::numeric_limits<float>::infinity());
    const size_t group = Group();
    SetMacros(group, &launch.kernel.macros);
    SetGroupSize(group, static_cast<size_t>(instances), &launch);
    // Each group runs by itself, on one compute unit.
    const double products = static_cast<double>(x()[0]) * static_cast<double>(columns()) *
                            static_cast<double>(attributes_.hidden);
    const double times = request_.device->kind == DeviceKind::kCpu ? 4 : 20;
    variant_.estimate_ms += times * ProductsMs(*request_.device, products);
    variant_.launches.push_back(std::move(launch));
  }

  void SetMacros(size_t group, std::map<std::string, std::string>* macros) const {
    std::string functions, alphas, betas;
    int reversed = 0;
    bool more = false;
    const size_t each = attributes_.functions_each();
    for (size_t d = 0; d < attributes_.reversed.size(); ++d) {
      functions += d == 0 ? "(int4)(" : ", (int4)(";
      alphas += d == 0 ? "(float4)(" : ", (float4)(";
      betas += d == 0 ? "(float4)(" : ", (float4)(";
      for (size_t i = 0; i < 4; ++i) {
        const RecurrentFunction& f = attributes_.functions[d * each + std::min(i, each - 1)];
        const char* const end = i == 3 ? ")" : ", ";
        functions += std::to_string(static_cast<int>(f.kind)) + end;
        alphas += FloatText(f.alpha) + end;
        betas += FloatText(f.beta) + end;
        more = more || !f.is_common();
      }
      if (attributes_.reversed[d]) reversed |= 1 << d;
    }
    (*macros)["FUNCTIONS"] = functions;
    (*macros)["MORE_FUNCTIONS"] = more ? "1" : "0";
    if (more) {
      (*macros)["ALPHAS"] = alphas;
      (*macros)["BETAS"] = betas;
    }
    (*macros)["REVERSED"] = std::to_string(reversed);
    (*macros)["CELL"] = std::to_string(static_cast<int>(attributes_.cell));
    (*macros)["LANES"] = std::to_string(lanes());
    (*macros)["PADDED"] = std::to_string(padded());
    (*macros)["HIDDEN"] = std::to_string(attributes_.hidden);
    (*macros)["DIRECTIONS"] = std::to_string(attributes_.directions());
    (*macros)["GROUP"] = std::to_string(group);
    (*macros)["LINEAR"] = attributes_.linear_before_reset ? "1" : "0";
    (*macros)["INPUT_FORGET"] = attributes_.input_forget ? "1" : "0";
    (*macros)["PEEPHOLES"] = IsGiven(kPeepholes) ? "1" : "0";
  }

  // An item a unit, as far as a group goes. Drivers of CPUs run the items of a group one after the
  // other.
  size_t Group() const {
    const DeviceInfo& device = *request_.device;
    if (device.kind == DeviceKind::kCpu) return 1;
    const size_t most =
        std::min({device.max_work_group_size, device.max_work_item_sizes[0], size_t{256}});
    size_t group = 1;
    while (group * 2 <= most && group < static_cast<size_t>(attributes_.hidden)) group *= 2;
    return group;
  }

  const RecurrentAttributes& attributes_;
  const LoweringRequest& request_;
  KernelVariant variant_;
};

}  // namespace

std::vector<KernelVariant> LowerRecurrent(const RecurrentAttributes& attributes,
                                          const LoweringRequest& request) {
  return RecurrentVariant(attributes, request).Run();
}

}  // namespace mace
