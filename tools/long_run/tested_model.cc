#include "tools/long_run/tested_model.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <utility>

namespace long_run {
namespace {

using mace::Status;
using mace::StatusOr;
using mace::Tensor;

constexpr float kTolerance = 1e-3f;

// Floats of -1 to 1; other types are zeros.
StatusOr<Tensor> MakeInput(const mace::TensorSpec& spec, int64_t batch, std::mt19937* random) {
  std::vector<int64_t> dims = spec.dims;
  for (int64_t& dim : dims) dim = std::max<int64_t>(dim, 1);
  if (!dims.empty()) dims[0] *= batch;
  MACE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(spec.dtype, std::move(dims)));
  float* const values = tensor.mutable_data<float>();
  std::uniform_real_distribution<float> distribution(-1, 1);
  for (int64_t i = 0; values != nullptr && i < tensor.elements(); ++i) {
    values[i] = distribution(*random);
  }
  return tensor;
}

StatusOr<Question> Answer(const mace::CompiledModel& compiled, int64_t batch,
                          mace::Request* request) {
  Question question;
  std::mt19937 random(17);
  for (const mace::TensorSpec& spec : compiled.inputs()) {
    MACE_ASSIGN_OR_RETURN(Tensor input, MakeInput(spec, batch, &random));
    question.inputs.push_back(std::move(input));
  }
  MACE_RETURN_IF_ERROR(Ask(question, request));
  MACE_RETURN_IF_ERROR(request->Run());
  for (size_t i = 0; i < compiled.outputs().size(); ++i) {
    MACE_ASSIGN_OR_RETURN(Tensor output, request->Get(i));
    question.expected.push_back(std::move(output));
  }
  return question;
}

Status CheckFloats(const Tensor& expected, const Tensor& found) {
  const float* const a = expected.data<float>();
  const float* const b = found.data<float>();
  float largest = 0;
  for (int64_t i = 0; i < expected.elements(); ++i) largest = std::max(largest, std::abs(a[i]));
  for (int64_t i = 0; i < expected.elements(); ++i) {
    if (std::abs(a[i] - b[i]) <= kTolerance * largest) continue;
    return mace::Internal("element " + std::to_string(i) + ": expected " + std::to_string(a[i]) +
                          ", found " + std::to_string(b[i]));
  }
  return Status();
}

Status CheckTensor(const Tensor& expected, const Tensor& found) {
  if (expected.dtype() != found.dtype() || expected.dims() != found.dims()) {
    return mace::Internal("another dtype or other dims");
  }
  if (expected.data<float>() != nullptr) return CheckFloats(expected, found);
  return std::memcmp(expected.data(), found.data(), expected.bytes()) == 0
             ? Status()
             : mace::Internal("other bytes");
}

}  // namespace

StatusOr<TestedModel> MakeTestedModel(const std::string& path) {
  mace::CompileOptions options;
  options.device = "cpu";
  MACE_ASSIGN_OR_RETURN(auto compiled,
                        mace::CompiledModel::Load(path, mace::LoadOptions(), options));
  MACE_ASSIGN_OR_RETURN(auto request, compiled.NewRequest());
  TestedModel model;
  model.path = path;
  MACE_ASSIGN_OR_RETURN(Question one, Answer(compiled, 1, &request));
  model.questions.push_back(std::move(one));
  StatusOr<Question> two = Answer(compiled, 2, &request);
  if (two.ok()) model.questions.push_back(*std::move(two));
  return model;
}

Status Ask(const Question& question, mace::Request* request) {
  for (size_t i = 0; i < question.inputs.size(); ++i) {
    MACE_RETURN_IF_ERROR(request->Set(i, question.inputs[i]));
  }
  return Status();
}

Status CheckAnswers(const Question& question, const mace::Request& request) {
  for (size_t i = 0; i < question.expected.size(); ++i) {
    MACE_ASSIGN_OR_RETURN(const Tensor found, request.Get(i));
    MACE_RETURN_IF_ERROR(CheckTensor(question.expected[i], found)
                             .WithPrefix("wrong answer: output " + std::to_string(i)));
  }
  return Status();
}

}  // namespace long_run
