// Unary: y = f(x) element by element; `function` names f. Any shape; float, and integers for the
// functions that are exact on them (neg, abs, square, sign).
#include <algorithm>
#include <cmath>
#include <iterator>

#include "mace/kernel/quantization.h"
#include "mace/ops/integers.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/move/convert.h"
#include "mace/ops/op.h"
#include "mace/ops/rounding.h"

namespace mace {
namespace {

struct UnaryFunction {
  const char* name;
  double (*apply)(double x, double a, double b);
  // The parameters a and b: the attribute's name (null: none) and default.
  const char* a_name;
  double a;
  const char* b_name;
  double b;
};

double Softplus(double x) { return std::fmax(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }
double Clamp01(double x) { return x < 0 ? 0 : (x > 1 ? 1 : x); }

// A function's place in the table is its number in unary.clh.
const UnaryFunction kFunctions[] = {
    {"sqrt", [](double x, double, double) { return std::sqrt(x); }, nullptr, 0, nullptr, 0},
    {"rsqrt", [](double x, double, double) { return 1 / std::sqrt(x); }, nullptr, 0, nullptr, 0},
    {"exp", [](double x, double, double) { return std::exp(x); }, nullptr, 0, nullptr, 0},
    {"log", [](double x, double, double) { return std::log(x); }, nullptr, 0, nullptr, 0},
    {"floor", [](double x, double, double) { return std::floor(x); }, nullptr, 0, nullptr, 0},
    {"ceil", [](double x, double, double) { return std::ceil(x); }, nullptr, 0, nullptr, 0},
    // Half to even: the rounding mode is never changed.
    {"round", [](double x, double, double) { return std::nearbyint(x); }, nullptr, 0, nullptr, 0},
    {"softplus", [](double x, double, double) { return Softplus(x); }, nullptr, 0, nullptr, 0},
    {"softsign", [](double x, double, double) { return x / (1 + std::fabs(x)); }, nullptr, 0,
     nullptr, 0},
    {"erf", [](double x, double, double) { return std::erf(x); }, nullptr, 0, nullptr, 0},
    {"hardswish", [](double x, double, double) { return x * Clamp01(x / 6 + 0.5); }, nullptr, 0,
     nullptr, 0},
    {"gelu", [](double x, double, double) { return 0.5 * x * (1 + std::erf(x * std::sqrt(0.5))); },
     nullptr, 0, nullptr, 0},
    {"gelu_tanh",
     [](double x, double, double) {
       return 0.5 * x * (1 + std::tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
     },
     nullptr, 0, nullptr, 0},
    {"sin", [](double x, double, double) { return std::sin(x); }, nullptr, 0, nullptr, 0},
    {"cos", [](double x, double, double) { return std::cos(x); }, nullptr, 0, nullptr, 0},
    {"tan", [](double x, double, double) { return std::tan(x); }, nullptr, 0, nullptr, 0},
    {"asin", [](double x, double, double) { return std::asin(x); }, nullptr, 0, nullptr, 0},
    {"acos", [](double x, double, double) { return std::acos(x); }, nullptr, 0, nullptr, 0},
    {"atan", [](double x, double, double) { return std::atan(x); }, nullptr, 0, nullptr, 0},
    {"sinh", [](double x, double, double) { return std::sinh(x); }, nullptr, 0, nullptr, 0},
    {"cosh", [](double x, double, double) { return std::cosh(x); }, nullptr, 0, nullptr, 0},
    {"asinh", [](double x, double, double) { return std::asinh(x); }, nullptr, 0, nullptr, 0},
    {"acosh", [](double x, double, double) { return std::acosh(x); }, nullptr, 0, nullptr, 0},
    {"atanh", [](double x, double, double) { return std::atanh(x); }, nullptr, 0, nullptr, 0},
    {"neg", [](double x, double, double) { return -x; }, nullptr, 0, nullptr, 0},
    {"abs", [](double x, double, double) { return std::fabs(x); }, nullptr, 0, nullptr, 0},
    {"square", [](double x, double, double) { return x * x; }, nullptr, 0, nullptr, 0},
    {"reciprocal", [](double x, double, double) { return 1 / x; }, nullptr, 0, nullptr, 0},
    {"sign", [](double x, double, double) { return x > 0 ? 1.0 : (x < 0 ? -1.0 : x); }, nullptr, 0,
     nullptr, 0},
    {"log1p", [](double x, double, double) { return std::log1p(x); }, nullptr, 0, nullptr, 0},
    {"expm1", [](double x, double, double) { return std::expm1(x); }, nullptr, 0, nullptr, 0},
    {"mish", [](double x, double, double) { return x * std::tanh(Softplus(x)); }, nullptr, 0,
     nullptr, 0},
    {"silu", [](double x, double, double) { return x / (1 + std::exp(-x)); }, nullptr, 0, nullptr,
     0},
    {"selu", [](double x, double a, double b) { return x < 0 ? b * a * std::expm1(x) : b * x; },
     "alpha", 1.6732632423543772, "gamma", 1.0507009873554805},
    {"celu", [](double x, double a, double) { return x < 0 ? a * std::expm1(x / a) : x; }, "alpha",
     1, nullptr, 0},
    {"thresholded_relu", [](double x, double a, double) { return x <= a ? 0.0 : x; }, "alpha", 1,
     nullptr, 0},
    {"tanh", [](double x, double, double) { return std::tanh(x); }, nullptr, 0, nullptr, 0},
    {"sigmoid", [](double x, double, double) { return 1 / (1 + std::exp(-x)); }, nullptr, 0,
     nullptr, 0},
    {"relu", [](double x, double, double) { return x < 0 ? 0.0 : x; }, nullptr, 0, nullptr, 0},
    // The quotient is that of floats, as model formats and kernels have it.
    {"round_to_int8",
     [](double x, double a, double b) {
       const double steps = std::nearbyint(static_cast<float>(x / a));
       return std::fmin(std::fmax(steps, b), b + 255) * a;
     },
     "scale", 1, "low", -128},
    {"round_to_scale",
     [](double x, double a, double) { return std::nearbyint(static_cast<float>(x / a)) * a; },
     "scale", 1, nullptr, 0},
    {"erfc", [](double x, double, double) { return std::erfc(x); }, nullptr, 0, nullptr, 0},
};

constexpr char kRoundToInt8[] = "round_to_int8";

bool IsExactOnIntegers(const std::string& name) {
  return name == "neg" || name == "abs" || name == "square" || name == "sign";
}

// Wraps around like the types do, without the undefined overflow of signed numbers.
// `is_uint64`: x has the bits of an uint64.
int64_t ApplyInteger(const std::string& name, int64_t x, bool is_uint64) {
  const uint64_t bits = static_cast<uint64_t>(x);
  const bool is_negative = x < 0 && !is_uint64;
  if (name == "neg" || (name == "abs" && is_negative)) return static_cast<int64_t>(0 - bits);
  if (name == "square") return static_cast<int64_t>(bits * bits);
  if (name == "sign") return is_negative ? -1 : (x != 0 ? 1 : 0);
  return x;
}

class UnaryOp : public Op {
 public:
  UnaryOp(int function, double a, double b) : function_(function), a_(a), b_(b) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    if (!IsFloat(x.dtype) && (!IsExactOnIntegers(name()) || x.dtype == DType::kBool)) {
      return InvalidArgument(name() + ": expected a float tensor, found " + DTypeName(x.dtype));
    }
    outputs->assign(1, {ActivationType(x.dtype), x.shape});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    HostTensor& y = (*outputs)[0];
    const int64_t count = y.shape().elements();
    if (!IsFloat(y.dtype())) {
      std::vector<int64_t> values = ToInt64Vector(inputs[0]);
      const bool is_uint64 = y.dtype() == DType::kUInt64;
      for (int64_t& value : values) value = ApplyInteger(name(), value, is_uint64);
      MACE_ASSIGN_OR_RETURN(y, MakeIntegers(y.dtype(), y.shape(), std::move(values)));
      return Status::Ok();
    }
    const float* x = inputs[0].f32();
    float* out = y.f32();
    for (int64_t i = 0; i < count; ++i)
      out[i] = static_cast<float>(kFunctions[function_].apply(x[i], a_, b_));
    return Status::Ok();
  }

  std::string WriteElement(const std::vector<ElementOperand>& inputs,
                           ElementText* text) const override {
    const UnaryFunction& function = kFunctions[function_];
    const auto parameter = [&](const char* name, double value) {
      return name == nullptr ? std::string("0.0f") : text->Number(static_cast<float>(value));
    };
    return text->Call(
        "UNARY_" + std::to_string(function_),
        {inputs[0].name, parameter(function.a_name, a_), parameter(function.b_name, b_)});
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    if (!CanLower(request) || request.inputs[0].constant != nullptr) return {};
    const Storage storage = StorageWithinLimits(request);
    KernelVariant variant = NewVariant("unary_" + name(), request, storage);
    variant.in_place = storage == Storage::kBuffer ? 0 : -1;
    variant.launches.push_back(MakeLaunch(request, storage, InputArgument(0)));
    std::vector<KernelVariant> result = {variant};
    if (name() == kRoundToInt8 && storage == Storage::kBuffer) LowerToInt8(request, &result);
    return result;
  }

  // `from` to output 0.
  Launch MakeLaunch(const LoweringRequest& request, Storage storage, KernelArgument from) const {
    const Nhwc view = AsNhwc(request.outputs[0].shape);
    const int blocks_per_item = BlocksPerItem(request, storage);
    Launch launch = NewLaunch("unary.cl", "unary", request, storage);
    launch.kernel.macros = {{"UNARY_FUNCTION", std::to_string(function_)},
                            {"BLOCKS_PER_ITEM", std::to_string(blocks_per_item)}};
    launch.arguments = {from,
                        OutputArgument(0),
                        static_cast<int32_t>(view.rows()),
                        static_cast<int32_t>(view.c),
                        static_cast<float>(a_),
                        static_cast<float>(b_)};
    SetElementwiseSize(*request.device, view, blocks_per_item, &launch);
    return launch;
  }

 private:
  // The result as the bytes that it stands for, where kernels read such.
  void LowerToInt8(const LoweringRequest& request, std::vector<KernelVariant>* result) const {
    const std::optional<Quantization> quantization = QuantizationOf(a_, b_);
    if (request.device->byte_products == ByteProducts::kNone || !quantization.has_value()) return;
    KernelVariant variant = NewVariant("unary_quantize", request, Storage::kBuffer);
    variant.outputs = {Int8Format(*quantization)};
    ConvertEnd from, to;
    from.format = variant.inputs[0];
    from.format.precision = request.precision;
    to.format = variant.outputs[0];
    variant.launches.push_back(MakeConversion(request.outputs[0].shape, from, to));
    result->push_back(std::move(variant));
  }

  std::string name() const { return kFunctions[function_].name; }

  int function_;
  double a_;
  double b_;
};

StatusOr<std::unique_ptr<Op>> MakeUnary(const Node& node) {
  std::string name = node.attributes.GetString("function", "");
  if (name == "gelu" && node.attributes.GetString("approximate", "none") == "tanh")
    name = "gelu_tanh";
  for (size_t i = 0; i < std::size(kFunctions); ++i) {
    const UnaryFunction& function = kFunctions[i];
    if (name != function.name) continue;
    const double a = function.a_name ? node.attributes.GetFloat(function.a_name, function.a) : 0;
    const double b = function.b_name ? node.attributes.GetFloat(function.b_name, function.b) : 0;
    if ((name == "round_to_int8" || name == "round_to_scale") && !(a > 0)) {
      return InvalidArgument("scale: expected a number above 0, found " + std::to_string(a));
    }
    if (name == "celu" && a == 0) return InvalidArgument("alpha: expected a number other than 0");
    return std::unique_ptr<Op>(new UnaryOp(static_cast<int>(i), a, b));
  }
  return Unsupported("function '" + name + "' is unknown");
}

}  // namespace

Launch MakeRounding(const LoweringRequest& request, const Quantization& quantization) {
  const auto is_rounding = [](const UnaryFunction& function) {
    return std::string(function.name) == kRoundToInt8;
  };
  const auto* function = std::find_if(std::begin(kFunctions), std::end(kFunctions), is_rounding);
  const UnaryOp rounding(static_cast<int>(function - std::begin(kFunctions)), quantization.scale,
                         -quantization.zero_point);
  return rounding.MakeLaunch(request, Storage::kBuffer, OutputArgument(0));
}

extern const OpDefinition kUnaryOp;
const OpDefinition kUnaryOp = {"Unary", 1, 1, &MakeUnary};

}  // namespace mace
