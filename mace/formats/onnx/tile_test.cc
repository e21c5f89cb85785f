// Tile: how many numbers `repeats` has.
#include <gtest/gtest.h>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

StatusOr<std::shared_ptr<Graph>> ImportTile(const std::vector<int64_t>& repeats) {
  TestOnnx test(13);
  test.Input("x", {2, 1});
  test.Ints("repeats", repeats);
  test.Node("Tile", {"x", "repeats"}, {"y"});
  test.Output("y");
  return test.Import();
}

TEST(OnnxTile, RepeatsEachAxis) {
  const std::vector<HostTensor> y = ExpectOutputs(
      ImportTile({1, 2}), {HostTensor::FromVector<float>(DType::kFloat32, {2, 1}, {3, 4})});
  EXPECT_EQ(ToFloatVector(y[0]), (std::vector<float>{3, 3, 4, 4}));
}

TEST(OnnxTile, AnotherNumberOfAxesIsRefused) {
  const std::vector<std::vector<int64_t>> wrong = {
      {2}, {1}, {1, 1, 1}, {1, 2, 3, 4}, std::vector<int64_t>(100, 2)};
  for (const std::vector<int64_t>& repeats : wrong) {
    const auto graph = ImportTile(repeats);
    ASSERT_FALSE(graph.ok()) << repeats.size();
    EXPECT_NE(graph.status().message().find("repeats: expected a number for each of 2 axes"),
              std::string::npos)
        << graph.status().message();
  }
}

}  // namespace
}  // namespace mace
