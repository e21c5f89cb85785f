// Accuracy of the trained digits network on held-back pictures, and equal answers on the CPU and in
// every memory mode of the OpenCL device.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "mace/graph/difference.h"
#include "tools/mace/tensors.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

constexpr int64_t kClasses = 10;
constexpr double kLeastAccuracy = 0.97;
constexpr double kLargestError = 1e-4;  // Of a probability, compared with TensorFlow.

struct HeldBack {
  HostTensor pictures = LoadFloats(ProjectFile("models/digits/heldback/inputs.npy"));
  HostTensor expected = LoadFloats(ProjectFile("models/digits/heldback/expected.npy"));
  std::vector<int64_t> labels = Labels();

  static std::vector<int64_t> Labels() {
    const StatusOr<Tensor> labels =
        LoadTensor(ProjectFile("models/digits/heldback/labels.npy"), DType::kInt32);
    return labels.ok() ? ToInt64Vector(ToHost(*labels)) : std::vector<int64_t>();
  }
};

// The outputs for all pictures, [pictures, classes]; each picture is one run.
HostTensor AnswersTo(CompiledModel* compiled, const HostTensor& pictures) {
  const int64_t count = pictures.shape()[0];
  HostTensor all = *HostTensor::Allocate({DType::kFloat32, Shape({count, kClasses})});
  for (int64_t i = 0; i < count; ++i) {
    const std::vector<HostTensor> outputs = RunOrFail(compiled, {RowOf(pictures, i)});
    if (outputs.size() != 1 || outputs[0].shape().elements() != kClasses) {
      ADD_FAILURE() << "picture " << i << ": expected one output of " << kClasses << " elements";
      break;
    }
    std::copy_n(outputs[0].f32(), kClasses, all.f32() + i * kClasses);
  }
  return all;
}

int64_t AnswerOf(const HostTensor& outputs, int64_t row) {
  const float* first = outputs.f32() + row * kClasses;
  return std::max_element(first, first + kClasses) - first;
}

using ModelAndDevice = std::tuple<std::string, std::string, CompileOptions::Storage>;

class DigitsTest : public testing::TestWithParam<ModelAndDevice> {};

TEST_P(DigitsTest, AnswersRightOnHeldBackPictures) {
  const auto& [model, device, storage] = GetParam();
  if (device != "cpu" && !HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  const HeldBack held_back;
  ASSERT_EQ(held_back.labels.size(), 360u);
  CompileOptions options;
  options.device = device;
  options.storage = storage;
  std::optional<CompiledModel> compiled =
      CompileOrFail(ProjectFile("models/digits/" + model), options);
  ASSERT_TRUE(compiled.has_value());

  const HostTensor outputs = AnswersTo(&*compiled, held_back.pictures);
  ASSERT_EQ(outputs.shape(), held_back.expected.shape());
  EXPECT_LE(Compare(held_back.expected, outputs).max_abs_error, kLargestError);

  int64_t right = 0;
  for (int64_t i = 0; i < outputs.shape()[0]; ++i) {
    const int64_t answer = AnswerOf(outputs, i);
    right += answer == held_back.labels[static_cast<size_t>(i)] ? 1 : 0;
    // Each device gives TensorFlow's answers, so the devices agree with one another, too.
    EXPECT_EQ(answer, AnswerOf(held_back.expected, i)) << "picture " << i;
  }
  EXPECT_GE(static_cast<double>(right), kLeastAccuracy * static_cast<double>(outputs.shape()[0]));
}

std::string NameOf(const testing::TestParamInfo<ModelAndDevice>& info) {
  const auto& [model, device, storage] = info.param;
  const std::string format = model == "digits.pb" ? "Mace" : "TensorFlow";
  if (device == "cpu") return format + "Cpu";
  return format + (storage == CompileOptions::Storage::kImage ? "Image" : "Buffer");
}

INSTANTIATE_TEST_SUITE_P(Models, DigitsTest,
                         testing::Combine(testing::Values("digits.pb", "digits_frozen.pb"),
                                          testing::Values("gpu"),
                                          testing::Values(CompileOptions::Storage::kImage,
                                                          CompileOptions::Storage::kBuffer)),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(Reference, DigitsTest,
                         testing::Combine(testing::Values("digits.pb", "digits_frozen.pb"),
                                          testing::Values("cpu"),
                                          testing::Values(CompileOptions::Storage::kAuto)),
                         NameOf);

// In half precision probabilities may change, but not the accuracy.
TEST(DigitsHalf, StaysAccurate) {
  if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  const HeldBack held_back;
  CompileOptions options;
  options.precision = CompileOptions::Precision::kFloat16;
  std::optional<CompiledModel> compiled =
      CompileOrFail(ProjectFile("models/digits/digits.pb"), options);
  ASSERT_TRUE(compiled.has_value());
  const HostTensor outputs = AnswersTo(&*compiled, held_back.pictures);
  int64_t right = 0;
  for (int64_t i = 0; i < outputs.shape()[0]; ++i)
    right += AnswerOf(outputs, i) == held_back.labels[static_cast<size_t>(i)] ? 1 : 0;
  EXPECT_GE(static_cast<double>(right), kLeastAccuracy * static_cast<double>(outputs.shape()[0]));
  EXPECT_LE(Compare(held_back.expected, outputs).max_abs_error, 0.02);
}

}  // namespace
}  // namespace mace
