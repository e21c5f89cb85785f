// Inputs and outputs have the types and shapes that a model declares, on the CPU and on the device.
#include <gtest/gtest.h>

#include <cmath>

#include "mace/base/half.h"
#include "mace/execute/io_shapes.h"
#include "mace/execute/io_types.h"
#include "mace/testing/compiled_graph.h"

namespace mace {
namespace {

struct Declared {
  DType input = DType::kFloat32;
  DType output = DType::kFloat32;
};

IoInfo MakeIo(const char* name, ValueId value, DType dtype) {
  IoInfo io;
  io.name = name;
  io.value = value;
  io.dtype = dtype;
  return io;
}

// y = relu(x), with floats of shape [n, 3].
std::shared_ptr<Graph> MakeRelu(const Declared& declared, int64_t batch = 2) {
  auto graph = std::make_shared<Graph>();
  const ValueId x = graph->AddValue("x"), y = graph->AddValue("y");
  graph->value(x).info = graph->value(y).info = {DType::kFloat32, Shape{batch, 3}};
  Node node;
  node.type = "Activation";
  node.name = "relu";
  node.attributes.Set("activation", std::string("RELU"));
  node.inputs = {x};
  node.outputs = {y};
  graph->nodes = {node};
  graph->inputs = {MakeIo("x", x, declared.input)};
  graph->inputs[0].declared_dims = {batch, 3};
  graph->outputs = {MakeIo("y", y, declared.output)};
  return graph;
}

class IoTypesTest : public testing::TestWithParam<const char*> {
 protected:
  StatusOr<CompiledModel> Make(std::shared_ptr<Graph> graph) {
    CompileOptions options;
    options.device = GetParam();
    return CompileGraph(std::move(graph), options);
  }
};

const std::vector<float> kNumbers = {-1, 0.5f, 2, 3.25f, -4, 1000};
const std::vector<float> kPositive = {0, 0.5f, 2, 3.25f, 0, 1000};

HostTensor Numbers() { return HostTensor::FromVector(DType::kFloat32, Shape{2, 3}, kNumbers); }

std::vector<float> FloatsOf(const HostTensor& tensor) { return ToFloatVector(tensor); }

TEST_P(IoTypesTest, FloatsOfEveryWidth) {
  for (DType input : {DType::kFloat16, DType::kFloat32, DType::kFloat64}) {
    for (DType output : {DType::kFloat16, DType::kFloat32, DType::kFloat64}) {
      auto compiled = Make(MakeRelu({input, output}));
      ASSERT_TRUE(compiled.ok()) << compiled.status().message();
      EXPECT_EQ(compiled->inputs()[0].dtype, input);
      EXPECT_EQ(compiled->outputs()[0].dtype, output);
      // An input takes its declared type, and float32 in its place.
      for (DType given : {input, DType::kFloat32}) {
        auto outputs = RunOn(*compiled, {*Numbers().ConvertTo(given)});
        ASSERT_TRUE(outputs.ok()) << outputs.status().message();
        EXPECT_EQ((*outputs)[0].dtype(), output);
        EXPECT_EQ(FloatsOf((*outputs)[0]), kPositive);
      }
    }
  }
}

TEST_P(IoTypesTest, OtherShapesAndRunsIntoTensorsThatAreThere) {
  auto compiled = Make(MakeRelu({DType::kFloat16, DType::kFloat64}));
  ASSERT_TRUE(compiled.ok()) << compiled.status().message();
  StatusOr<Request> request = compiled->NewRequest();
  ASSERT_TRUE(request.ok()) << request.status().message();
  std::vector<double> memory(6, -1);
  ASSERT_TRUE(request->SetOutput(0, Tensor::MutableView(memory.data(), {2, 3})).ok());
  for (int run = 0; run < 2; ++run) {
    ASSERT_TRUE(RunRequest(&*request, {*Numbers().ConvertTo(DType::kFloat16)}).ok());
    EXPECT_EQ(std::vector<float>(memory.begin(), memory.end()), kPositive);
    memory.assign(6, -1);
  }
  const HostTensor one =
      HostTensor::FromVector(DType::kFloat32, Shape{1, 3}, std::vector<float>{-1, 1, 2});
  const auto other = RunOn(*compiled, {one});
  ASSERT_TRUE(other.ok()) << other.status().message();
  EXPECT_EQ((*other)[0].info().shape, (Shape{1, 3}));
  EXPECT_EQ(FloatsOf((*other)[0]), (std::vector<float>{0, 1, 2}));
}

TEST_P(IoTypesTest, WhatFloat32DoesNotHoldIsRefused) {
  auto compiled = Make(MakeRelu({DType::kFloat64, DType::kFloat64}));
  ASSERT_TRUE(compiled.ok()) << compiled.status().message();
  const HostTensor large = HostTensor::FromVector(DType::kFloat64, Shape{2, 3},
                                                  std::vector<double>{0, 1, INFINITY, 1e300, 0, 0});
  const auto outputs = RunOn(*compiled, {large});
  ASSERT_FALSE(outputs.ok());
  EXPECT_EQ(outputs.status().code(), StatusCode::kInvalidArgument);
  EXPECT_NE(outputs.status().message().find("input 'x': element 3"), std::string::npos)
      << outputs.status().message();
  // The next run is right.
  EXPECT_TRUE(RunOn(*compiled, {Numbers()}).ok());
}

TEST_P(IoTypesTest, OtherTypesAreRefused) {
  auto compiled = Make(MakeRelu({DType::kFloat16, DType::kFloat16}));
  ASSERT_TRUE(compiled.ok()) << compiled.status().message();
  for (DType wrong : {DType::kFloat64, DType::kInt32}) {
    const auto outputs = RunOn(*compiled, {*Numbers().ConvertTo(wrong)});
    ASSERT_FALSE(outputs.ok()) << DTypeName(wrong);
    EXPECT_NE(outputs.status().message().find("expected float16"), std::string::npos);
  }
}

// y = -x, in a format whose int64 is held as int32.
TEST_P(IoTypesTest, WideIntegers) {
  auto graph = MakeRelu({});
  graph->nodes[0].type = "Eltwise";
  graph->nodes[0].attributes = AttributeMap();
  graph->nodes[0].attributes.Set("type", int64_t{6});
  graph->value(graph->inputs[0].value).info.dtype = DType::kInt32;
  graph->value(graph->outputs[0].value).info.dtype = DType::kInt32;
  graph->inputs[0].dtype = graph->outputs[0].dtype = DType::kInt64;
  auto compiled = Make(graph);
  ASSERT_TRUE(compiled.ok()) << compiled.status().message();
  const std::vector<int64_t> fits = {1, -2, INT32_MAX, -INT32_MAX, 0, 7};
  auto outputs = RunOn(*compiled, {HostTensor::FromVector(DType::kInt64, Shape{2, 3}, fits)});
  ASSERT_TRUE(outputs.ok()) << outputs.status().message();
  EXPECT_EQ((*outputs)[0].dtype(), DType::kInt64);
  EXPECT_EQ(ToInt64Vector((*outputs)[0]),
            (std::vector<int64_t>{-1, 2, -INT32_MAX, INT32_MAX, 0, -7}));
  const std::vector<int64_t> large = {0, int64_t{INT32_MAX} + 1, 0, 0, 0, 0};
  outputs = RunOn(*compiled, {HostTensor::FromVector(DType::kInt64, Shape{2, 3}, large)});
  ASSERT_FALSE(outputs.ok());
  EXPECT_NE(outputs.status().message().find("element 1"), std::string::npos)
      << outputs.status().message();
}

// The output has the declared rank for one entry of the batch and for several.
TEST_P(IoTypesTest, ABatchHasTheDeclaredRank) {
  auto graph = MakeRelu({}, 1);
  graph->outputs[0].declared_dims = {1, 1, 3};
  auto compiled = Make(graph);
  ASSERT_TRUE(compiled.ok()) << compiled.status().message();
  for (int64_t batch : {1, 2, 5}) {
    const std::vector<float> values(static_cast<size_t>(batch * 3), 1.0f);
    auto outputs =
        RunOn(*compiled, {HostTensor::FromVector(DType::kFloat32, Shape{batch, 3}, values)});
    ASSERT_TRUE(outputs.ok()) << outputs.status().message();
    EXPECT_EQ((*outputs)[0].shape(), (Shape{batch, 1, 3}));
  }
}

// An input that no node reads is still an input and may be set.
TEST_P(IoTypesTest, AnInputThatNobodyReads) {
  auto graph = MakeRelu({});
  for (const Shape& shape : {Shape(), Shape{4, 5}}) {
    auto with_unused = std::make_shared<Graph>(*graph);
    const ValueId unused = with_unused->AddValue("unused");
    with_unused->value(unused).info = {DType::kFloat32, shape};
    with_unused->inputs.push_back(MakeIo("unused", unused, DType::kFloat16));
    with_unused->inputs[1].declared_dims = shape.dims();
    auto compiled = Make(with_unused);
    ASSERT_TRUE(compiled.ok()) << compiled.status().message();
    ASSERT_EQ(compiled->inputs().size(), 2u);
    EXPECT_EQ(compiled->inputs()[1].name, "unused");
    const auto outputs =
        RunOn(*compiled, {Numbers(), *HostTensor::Allocate({DType::kFloat16, shape})});
    ASSERT_TRUE(outputs.ok()) << outputs.status().message();
    EXPECT_EQ(FloatsOf((*outputs)[0]), kPositive);
  }
}

INSTANTIATE_TEST_SUITE_P(Devices, IoTypesTest, testing::Values("cpu", "gpu"),
                         [](const auto& test) { return std::string(test.param); });

TEST(ShownShape, DeclaredWhereTheCountsAgree) {
  IoInfo io;
  EXPECT_EQ(ShownShape(io, Shape{3, 1, 1, 10}), (Shape{3, 1, 1, 10}));
  io.declared_dims = {1, 10};
  EXPECT_EQ(ShownShape(io, Shape{1, 1, 1, 10}), (Shape{1, 10}));
  EXPECT_EQ(ShownShape(io, Shape{3, 1, 1, 10}), (Shape{3, 10}));
  // More elements within one entry do not make a batch.
  EXPECT_EQ(ShownShape(io, Shape{1, 1, 3, 10}), (Shape{1, 1, 3, 10}));
  io.declared_dims = {-1, 10};
  EXPECT_EQ(ShownShape(io, Shape{4, 1, 1, 10}), (Shape{4, 10}));
  io.declared_dims = std::vector<int64_t>{};
  EXPECT_EQ(ShownShape(io, Shape{1, 1}), Shape());
  EXPECT_EQ(ShownShape(io, Shape{2, 1}), (Shape{2, 1}));
}

}  // namespace
}  // namespace mace
