#include <gtest/gtest.h>

#include "mace/testing/element_mover.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;

// SpaceToBatchND of `shape`, and BatchToSpaceND of the result with the paddings as crops, which
// gives the input back.
void ExpectBatched(DType dtype, const Shape& shape, const Ints& blocks, const Ints& paddings) {
  SCOPED_TRACE(shape.ToString() + " by " + Shape(blocks).ToString());
  const HostTensor space = CountingTensor(dtype, shape);
  Ints dims = shape.dims();
  for (size_t i = 0; i < blocks.size(); ++i) {
    dims[0] *= blocks[i];
    dims[i + 1] = (dims[i + 1] + paddings[2 * i] + paddings[2 * i + 1]) / blocks[i];
  }
  const HostTensor batch = MoveElements(space, Shape(dims), [&](Position at) {
    int64_t phase = at[0] / shape[0];
    at[0] %= shape[0];
    for (size_t i = blocks.size(); i-- > 0; phase /= blocks[i]) {
      at[i + 1] = at[i + 1] * blocks[i] + phase % blocks[i] - paddings[2 * i];
      if (at[i + 1] < 0 || at[i + 1] >= shape.dims()[i + 1]) return Position{};
    }
    return at;
  });
  OpTester to_batch("SpaceToBatchND"), to_space("BatchToSpaceND");
  to_batch.Set("block_shape", blocks).Set("paddings", paddings).Input(space);
  to_space.Set("block_shape", blocks).Set("crops", paddings).Input(batch);
  if (dtype != DType::kFloat32 || blocks.size() > 2) {
    to_batch.CpuOnly();
    to_space.CpuOnly();
  }
  ExpectOutputs(to_batch, {batch});
  ExpectOutputs(to_space, {space});
}

TEST(SpaceBatch, Images) {
  ExpectBatched(DType::kFloat32, {2, 4, 6, 5}, {2, 3}, {0, 0, 0, 0});
  ExpectBatched(DType::kFloat32, {2, 3, 5, 8}, {2, 3}, {1, 2, 0, 1});
}

TEST(SpaceBatch, SequencesAndVolumes) {
  ExpectBatched(DType::kFloat32, {2, 5, 3}, {2}, {1, 0});
  ExpectBatched(DType::kFloat32, {1, 2, 4, 3, 2}, {2, 2, 3}, {0, 0, 1, 1, 0, 0});
}

TEST(SpaceBatch, EveryDType) {
  for (DType dtype : {DType::kInt32, DType::kInt64, DType::kUInt8}) {
    ExpectBatched(dtype, {1, 3, 4, 2}, {2, 2}, {1, 0, 0, 0});
  }
}

TEST(SpaceBatch, Refuses) {
  auto expect = [](const char* type, const Ints& blocks, const char* message) {
    OpTester(type).Set("block_shape", blocks).Input({2, 3, 4, 5}).ExpectRefused(message);
  };
  expect("SpaceToBatchND", {2, 2}, "no multiple of its block");
  expect("SpaceToBatchND", {}, "expected a block");
  expect("SpaceToBatchND", {0, 2}, "positive numbers");
  expect("SpaceToBatchND", {INT64_MAX, INT64_MAX}, "positive numbers");
  expect("SpaceToBatchND", {1, 1, 1, 1}, "too few axes");
  expect("BatchToSpaceND", {3, 1}, "the batch is no multiple");
  OpTester("BatchToSpaceND")
      .Set("block_shape", Ints{1, 1})
      .Set("crops", Ints{2, 2, 0, 0})
      .Input({2, 3, 4, 5})
      .ExpectRefused("cropped below zero");
  OpTester("SpaceToBatchND")
      .Set("block_shape", Ints{1, 1})
      .Set("paddings", Ints{0, -1, 0, 0})
      .Input({2, 3, 4, 5})
      .ExpectRefused("0 to 2^30");
}

}  // namespace
}  // namespace mace
