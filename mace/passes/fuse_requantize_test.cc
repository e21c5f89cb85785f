#include "mace/passes/fuse_requantize.h"

#include "mace/testing/passes/pass_tester.h"

namespace mace {
namespace {

constexpr double kFilterScale = 0.0625;

ValueId AddRounding(TestGraphBuilder* builder, ValueId x, double scale, double low,
                    const std::string& function = "round_to_int8") {
  return builder->Add("Unary", {x}, {{"function", function}, {"scale", scale}, {"low", low}});
}

// Whole numbers times the filter's scale.
ValueId AddFilter(TestGraphBuilder* builder, const Shape& shape) {
  HostTensor filter = RandomFloats(shape, 3, -100, 100);
  for (int64_t i = 0; i < shape.elements(); ++i) {
    filter.f32()[i] = static_cast<float>(std::nearbyint(filter.f32()[i]) * kFilterScale);
  }
  return builder->Constant(filter);
}

ValueId AddConvolution(TestGraphBuilder* builder, ValueId x, const std::string& type = "Conv2D",
                       double filter_scale = kFilterScale) {
  const Shape filter = type == "Conv2D" ? Shape{6, 6, 3, 3} : Shape{1, 6, 3, 3};
  TestGraphBuilder::Attributes attributes;
  if (filter_scale > 0) attributes.push_back({"filter_scale", filter_scale});
  return builder->Add(type, {x, AddFilter(builder, filter)}, attributes);
}

TEST(FuseRequantize, OneAfterTheOther) {
  TestGraphBuilder builder;
  ValueId x = AddRounding(&builder, builder.Input({1, 4, 5, 6}), 1.0 / 128, -128);
  x = AddRounding(&builder, AddConvolution(&builder, x), 0.5, -100);
  x = AddRounding(&builder, AddConvolution(&builder, x, "DepthwiseConv2d"), 4, 0);
  builder.Output(x);
  const Graph after = ExpectKeepsMeaning(builder.Build(), FuseRequantize);
  ASSERT_EQ(after.nodes.size(), 3u);
  const AttributeMap& conv = after.nodes[1].attributes;
  EXPECT_EQ(conv.GetFloat("x_scale", 0), 1.0 / 128);
  EXPECT_EQ(conv.GetInt("x_zero_point", 0), 128);
  EXPECT_EQ(conv.GetFloat("y_scale", 0), 0.5);
  EXPECT_EQ(conv.GetInt("y_zero_point", 0), 100);
  const AttributeMap& depthwise = after.nodes[2].attributes;
  EXPECT_EQ(depthwise.GetFloat("x_scale", 0), 0.5);
  EXPECT_EQ(depthwise.GetInt("x_zero_point", 0), 100);
  EXPECT_EQ(depthwise.GetInt("y_zero_point", -1), 0);
}

// Each builds a convolution between roundings that must stay as it is.
void ExpectUntouched(TestGraphBuilder* builder) {
  const Graph before = builder->Build();
  const Graph after = ExpectKeepsMeaning(before, FuseRequantize);
  EXPECT_EQ(before.nodes.size(), after.nodes.size());
}

TEST(FuseRequantize, XMustBeQuantized) {
  TestGraphBuilder floats;
  floats.Output(
      AddRounding(&floats, AddConvolution(&floats, floats.Input({1, 4, 5, 6})), 0.5, -128));
  ExpectUntouched(&floats);
  TestGraphBuilder any_range;
  const ValueId x =
      AddRounding(&any_range, any_range.Input({1, 4, 5, 6}), 0.25, -128, "round_to_scale");
  any_range.Output(AddRounding(&any_range, AddConvolution(&any_range, x), 0.5, -128));
  ExpectUntouched(&any_range);
}

TEST(FuseRequantize, TheFilterMustBeQuantized) {
  TestGraphBuilder builder;
  const ValueId x = AddRounding(&builder, builder.Input({1, 4, 5, 6}), 0.25, -128);
  builder.Output(AddRounding(&builder, AddConvolution(&builder, x, "Conv2D", 0), 0.5, -128));
  ExpectUntouched(&builder);
}

TEST(FuseRequantize, ZeroMustBeAmongTheNumbers) {
  for (const double low : {1.0, -256.0, -3.5}) {
    TestGraphBuilder builder;
    const ValueId x = AddRounding(&builder, builder.Input({1, 4, 5, 6}), 0.25, -128);
    builder.Output(AddRounding(&builder, AddConvolution(&builder, x), 0.5, low));
    ExpectUntouched(&builder);
  }
}

TEST(FuseRequantize, AnotherReaderKeepsTheFloats) {
  TestGraphBuilder builder;
  const ValueId x = AddRounding(&builder, builder.Input({1, 4, 5, 6}), 0.25, -128);
  const ValueId y = AddConvolution(&builder, x);
  builder.Output(AddRounding(&builder, y, 0.5, -128));
  builder.Output(builder.Add("Unary", {y}, {{"function", std::string("abs")}}));
  ExpectUntouched(&builder);
}

}  // namespace
}  // namespace mace
