// The ops of ONNX and TensorFlow that count their results, from a model to the answers. The numbers
// are those of ONNX Runtime, TensorFlow and NumPy.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "mace/api/compiled_model.h"
#include "mace/api/request.h"
#include "mace/testing/formats/test_onnx.h"
#include "mace/testing/formats/test_tensorflow.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;
using Floats = std::vector<float>;

Tensor FloatsOf(const Floats& values, Ints dims) {
  Tensor tensor = *Tensor::Allocate(DType::kFloat32, std::move(dims));
  std::copy(values.begin(), values.end(), tensor.mutable_data<float>());
  return tensor;
}

struct Answer {
  Ints dims;
  std::vector<double> elements;
};

Answer AnswerOf(const Tensor& tensor) {
  const StatusOr<Tensor> wide = tensor.ConvertTo(DType::kFloat64);
  if (!wide.ok()) ADD_FAILURE() << wide.status().message();
  if (!wide.ok()) return Answer();
  const double* const data = wide->data<double>();
  return {tensor.dims(), std::vector<double>(data, data + wide->elements())};
}

// The outputs of a run on the CPU.
std::vector<Answer> AnswersOf(const std::string& bytes,
                              const std::map<std::string, Tensor>& inputs) {
  const StatusOr<Model> model = Model::FromBytes({bytes.data(), bytes.size(), nullptr}, {}, {});
  if (!model.ok()) ADD_FAILURE() << model.status().message();
  if (!model.ok()) return std::vector<Answer>(8);
  CompileOptions options;
  options.device = "cpu";
  StatusOr<CompiledModel> compiled = CompiledModel::Compile(*model, options);
  StatusOr<Request> request = compiled.ok() ? compiled->NewRequest() : compiled.status();
  if (!request.ok()) ADD_FAILURE() << request.status().message();
  if (!request.ok()) return std::vector<Answer>(8);
  for (const auto& [name, tensor] : inputs) EXPECT_TRUE(request->Set(name, tensor).ok()) << name;
  const Status run = request->Run();
  EXPECT_TRUE(run.ok()) << run.message();
  std::vector<Answer> answers(8);
  for (size_t i = 0; run.ok() && i < compiled->outputs().size(); ++i) {
    answers[i] = AnswerOf(*request->Get(i));
  }
  return answers;
}

void Expect(const Answer& answer, const Ints& dims, const std::vector<double>& elements) {
  EXPECT_EQ(answer.dims, dims);
  ASSERT_EQ(answer.elements.size(), elements.size());
  for (size_t i = 0; i < elements.size(); ++i) EXPECT_NEAR(answer.elements[i], elements[i], 1e-6);
}

// Boxes 0 and 1 overlap, and 2 and 3; box 4 lies apart.
const Floats kBoxes = {0, 0, 1, 1, 0, 0.2f, 1, 1.2f, 0, 5, 1, 6, 0.1f, 5, 1.1f, 6, 0, 9, 1, 10};
const Floats kScores = {0.6f, 0.9f, 0.5f, 0.5f, 0.2f};

TEST(CountedOpsTest, NonMaxSuppressionOfOnnx) {
  TestOnnx test(11);
  test.Input("boxes", {1, 5, 4});
  test.Input("scores", {1, 1, 5});
  test.Ints("most", {10});
  test.Floats("overlap", {1}, {0.5f});
  test.Floats("least", {1}, {0.3f});
  test.Node("NonMaxSuppression", {"boxes", "scores", "most", "overlap", "least"}, {"y"});
  test.Output("y", onnx::TensorProto::INT64);
  const Tensor boxes = FloatsOf(kBoxes, {1, 5, 4});
  const auto run = [&](const Floats& scores) {
    return AnswersOf(test.Bytes(), {{"boxes", boxes}, {"scores", FloatsOf(scores, {1, 1, 5})}})[0];
  };
  Expect(run(kScores), {2, 3}, {0, 0, 1, 0, 0, 2});
  Expect(run(Floats(5, 0.1f)), {0, 3}, {});
}

TEST(CountedOpsTest, CompressAndUniqueOfOnnx) {
  TestOnnx test;
  test.Input("x", {2, 3});
  test.Floats("half", {}, {0.5f});
  test.Ints("all", {-1});
  test.Node("Reshape", {"x", "all"}, {"flat"});
  test.Node("Greater", {"flat", "half"}, {"above"});
  test.Node("Compress", {"x", "above"}, {"chosen"});
  test.Node("Unique", {"x"}, {"y", "first", "which", "count"});
  for (const char* output : {"chosen", "y"}) test.Output(output);
  for (const char* output : {"first", "which", "count"}) {
    test.Output(output, onnx::TensorProto::INT64);
  }
  const std::vector<Answer> answers =
      AnswersOf(test.Bytes(), {{"x", FloatsOf({2, 0, 1, 0, 2, 2}, {2, 3})}});
  Expect(answers[0], {4}, {2, 1, 2, 2});
  Expect(answers[1], {3}, {0, 1, 2});
  Expect(answers[2], {3}, {1, 2, 0});
  Expect(answers[3], {6}, {2, 0, 1, 0, 2, 2});
  Expect(answers[4], {3}, {2, 1, 3});
}

TEST(CountedOpsTest, UniqueAlongAnAxisComparesTheOthersInTheirOrder) {
  TestOnnx test;
  test.Input("x", {2, 2, 3});
  TestOnnx::SetInt(test.Node("Unique", {"x"}, {"y"}), "axis", -1);
  test.Output("y");
  // The slices are (1, 0, 0, 0), (0, 1, 0, 0) and (0, 0, 1, 0): sorted, the last one is first.
  const Floats x = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0};
  Expect(AnswersOf(test.Bytes(), {{"x", FloatsOf(x, {2, 2, 3})}})[0], {2, 2, 3},
         {0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0});
}

TEST(CountedOpsTest, WhereAndUniqueOfTensorFlow) {
  TestTf test;
  test.Input("x", {5});
  test.Node("Where", "places", {"x"});
  test.Node("UniqueWithCounts", "unique", {"x"});
  const std::vector<Answer> answers =
      AnswersOf(test.def().SerializeAsString(), {{"x", FloatsOf({3, 0, 3, -1, 0}, {5})}});
  Expect(answers[0], {3, 1}, {0, 2, 3});
}

TEST(CountedOpsTest, NonMaxSuppressionOfTensorFlow) {
  TestTf test;
  test.Input("boxes", {5, 4});
  test.Input("scores", {5});
  test.Input("most", {1}, tf::DT_INT32);
  test.Floats("overlap", {}, {0.5f});
  test.Floats("least", {}, {0.1f});
  test.Node("NonMaxSuppressionV3", "y", {"boxes", "scores", "most", "overlap", "least"});
  const auto run = [&](int32_t most) {
    Tensor count = *Tensor::Allocate(DType::kInt32, {1});
    count.mutable_data<int32_t>()[0] = most;
    return AnswersOf(test.def().SerializeAsString(), {{"boxes", FloatsOf(kBoxes, {5, 4})},
                                                      {"scores", FloatsOf(kScores, {5})},
                                                      {"most", count}})[0];
  };
  Expect(run(9), {3}, {1, 2, 4});
  Expect(run(2), {2}, {1, 2});
  Expect(run(0), {0}, {});
}

}  // namespace
}  // namespace mace
