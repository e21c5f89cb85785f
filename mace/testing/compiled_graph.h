// Models that are made in code, compiled and run on tensors as the layers below have them; and the
// plan that a compiled model used last, for tests that look inside.
#ifndef MACE_TESTING_COMPILED_GRAPH_H_
#define MACE_TESTING_COMPILED_GRAPH_H_

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "mace/api/compiled_model.h"
#include "mace/engine/compiled_model_state.h"
#include "mace/engine/model_state.h"
#include "mace/engine/tensor_access.h"
#include "mace/graph/graph.h"
#include "mace/plan/plan.h"

namespace mace {

inline StatusOr<CompiledModel> CompileGraph(std::shared_ptr<const Graph> graph,
                                            const CompileOptions& options = CompileOptions()) {
  return CompiledModel::Compile(ModelAccess::FromGraph(std::move(graph)), options);
}

// The same, or a failure of the test and a compiled model of which every use is an error.
inline CompiledModel CompileOrFail(std::shared_ptr<const Graph> graph,
                                   const CompileOptions& options = CompileOptions()) {
  StatusOr<CompiledModel> compiled = CompileGraph(std::move(graph), options);
  EXPECT_TRUE(compiled.ok()) << compiled.status().message();
  return compiled.ok() ? *std::move(compiled) : CompiledModel();
}

// A run of the request on these inputs, in their order, and all outputs.
inline StatusOr<std::vector<HostTensor>> RunRequest(Request* request,
                                                    const std::vector<HostTensor>& inputs) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    MACE_RETURN_IF_ERROR(request->Set(i, TensorAccess::FromHost(inputs[i])));
  }
  MACE_RETURN_IF_ERROR(request->Run());
  std::vector<HostTensor> outputs;
  for (size_t i = 0;; ++i) {
    const StatusOr<Tensor> output = request->Get(i);
    if (output.status().code() == StatusCode::kNotFound) return outputs;  // After the last one.
    MACE_RETURN_IF_ERROR(output.status());
    outputs.push_back(TensorAccess::ToHost(*output));
  }
}

// The same with a new request.
inline StatusOr<std::vector<HostTensor>> RunOn(CompiledModel compiled,
                                               const std::vector<HostTensor>& inputs) {
  MACE_ASSIGN_OR_RETURN(Request request, compiled.NewRequest());
  return RunRequest(&request, inputs);
}

// The plan that was used last. REQUIRES: no other thread makes plans.
inline const Plan& PlanOf(const CompiledModel& compiled) {
  return *CompiledModelAccess::StateOf(compiled)->plans.All().front()->model().plan;
}

}  // namespace mace

#endif  // MACE_TESTING_COMPILED_GRAPH_H_
