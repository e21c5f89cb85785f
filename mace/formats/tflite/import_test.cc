// Whole TensorFlow Lite models: names, dynamic extents, parts of a graph, refusals, hostile bytes.
#include "mace/formats/tflite/import.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_tflite.h"

namespace mace {
namespace {

using Numbers = std::vector<float>;

HostTensor Floats(const Shape& shape, Numbers values) {
  return HostTensor::FromVector(DType::kFloat32, shape, std::move(values));
}

// y = relu(x + [1, 2]) and z = y * y.
TestTflite TwoSteps() {
  TestTflite test;
  const int x = test.Input("x", {1, 2});
  const int c = test.Floats("c", {2}, {1, 2});
  const int y = test.Tensor("y", {1, 2}), z = test.Tensor("z", {1, 2});
  test.Op(tflite::BuiltinOperator_ADD, {x, c}, {y}, tflite::BuiltinOptions_AddOptions,
          tflite::CreateAddOptions(test.fbb(), tflite::ActivationFunctionType_RELU).Union());
  test.Op(tflite::BuiltinOperator_MUL, {y, y}, {z});
  test.Output(z);
  return test;
}

TEST(TfliteImport, RunsOperatorsInTheirOrder) {
  TestTflite test = TwoSteps();
  const auto graph = test.Import();
  const auto z = ExpectOutputs(graph, {Floats({1, 2}, {-3, 4})});
  EXPECT_EQ(ToFloatVector(z[0]), (Numbers{0, 36}));
  EXPECT_EQ((*graph)->inputs[0].name, "x");
  EXPECT_EQ((*graph)->outputs[0].name, "z");
  EXPECT_EQ((*graph)->source_format, "tflite");
}

TEST(TfliteImport, ASignatureNamesInputsAndOutputs) {
  TestTflite test = TwoSteps();
  test.Sign({"image"}, {"scores"});
  const auto graph = test.Import();
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_EQ((*graph)->inputs[0].name, "image");
  EXPECT_EQ((*graph)->outputs[0].name, "scores");
}

TEST(TfliteImport, ADynamicExtentIsGivenByTheCaller) {
  TestTflite test;
  const int x = test.Tensor("x", {1, 2}, tflite::TensorType_FLOAT32, {}, 0, {-1, 2});
  const int y = test.Tensor("y", {1, 2});
  test.Op(tflite::BuiltinOperator_NEG, {x}, {y});
  test.Output(y);
  // The builder's list of inputs is only made by Input(); take x as one by asking for it.
  ImportOptions options;
  options.inputs = {"x"};
  options.input_shapes["x"] = {3, 2};
  const auto out = ExpectOutputs(test.Import(options), {Floats({3, 2}, {1, 2, 3, 4, 5, 6})});
  EXPECT_EQ(ToFloatVector(out[0]), (Numbers{-1, -2, -3, -4, -5, -6}));
}

TEST(TfliteImport, InputsAndOutputsMayLieInside) {
  TestTflite test = TwoSteps();
  ImportOptions options;
  options.inputs = {"y"};
  const auto z = ExpectOutputs(test.Import(options), {Floats({1, 2}, {3, -4})});
  EXPECT_EQ(ToFloatVector(z[0]), (Numbers{9, 16}));
  TestTflite again = TwoSteps();
  options.inputs.clear();
  options.outputs = {"y"};
  const auto y = ExpectOutputs(again.Import(options), {Floats({1, 2}, {3, -4})});
  EXPECT_EQ(ToFloatVector(y[0]), (Numbers{4, 0}));
}

std::string MessageOf(TestTflite* test) { return test->Import().status().message(); }

#define EXPECT_HAS(text, part) \
  EXPECT_NE((text).find(part), std::string::npos) << (text) << "\nlacks: " << (part)

TEST(TfliteImport, RefusesByName) {
  for (const auto code : {tflite::BuiltinOperator_IF, tflite::BuiltinOperator_WHILE,
                          tflite::BuiltinOperator_CALL_ONCE}) {
    TestTflite test;
    const int x = test.Input("x", {1}), y = test.Tensor("result", {1});
    test.Op(code, {x}, {y});
    test.Output(y);
    EXPECT_HAS(MessageOf(&test), "operator 0 (" +
                                     std::string(tflite::EnumNameBuiltinOperator(code)) +
                                     ") that makes 'result'");
  }
}

TEST(TfliteImport, RefusesWhatDoesNotFit) {
  struct Wrong {
    int input;
    int output;
    std::string says;
  };
  for (const Wrong& wrong :
       {Wrong{7, 1, "input: expected a place below 2, found 7"},
        Wrong{0, -5, "output: expected a place below 2, found -5"},
        Wrong{1, 1, "expected inputs that operators before it make, found 'y'"}}) {
    TestTflite test;
    test.Input("x", {1});
    test.Tensor("y", {1});
    test.Op(tflite::BuiltinOperator_NEG, {wrong.input}, {wrong.output});
    test.Output(1);
    EXPECT_HAS(MessageOf(&test), wrong.says);
  }
}

TEST(TfliteImport, RefusesBadTensorsAndVersions) {
  TestTflite version = TwoSteps();
  version.set_version(4);
  EXPECT_HAS(MessageOf(&version), "schema version: expected 3, found 4");
  TestTflite negative;
  negative.Output(negative.Input("x", {2, -2147483647}));
  EXPECT_HAS(MessageOf(&negative), "expected extents of 0 or more");
  TestTflite buffer;
  buffer.Output(buffer.Tensor("x", {1}, tflite::TensorType_FLOAT32, {}, 9));
  EXPECT_HAS(MessageOf(&buffer), "buffer: expected a place below 1, found 9");
  TestTflite half;
  half.Output(half.Tensor("x", {1}, tflite::TensorType_UINT32));
  EXPECT_HAS(MessageOf(&half), "element type UINT32");
  TestTflite outside;
  outside.AddBuffer(tflite::CreateBuffer(outside.fbb(), 0, 1u << 30, 1u << 31));
  outside.Output(outside.Tensor("x", {1}, tflite::TensorType_FLOAT32, {}, 1));
  EXPECT_HAS(MessageOf(&outside), "expected elements inside");
  TestTflite small;
  const int x = small.Input("x", {4}), y = small.Tensor("y", {4});
  const int c = small.Floats("c", {4}, {1, 2, 3});
  small.Op(tflite::BuiltinOperator_ADD, {x, c}, {y});
  small.Output(y);
  EXPECT_HAS(MessageOf(&small), "expected 16 bytes for 4 elements, found 12");
}

// The bias of a convolution is no state that begins at 0.
TEST(TfliteImport, RefusesAVariableThatIsNoState) {
  TestTflite test;
  const int x = test.Input("x", {1, 1, 1, 1}), y = test.Tensor("y", {1, 1, 1, 1});
  const int w = test.Floats("w", {1, 1, 1, 1}, {2});
  const int b = test.Variable("b", {1});
  test.Op(tflite::BuiltinOperator_CONV_2D, {x, w, b}, {y}, tflite::BuiltinOptions_Conv2DOptions,
          tflite::CreateConv2DOptions(test.fbb(), tflite::Padding_SAME, 1, 1).Union());
  test.Output(y);
  EXPECT_HAS(MessageOf(&test), "tensor 'b': expected a tensor with elements, found a variable");
}

TEST(TfliteImport, RefusesResultsOfAnotherType) {
  struct Wrong {
    tflite::BuiltinOperator code;
    tflite::TensorType type;
    std::string says;
  };
  for (const Wrong& wrong :
       {Wrong{tflite::BuiltinOperator_NEG, tflite::TensorType_INT32, "expected float32"},
        Wrong{tflite::BuiltinOperator_RANK, tflite::TensorType_FLOAT32, "expected int32"},
        Wrong{tflite::BuiltinOperator_RANK, tflite::TensorType_BOOL, "expected int32"}}) {
    TestTflite test;
    const int x = test.Input("x", {2}), y = test.Tensor("y", {2}, wrong.type);
    test.Op(wrong.code, {x}, {y});
    test.Output(y);
    const std::string message = MessageOf(&test);
    EXPECT_HAS(message, wrong.says);
    EXPECT_HAS(message,
               "found a tensor of type " + std::string(tflite::EnumNameTensorType(wrong.type)));
  }
}

// 2^16 tensors that share a name of 2^16 bytes: a file of less than a mebibyte.
TEST(TfliteImport, RefusesNamesThatAreSharedTooOften) {
  flatbuffers::FlatBufferBuilder fbb;
  const auto name = fbb.CreateString(std::string(1 << 16, 'a'));
  const auto tensor = tflite::CreateTensor(fbb, 0, tflite::TensorType_FLOAT32, 0, name);
  const std::vector<flatbuffers::Offset<tflite::Tensor>> tensors(1 << 16, tensor);
  const std::vector<int32_t> none;
  const std::vector<flatbuffers::Offset<tflite::SubGraph>> graphs = {
      tflite::CreateSubGraphDirect(fbb, &tensors, &none, &none)};
  const std::vector<flatbuffers::Offset<tflite::Buffer>> buffers = {tflite::CreateBuffer(fbb)};
  fbb.Finish(tflite::CreateModelDirect(fbb, 3, nullptr, &graphs, nullptr, &buffers),
             tflite::ModelIdentifier());
  const std::vector<uint8_t> bytes(fbb.GetBufferPointer(), fbb.GetBufferPointer() + fbb.GetSize());
  ASSERT_LT(bytes.size(), size_t{1} << 20);
  EXPECT_HAS(ImportModelBytes("names.tflite", bytes, {}, {}).status().message(),
             "names of tensors: expected at most 67108864 bytes in all, found more");
}

TEST(TfliteImport, EveryCutAndManyDamagesAreRefusedOrRead) {
  TestTflite test = TwoSteps();
  test.Sign({"image"}, {"scores"});
  const std::vector<uint8_t> whole = test.Finish();
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::vector<uint8_t> cut(whole.begin(),
                                   whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(ImportModelBytes("cut.tflite", cut, {}, {}).ok()) << size;
  }
  std::mt19937 random(1);
  for (int round = 0; round < 3000; ++round) {
    std::vector<uint8_t> damaged = whole;
    for (int i = 0; i < 3; ++i) {
      const size_t at = 8 + random() % (damaged.size() - 8);
      damaged[at] = static_cast<uint8_t>(round % 2 == 0 ? random() : 0xFF);
    }
    ImportModelBytes("damaged.tflite", damaged, {}, {}).ok();
  }
}

}  // namespace
}  // namespace mace
