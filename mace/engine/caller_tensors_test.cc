// What a run on the CPU does with the caller's tensors: outputs are made in them, inputs are let
// go.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "mace/engine/engine.h"

namespace mace {
namespace {

constexpr int64_t kCount = 6;

void AddNode(const std::string& activation, ValueId from, ValueId to, Graph* graph) {
  Node node;
  node.name = activation;
  node.type = "Activation";
  node.attributes.Set("activation", activation);
  node.inputs = {from};
  node.outputs = {to};
  graph->nodes.push_back(node);
}

// y = sigmoid(relu(x)); outputs: y, relu(x), x, y again.
std::shared_ptr<const Graph> MakeGraph() {
  auto graph = std::make_shared<Graph>();
  std::vector<ValueId> ids;
  for (const char* name : {"x", "relu", "y"}) {
    ids.push_back(graph->AddValue(name));
    graph->value(ids.back()).info = {DType::kFloat32, Shape({kCount})};
    graph->value(ids.back()).shape_known = true;
  }
  AddNode("RELU", ids[0], ids[1], graph.get());
  AddNode("SIGMOID", ids[1], ids[2], graph.get());
  GraphPort in;
  in.name = "x";
  in.value = ids[0];
  graph->inputs.push_back(in);
  for (size_t i : {2, 1, 0, 2}) {
    GraphPort out;
    out.name = "output " + std::to_string(graph->outputs.size());
    out.value = ids[i];
    graph->outputs.push_back(out);
  }
  return graph;
}

HostTensor Floats(std::vector<float> values) {
  return HostTensor::FromVector<float>(DType::kFloat32, Shape({kCount}), std::move(values));
}

std::unique_ptr<Engine> MakeEngine() {
  Options options;
  options.device = "cpu";
  options.input_shapes["x"] = {kCount};
  StatusOr<std::unique_ptr<Engine>> engine = Engine::Create(MakeGraph(), options);
  EXPECT_TRUE(engine.ok()) << engine.status().message();
  return engine.ok() ? *std::move(engine) : nullptr;
}

void ExpectAnswer(const std::vector<float>& x, const std::vector<HostTensor>& outputs) {
  ASSERT_EQ(4u, outputs.size());
  for (size_t i = 0; i < x.size(); ++i) {
    const float relu = std::max(x[i], 0.0f);
    EXPECT_NEAR(1 / (1 + std::exp(-relu)), outputs[0].f32()[i], 1e-6);
    EXPECT_EQ(relu, outputs[1].f32()[i]);
    EXPECT_EQ(x[i], outputs[2].f32()[i]);
    EXPECT_EQ(outputs[0].f32()[i], outputs[3].f32()[i]);
  }
}

TEST(CallerTensorsTest, OutputsAreMadeInTheTensorsOfAnEarlierRun) {
  const auto engine = MakeEngine();
  ASSERT_NE(nullptr, engine);
  const std::vector<float> first = {1, -2, 3, -4, 5, -6}, second = {-1, 2, -3, 4, -5, 6};
  std::vector<HostTensor> outputs;
  ASSERT_TRUE(engine->RunInto({Floats(first)}, &outputs).ok());
  ExpectAnswer(first, outputs);
  const uint8_t* const place = outputs[0].bytes().data();
  ASSERT_TRUE(engine->RunInto({Floats(second)}, &outputs).ok());
  ExpectAnswer(second, outputs);
  EXPECT_EQ(place, outputs[0].bytes().data());
}

TEST(CallerTensorsTest, AnOutputMayLieWhereAnInputDoes) {
  const auto engine = MakeEngine();
  ASSERT_NE(nullptr, engine);
  const std::vector<float> values = {1, -2, 3, -4, 5, -6};
  std::vector<float> memory = values;
  const TensorInfo info = {DType::kFloat32, Shape({kCount})};
  const MutableBytes bytes(reinterpret_cast<uint8_t*>(memory.data()), info.bytes());
  std::vector<HostTensor> outputs = {*HostTensor::Allocate(info),
                                     HostTensor::MutableView(info, bytes, nullptr),
                                     *HostTensor::Allocate(info), *HostTensor::Allocate(info)};
  ASSERT_TRUE(engine->RunInto({HostTensor::View(info, bytes, nullptr)}, &outputs).ok());
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(std::max(values[i], 0.0f), memory[i]);
    EXPECT_EQ(values[i], outputs[2].f32()[i]);
  }
}

TEST(CallerTensorsTest, NothingOfTheCallersIsHeldAfterARun) {
  const auto engine = MakeEngine();
  ASSERT_NE(nullptr, engine);
  std::vector<HostTensor> outputs;
  std::weak_ptr<int> watched;
  {
    const auto owner = std::make_shared<int>(0);
    watched = owner;
    const std::vector<float> values = {1, 2, 3, 4, 5, 6};
    const Bytes bytes(reinterpret_cast<const uint8_t*>(values.data()), kCount * sizeof(float));
    const HostTensor input = HostTensor::View({DType::kFloat32, Shape({kCount})}, bytes, owner);
    ASSERT_TRUE(engine->RunInto({input}, &outputs).ok());
  }
  EXPECT_TRUE(watched.expired());
  for (const HostTensor& output : outputs) EXPECT_FALSE(output.is_shared());
}

}  // namespace
}  // namespace mace
