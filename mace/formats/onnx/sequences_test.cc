// Sequences and optionals, which are gone when the model is imported.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_net.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

constexpr int32_t kInt64 = onnx::TensorProto::INT64;

HostTensor Floats(const Shape& shape, const std::vector<float>& values) {
  return HostTensor::FromVector(DType::kFloat32, shape, values);
}

// Tensors a, b and c of two elements, and the numbers zero, one and minus (-1).
TestOnnx Base() {
  TestOnnx test;
  for (const char* name : {"a", "b", "c"}) test.Input(name, {2});
  test.Ints("zero", {0})->clear_dims();
  test.Ints("one", {1})->clear_dims();
  test.Ints("minus", {-1})->clear_dims();
  return test;
}

std::vector<HostTensor> RunBase(const TestOnnx& test) {
  return ExpectOutputs(test.Import(),
                       {Floats({2}, {1, 2}), Floats({2}, {3, 4}), Floats({2}, {5, 6})});
}

TEST(OnnxSequence, InsertEraseAtAndLength) {
  TestOnnx test = Base();
  test.Node("SequenceEmpty", {}, {"none"});
  test.Node("SequenceInsert", {"none", "b"}, {"s1"});
  test.Node("SequenceInsert", {"s1", "a", "zero"}, {"s2"});
  test.Node("SequenceInsert", {"s2", "c", "minus"}, {"s3"});  // a, c, b.
  test.Node("SequenceErase", {"s3", "zero"}, {"s4"});         // c, b.
  test.Node("SequenceErase", {"s3"}, {"s5"});                 // a, c.
  test.Node("SequenceAt", {"s3", "one"}, {"second"});
  test.Node("SequenceAt", {"s4", "minus"}, {"last"});
  test.Node("SequenceLength", {"s3"}, {"length"});
  TestOnnx::SetInt(test.Node("ConcatFromSequence", {"s5"}, {"joined"}), "axis", 0);
  for (const char* output : {"second", "last", "joined"}) test.Output(output);
  test.Output("length", kInt64);
  const std::vector<HostTensor> outputs = RunBase(test);
  EXPECT_EQ((std::vector<float>{5, 6}), ToFloatVector(outputs[0]));
  EXPECT_EQ((std::vector<float>{3, 4}), ToFloatVector(outputs[1]));
  EXPECT_EQ((std::vector<float>{1, 2, 5, 6}), ToFloatVector(outputs[2]));
  EXPECT_EQ((std::vector<int64_t>{3}), ToInt64Vector(outputs[3]));
}

TEST(OnnxSequence, ConcatAlongANewAxis) {
  TestOnnx test = Base();
  test.Node("SequenceConstruct", {"a", "b", "c"}, {"s"});
  test.Node("Identity", {"s"}, {"same"});
  onnx::NodeProto* node = test.Node("ConcatFromSequence", {"same"}, {"y"});
  TestOnnx::SetInt(node, "axis", -1);
  TestOnnx::SetInt(node, "new_axis", 1);
  test.Output("y");
  const std::vector<HostTensor> outputs = RunBase(test);
  EXPECT_EQ((Shape{2, 3}), outputs[0].shape());
  EXPECT_EQ((std::vector<float>{1, 3, 5, 2, 4, 6}), ToFloatVector(outputs[0]));
}

struct SplitCase {
  std::vector<int64_t> split;  // Empty: none is given.
  bool is_scalar;
  int64_t keepdims;
  std::vector<Shape> expected;
};

