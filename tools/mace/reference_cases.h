// Whole models with inputs and the outputs that a trusted runtime gave: those of the reference
// folder's manifest (where it is present) and this project's own.
#ifndef TOOLS_MACE_REFERENCE_CASES_H_
#define TOOLS_MACE_REFERENCE_CASES_H_

#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "mace/mace.h"

namespace mace {

struct ReferenceSet {
  std::map<std::string, std::string> inputs;  // Name to .npy file.
  std::map<std::string, std::string> outputs;
  // The files' images are NHWC whatever the model declares.
  bool nhwc_inputs = false;
  int64_t first_rows = -1;  // Not -1: of each file only row `first_rows`, as a batch of one.
};

struct ReferenceCase {
  std::string name;  // Letters, digits and '_' alone.
  std::string model;
  std::vector<ReferenceSet> sets;
  double max_abs_error = 0;        // In fp32.
  double max_relative_error = -1;  // Not -1: of the expected output's range, in place of it.
  double min_cosine = -1;          // Not -1: of an 8-bit model, in place of both.
};
// For GoogleTest's messages.
void PrintTo(const ReferenceCase& reference, std::ostream* out);

// Every case in SharedFolder()/models/manifest.json; empty without the folder.
std::vector<ReferenceCase> SharedCases();
// The digits model and the networks that the build makes, MACE and TensorFlow, and the digits
// model as ONNX.
std::vector<ReferenceCase> OwnCases();
// The ONNX network NAME.onnx that the build makes, with its input `data` and its output `output`,
// which the script that made it computed in double.
ReferenceCase MadeOnnxCase(const std::string& name);

// Runs every set of the case on the model compiled with `options` and compares: names, shapes, then
// values. The limit is the case's in fp32; in fp16 2 % of the expected output's range where that is
// more. Each failure names case, mode, output, error and limit.
void CheckCase(const ReferenceCase& reference, const CompileOptions& options);

// "gpu, image, fp16", for messages.
std::string DescribeMode(const CompileOptions& options);

// Expects of the plan for the compiled dims that every op that carries weights, and every pooling, softmax and
// elementwise op, runs on the GPU, and with Storage::kImage in images unless its placement
// gives a reason.
void ExpectOnGpu(CompiledModel* compiled, const CompileOptions& options, const std::string& model);

}  // namespace mace

#endif  // TOOLS_MACE_REFERENCE_CASES_H_
