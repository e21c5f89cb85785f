#include "mace/ops/resize/resize_sources.h"

#include <algorithm>
#include <cmath>

#include "mace/base/strings.h"

namespace mace {
namespace {

// Coordinates are computed in float, which holds integers up to 2^24.
constexpr int64_t kMaxExtent = int64_t{1} << 24;

float Scale(int64_t in, int64_t out, bool align_corners) {
  return align_corners && out > 1 ? static_cast<float>(in - 1) / static_cast<float>(out - 1)
                                  : static_cast<float>(in) / static_cast<float>(out);
}

// Where output `o` lies in the input.
float Place(const ResizeAttributes& attributes, int64_t o, int64_t out, float scale) {
  if (attributes.mode == CoordinateMode::kNone) return static_cast<float>(o) * scale;
  if (attributes.mode == CoordinateMode::kPytorchHalfPixel && out == 1) return 0;
  return (static_cast<float>(o) + 0.5f) * scale - 0.5f;
}

// Keys' kernel at a distance of at most 1, and of 1 to 2.
float NearShare(float distance, float a) {
  return ((a + 2) * distance - (a + 3)) * distance * distance + 1;
}
float FarShare(float distance, float a) {
  return ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a;
}

Status CheckSize(const std::vector<int64_t>& size) {
  const bool good = size.size() == 2 && std::min(size[0], size[1]) > 0 &&
                    std::max(size[0], size[1]) <= kMaxExtent;
  if (good) return Status::Ok();
  return InvalidArgument("size: expected [h, w] in 1 to 16777216, found [" +
                         JoinNumbers(size, ", ") + "]");
}

}  // namespace

StatusOr<ResizeAttributes> ResizeAttributes::Parse(const AttributeMap& attributes) {
  ResizeAttributes result;
  result.size = attributes.GetInts("size");
  if (!result.size.empty()) MACE_RETURN_IF_ERROR(CheckSize(result.size));
  result.align_corners = attributes.GetInt("align_corners", 0) != 0;
  const int64_t mode = attributes.GetInt("coordinate_transformation_mode", 0);
  if (mode < 0 || mode > 2) {
    return InvalidArgument("coordinate_transformation_mode: expected 0 to 2, found " +
                           std::to_string(mode));
  }
  result.mode = static_cast<CoordinateMode>(mode);
  return result;
}

StatusOr<Shape> ResizeAttributes::InferShape(const std::vector<OpInput>& inputs) const {
  const TensorInfo& x = inputs[0].info;
  if (!IsFloat(x.dtype))
    return InvalidArgument(std::string("expected a float tensor, found ") + DTypeName(x.dtype));
  if (x.shape.rank() != 4)
    return InvalidArgument("expected an input of rank 4, found " + x.shape.ToString());
  if (std::min(x.shape[1], x.shape[2]) < 1 || std::max(x.shape[1], x.shape[2]) > kMaxExtent) {
    return InvalidArgument("expected a height and width in 1 to 16777216, found " +
                           x.shape.ToString());
  }
  std::vector<int64_t> target = size;
  if (inputs.size() > 1 && inputs[1].present && inputs[1].constant != nullptr) {
    if (inputs[1].info.shape.elements() != 2) {
      return InvalidArgument("size: expected [h, w], found shape " +
                             inputs[1].info.shape.ToString());
    }
    target = ToInt64Vector(*inputs[1].constant);
    MACE_RETURN_IF_ERROR(CheckSize(target));
  }
  if (target.empty())
    return InvalidArgument(
        "size: expected the attribute or a constant second input, found neither");
  return Shape::Make({x.shape[0], target[0], target[1], x.shape[3]});
}

std::vector<ResizeSource> ResizeAttributes::BilinearSources(int64_t in, int64_t out) const {
  const float scale = Scale(in, out, align_corners);
  std::vector<ResizeSource> sources(static_cast<size_t>(out));
  for (int64_t o = 0; o < out; ++o) {
    const float at = Place(*this, o, out, scale);
    const float below = std::floor(at);
    ResizeSource& source = sources[static_cast<size_t>(o)];
    source.lower = std::clamp<int64_t>(static_cast<int64_t>(below), 0, in - 1);
    source.upper = std::clamp<int64_t>(static_cast<int64_t>(std::ceil(at)), 0, in - 1);
    source.lerp = at - below;
  }
  return sources;
}

std::vector<CubicSource> ResizeAttributes::BicubicSources(int64_t in, int64_t out) const {
  constexpr float kSteps = 1024;
  const float scale = Scale(in, out, align_corners);
  const bool inside_only = mode == CoordinateMode::kHalfPixel;
  const float a = inside_only ? -0.5f : -0.75f;
  std::vector<CubicSource> sources(static_cast<size_t>(out));
  for (int64_t o = 0; o < out; ++o) {
    const float place = Place(*this, o, out, scale);
    const float below = std::floor(place);
    const float behind = std::nearbyint((place - below) * kSteps) / kSteps;
    CubicSource& source = sources[static_cast<size_t>(o)];
    const float shares[] = {FarShare(behind + 1, a), NearShare(behind, a), NearShare(1 - behind, a),
                            FarShare(2 - behind, a)};
    float sum = 0;
    for (int i = 0; i < 4; ++i) {
      const int64_t wanted = static_cast<int64_t>(below) - 1 + i;
      source.at[i] = std::clamp<int64_t>(wanted, 0, in - 1);
      source.share[i] = inside_only && source.at[i] != wanted ? 0 : shares[i];
      sum += source.share[i];
    }
    for (float& share : source.share) {
      if (inside_only && sum > 0) share /= sum;
    }
  }
  return sources;
}

std::vector<int64_t> ResizeAttributes::NearestSources(int64_t in, int64_t out) const {
  const float scale = Scale(in, out, align_corners);
  std::vector<int64_t> sources(static_cast<size_t>(out));
  for (int64_t o = 0; o < out; ++o) {
    float at = static_cast<float>(o) * scale;
    if (mode != CoordinateMode::kNone) at = (static_cast<float>(o) + 0.5f) * scale;
    if (mode == CoordinateMode::kPytorchHalfPixel && out == 1) at = 0;
    const float nearest = align_corners ? std::round(at) : std::floor(at);
    sources[static_cast<size_t>(o)] = std::clamp<int64_t>(static_cast<int64_t>(nearest), 0, in - 1);
  }
  return sources;
}

}  // namespace mace
