// Integers on the device: they reach kernels without a step on the CPU. An index outside of its axis
// fails the run, by name, place and value, and a number that int32 does not hold goes to the CPU.
#include <gtest/gtest.h>

#include "mace/testing/compiled_graph.h"
#include "mace/testing/test_graph.h"

namespace mace {
namespace {

HostTensor Ids(const std::vector<int64_t>& ids) {
  return HostTensor::FromVector(DType::kInt64, Shape({static_cast<int64_t>(ids.size())}), ids);
}

// x: floats of shape [4]. ids: int64 of shape [3].
struct IdGraph : TestGraph {
  IdGraph() : TestGraph(Shape{4}) {
    IoInfo input;
    input.name = "ids";
    input.dtype = DType::kInt64;
    input.value = graph.AddValue("ids");
    graph.value(input.value).info = {DType::kInt64, Shape{3}};
    graph.value(input.value).shape_known = true;
    graph.inputs.push_back(input);
  }
  ValueId ids() const { return graph.inputs[1].value; }

  // With the last node's value as the output.
  CompiledModel Compile(const CompileOptions& options = CompileOptions()) {
    Output("y", last());
    graph.outputs[0].dtype = graph.value(last()).info.dtype;
    CompiledModel compiled = CompileOrFail(std::make_shared<Graph>(graph), options);
    EXPECT_EQ(compiled.statistics().cpu_nodes, 0u);
    return compiled;
  }
};

const HostTensor kX = HostTensor::FromVector<float>(DType::kFloat32, Shape{4}, {0, 1.9f, -1, 2});

// A run that fails with all of `parts` in its message, between two that are right.
void ExpectError(CompiledModel compiled, const std::vector<HostTensor>& good,
                 const std::vector<HostTensor>& bad, const std::vector<std::string>& parts) {
  StatusOr<Request> request = compiled.NewRequest();
  ASSERT_TRUE(request.ok()) << request.status().message();
  const StatusOr<std::vector<HostTensor>> before = RunRequest(&*request, good);
  ASSERT_TRUE(before.ok()) << before.status().message();
  const std::vector<float> expected = ToFloatVector((*before)[0]);
  const StatusOr<std::vector<HostTensor>> failed = RunRequest(&*request, bad);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.status().code(), StatusCode::kInvalidArgument);
  for (const std::string& part : parts) {
    EXPECT_NE(failed.status().message().find(part), std::string::npos) << failed.status().message();
  }
  const StatusOr<std::vector<HostTensor>> after = RunRequest(&*request, good);
  ASSERT_TRUE(after.ok()) << after.status().message();
  EXPECT_EQ(ToFloatVector((*after)[0]), expected);
}

TEST(Integers, AnIndexOfTheCallerOutsideOfATable) {
  for (auto precision :
       {CompileOptions::Precision::kFloat32, CompileOptions::Precision::kFloat16}) {
    IdGraph ids;
    ids.Add("Gather", "rows", {ids.Constant("table", {5, 2}), ids.ids()});
    CompileOptions options;
    options.precision = precision;
    ExpectError(ids.Compile(options), {kX, Ids({4, -5, 0})}, {kX, Ids({4, 5, 0})},
                {"'rows' (Gather)", "index 5 is outside of the axis of 5", "element 1 of 'ids'"});
  }
}

TEST(Integers, AnIndexThatAKernelComputes) {
  IdGraph ids;
  ids.Add("Cast", "whole", {ids.x()}, {{"dtype", std::string("int32")}});
  ids.Add("Gather", "rows", {ids.Constant("table", {3, 2}), ids.last()});
  const HostTensor bad = HostTensor::FromVector<float>(DType::kFloat32, Shape{4}, {0, 1, 2, -4.5f});
  ExpectError(ids.Compile(), {kX, Ids({0, 0, 0})}, {bad, Ids({0, 0, 0})},
              {"index -4 is outside of the axis of 3 (element 3"});
}

// Runs with `narrow` and `wide` inputs, of which a kernel cannot hold the latter, in turn: the answers
// are those of the CPU.
void ExpectAnswersOfTheCpu(IdGraph ids, const std::vector<HostTensor>& narrow,
                           const std::vector<HostTensor>& wide) {
  CompileOptions on_cpu;
  on_cpu.device = "cpu";
  CompiledModel compiled = ids.Compile();
  StatusOr<Request> request = compiled.NewRequest();
  ASSERT_TRUE(request.ok()) << request.status().message();
  CompiledModel reference = CompileOrFail(std::make_shared<Graph>(ids.graph), on_cpu);
  StatusOr<Request> cpu = reference.NewRequest();
  ASSERT_TRUE(cpu.ok()) << cpu.status().message();
  for (const std::vector<HostTensor>* inputs : {&narrow, &wide, &narrow, &wide}) {
    const StatusOr<std::vector<HostTensor>> expected = RunRequest(&*cpu, *inputs);
    ASSERT_TRUE(expected.ok()) << expected.status().message();
    const StatusOr<std::vector<HostTensor>> found = RunRequest(&*request, *inputs);
    ASSERT_TRUE(found.ok()) << found.status().message();
    EXPECT_EQ(ToInt64Vector((*found)[0]), ToInt64Vector((*expected)[0]));
  }
}

TEST(Integers, AnInputBeyondInt32IsComputedOnTheCpu) {
  IdGraph ids;
  ids.Add("Cast", "floats", {ids.ids()}, {{"dtype", std::string("float32")}});
  const int64_t beyond = int64_t{1} << 31;
  ExpectAnswersOfTheCpu(ids, {kX, Ids({1, -beyond, beyond - 1})}, {kX, Ids({1, 2, beyond})});
  ExpectAnswersOfTheCpu(ids, {kX, Ids({1, 2, 3})}, {kX, Ids({-beyond - 1, 2, beyond})});
}

TEST(Integers, AResultBeyondInt32IsComputedOnTheCpu) {
  IdGraph ids;
  ids.Add("Eltwise", "product", {ids.ids(), ids.ids()}, {{"type", int64_t{2}}});
  ExpectAnswersOfTheCpu(ids, {kX, Ids({1, -46340, 46340})}, {kX, Ids({1, 46341, 3})});
}

TEST(Integers, AFloatThatBecomesAnInt64BeyondInt32) {
  IdGraph ids;
  ids.Add("Cast", "whole", {ids.x()}, {{"dtype", std::string("int64")}});
  const HostTensor wide = HostTensor::FromVector<float>(DType::kFloat32, Shape{4}, {0, 3e9f, 2, 0});
  ExpectAnswersOfTheCpu(ids, {kX, Ids({0, 0, 0})}, {wide, Ids({0, 0, 0})});
}

// Where the CPU may not take a step, the run fails with what the device cannot hold.
TEST(Integers, WithoutTheCpuAnInt64BeyondInt32IsAnError) {
  IdGraph ids;
  ids.Add("Eltwise", "product", {ids.ids(), ids.ids()}, {{"type", int64_t{2}}});
  CompileOptions options;
  options.allow_cpu_fallback = false;
  ExpectError(ids.Compile(options), {kX, Ids({1, -46340, 46340})}, {kX, Ids({1, 46341, 3})},
              {"'product' (Eltwise)", "element 1 of the result does not fit the int32"});
}

// The names of masks: positions compared with a length, counted, and chosen by.
TEST(Integers, MasksStayOnTheDevice) {
  IdGraph ids;
  ids.Add("Cumsum", "positions", {ids.ids()}, {{"axis", int64_t{0}}});
  const ValueId positions = ids.last();
  ids.Add("Eltwise", "visible", {positions}, {{"type", int64_t{16}}, {"scalar_input", 3.0}});
  const ValueId visible = ids.last();
  ids.Add("Where", "chosen", {visible, positions, ids.ids()});
  ids.Add("Concat", "both", {ids.last(), positions}, {{"axis", int64_t{0}}});
  ids.Add("Slice", "last", {ids.last()},
          {{"starts", std::vector<int64_t>{1}}, {"ends", std::vector<int64_t>{5}}});
  const CompiledModel compiled = ids.Compile();
  const StatusOr<std::vector<HostTensor>> y = RunOn(compiled, {kX, Ids({1, 1, 5})});
  ASSERT_TRUE(y.ok()) << y.status().message();
  EXPECT_EQ((*y)[0].dtype(), DType::kInt64);
  EXPECT_EQ(ToInt64Vector((*y)[0]), (std::vector<int64_t>{2, 5, 1, 2}));
}

// On PoCL one kernel runs all launches, of which those of one function have arguments of one kind.
TEST(Integers, ConstantsBesideActivations) {
  IdGraph ids;
  const ValueId table = ids.graph.AddConstant("table", Ids({1, -2, 0}));
  ids.Add("Gather", "of_constant", {table, ids.ids()});
  ids.Add("Gather", "of_ids", {ids.ids(), ids.last()});
  ids.Add("Scatter", "into_constant", {table, ids.ids(), ids.last()});
  ids.Add("Scatter", "into_result", {ids.last(), ids.ids(), ids.ids()});
  ids.Add("Eltwise", "with_constant", {ids.last(), table}, {{"type", int64_t{0}}});
  ids.Add("Eltwise", "with_ids", {ids.last(), ids.ids()}, {{"type", int64_t{0}}});
  const CompiledModel compiled = ids.Compile();
  const StatusOr<std::vector<HostTensor>> y = RunOn(compiled, {kX, Ids({2, 1, 0})});
  ASSERT_TRUE(y.ok()) << y.status().message();
  // of_constant {0, -2, 1}, of_ids {2, 1, 1}, into_constant {1, 1, 2}, into_result {0, 1, 2}.
  EXPECT_EQ(ToInt64Vector((*y)[0]), (std::vector<int64_t>{3, 0, 2}));
}

// Beyond int32 a constant has no place on the device, and its node stays on the host.
TEST(Integers, AConstantBeyondInt32StaysOnTheHost) {
  IdGraph ids;
  const ValueId large = ids.graph.AddConstant("large", Ids({int64_t{1} << 40, 0, -1}));
  ids.Add("Eltwise", "least", {ids.ids(), large}, {{"type", int64_t{4}}});
  ids.Output("y", ids.last());
  ids.graph.outputs[0].dtype = DType::kInt64;
  const CompiledModel compiled = CompileOrFail(std::make_shared<Graph>(ids.graph));
  EXPECT_EQ(compiled.statistics().cpu_nodes, 1u);
  const StatusOr<std::vector<HostTensor>> y = RunOn(compiled, {kX, Ids({int64_t{1} << 35, 7, 3})});
  ASSERT_TRUE(y.ok()) << y.status().message();
  EXPECT_EQ(ToInt64Vector((*y)[0]), (std::vector<int64_t>{int64_t{1} << 35, 0, -1}));
}

}  // namespace
}  // namespace mace
