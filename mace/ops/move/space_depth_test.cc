#include <gtest/gtest.h>

#include "mace/testing/element_mover.h"

namespace mace {
namespace {

// `large` is [n, h * b, w * b, c], `deep` the same elements as [n, h, w, b * b * c].
void ExpectBlocks(DType dtype, const Shape& large, int64_t b, const std::string& mode) {
  SCOPED_TRACE(large.ToString() + ", block " + std::to_string(b) + ", " + mode);
  const HostTensor space = CountingTensor(dtype, large);
  const int64_t c = large[3];
  const Shape deep_shape{large[0], large[1] / b, large[2] / b, b * b * c};
  const HostTensor deep = MoveElements(space, deep_shape, [&](const Position& at) {
    const int64_t phase = mode == "DCR" ? at[3] / c : at[3] % (b * b);
    const int64_t channel = mode == "DCR" ? at[3] % c : at[3] / (b * b);
    return Position{at[0], at[1] * b + phase / b, at[2] * b + phase % b, channel};
  });
  OpTester to_depth("SpaceToDepth"), to_space("DepthToSpace");
  to_depth.Set("block_size", b).Set("mode", mode).Input(space);
  to_space.Set("block_size", b).Set("mode", mode).Input(deep);
  if (DeviceElementOf(dtype) == DeviceElement::kNone) {
    to_depth.CpuOnly();
    to_space.CpuOnly();
  }
  ExpectOutputs(to_depth, {deep});
  ExpectOutputs(to_space, {space});
}

TEST(DepthToSpace, WholeBlocks) { ExpectBlocks(DType::kFloat32, {2, 4, 6, 4}, 2, "DCR"); }

TEST(DepthToSpace, AnyChannels) {
  ExpectBlocks(DType::kFloat32, {2, 4, 6, 3}, 2, "DCR");
  ExpectBlocks(DType::kFloat32, {1, 6, 3, 1}, 3, "DCR");
  ExpectBlocks(DType::kFloat32, {2, 4, 6, 5}, 2, "CRD");
}

TEST(DepthToSpace, EveryDType) {
  for (DType dtype : {DType::kInt32, DType::kInt64, DType::kUInt8}) {
    ExpectBlocks(dtype, {1, 4, 2, 3}, 2, "CRD");
  }
}

TEST(DepthToSpace, Refuses) {
  for (const char* type : {"DepthToSpace", "SpaceToDepth"}) {
    OpTester(type)
        .Set("block_size", int64_t{2})
        .Input({1, 3, 3, 3})
        .ExpectRefused("expected shape");
    OpTester(type).Set("block_size", int64_t{2}).Input({4, 4, 4}).ExpectRefused("expected shape");
    OpTester(type).Set("block_size", int64_t{0}).Input({1, 4, 4, 4}).ExpectRefused("block_size");
    OpTester(type).Set("block_size", INT64_MAX).Input({1, 4, 4, 4}).ExpectRefused("block_size");
    OpTester(type)
        .Set("block_size", int64_t{2})
        .Set("mode", std::string("X"))
        .Input({1, 4, 4, 4})
        .ExpectRefused("mode");
  }
}

}  // namespace
}  // namespace mace
