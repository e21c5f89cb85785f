// What the CPU computes for a fixed input, to tell whether two models are the same network.
#ifndef MACE_TESTING_CPU_ANSWER_H_
#define MACE_TESTING_CPU_ANSWER_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "mace/api/compiled_model.h"
#include "mace/api/model.h"
#include "mace/api/request.h"
#include "mace/api/tensor.h"

namespace mace {

// The elements of the first output for a first input of values from 0 to 15/16, which repeat every
// 16 elements. Adds a test failure and gives no elements where the model cannot be compiled or run.
// REQUIRES: the model has one input, of float32 and without dynamic dims, and a float32 output.
inline std::vector<float> CpuAnswer(const Model& model) {
  CompileOptions options;
  options.device = "cpu";
  StatusOr<CompiledModel> compiled = CompiledModel::Compile(model, options);
  if (!compiled.ok()) ADD_FAILURE() << compiled.status().message();
  if (!compiled.ok()) return {};
  StatusOr<Request> request = compiled->NewRequest();
  StatusOr<Tensor> input = Tensor::Allocate(DType::kFloat32, model.inputs()[0].dims);
  for (int64_t i = 0; i < input->elements(); ++i) {
    input->mutable_data<float>()[i] = static_cast<float>(i % 16) / 16;
  }
  EXPECT_TRUE(request->Set(0, *input).ok());
  EXPECT_TRUE(request->Run().ok());
  const StatusOr<Tensor> output = request->Get(0);
  const float* const data = output.ok() ? output->data<float>() : nullptr;
  return data == nullptr ? std::vector<float>()
                         : std::vector<float>(data, data + output->elements());
}

}  // namespace mace

#endif  // MACE_TESTING_CPU_ANSWER_H_
