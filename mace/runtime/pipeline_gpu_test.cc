// Runs that overlap give what runs one after the other give, on the device at hand and on the CPU.
#include <gtest/gtest.h>

#include <cstring>

#include "mace/runtime/pipeline.h"
#include "mace/testing/op_tester.h"

namespace mace {
namespace {

// x [1, 6, 5, 4] -> pooling 3x3 -> softmax.
std::shared_ptr<const Graph> MakeGraph() {
  auto graph = std::make_shared<Graph>();
  const Shape shape = {1, 6, 5, 4};
  const ValueId x = graph->AddValue("x");
  ValueId last = x;
  graph->value(x).info = {DType::kFloat32, shape};
  for (const char* type : {"Pooling", "Softmax"}) {
    Node node;
    node.name = node.type = type;
    node.attributes.Set("kernels", std::vector<int64_t>{3, 3});
    node.attributes.Set("padding", int64_t{1});
    node.attributes.Set("pooling_type", int64_t{1});
    node.inputs = {last};
    last = graph->AddValue(node.name + ":0");
    graph->value(last).info = {DType::kFloat32, shape};
    node.outputs = {last};
    graph->nodes.push_back(node);
  }
  GraphPort input, output;
  input.name = "x";
  input.value = x;
  input.declared_dims = shape.dims();
  graph->inputs = {input};
  output.name = "y";
  output.value = last;
  graph->outputs = {output};
  return graph;
}

class PipelineTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    Options options;
    options.device = GetParam();
    auto engine = Engine::Create(MakeGraph(), options);
    ASSERT_TRUE(engine.ok()) << engine.status().message();
    engine_ = *std::move(engine);
  }

  static HostTensor Input(uint32_t seed) { return RandomTensor({1, 6, 5, 4}, seed); }

  std::unique_ptr<Engine> engine_;
};

TEST_P(PipelineTest, GivesEachRunItsOwnAnswer) {
  for (int depth : {1, 3}) {
    auto pipeline = Pipeline::Create(engine_.get(), depth);
    ASSERT_TRUE(pipeline.ok()) << pipeline.status().message();
    std::vector<std::future<Pipeline::Outputs>> answers;
    for (uint32_t seed = 0; seed < 20; ++seed)
      answers.push_back((*pipeline)->Submit({Input(seed)}));
    for (uint32_t seed = 0; seed < 20; ++seed) {
      const Pipeline::Outputs found = answers[seed].get();
      const auto expected = engine_->Run({Input(seed)});
      ASSERT_TRUE(found.ok()) << found.status().message();
      ASSERT_TRUE(expected.ok());
      ASSERT_EQ(found->size(), 1u);
      const Bytes a = (*found)[0].bytes(), b = (*expected)[0].bytes();
      ASSERT_EQ(a.size(), b.size());
      EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size()), 0) << "run " << seed;
    }
  }
}

// The engine's last run was of another shape, of which a pipeline knows nothing.
TEST_P(PipelineTest, KeepsToTheEnginesOwnShapes) {
  const auto expected = engine_->Run({Input(1)});
  ASSERT_TRUE(expected.ok()) << expected.status().message();
  const auto smaller = engine_->Run({RandomTensor({1, 2, 3, 4}, 1)});
  ASSERT_TRUE(smaller.ok()) << smaller.status().message();
  auto pipeline = Pipeline::Create(engine_.get(), 2);
  ASSERT_TRUE(pipeline.ok()) << pipeline.status().message();
  const Pipeline::Outputs found = (*pipeline)->Submit({Input(1)}).get();
  ASSERT_TRUE(found.ok()) << found.status().message();
  const Bytes a = (*found)[0].bytes(), b = (*expected)[0].bytes();
  ASSERT_EQ(a.size(), b.size());
  EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size()), 0);
}

TEST_P(PipelineTest, EndsWithItsRunsDone) {
  std::future<Pipeline::Outputs> answer;
  {
    auto pipeline = Pipeline::Create(engine_.get(), 2);
    ASSERT_TRUE(pipeline.ok());
    answer = (*pipeline)->Submit({Input(1)});
  }
  EXPECT_TRUE(answer.get().ok());
}

TEST_P(PipelineTest, WrongInputsAreNamed) {
  auto pipeline = Pipeline::Create(engine_.get(), 1);
  ASSERT_TRUE(pipeline.ok());
  EXPECT_EQ((*pipeline)->Submit({RandomTensor({1, 6, 5, 3}, 1)}).get().status().message(),
            "input 'x': expected float32 [1, 6, 5, 4], found float32 [1, 6, 5, 3]");
  EXPECT_EQ((*pipeline)->Submit({}).get().status().message(), "expected 1 inputs, found 0");
  EXPECT_TRUE((*pipeline)->Submit({Input(1)}).get().ok());
}

TEST_P(PipelineTest, DepthIsChecked) {
  for (int depth : {0, -1, 65}) {
    EXPECT_EQ(Pipeline::Create(engine_.get(), depth).status().message(),
              "pipeline: expected 1 to 64 runs at once, found " + std::to_string(depth));
  }
}

INSTANTIATE_TEST_SUITE_P(Devices, PipelineTest, testing::Values("gpu", "cpu"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace mace
