// The coordinates of ONNX's Resize against exact arithmetic: all pairs of extents up to 200, each
// coordinate judged by inequalities of integers of 128 bits, in which nothing is rounded.
#include "mace/formats/onnx/resize_table.h"

#include <gtest/gtest.h>

#include <cmath>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

__extension__ typedef __int128 Wide;

constexpr int64_t kMaxExtent = 200;
constexpr const char* kCoordinates[] = {"half_pixel",         "half_pixel_symmetric",
                                        "pytorch_half_pixel", "asymmetric",
                                        "align_corners",      "tf_half_pixel_for_nn"};
constexpr const char* kNearest[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};

struct Fraction {
  Wide top = 0;
  Wide bottom = 1;  // Above 0.
};

Fraction Sum(const Fraction& a, const Fraction& b) {
  return {a.top * b.bottom + b.top * a.bottom, a.bottom * b.bottom};
}
Fraction Product(const Fraction& a, const Fraction& b) {
  return {a.top * b.top, a.bottom * b.bottom};
}
Fraction Inverse(const Fraction& a) {
  return a.top < 0 ? Fraction{-a.bottom, -a.top} : Fraction{a.bottom, a.top};
}

// The standard's formulas, term by term.
Fraction ExactSource(const std::string& coordinates, Wide in, Wide out, const Fraction& scale,
                     Wide at) {
  const Fraction x{at, 1}, half{1, 2}, minus_half{-1, 2}, minus_one{-1, 1};
  const Fraction wanted = Product(scale, {in, 1});
  const Fraction centered = Sum(Product(Sum(x, half), Inverse(scale)), minus_half);
  if (coordinates == "asymmetric") return Product(x, Inverse(scale));
  if (coordinates == "tf_half_pixel_for_nn") return Product(Sum(x, half), Inverse(scale));
  if (coordinates == "align_corners") {
    if (out == 1) return {};
    return Product(Product(x, {in - 1, 1}), Inverse(Sum(wanted, minus_one)));
  }
  if (coordinates == "pytorch_half_pixel") return out > 1 ? centered : Fraction{};
  if (coordinates == "half_pixel_symmetric") {
    const Fraction adjustment = Product({out, 1}, Inverse(wanted));
    const Fraction left = Sum({1, 1}, Product(adjustment, minus_one));
    return Sum(Product({in, 2}, left), centered);
  }
  return centered;
}

// Whether `found` is the coordinate that the mode takes of source x; multiplications alone.
bool IsNearest(const std::string& nearest, const Fraction& x, Wide in, Wide found) {
  const auto is_source = [&](Wide k) {
    if (nearest == "floor") return k * x.bottom <= x.top && x.top < (k + 1) * x.bottom;
    if (nearest == "ceil") return (k - 1) * x.bottom < x.top && x.top <= k * x.bottom;
    const Wide low = (2 * k - 1) * x.bottom, high = (2 * k + 1) * x.bottom;
    if (nearest == "round_prefer_floor") return low < 2 * x.top && 2 * x.top <= high;
    return low <= 2 * x.top && 2 * x.top < high;
  };
  if (is_source(found)) return true;
  // At the ends stands all that would lie outside.
  return (found == 0 && x.top < 0) || (found == in - 1 && x.top > (in - 1) * x.bottom);
}

// Tries all coordinates and modes for one axis.
void ExpectExactNearest(const OnnxResizeAxis& axis) {
  const Fraction scale{axis.scale.numerator, axis.scale.denominator};
  OnnxResizeMode mode;
  mode.mode = "nearest";
  for (const char* coordinates : kCoordinates) {
    mode.coordinates = coordinates;
    std::vector<Fraction> exact;
    for (int64_t at = 0; at < axis.out; ++at) {
      exact.push_back(ExactSource(coordinates, axis.in, axis.out, scale, at));
    }
    for (const char* nearest : kNearest) {
      mode.nearest = nearest;
      const std::vector<int64_t> sources = FindOnnxNearestSources(mode, axis);
      ASSERT_EQ(static_cast<int64_t>(sources.size()), axis.out);
      for (int64_t at = 0; at < axis.out; ++at) {
        const size_t i = static_cast<size_t>(at);
        ASSERT_TRUE(IsNearest(nearest, exact[i], axis.in, sources[i]))
            << coordinates << " " << nearest << " " << axis.in << " to " << axis.out << " by "
            << axis.scale.value() << ": output " << at << " takes "
            << sources[static_cast<size_t>(at)];
      }
    }
  }
}

TEST(OnnxResizeTable, NearestIsExactForAllSizes) {
  for (int64_t in = 1; in <= kMaxExtent; ++in) {
    for (int64_t out = 1; out <= kMaxExtent; ++out) {
      ExpectExactNearest({in, out, {out, in}});
      if (HasFatalFailure()) return;
    }
  }
}