TEST(OnnxSequence, Split) {
  const SplitCase cases[] = {
      {{}, false, 1, {{2, 1}, {2, 1}, {2, 1}, {2, 1}, {2, 1}}},
      {{}, false, 0, {{2}, {2}, {2}, {2}, {2}}},
      {{2}, true, 0, {{2, 2}, {2, 2}, {2, 1}}},
      {{1, 0, 4}, false, 1, {{2, 1}, {2, 0}, {2, 4}}},
  };
  for (const SplitCase& c : cases) {
    TestOnnx test;
    test.Input("x", {2, 5});
    onnx::NodeProto* node = test.Node("SplitToSequence", {"x"}, {"s"});
    TestOnnx::SetInt(node, "axis", 1);
    TestOnnx::SetInt(node, "keepdims", c.keepdims);
    if (!c.split.empty()) {
      onnx::TensorProto* split = test.Ints("split", c.split);
      if (c.is_scalar) split->clear_dims();
      node->add_input("split");
    }
    for (size_t i = 0; i < c.expected.size(); ++i) {
      const std::string at = "at" + std::to_string(i), part = "part" + std::to_string(i);
      test.Ints(at, {static_cast<int64_t>(i)})->clear_dims();
      test.Node("SequenceAt", {"s", at}, {part});
      test.Output(part);
    }
    TestOnnx::SetInt(test.Node("ConcatFromSequence", {"s"}, {"y"}), "axis",
                     c.keepdims != 0 || c.is_scalar ? 1 : 0);
    test.Output("y");
    const std::vector<HostTensor> outputs =
        ExpectOutputs(test.Import(), {Floats({2, 5}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9})});
    for (size_t i = 0; i < c.expected.size(); ++i) {
      EXPECT_EQ(c.expected[i], outputs[i].shape()) << i;
    }
    if (outputs.back().shape().rank() == 2) {
      EXPECT_EQ((std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}), ToFloatVector(outputs.back()));
    } else {
      EXPECT_EQ((std::vector<float>{0, 5, 1, 6, 2, 7, 3, 8, 4, 9}), ToFloatVector(outputs.back()));
    }
  }
}

// A loop that gathers tensors of different extents, which a scan output could not.
TEST(OnnxSequence, CarriedByALoop) {
  TestOnnx body;
  body.Input("i", {}, kInt64);
  body.Input("go", {}, onnx::TensorProto::BOOL);
  body.Input("s", {});
  body.Ints("one", {1});
  body.Node("Add", {"i", "one"}, {"count"});
  body.Ints("zero", {0});
  body.Node("Slice", {"x", "zero", "count"}, {"part"});
  body.Node("SequenceInsert", {"s", "part"}, {"t"});
  body.Output("go");
  body.Output("t");
  TestOnnx test;
  test.Input("x", {3});
  test.Ints("m", {3});
  test.Node("SequenceEmpty", {}, {"none"});
  TestOnnx::SetGraph(test.Node("Loop", {"m", "", "none"}, {"s"}), "body", body);
  TestOnnx::SetInt(test.Node("ConcatFromSequence", {"s"}, {"y"}), "axis", 0);
  test.Output("y");
  EXPECT_EQ((std::vector<float>{7, 7, 8, 7, 8, 9}),
            ToFloatVector(ExpectOutputs(test.Import(), {Floats({3}, {7, 8, 9})})[0]));
}

TEST(OnnxSequence, Map) {
  TestOnnx body;
  for (const char* name : {"e", "other", "f"}) body.Input(name, {});
  body.Node("Mul", {"e", "f"}, {"product"});
  body.Node("Add", {"product", "other"}, {"sum"});
  body.Output("sum");
  body.Output("e");
  TestOnnx test = Base();
  test.Node("SequenceConstruct", {"a", "b"}, {"s"});
  test.Node("SequenceConstruct", {"b", "c"}, {"t"});
  TestOnnx::SetGraph(test.Node("SequenceMap", {"s", "t", "c"}, {"u", ""}), "body", body);
  TestOnnx::SetInt(test.Node("ConcatFromSequence", {"u"}, {"y"}), "axis", 0);
  test.Output("y");
  EXPECT_EQ((std::vector<float>{1 * 5 + 3, 2 * 6 + 4, 3 * 5 + 5, 4 * 6 + 6}),
            ToFloatVector(RunBase(test)[0]));
}

TEST(OnnxOptional, HasAndGet) {
  TestOnnx test = Base();
  test.Node("Optional", {"a"}, {"full"});
  test.Node("Optional", {}, {"empty"});
  test.Node("Identity", {"full"}, {"same"});
  test.Node("OptionalGetElement", {"same"}, {"x"});
  test.Node("OptionalGetElement", {"b"}, {"z"});  // Op set 18: a tensor itself.
  test.Node("SequenceConstruct", {"a", "b"}, {"s"});
  test.Node("Optional", {"s"}, {"of_sequence"});
  test.Node("OptionalGetElement", {"of_sequence"}, {"again"});
  test.Node("SequenceAt", {"again", "one"}, {"w"});
  for (const char* name : {"full", "empty", "b"}) {
    test.Node("OptionalHasElement", {name}, {std::string("has_") + name});
  }
  test.Node("OptionalHasElement", {}, {"has_none"});
  for (const char* output : {"x", "z", "w"}) test.Output(output);
  for (const char* output : {"has_full", "has_empty", "has_b", "has_none"}) {
    test.Output(output, onnx::TensorProto::BOOL);
  }
  const std::vector<HostTensor> outputs = RunBase(test);
  EXPECT_EQ((std::vector<float>{1, 2}), ToFloatVector(outputs[0]));
  EXPECT_EQ((std::vector<float>{3, 4}), ToFloatVector(outputs[1]));
  EXPECT_EQ((std::vector<float>{3, 4}), ToFloatVector(outputs[2]));
  const int64_t expected[] = {1, 0, 1, 0};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(DType::kBool, outputs[3 + i].dtype());
    EXPECT_EQ((std::vector<int64_t>{expected[i]}), ToInt64Vector(outputs[3 + i])) << i;
  }
}

