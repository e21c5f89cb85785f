// What an import asks for, and how it goes on once it is told.
#include "mace/formats/common/run_values.h"

#include <gtest/gtest.h>

#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

// Two values decide shapes, each by itself; z depends on neither.
TestOnnx TwoNonZeros() {
  TestOnnx test;
  test.Input("x", {4});
  test.Node("NonZero", {"x"}, {"a"});
  test.Node("Neg", {"x"}, {"n"});
  test.Node("Relu", {"n"}, {"r"});
  test.Node("NonZero", {"r"}, {"b"});
  test.Node("Sqrt", {"r"}, {"z"});
  for (const char* output : {"a", "b"}) test.Output(output, onnx::TensorProto::INT64);
  test.Output("z");
  return test;
}

struct Imported {
  Status status;
  std::shared_ptr<Graph> graph;
  AskedValues asked;
};

Imported Import(const TestOnnx& test, RunValues known) {
  ImportOptions options;
  known.asked = std::make_shared<AskedValues>();
  options.run_values = known;
  const std::string bytes = test.Bytes();
  auto graph = ImportModelBytes("test.onnx", AsBytes(bytes), {}, options);
  Imported imported;
  imported.status = graph.status();
  if (graph.ok()) imported.graph = *graph;
  imported.asked = *known.asked;
  return imported;
}

HostTensor Count(int64_t count) {
  return HostTensor::FromVector<int64_t>(DType::kInt64, Shape(), {count});
}

RunValues Answered(const AskedValues& asked, int64_t count) {
  RunValues known;
  for (const AskedValue& value : asked.open) known.computed[value.name] = {Count(count), 0};
  return known;
}

TEST(RunValuesTest, AllValuesOfARoundAreAskedForTogether) {
  const Imported first = Import(TwoNonZeros(), {});
  ASSERT_TRUE(first.status.ok()) << first.status.message();
  ASSERT_EQ(first.asked.open.size(), 2u);
  EXPECT_EQ(first.asked.open[0].largest, 4);
  EXPECT_FALSE(first.asked.is_ambiguous);
  EXPECT_EQ(first.asked.levels, std::vector<int>(first.graph->nodes.size(), 0));
  EXPECT_EQ(first.graph->outputs.size(), 3u);

  const Imported second = Import(TwoNonZeros(), Answered(first.asked, 3));
  ASSERT_TRUE(second.status.ok()) << second.status.message();
  EXPECT_FALSE(second.asked.stops());
  ASSERT_EQ(second.asked.levels.size(), second.graph->nodes.size());
  for (size_t n = 0; n < second.graph->nodes.size(); ++n) {
    const std::string& type = second.graph->nodes[n].type;
    EXPECT_EQ(second.asked.levels[n], type == "Slice" || type == "Transpose" ? 1 : 0) << type;
  }
  EXPECT_EQ(second.graph->value(second.graph->outputs[0].value).info.shape, (Shape{1, 3}));
}

TEST(RunValuesTest, OneByOneTheImportEndsAtTheFirst) {
  RunValues known;
  known.one_by_one = true;
  EXPECT_EQ(Import(TwoNonZeros(), known).asked.open.size(), 1u);
}

TEST(RunValuesTest, AnAnswerOfAnotherShapeIsNone) {
  const Imported first = Import(TwoNonZeros(), {});
  RunValues known = Answered(first.asked, 1);
  for (auto& [name, value] : known.computed) {
    value.elements = HostTensor::FromVector<int64_t>(DType::kInt64, Shape{1}, {1});
  }
  EXPECT_EQ(Import(TwoNonZeros(), known).status.code(), StatusCode::kUnsupported);
}

TEST(RunValuesTest, NamesThatDependOnWhatWaitsAreAmbiguous) {
  TestOnnx test = TwoNonZeros();
  for (onnx::NodeProto& node : *test.graph().mutable_node()) node.set_name("same");
  EXPECT_TRUE(Import(test, {}).asked.is_ambiguous);
}

TEST(RunValuesTest, ElementsOfAnInputAreUsedWhereItIsRead) {
  TestOnnx test;
  test.Input("x", {6});
  test.Input("shape", {2}, onnx::TensorProto::INT64);
  test.Node("Reshape", {"x", "shape"}, {"y"});
  test.Output("y");
  const Imported first = Import(test, {});
  ASSERT_EQ(first.asked.open.size(), 1u);
  EXPECT_EQ(first.asked.open[0].value, first.graph->inputs[1].value);
  RunValues known;
  known.inputs["shape"] = HostTensor::FromVector<int64_t>(DType::kInt64, Shape{2}, {2, 3});
  const Imported second = Import(test, known);
  ASSERT_TRUE(second.status.ok()) << second.status.message();
  EXPECT_FALSE(second.asked.stops());
  EXPECT_EQ(second.graph->inputs.size(), 2u);
  EXPECT_EQ(second.graph->value(second.graph->outputs[0].value).info.shape, (Shape{2, 3}));
  known.inputs["shape"] = HostTensor::FromVector<int64_t>(DType::kInt64, Shape{1}, {2});
  EXPECT_NE(Import(test, known).status.message().find("value of input 'shape'"), std::string::npos);
}

TEST(RunValuesTest, WithoutSomebodyToAskAValueIsUnsupported) {
  const std::string bytes = TwoNonZeros().Bytes();
  const Status status = ImportModelBytes("test.onnx", AsBytes(bytes), {}, {}).status();
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_NE(status.message().find("(NonZero)"), std::string::npos) << status.message();
}

}  // namespace
}  // namespace mace