// A scale is a float, and means exactly that number.
TEST(OnnxResizeTable, NearestIsExactForScales) {
  for (int64_t in = 1; in <= kMaxExtent; in += 3) {
    for (int64_t out = 1; out <= kMaxExtent; out += 2) {
      const float scale = static_cast<float>(out) / static_cast<float>(in);
      const auto exact = OnnxResizeScale::FromFloat(scale);
      ASSERT_TRUE(exact.has_value());
      ASSERT_EQ(exact->value(), double{scale});
      ExpectExactNearest({in, out, *exact});
      if (HasFatalFailure()) return;
    }
  }
}

TEST(OnnxResizeTable, ScalesAreExactOrRefused) {
  for (float scale : {1.0f, 0.5f, 3.0f, 0.1f, 1.1f, 65536.0f, 1.0f / 3, 0x1p-24f, 0x1.fffffep-5f}) {
    const auto exact = OnnxResizeScale::FromFloat(scale);
    ASSERT_TRUE(exact.has_value()) << scale;
    EXPECT_EQ(exact->value(), double{scale});
    EXPECT_EQ(exact->is_one(), scale == 1);
  }
  for (float scale : {0.0f, -1.0f, 1e-20f, 1e20f, INFINITY, NAN}) {
    EXPECT_FALSE(OnnxResizeScale::FromFloat(scale).has_value()) << scale;
  }
}

// The weighted mean of a ramp is the coordinate itself where the edges are far, and the weights sum
// to 1 everywhere.
TEST(OnnxResizeTable, LinearAndCubicFollowTheExactCoordinate) {
  OnnxResizeMode mode;
  mode.cubic_a = -0.5;  // With this one alone a cubic keeps straight lines.
  for (const char* kind : {"linear", "cubic"}) {
    mode.mode = kind;
    for (const char* coordinates : kCoordinates) {
      mode.coordinates = coordinates;
      for (int64_t in = 1; in <= kMaxExtent; in += 7) {
        for (int64_t out = 1; out <= kMaxExtent; out += 3) {
          const OnnxResizeTable table = MakeOnnxResizeTable(mode, {in, out, {out, in}});
          ASSERT_EQ(static_cast<int64_t>(table.size()), out);
          for (int64_t at = 0; at < out; ++at) {
            double sum = 0, mean = 0;
            for (const auto& [source, weight] : table[static_cast<size_t>(at)]) {
              sum += weight;
              mean += weight * static_cast<double>(source);
            }
            ASSERT_NEAR(sum, 1, 1e-12) << kind << " " << coordinates << " " << in << " to " << out;
            const Fraction x = ExactSource(coordinates, in, out, {out, in}, at);
            const double exact = static_cast<double>(x.top) / static_cast<double>(x.bottom);
            if (exact < 2 || exact > static_cast<double>(in) - 3) continue;
            ASSERT_NEAR(mean, exact, 1e-10)
                << kind << " " << coordinates << " " << in << " to " << out << " at " << at;
          }
        }
      }
    }
  }
}

// Through the importer, as a model says it; float rounding moved each of these.
TEST(OnnxResize, TiesAndIntegersOfAModel) {
  struct Case {
    const char* coordinates;
    const char* nearest;
    int64_t in, out, at, source;
  };
  for (const Case& example : {Case{"half_pixel", "round_prefer_ceil", 20, 6, 4, 15},
                              Case{"half_pixel", "round_prefer_floor", 20, 6, 4, 14},
                              Case{"asymmetric", "floor", 108, 132, 121, 99},
                              Case{"asymmetric", "ceil", 49, 147, 3, 1}}) {
    TestOnnx test;
    test.Input("x", {1, 1, 1, example.in});
    test.Ints("s", {1, 1, 1, example.out});
    onnx::NodeProto* node = test.Node("Resize", {"x", "", "", "s"}, {"y"});
    const auto set = [&](const char* name, const char* value) {
      TestOnnx::Attribute(node, name, onnx::AttributeProto::STRING)->set_s(value);
    };
    set("mode", "nearest");
    set("coordinate_transformation_mode", example.coordinates);
    set("nearest_mode", example.nearest);
    test.Output("y");
    const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
    ASSERT_TRUE(graph.ok()) << graph.status().message();
    std::vector<float> ramp(static_cast<size_t>(example.in));
    for (size_t i = 0; i < ramp.size(); ++i) ramp[i] = static_cast<float>(i);
    const auto outputs = EvaluateGraph(
        **graph, {HostTensor::FromVector(DType::kFloat32, Shape{1, 1, 1, example.in}, ramp)});
    ASSERT_TRUE(outputs.ok()) << outputs.status().message();
    EXPECT_EQ((*outputs)[0].f32()[example.at], static_cast<float>(example.source))
        << example.coordinates << " " << example.nearest;
  }
}

// The extent that a float scale gives is the one that float32 gives: torch and ONNX agree on it.
TEST(OnnxResize, AScaleGivesTheExtentOfFloat32) {
  TestOnnx test;
  test.Input("x", {1, 1, 1, 10});
  test.Floats("scales", {4}, {1, 1, 1, 0.7f});
  test.Node("Resize", {"x", "", "scales"}, {"y"});
  test.Output("y");
  const StatusOr<std::shared_ptr<Graph>> graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ((*graph)->value((*graph)->outputs[0].value).info.shape, (Shape{1, 1, 1, 7}));
}

}  // namespace
}  // namespace mace
