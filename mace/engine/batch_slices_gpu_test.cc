// A batch is cut into slices on devices that use the host's memory, and stays whole on others. Both
// give the same answers, run after run.
#include <gtest/gtest.h>

#include "mace/testing/compiled_graph.h"
#include "mace/testing/op_tester.h"
#include "mace/testing/test_device.h"
#include "mace/testing/test_graph.h"

namespace mace {
namespace {

constexpr int64_t kExtent = 128, kChannels = 16;

Shape Images(int64_t batch) { return Shape{batch, kExtent, kExtent, kChannels}; }

// x, 1 MiB an image → convolution 1x1 → maximum with x → mean of each channel. The results of the
// last two nodes are outputs.
std::shared_ptr<const Graph> MakeGraph(int64_t batch) {
  TestGraph test(Images(batch));
  test.DeclareInput({-1, kExtent, kExtent, kChannels});
  const ValueId conv = test.AddConvolution("conv", test.x(), {kChannels, kChannels, 1, 1}, 2);
  const ValueId maximum = test.Add("Eltwise", "maximum", {conv, test.x()}, {{"type", int64_t{5}}});
  test.Output("maximum", maximum);
  test.Output("means",
              test.Add("Reduce", "means", {maximum}, {{"axis", std::vector<int64_t>{1, 2}}}));
  return std::make_shared<Graph>(std::move(test.graph));
}

CompiledModel Compile(const std::string& device, int64_t batch, bool whole = false) {
  CompileOptions options;
  options.device = device;
  options.storage = CompileOptions::Storage::kBuffer;
  options.split_batch = !whole;
  return CompileOrFail(MakeGraph(batch), options);
}

void ExpectOutputs(const StatusOr<std::vector<HostTensor>>& found, const HostTensor& x) {
  ASSERT_TRUE(found.ok()) << found.status().message();
  StatusOr<std::vector<HostTensor>> expected = RunOn(Compile("cpu", x.shape()[0]), {x});
  ASSERT_TRUE(expected.ok()) << expected.status().message();
  ASSERT_EQ(found->size(), expected->size());
  for (size_t i = 0; i < found->size(); ++i) {
    ASSERT_EQ((*found)[i].shape(), (*expected)[i].shape());
    EXPECT_EQ("", DescribeErrors((*expected)[i], (*found)[i], 1e-5f)) << "output " << i;
  }
}

// Whether the host's caches are too small for the 8 MiB that a node touches with four images.
bool CutsFour() {
  const StatusOr<const DeviceInfo*> device = TestDeviceInfo();
  return device.ok() && (*device)->is_host() && (*device)->compute_units < 8;
}

TEST(BatchSlices, EachEntryHasItsAnswer) {
  const CompiledModel compiled = Compile("gpu", 4);
  for (uint32_t seed : {1, 2}) {
    const HostTensor x = RandomTensor(Images(4), seed);
    ExpectOutputs(RunOn(compiled, {x}), x);
  }
  const Statistics statistics = compiled.statistics();
  if (CutsFour()) {
    EXPECT_GT(statistics.batch_slices, 1u);
  }
  EXPECT_EQ(statistics.launches_per_run % statistics.batch_slices, 0u);
  EXPECT_EQ(statistics.input_dims[0], Images(4).dims());
}

TEST(BatchSlices, AnotherBatchIsCutAnew) {
  const CompiledModel compiled = Compile("gpu", 4);
  for (int64_t batch : {3, 1, 4}) {
    const HostTensor x = RandomTensor(Images(batch), 3);
    ExpectOutputs(RunOn(compiled, {x}), x);
  }
}

TEST(BatchSlices, WholeWhereThatIsAskedFor) {
  const CompiledModel compiled = Compile("gpu", 2, true);
  EXPECT_EQ(compiled.statistics().batch_slices, 1u);
  const HostTensor x = RandomTensor(Images(2), 4);
  ExpectOutputs(RunOn(compiled, {x}), x);
  EXPECT_GE(compiled.statistics().peak_device_bytes,
            Compile("gpu", 2).statistics().peak_device_bytes);
}

}  // namespace
}  // namespace mace
