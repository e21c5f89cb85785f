#include "mace/plan/excluded_variants.h"

#include <algorithm>
#include <vector>

namespace mace {
namespace {

bool AnyImage(const std::vector<TensorFormat>& formats) {
  return std::any_of(formats.begin(), formats.end(),
                     [](const TensorFormat& format) { return format.storage == Storage::kImage; });
}

const char* PrecisionText(Precision precision) {
  switch (precision) {
    case Precision::kFloat32:
      break;
    case Precision::kFloat16:
      return "f16";
    case Precision::kInt8:
      return "i8";
  }
  return "f32";
}

}  // namespace

std::string VariantKind(const KernelVariant& variant) {
  const bool image = AnyImage(variant.inputs) || AnyImage(variant.outputs);
  return variant.name + (image ? " image " : " buffer ") + PrecisionText(variant.precision);
}

}  // namespace mace
