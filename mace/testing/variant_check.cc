#include "mace/testing/variant_check.h"

#include <gtest/gtest.h>

#include <cmath>

#include "mace/testing/test_tensors.h"

namespace mace {
namespace {

// Whether the planner could put output 0 where one of the inputs is.
bool CanRunInPlace(const KernelVariant& variant, const LoweringRequest& request) {
  if (variant.in_place < 0) return false;
  const size_t i = static_cast<size_t>(variant.in_place);
  return i < variant.inputs.size() && !variant.outputs.empty() &&
         request.inputs[i].constant == nullptr && variant.inputs[i].storage == Storage::kBuffer &&
         variant.inputs[i] == variant.outputs[0] &&
         request.inputs[i].info.shape == request.outputs[0].shape;
}

// Whether `part` is what `whole` holds from `channel` on, at every position, and can begin there.
bool IsSlice(const HostTensor& part, const HostTensor& whole, int64_t channel, Layout layout) {
  const Nhwc small = AsNhwc(part.shape()), large = AsNhwc(whole.shape());
  const int64_t step = layout == Layout::kBlocks16 ? 16 : layout == Layout::kBlocks8 ? 8 : 4;
  if (small.rows() != large.rows() || small.w != large.w || channel % step != 0 ||
      channel + small.c > large.c) {
    return false;
  }
  for (int64_t position = 0; position < small.rows() * small.w; ++position) {
    const float* a = part.f32() + position * small.c;
    const float* b = whole.f32() + position * large.c + channel;
    for (int64_t c = 0; c < small.c; ++c) {
      if (a[c] != b[c] && !(std::isnan(a[c]) && std::isnan(b[c]))) return false;
    }
  }
  return true;
}

// A concatenation or a split that is only a view of memory: there is nothing to run, but the
// channels it names must be those of the reference.
void CheckSlices(const VariantRun& run, const std::vector<HostTensor>& expected) {
  const KernelVariant& variant = *run.variant;
  EXPECT_TRUE(variant.launches.empty()) << "slices need no launch";
  if (!variant.input_slices.empty()) {
    ASSERT_EQ(variant.input_slices.size(), run.inputs.size());
    for (size_t i = 0; i < run.inputs.size(); ++i) {
      EXPECT_TRUE(
          IsSlice(run.inputs[i], expected[0], variant.input_slices[i], variant.outputs[0].layout))
          << "input " << i;
    }
    return;
  }
  ASSERT_EQ(variant.output_slices.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(
        IsSlice(expected[i], run.inputs[0], variant.output_slices[i], variant.outputs[i].layout))
        << "output " << i;
  }
}

}  // namespace

void CheckVariant(VariantRun run, const std::vector<HostTensor>& expected, float tolerance) {
  const KernelVariant& variant = *run.variant;
  if (variant.alias_input >= 0) {
    EXPECT_TRUE(variant.launches.empty()) << "an alias needs no launch";
    const HostTensor& source = run.inputs[static_cast<size_t>(variant.alias_input)];
    ASSERT_EQ(source.shape().elements(), expected[0].shape().elements());
    EXPECT_EQ("", DescribeErrors(expected[0], source.Reshaped(expected[0].shape()), tolerance));
    return;
  }
  if (!variant.input_slices.empty() || !variant.output_slices.empty()) {
    CheckSlices(run, expected);
    return;
  }
  for (int placement = 0; placement < 3; ++placement) {
    run.slices = placement == 1;
    run.in_place = placement == 2;
    if (run.in_place && !CanRunInPlace(variant, *run.request)) continue;
    SCOPED_TRACE(placement == 0 ? "dense" : placement == 1 ? "slices" : "in place");
    StatusOr<std::vector<HostTensor>> found = RunVariant(run);
    ASSERT_TRUE(found.ok()) << found.status().message();
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ("", DescribeErrors(expected[i], (*found)[i], tolerance)) << "output " << i;
    }
  }
}

}  // namespace mace
