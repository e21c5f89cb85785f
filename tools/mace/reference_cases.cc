#include "tools/mace/reference_cases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "mace/base/files.h"
#include "mace/diagnose.h"
#include "tools/mace/manifest.h"
#include "tools/mace/tensors.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

// Test names of GoogleTest may hold letters, digits and '_' only.
std::string TestName(const std::string& name) {
  std::string clean = name;
  std::replace_if(
      clean.begin(), clean.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return clean;
}

ReferenceCase FromManifest(const ManifestCase& entry) {
  ReferenceCase reference;
  // Two formats may have cases of the same name.
  reference.name = TestName(entry.format + "_" + entry.name);
  reference.model = entry.model;
  for (const ManifestSet& files : entry.sets) {
    ReferenceSet set;
    set.inputs = files.inputs;
    set.outputs = files.outputs;
    reference.sets.push_back(std::move(set));
  }
  reference.max_abs_error = entry.max_abs_error.value_or(0);
  reference.min_cosine = entry.min_cosine;
  return reference;
}

ReferenceCase DigitsCase(const std::string& name, const std::string& model) {
  const std::string folder = "models/digits/";
  ReferenceCase digits;
  digits.name = name;
  digits.model = ProjectFile(folder + model);
  for (int64_t row : {0, 1, 359}) {
    ReferenceSet set;
    set.inputs["input"] = ProjectFile(folder + "heldback/inputs.npy");
    set.outputs["output"] = ProjectFile(folder + "heldback/expected.npy");
    set.first_rows = row;
    set.nhwc_inputs = true;
    digits.sets.push_back(std::move(set));
  }
  digits.max_abs_error = 1e-4;
  return digits;
}

ReferenceCase MadeCase(const std::string& network, const std::string& ending) {
  ReferenceCase made;
  made.name = TestName("made_" + network + ending);
  made.model = MadeModel(network + ending + ".pb");
  ReferenceSet set;
  set.inputs["input"] = MadeModel(network + "_input.npy");
  set.outputs["output"] = MadeModel(network + "_expected.npy");
  made.sets.push_back(std::move(set));
  // The outputs are probabilities of few classes, summed in double precision by the script.
  made.max_relative_error = 1e-4;
  return made;
}

HostTensor LoadRow(const std::string& path, int64_t row) {
  HostTensor tensor = LoadFloats(path);
  return row < 0 ? tensor : RowOf(tensor, row);
}

HostTensor ToNchw(const HostTensor& nhwc) {
  const Shape& from = nhwc.shape();
  HostTensor nchw =
      *HostTensor::Allocate({DType::kFloat32, Shape{from[0], from[3], from[1], from[2]}});
  const int64_t pixels = from[1] * from[2], channels = from[3];
  for (int64_t i = 0; i < from.elements(); ++i) {
    const int64_t image = i / (pixels * channels), pixel = i / channels % pixels;
    nchw.f32()[(image * channels + i % channels) * pixels + pixel] = nhwc.f32()[i];
  }
  return nchw;
}

// Describes the first axis on which two shapes differ.
std::string FirstDifference(const Shape& expected, const Shape& found) {
  if (expected.rank() != found.rank())
    return "rank " + std::to_string(expected.rank()) + " and " + std::to_string(found.rank());
  for (int axis = 0; axis < expected.rank(); ++axis) {
    if (expected[axis] != found[axis]) return "axis " + std::to_string(axis);
  }
  return "no axis";
}

double LimitOf(const ReferenceCase& reference, const CompileOptions& options,
               const Difference& difference) {
  double limit = reference.max_relative_error >= 0 ? reference.max_relative_error * difference.range
                                                   : reference.max_abs_error;
  if (options.precision == CompileOptions::Precision::kFloat32) return limit;
  // The manifest's limit includes the error of a model with half weights.
  return std::max(limit, DefaultTolerance(options.precision) * difference.range);
}

void CheckOutput(const ReferenceCase& reference, const CompileOptions& options,
                 const std::string& what, const HostTensor& expected, const HostTensor& actual) {
  ASSERT_EQ(expected.shape(), actual.shape())
      << what << ": expected " << expected.shape().ToString() << ", found "
      << actual.shape().ToString() << ", first at "
      << FirstDifference(expected.shape(), actual.shape());
  const Difference difference = Compare(expected, actual);
  if (reference.min_cosine > -1) {
    const bool half = options.precision == CompileOptions::Precision::kFloat16;
    EXPECT_GE(difference.cosine,
              half ? std::min(reference.min_cosine, kHalfCosine) : reference.min_cosine)
        << what;
    return;
  }
  const double limit = LimitOf(reference, options, difference);
  EXPECT_LE(difference.max_abs_error, limit)
      << what << ": max abs error " << difference.max_abs_error << " above " << limit << ", range "
      << difference.range << ", cosine " << difference.cosine;
}

void CheckSet(const ReferenceCase& reference, const CompileOptions& options,
              const std::string& what, const ReferenceSet& set, CompiledModel* compiled) {
  std::vector<HostTensor> inputs;
  for (const TensorSpec& io : CompiledInputs(*compiled)) {
    const auto file = set.inputs.find(io.name);
    ASSERT_NE(file, set.inputs.end()) << what << ": no data for the input " << io.name;
    inputs.push_back(LoadRow(file->second, set.first_rows));
    // A converted model keeps its source's order of axes without declaring it.
    const bool is_nchw = inputs.back().shape().dims() != io.dims;
    if (set.nhwc_inputs && is_nchw) inputs.back() = ToNchw(inputs.back());
  }
  const std::vector<HostTensor> outputs = RunOrFail(compiled, inputs);
  ASSERT_EQ(outputs.size(), compiled->outputs().size()) << what;
  std::set<std::string> compared;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const std::string& name = compiled->outputs()[i].name;
    const auto file = set.outputs.find(name);
    ASSERT_NE(file, set.outputs.end()) << what << ": an unexpected output: " << name;
    compared.insert(name);
    CheckOutput(reference, options, what + ", output " + name,
                LoadRow(file->second, set.first_rows), outputs[i]);
  }
  EXPECT_EQ(compared.size(), set.outputs.size()) << what << ": an expected output is missing";
}

}  // namespace

