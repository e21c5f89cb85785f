// A model of the long run: its inputs for two batches, and the answers to them.
//
// Thread contract: thread-compatible.
#ifndef TOOLS_LONG_RUN_TESTED_MODEL_H_
#define TOOLS_LONG_RUN_TESTED_MODEL_H_

#include <string>
#include <vector>

#include "mace/mace.h"

namespace long_run {

// Inputs for one batch, and what the CPU reference answers.
struct Question {
  std::vector<mace::Tensor> inputs;    // In the order of CompiledModel::inputs.
  std::vector<mace::Tensor> expected;  // In the order of CompiledModel::outputs.
};

struct TestedModel {
  std::string path;
  // For a batch of 1 and, if the model takes it, of 2.
  std::vector<Question> questions;
};

// Reads the model and computes its answers on the CPU, for seeded random inputs.
mace::StatusOr<TestedModel> MakeTestedModel(const std::string& path);

// Sets the inputs of the request.
mace::Status Ask(const Question& question, mace::Request* request);

// kInternal, with the output and the numbers, if the request's outputs are not the expected ones: a
// float32 may differ by 1e-3 of the output's largest magnitude, everything else not at all.
mace::Status CheckAnswers(const Question& question, const mace::Request& request);

}  // namespace long_run

#endif  // TOOLS_LONG_RUN_TESTED_MODEL_H_
