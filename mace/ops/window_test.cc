#include "mace/ops/window.h"

#include <gtest/gtest.h>

#include <vector>

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

WindowAttributes Parsed(const AttributeMap& attributes) {
  StatusOr<WindowAttributes> result = WindowAttributes::Parse(attributes);
  EXPECT_TRUE(result.ok()) << result.status().message();
  return result.ok() ? *result : WindowAttributes();
}

Window Slid(const AttributeMap& attributes, int64_t in_h, int64_t in_w, int64_t kernel,
            Rounding rounding = Rounding::kFloor) {
  StatusOr<Window> result = Parsed(attributes).Slide(in_h, in_w, kernel, kernel, rounding);
  EXPECT_TRUE(result.ok()) << result.status().message();
  return result.ok() ? *result : Window();
}

AttributeMap WithPadding(int64_t padding, Ints strides) {
  AttributeMap attributes;
  attributes.Set("padding", padding);
  attributes.Set("strides", std::move(strides));
  return attributes;
}

TEST(WindowTest, AbsentAttributesMeanSameAndOnes) {
  const Window window = Slid(AttributeMap(), 5, 7, 3);
  EXPECT_EQ(window.h.out, 5);
  EXPECT_EQ(window.w.out, 7);
  EXPECT_EQ(window.h.pad_before, 1);
  EXPECT_EQ(window.h.pad_after, 1);
  EXPECT_EQ(window.w.dilation, 1);
}

TEST(WindowTest, SamePutsTheExtraBehindAndSameLowerInFront) {
  // 6 in strides of 2 under 3: 3 windows cover 7, one more than there are.
  const Window same = Slid(WithPadding(1, {2, 2}), 6, 6, 3);
  EXPECT_EQ(same.h.out, 3);
  EXPECT_EQ(same.h.pad_before, 0);
  EXPECT_EQ(same.h.pad_after, 1);
  const Window lower = Slid(WithPadding(3, {2, 2}), 6, 6, 3);
  EXPECT_EQ(lower.h.out, 3);
  EXPECT_EQ(lower.h.pad_before, 1);
  EXPECT_EQ(lower.h.pad_after, 0);
}

TEST(WindowTest, SameWithAStrideLongerThanTheKernelPadsNothing) {
  const Window window = Slid(WithPadding(1, {3, 3}), 7, 7, 1);
  EXPECT_EQ(window.h.out, 3);
  EXPECT_EQ(window.h.pad_before, 0);
  EXPECT_EQ(window.h.pad_after, 0);
}

TEST(WindowTest, ValidAndFull) {
  EXPECT_EQ(Slid(WithPadding(0, {2, 1}), 8, 8, 3).h.out, 3);
  EXPECT_EQ(Slid(WithPadding(0, {2, 1}), 8, 8, 3).w.out, 6);
  const Window full = Slid(WithPadding(2, {1, 1}), 8, 8, 3);
  EXPECT_EQ(full.h.out, 10);
  EXPECT_EQ(full.h.pad_before, 2);
  EXPECT_EQ(full.h.pad_after, 2);
}

TEST(WindowTest, PadsWinOverPaddingValuesOverPadding) {
  AttributeMap attributes = WithPadding(0, {1, 1});
  attributes.Set("padding_values", Ints{3, 4});
  const Window totals = Slid(attributes, 8, 8, 3);
  EXPECT_EQ(totals.h.pad_before, 1);
  EXPECT_EQ(totals.h.pad_after, 2);
  EXPECT_EQ(totals.w.pad_before, 2);
  EXPECT_EQ(totals.h.out, 9);
  attributes.Set("pads", Ints{0, 1, 2, 3});
  const Window pads = Slid(attributes, 8, 8, 3);
  EXPECT_EQ(pads.h.pad_before, 0);
  EXPECT_EQ(pads.h.pad_after, 2);
  EXPECT_EQ(pads.w.pad_before, 1);
  EXPECT_EQ(pads.w.pad_after, 3);
  EXPECT_EQ(pads.h.out, 8);
  EXPECT_EQ(pads.w.out, 10);
}

TEST(WindowTest, DilationWidensTheWindow) {
  AttributeMap attributes = WithPadding(0, {1, 1});
  attributes.Set("dilations", Ints{3, 2});
  const Window window = Slid(attributes, 9, 9, 3);
  EXPECT_EQ(window.h.out, 3);
  EXPECT_EQ(window.w.out, 5);
}

TEST(WindowTest, CeilKeepsAPartialWindowUnlessItBeginsBehindTheInput) {
  AttributeMap attributes;
  attributes.Set("strides", Ints{2, 2});
  attributes.Set("pads", Ints{0, 0, 0, 0});
  EXPECT_EQ(Slid(attributes, 6, 6, 3).h.out, 2);
  EXPECT_EQ(Slid(attributes, 6, 6, 3, Rounding::kCeil).h.out, 3);
  // 4 elements and one of padding on both sides, windows of 1 at -1, 1, 3 and 5: the last sees
  // none.
  attributes.Set("pads", Ints{1, 1, 1, 1});
  EXPECT_EQ(Slid(attributes, 4, 4, 1, Rounding::kCeil).h.out, 3);
}

TEST(WindowTest, RefusesWhatMakesNoSense) {
  const auto message = [](const char* name, Attribute value) {
    AttributeMap attributes;
    attributes.Set(name, std::move(value));
    const StatusOr<WindowAttributes> result = WindowAttributes::Parse(attributes);
    return result.ok() ? std::string() : result.status().message();
  };
  EXPECT_NE(message("strides", Ints{0, 1}).find("strides"), std::string::npos);
  EXPECT_NE(message("strides", Ints{1, 1, 1}).find("[1, 1, 1]"), std::string::npos);
  EXPECT_NE(message("dilations", Ints{1, -1}).find("found -1"), std::string::npos);
  EXPECT_NE(message("pads", Ints{0, 0}).find("pads"), std::string::npos);
  EXPECT_NE(message("pads", Ints{0, 0, 0, -1}).find("pads"), std::string::npos);
  EXPECT_NE(message("padding_values", Ints{int64_t{1} << 62, 0}).find("padding_values"),
            std::string::npos);
  EXPECT_NE(message("padding", int64_t{4}).find("found 4"), std::string::npos);
}

TEST(WindowTest, RefusesAKernelThatFitsNowhereAndHugeExtents) {
  const WindowAttributes valid = Parsed(WithPadding(0, {1, 1}));
  EXPECT_FALSE(valid.Slide(2, 5, 3, 3).ok());
  EXPECT_FALSE(valid.Slide(0, 5, 1, 1).ok());
  EXPECT_FALSE(valid.Slide(5, 5, 0, 1).ok());
  EXPECT_FALSE(valid.Slide(int64_t{1} << 40, 5, 1, 1).ok());
}

}  // namespace
}  // namespace mace
