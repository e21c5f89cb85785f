// ONNX's random numbers. They are constants, drawn while the model is read: each run has the same
// ones, and so has each import, because nothing but the node decides on them.
#include <cmath>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "mace/formats/onnx/converter_tables.h"
#include "mace/formats/onnx/emit.h"

namespace mace {
namespace {

// The node's attribute, or a number made from its name (FNV-1a), so that nodes differ.
uint64_t SeedOf(const OnnxNode& node) {
  if (node.Has("seed")) return static_cast<uint64_t>(std::llround(node.Float("seed", 0) * 1024));
  uint64_t hash = 14695981039346656037ULL;
  for (char c : node.name()) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211ULL;
  return hash;
}

// Numbers in (0, 1). The engine's numbers are those of the C++ standard on every machine, which the
// standard's distributions are not.
class UnitNumbers {
 public:
  explicit UnitNumbers(uint64_t seed) : engine_(seed) {}
  double Next() { return (static_cast<double>(engine_() >> 11) + 0.5) * 0x1p-53; }

 private:
  std::mt19937_64 engine_;
};

std::vector<float> DrawNormal(const OnnxNode& node, size_t count) {
  const double mean = node.Float("mean", 0), scale = node.Float("scale", 1);
  UnitNumbers numbers(SeedOf(node));
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) {  // Box and Muller's way.
    const double radius = std::sqrt(-2 * std::log(numbers.Next()));
    const double angle = 6.28318530717958647692 * numbers.Next();
    values[i] = static_cast<float>(mean + scale * radius * std::cos(angle));
  }
  return values;
}

std::vector<float> DrawUniform(const OnnxNode& node, size_t count) {
  const double low = node.Float("low", 0), high = node.Float("high", 1);
  UnitNumbers numbers(SeedOf(node));
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(low + (high - low) * numbers.Next());
  return values;
}

// The shape is an attribute, or that of the input of an op called ...Like.
StatusOr<Shape> ShapeOfResult(const OnnxNode& node) {
  if (node.op().find("Like") != std::string::npos) {
    MACE_RETURN_IF_ERROR(node.RequireInputs(1, 1));
    return node.shape(0);
  }
  MACE_RETURN_IF_ERROR(node.RequireInputs(0, 0));
  if (!node.Has("shape")) return InvalidArgument("shape: expected one, found none");
  return Shape::Make(node.Ints("shape"));
}

Status ConvertRandom(OnnxNode* node) {
  const int32_t type = static_cast<int32_t>(node->Int("dtype", onnx::TensorProto::FLOAT));
  if (!IsFloat(OnnxType(type))) {
    return Unsupported("dtype: expected floats, found " + OnnxTypeName(type));
  }
  MACE_ASSIGN_OR_RETURN(const Shape shape, ShapeOfResult(*node));
  const size_t count = static_cast<size_t>(shape.elements());
  MACE_RETURN_IF_ERROR(node->builder()->Reserve("random numbers", count * sizeof(float)));
  const bool is_normal = node->op().find("Normal") != std::string::npos;
  std::vector<float> values = is_normal ? DrawNormal(*node, count) : DrawUniform(*node, count);
  node->SetResult(
      node->AddConstant("", HostTensor::FromVector(DType::kFloat32, shape, std::move(values))));
  return Status::Ok();
}

}  // namespace

const OnnxConverterEntry kOnnxRandomConverters[] = {
    {"RandomNormal", ConvertRandom},
    {"RandomNormalLike", ConvertRandom},
    {"RandomUniform", ConvertRandom},
    {"RandomUniformLike", ConvertRandom},
    {nullptr, nullptr},
};

}  // namespace mace
