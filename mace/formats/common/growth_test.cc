// Models with many inputs and outputs: a walk over all of them for each one would exceed the test's
// time.
#include <gtest/gtest.h>

#include "mace/testing/formats/test_net.h"

namespace mace {
namespace {

TEST(Growth, ManyPortsOfAMaceModel) {
  constexpr int kMany = 300000;
  TestNet net(1);
  for (int i = 0; i < kMany; ++i) {
    const std::string name = "x" + std::to_string(i);
    net.Input(name, {4});
    net.Output(name, {4});
    net.net().mutable_output_info(i)->set_alias("y" + std::to_string(i));
  }
  const StatusOr<std::shared_ptr<Graph>> graph = net.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  ASSERT_EQ((*graph)->outputs.size(), size_t{kMany});
  EXPECT_EQ((*graph)->outputs.back().name, "y" + std::to_string(kMany - 1));
}

}  // namespace
}  // namespace mace
