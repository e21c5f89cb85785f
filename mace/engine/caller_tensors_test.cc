// How a run on the CPU treats the caller's tensors: it writes outputs into them and keeps no input.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "mace/testing/compiled_graph.h"

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
  IoInfo in;
  in.name = "x";
  in.value = ids[0];
  graph->inputs.push_back(in);
  for (size_t i : {2, 1, 0, 2}) {
    IoInfo out;
    out.name = "output " + std::to_string(graph->outputs.size());
    out.value = ids[i];
    graph->outputs.push_back(out);
  }
  return graph;
}

HostTensor Floats(std::vector<float> values) {
  return HostTensor::FromVector<float>(DType::kFloat32, Shape({kCount}), std::move(values));
}

Request NewRequest() {
  CompileOptions options;
  options.device = "cpu";
  CompiledModel compiled = CompileOrFail(MakeGraph(), options);
  StatusOr<Request> request = compiled.NewRequest();
  EXPECT_TRUE(request.ok()) << request.status().message();
  return request.ok() ? *std::move(request) : Request();
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
  Request request = NewRequest();
  const std::vector<float> first = {1, -2, 3, -4, 5, -6}, second = {-1, 2, -3, 4, -5, 6};
  const void* place = nullptr;
  {
    const auto outputs = RunRequest(&request, {Floats(first)});
    ASSERT_TRUE(outputs.ok()) << outputs.status().message();
    ExpectAnswer(first, *outputs);
    place = (*outputs)[0].bytes().data();
  }
  const auto outputs = RunRequest(&request, {Floats(second)});
  ASSERT_TRUE(outputs.ok()) << outputs.status().message();
  ExpectAnswer(second, *outputs);
  EXPECT_EQ(place, (*outputs)[0].bytes().data());
}

TEST(CallerTensorsTest, AnOutputMayLieWhereAnInputDoes) {
  Request request = NewRequest();
  const std::vector<float> values = {1, -2, 3, -4, 5, -6};
  std::vector<float> memory = values;
  ASSERT_TRUE(request.SetOutput(1, Tensor::MutableView(memory.data(), {kCount})).ok());
  ASSERT_TRUE(request.Set(0, Tensor::View(memory.data(), {kCount})).ok());
  ASSERT_TRUE(request.Run().ok());
  const StatusOr<Tensor> same = request.Get(2);
  ASSERT_TRUE(same.ok()) << same.status().message();
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(std::max(values[i], 0.0f), memory[i]);
    EXPECT_EQ(values[i], same->data<float>()[i]);
  }
}

TEST(CallerTensorsTest, NothingOfTheCallersIsInTheResults) {
  std::vector<HostTensor> outputs;
  std::weak_ptr<int> watched;
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  {
    Request request = NewRequest();
    const auto owner = std::make_shared<int>(0);
    watched = owner;
    const Bytes bytes(reinterpret_cast<const uint8_t*>(values.data()), kCount * sizeof(float));
    const HostTensor input = HostTensor::View({DType::kFloat32, Shape({kCount})}, bytes, owner);
    const auto found = RunRequest(&request, {input});
    ASSERT_TRUE(found.ok()) << found.status().message();
    outputs = *found;
  }
  EXPECT_TRUE(watched.expired());
  ExpectAnswer(values, outputs);
  for (const HostTensor& output : outputs) EXPECT_FALSE(output.is_shared());
}

}  // namespace
}  // namespace mace