void PrintTo(const ReferenceCase& reference, std::ostream* out) { *out << reference.model; }

std::vector<ReferenceCase> SharedCases() {
  std::vector<ReferenceCase> cases;
  const std::string shared = SharedFolder();
  if (shared.empty()) return cases;
  StatusOr<std::vector<ManifestCase>> manifest = ReadManifest(JoinPath(shared, "models"));
  EXPECT_TRUE(manifest.ok()) << manifest.status().message();
  if (!manifest.ok()) return cases;
  for (const ManifestCase& entry : *manifest) {
    cases.push_back(FromManifest(entry));
  }
  return cases;
}

std::vector<ReferenceCase> OwnCases() {
  std::vector<ReferenceCase> cases = {DigitsCase("digits_mace", "digits.pb"),
                                      DigitsCase("digits_tf", "digits_frozen.pb"),
                                      DigitsCase("digits_onnx", "digits.onnx")};
  for (const char* network :
       {"mobilenet_v1", "mobilenet_v2", "squeezenet", "resnet50", "inception_v3"}) {
    for (const char* ending : {"", "_frozen"}) cases.push_back(MadeCase(network, ending));
  }
  return cases;
}

ReferenceCase MadeOnnxCase(const std::string& name) {
  ReferenceCase reference;
  reference.name = name;
  reference.model = MadeModel(name + ".onnx");
  reference.sets.resize(1);
  reference.sets[0].inputs["data"] = MadeModel(name + "_input.npy");
  reference.sets[0].outputs["output"] = MadeModel(name + "_expected.npy");
  reference.max_relative_error = 1e-5;
  return reference;
}

std::string DescribeMode(const CompileOptions& options) {
  std::string mode = options.device;
  if (options.device != "cpu") {
    mode += options.storage == CompileOptions::Storage::kImage    ? ", image"
            : options.storage == CompileOptions::Storage::kBuffer ? ", buffer"
                                                                  : ", auto";
  }
  return mode + (options.precision == CompileOptions::Precision::kFloat16 ? ", fp16" : ", fp32");
}

void CheckCase(const ReferenceCase& reference, const CompileOptions& options) {
  const std::string mode = reference.name + " (" + DescribeMode(options) + ")";
  std::optional<CompiledModel> compiled = CompileOrFail(reference.model, options);
  ASSERT_TRUE(compiled.has_value()) << mode;
  for (size_t i = 0; i < reference.sets.size(); ++i)
    CheckSet(reference, options, mode + ", set " + std::to_string(i), reference.sets[i],
             &*compiled);
  if (options.device != "cpu") ExpectOnGpu(&*compiled, options, mode);
}

void ExpectOnGpu(CompiledModel* compiled, const CompileOptions& options, const std::string& model) {
  static const std::set<std::string>* const kMustRunOnGpu = new std::set<std::string>{
      "Activation", "BatchNorm",      "BiasAdd",          "Conv2D", "Deconv2D", "DepthwiseConv2d",
      "Eltwise",    "FullyConnected", "FusedElementwise", "MatMul", "Pooling",  "Softmax"};
  for (const CpuNode& op : compiled->statistics().cpu_node_list) {
    EXPECT_EQ(kMustRunOnGpu->count(op.type), 0u)
        << model << ": " << op.name << " (" << op.type << ") ran on the CPU: " << op.why;
  }
  if (options.storage != CompileOptions::Storage::kImage) return;
  StatusOr<Request> request = compiled->NewRequest();
  ASSERT_TRUE(request.ok()) << request.status().message();
  const StatusOr<ModelReport> report = ReportModel(&*request);
  ASSERT_TRUE(report.ok()) << report.status().message();
  for (const NodeReport& node : report->nodes) {
    if (kMustRunOnGpu->count(node.type) == 0) continue;
    if (node.place != NodeReport::Place::kBuffer) continue;
    EXPECT_FALSE(node.why.empty())
        << model << ": " << node.name << " (" << node.type << ") is in a buffer, variant "
        << node.variant << ", for no reason given";
  }
}

}  // namespace mace