struct Refusal {
  const char* complaint;
  void (*build)(TestOnnx* test);
};

TEST(OnnxSequence, Refusals) {
  const Refusal refusals[] = {
      {"node 'y' (SequenceAt): position: expected -2 to 1, found 2",
       [](TestOnnx* test) {
         test->Ints("two", {2})->clear_dims();
         test->Node("SequenceAt", {"s", "two"}, {"y"});
       }},
      {"node 'y' (SequenceAt): input 1: expected numbers that are known at import",
       [](TestOnnx* test) {
         test->Scalar("at", kInt64);
         test->Node("SequenceAt", {"s", "at"}, {"y"});
       }},
      {"node 'y' (SequenceAt): input 'a': expected a sequence, found a tensor",
       [](TestOnnx* test) {
         test->Node("SequenceAt", {"a", "one"}, {"y"});
       }},
      {"node 'y' (Relu): input 's': expected a tensor, found a sequence",
       [](TestOnnx* test) { test->Node("Relu", {"s"}, {"y"}); }},
      {"output 'y': expected a tensor, found a sequence",
       [](TestOnnx* test) {
         test->Node("SequenceInsert", {"s", "a"}, {"y"});
       }},
      {"node 't' (SequenceInsert): input 's': expected a tensor, found",
       [](TestOnnx* test) {
         test->Node("SequenceInsert", {"s", "s"}, {"t"});
         test->Node("SequenceAt", {"t", "one"}, {"y"});
       }},
      {"node 'y' (ConcatFromSequence): expected a sequence with elements, found none",
       [](TestOnnx* test) {
         test->Node("SequenceEmpty", {}, {"none"});
         TestOnnx::SetInt(test->Node("ConcatFromSequence", {"none"}, {"y"}), "axis", 0);
       }},
      {"node 'y' (OptionalGetElement): expected an optional with an element, found none",
       [](TestOnnx* test) {
         test->Node("Optional", {}, {"o"});
         test->Node("OptionalGetElement", {"o"}, {"y"});
       }},
      {"node 't' (SplitToSequence): split: expected parts that make 2, found [1, 2]",
       [](TestOnnx* test) {
         test->Ints("parts", {1, 2});
         test->Node("SplitToSequence", {"a", "parts"}, {"t"});
         test->Node("SequenceAt", {"t", "one"}, {"y"});
       }},
      {"node 't' (SplitToSequence): split: expected 1 to 4096 parts of 2, found parts of 0",
       [](TestOnnx* test) {
         test->Node("SplitToSequence", {"a", "zero"}, {"t"});
         test->Node("SequenceAt", {"t", "one"}, {"y"});
       }},
  };
  for (const Refusal& refusal : refusals) {
    TestOnnx test = Base();
    test.Node("SequenceConstruct", {"a", "b"}, {"s"});
    refusal.build(&test);
    test.Output("y");
    EXPECT_NE(test.Complaint().find(refusal.complaint), std::string::npos) << test.Complaint();
  }
}

// One more element at each of 3000 steps makes 4.5 million elements in all.
TEST(OnnxSequence, TheirElementsAreBounded) {
  TestOnnx body;
  body.Input("i", {}, kInt64);
  body.Input("go", {}, onnx::TensorProto::BOOL);
  body.Input("s", {});
  body.Node("SequenceInsert", {"s", "a"}, {"t"});
  body.Output("go");
  body.Output("t");
  TestOnnx test = Base();
  test.Ints("m", {3000});
  test.Node("SequenceEmpty", {}, {"none"});
  TestOnnx::SetGraph(test.Node("Loop", {"m", "", "none"}, {"s"}), "body", body);
  test.Node("SequenceAt", {"s", "one"}, {"y"});
  test.Output("y");
  EXPECT_NE(test.Complaint().find("sequences: expected at most 1048576 elements in all"),
            std::string::npos)
      << test.Complaint();
}

}  // namespace
}  // namespace mace
