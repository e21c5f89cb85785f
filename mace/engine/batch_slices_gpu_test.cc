// A batch that the engine cuts on devices of the host, and takes as one on others: the same
// answers, run after run, whoever runs it.
#include <gtest/gtest.h>

#include "mace/engine/engine.h"
#include "mace/runtime/profile.h"
#include "mace/testing/run_request.h"
#include "mace/testing/test_device.h"
#include "mace/testing/test_graph.h"

namespace mace {
namespace {

constexpr int64_t kExtent = 128, kChannels = 16;

Shape Images(int64_t batch) { return Shape{batch, kExtent, kExtent, kChannels}; }

// x, 1 MiB an image → convolution 1x1 → maximum with x → mean of each channel. The last two are
// outputs.
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

std::unique_ptr<Engine> MakeEngine(const std::string& device, int64_t batch, bool whole = false) {
  Options options;
  options.device = device;
  options.memory = MemoryChoice::kBuffer;
  options.whole_batches = whole;
  options.input_shapes["x"] = Images(batch).dims();
  StatusOr<std::unique_ptr<Engine>> engine = Engine::Create(MakeGraph(batch), options);
  EXPECT_TRUE(engine.ok()) << engine.status().message();
  return engine.ok() ? *std::move(engine) : nullptr;
}

void ExpectOutputs(const std::vector<HostTensor>& found, const HostTensor& x) {
  const std::unique_ptr<Engine> reference = MakeEngine("cpu", x.shape()[0]);
  StatusOr<std::vector<HostTensor>> expected = reference->Run({x});
  ASSERT_TRUE(expected.ok()) << expected.status().message();
  ASSERT_EQ(found.size(), expected->size());
  for (size_t i = 0; i < found.size(); ++i) {
    ASSERT_EQ(found[i].shape(), (*expected)[i].shape());
    EXPECT_EQ("", DescribeErrors((*expected)[i], found[i], 1e-5f)) << "output " << i;
  }
}

// A host whose caches do not hold what a node does with four images, 8 MiB.
bool CutsFour() {
  const StatusOr<const DeviceInfo*> device = TestDeviceInfo();
  return device.ok() && (*device)->is_host() && (*device)->compute_units < 8;
}

TEST(BatchSlices, EachEntryHasItsAnswer) {
  const std::unique_ptr<Engine> engine = MakeEngine("gpu", 4);
  for (uint32_t seed : {1, 2}) {
    const HostTensor x = RandomTensor(Images(4), seed);
    StatusOr<std::vector<HostTensor>> found = engine->Run({x});
    ASSERT_TRUE(found.ok()) << found.status().message();
    ExpectOutputs(*found, x);
  }
  if (CutsFour()) {
    EXPECT_GT(engine->stats().batch_slices, 1u);
  }
  EXPECT_EQ(engine->stats().launches_per_run % engine->stats().batch_slices, 0u);
  EXPECT_EQ(engine->inputs()[0].info.shape, Images(4));
}

TEST(BatchSlices, AnotherBatchIsCutAnew) {
  const std::unique_ptr<Engine> engine = MakeEngine("gpu", 4);
  for (int64_t batch : {3, 1, 4}) {
    const HostTensor x = RandomTensor(Images(batch), 3);
    StatusOr<std::vector<HostTensor>> found = engine->Run({x});
    ASSERT_TRUE(found.ok()) << found.status().message();
    ExpectOutputs(*found, x);
  }
}

TEST(BatchSlices, WholeWhereThatIsAskedFor) {
  const std::unique_ptr<Engine> engine = MakeEngine("gpu", 2, true);
  EXPECT_EQ(engine->stats().batch_slices, 1u);
  const HostTensor x = RandomTensor(Images(2), 4);
  StatusOr<std::vector<HostTensor>> found = engine->Run({x});
  ASSERT_TRUE(found.ok()) << found.status().message();
  ExpectOutputs(*found, x);
  EXPECT_GE(engine->stats().peak_device_bytes, MakeEngine("gpu", 2)->stats().peak_device_bytes);
}

TEST(BatchSlices, RequestsAndReplaysTakeThemAll) {
  const std::unique_ptr<Engine> engine = MakeEngine("gpu", 4);
  const HostTensor x = RandomTensor(Images(4), 5);
  ASSERT_TRUE(engine->Run({x}).ok());
  StatusOr<double> replayed = engine->Replay();
  ASSERT_TRUE(replayed.ok()) << replayed.status().message();
  EXPECT_GT(*replayed, 0);
  CompiledModel compiled = engine->compiled_model();
  StatusOr<Request> request = compiled.NewRequest();
  ASSERT_TRUE(request.ok()) << request.status().message();
  StatusOr<std::vector<HostTensor>> found = RunRequest(&*request, {x}, engine->outputs().size());
  ASSERT_TRUE(found.ok()) << found.status().message();
  ExpectOutputs(*found, x);
}

TEST(BatchSlices, AProfileCountsTheWorkOfAll) {
  const std::unique_ptr<Engine> engine = MakeEngine("gpu", 4);
  const HostTensor x = RandomTensor(Images(4), 6);
  std::vector<HostTensor> outputs;
  std::vector<RunTimes> runs(1);
  const Status status = engine->RunTimed({x}, &outputs, &runs[0]);
  ASSERT_TRUE(status.ok()) << status.message();
  ExpectOutputs(outputs, x);
  const size_t slices = engine->stats().batch_slices;
  EXPECT_EQ(runs[0].steps.size(), engine->plan().steps.size() * slices);
  if (!engine->plan().chains.empty()) return;  // Profiles take launches one by one.
  const Profile profile = MakeProfile(engine->plan(), runs);
  const double products = 4.0 * kExtent * kExtent * kChannels * kChannels;
  EXPECT_GE(profile.total_flops, 2 * products);
  EXPECT_LE(profile.total_flops, 2.5 * products);
}

}  // namespace
}  // namespace mace
