// Whole models with inputs and outputs of a trusted runtime: those of the reference folder's
// manifest, if the folder exists, and this project's own.
#ifndef TOOLS_MACE_REFERENCE_CASES_H_
#define TOOLS_MACE_REFERENCE_CASES_H_

#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "mace/mace.h"

namespace mace {

struct ReferenceSet {
  std::map<std::string, std::string> inputs;  // By name: a .npy file.
  std::map<std::string, std::string> outputs;
  // The files hold NHWC images whatever the model declares.
  bool nhwc_inputs = false;
  int64_t first_rows = -1;  // Not -1: use only this row of each file, as a batch of one.
};

struct ReferenceCase {
  std::string name;  // Letters, digits and '_' only.
  std::string model;
  std::vector<ReferenceSet> sets;
  double max_abs_error = 0;  // The limit in fp32.
  // Not -1: the limit as a share of the output's range, in place of max_abs_error.
  double max_relative_error = -1;
  // Not -1: the least cosine, for int8 models, in place of both other limits.
  double min_cosine = -1;
};
// For GoogleTest's messages.
void PrintTo(const ReferenceCase& reference, std::ostream* out);

// Every case of SharedFolder()/models/manifest.json; empty without the folder.
std::vector<ReferenceCase> SharedCases();
// The digits model and the networks made by the build in the formats of MACE and TensorFlow, and
// the digits model as ONNX.
std::vector<ReferenceCase> OwnCases();
// The ONNX network NAME.onnx that the build makes, with its input `data` and its output `output`,
// which the script that made it computed in double.
ReferenceCase MadeOnnxCase(const std::string& name);

// Runs every set of the case on the model compiled with `options`, and compares names, shapes and
// values. The limit in fp32 is the case's; in fp16 it is at least 2 % of the expected output's
// range. Each failure names case, mode, output, error and limit.
void CheckCase(const ReferenceCase& reference, const CompileOptions& options);

// "gpu, image, fp16", for messages.
std::string DescribeMode(const CompileOptions& options);

// Expects that the plan for the compiled dims runs on the GPU every op with weights and every
// pooling, softmax and elementwise op. With Storage::kImage they use images unless the placement
// gives a reason.
void ExpectOnGpu(CompiledModel* compiled, const CompileOptions& options, const std::string& model);

}  // namespace mace

#endif  // TOOLS_MACE_REFERENCE_CASES_H_
