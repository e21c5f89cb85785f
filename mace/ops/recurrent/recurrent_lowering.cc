#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

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
    const int64_t products = x()[0] * x()[1] * attributes_.directions() * columns();
    const auto local_bytes = static_cast<uint64_t>(3 * attributes_.hidden) * sizeof(float);
    return lengths_travel && products < kMaxElements &&
           request_.inputs[kR].info.shape.elements() < kMaxElements &&
           local_bytes <= request_.device->local_memory_bytes;
  }

  // w times x of all steps, with w's bias, as scratch 0.
  bool AddProducts() {
    const Shape& w = request_.inputs[kW].info.shape;
    const int64_t all_columns = w[0] * w[1];
    const HostTensor weights = Constant(kW)->Reshaped(Shape({all_columns, w[2]}));
    const HostTensor bias = Bias(0);
    LoweringRequest product = request_;
    product.inputs = {{{DType::kFloat32, Shape({x()[0] * x()[1], x()[2]})}},
                      {weights.info(), &weights},
                      {bias.info(), &bias}};
    product.outputs = {{DType::kFloat32, Shape({x()[0] * x()[1], all_columns})}};
    GemmRequest bound;
    bound.op = "recurrent";
    bound.lowering = &product;
    StatusOr<BatchedGemm> shapes =
        BindBatchedGemm(product.inputs[0].info.shape, weights.shape(), {false, true});
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

  // [direction][gate][unit] of w (part 0) or r (1); zeros where there is none.
  HostTensor Bias(int64_t part) const {
    std::vector<float> bias(static_cast<size_t>(attributes_.directions() * columns()));
    std::vector<float> all;
    if (IsGiven(kBias)) all = ToFloatVector(*Constant(kBias));
    for (int64_t d = 0; !all.empty() && d < attributes_.directions(); ++d) {
      std::copy_n(all.data() + (2 * d + part) * columns(), columns(), bias.data() + d * columns());
    }
    const Shape shape{static_cast<int64_t>(bias.size())};
    return HostTensor::FromVector(DType::kFloat32, shape, std::move(bias));
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

  // [d, g * h, h] with the unit of the state in front, so that neighbours read neighbours.
  KernelArgument AddRecurrentWeights() {
    const int64_t rows = columns(), hidden = attributes_.hidden;
    const HostTensor& r = *Constant(kR);
    const auto pack = [r, rows, hidden](float* to) -> Status {
      const std::vector<float> from = ToFloatVector(r);
      for (int64_t d = 0; d < r.shape()[0]; ++d) {
        for (int64_t i = 0; i < hidden; ++i) {
          for (int64_t row = 0; row < rows; ++row) {
            *to++ = from[static_cast<size_t>((d * rows + row) * hidden + i)];
          }
        }
      }
      return Status();
    };
    return AddWeights("r", static_cast<size_t>(r.shape().elements()), false, pack,
                      PackingIdentity("recurrent", {rows, hidden}, {r}));
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
    const HostTensor peepholes = IsGiven(kPeepholes)
                                     ? *Constant(kPeepholes)
                                     : HostTensor::FromVector<float>(DType::kFloat32, {1}, {0});
    launch.arguments = {ScratchArgument(0), AddRecurrentWeights(), AddFloats("r's bias", Bias(1)),
                        AddFloats("peepholes", peepholes)};
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
    variant_.estimate_ms += 20 * ProductsMs(*request_.device, products);
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
    (*macros)["HIDDEN"] = std::to_string(attributes_.hidden);
    (*macros)["DIRECTIONS"] = std::to_string(attributes_.directions());
    (*macros)["GROUP"] = std::to_string(group);
    (*macros)["LINEAR"] = attributes_.linear_before_reset ? "1" : "0";
    (*macros)["INPUT_FORGET"] = attributes_.input_forget ? "1" : "0";
    (*macros)["PEEPHOLES"] = IsGiven(kPeepholes) ? "1" : "0";
  }

  // An item a unit, as far as a group goes.
  size_t Group() const {
    const DeviceInfo& device = *request_.device;
    const size_t most = std::min({device.max_work_group_size, device.max_work_item_sizes[0],
                                  size_t{device.kind == DeviceKind::kCpu ? 32u : 256u}});
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
