// A look inside compiled models: what a model holds, where its nodes run and why, where a run's time
// goes, and which node departs from the CPU reference. For developers of models and of this engine;
// an app needs mace/mace.h alone. It is no part of libmace.so: link //mace/diagnose.
//
//   auto report  = mace::ReportModel(&request);
//   auto profile = mace::ProfileRuns(&request, 20);
//   auto layers  = mace::CompareLayers(&request);
//
// Functions that take a request are about the plan for the inputs that it has and for all outputs,
// whichever it selects: an input that is not set counts with the dims that the model was compiled
// with. A plan that is not there yet is made, with the errors of CompiledModel::Prepare. A request
// that is at work is kFailedPrecondition, as is one without a compiled model. The outputs that
// Request::Get gives stay as they are.
//
// Threads: as for the methods of a request (mace/api/request.h).
#ifndef MACE_DIAGNOSE_H_
#define MACE_DIAGNOSE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mace/api/compiled_model.h"
#include "mace/api/request.h"
#include "mace/api/tensor.h"
#include "mace/base/status.h"
#include "mace/graph/difference.h"

namespace mace {

// Where one node of the plan runs. Nodes that were fused are one.
struct NodeReport {
  enum class Place : uint8_t {
    kImage,   // On the device, its results in images.
    kBuffer,  // On the device, its results in buffers.
    kCpu,
    kFolded,  // Nothing is left to do for it.
  };
  std::string name;
  std::string type;
  Place place = Place::kFolded;
  std::string variant;  // Empty where it does not run on the device.
  std::string why;      // On the CPU, or kept to buffers by a limit of the device: the reason.
  size_t launches = 0;  // Of a run of the plan: for one slice where the batch is cut.
  size_t steps = 0;     // Of an elementwise node that was fused: its functions. Else 0.
};

// What a plan takes of the device's memory, in bytes.
struct MemoryReport {
  uint64_t weight_bytes = 0;      // As they lie on the device.
  uint64_t activation_bytes = 0;  // All of them as they are laid out.
  uint64_t live_bytes = 0;        // The largest sum of activations that are needed at once.
  uint64_t bound_bytes = 0;       // weight_bytes and 1.3 times live_bytes: what plans keep to.
  std::string why_above_bound;    // Empty where they do.

  uint64_t device_bytes() const { return weight_bytes + activation_bytes; }
};

struct ModelReport {
  std::string format;              // "mace", "tensorflow" or "onnx"; empty: made in code.
  std::map<std::string, int> ops;  // Nodes of the model as it was read, by type.
  int64_t parameters = 0;          // Elements of the model's constants,
  uint64_t parameter_bytes = 0;    // and their bytes in the file.
  double flops = 0;                // Of a run; a multiply-add counts as two.
  double bytes = 0;                // Of a run: each operand of a node read or written once.
  std::vector<NodeReport> nodes;   // After the passes, in the order in which they run.
  // Launches that follow one another are one kernel, so that they cannot be timed one by one:
  // CompileOptions::separate_launches keeps them apart.
  bool has_persistent_kernels = false;
  MemoryReport memory;
};

StatusOr<ModelReport> ReportModel(Request* request);

// The stages of a model's way to launches.
enum class Stage {
  kGraph,     // The graph as it was read.
  kPasses,    // The graph after the passes.
  kVariants,  // Each variant that a node could run as, with the times that are known.
  kPlan,      // What was chosen: placements, memory, launches.
};

// A stage as text, one line a node, variant or step. The text is for people: it has no fixed form.
StatusOr<std::string> DescribeStage(Request* request, Stage stage);

// What a device can do at most: the two limits of a roofline.
struct PeakRates {
  // The rate of float32 multiply-adds in registers; multiply and add count as two. In 10^9 a
  // second.
  double gflop_per_s = 0;
  // Read and written by a copy from buffer to buffer that is larger than the usual caches, in 10^9
  // bytes a second.
  double gb_per_s = 0;
  bool recorded = false;  // Found in the cache file, and not measured now.
};

// As the cache file holds them for this device and driver; else measured, which takes about half a
// second and a compile, and written into the file at once. kUnsupported on the CPU; kNotFound where
// MACE_REQUIRE_CACHE=1 forbids the compile.
StatusOr<PeakRates> FindPeakRates(const CompiledModel& compiled);

// A node of the plan, a conversion between formats, or a copy to or from the host. All times are
// medians over the runs, in milliseconds.
struct ProfiledOp {
  std::string name;     // Of the node, or of the value that is converted or copied.
  std::string type;     // The node's, or "(conversion)", "(upload)", "(download)".
  std::string variant;  // "cpu" on the CPU; of a conversion, its kernel.
  std::string inputs;   // Shapes, such as "[1, 56, 56, 64]".
  std::string outputs;
  size_t launches = 0;
  double ms = 0;       // On the device; on the host for what has no event there.
  double host_ms = 0;  // The host's part.
  // The least work: operations, and bytes with each operand read or written once.
  double flops = 0;
  double bytes = 0;
};

// A launch, a copy, or a node on the CPU.
struct ProfiledStep {
  size_t op = 0;     // Index into Profile::ops.
  std::string name;  // The kernel, or what is done.
};

// When a run and its steps happened, in milliseconds of the host's monotonic clock.
struct ProfiledRun {
  struct Times {
    // The host's part: enqueueing a launch, waiting for a copy, computing a node on the CPU.
    double host_begin = 0;
    double host_end = 0;
    // The device's clock, set beside the host's. A library's call runs from where the command before
    // it ended.
    bool on_device = false;
    double device_begin = 0;
    double device_end = 0;
  };
  double begin = 0;
  double end = 0;
  std::vector<Times> steps;  // For each of Profile::steps.
};

struct Profile {
  std::vector<ProfiledOp> ops;      // In the order of the plan; those that took part in the runs.
  std::vector<ProfiledStep> steps;  // In the order of a run: all of a plan, slice by slice.
  std::vector<ProfiledRun> runs;
  size_t shortest = 0;  // Index of the run that took the least time.
  double ops_ms = 0;    // The sum over ops.
  double run_ms = 0;    // Host inputs to host outputs, timing included.
  // Between the end of a command on the device and the begin of the next, while neither was a copy.
  double idle_ms = 0;
  double host_ms = 0;  // Enqueueing launches.
  double flops = 0;    // The sums over ops.
  double bytes = 0;
};

// Runs once, which is not counted, and then `runs` times, at least once, with the times of each
// step. Looking costs time: such runs are slower than others. kFailedPrecondition where an input is
// not set; else the errors of Request::Run.
StatusOr<Profile> ProfileRuns(Request* request, int runs);

// The launches of a run once more, without any copy: milliseconds until the device has done them.
// They compute from what the last run of the plan left in memory, so that only the time has a
// meaning. kUnsupported where a node runs on the CPU. REQUIRES: a run of the request.
StatusOr<double> ReplayLaunches(Request* request);

// As Compare(HostTensor) of mace/graph/difference.h: NaN equals NaN, and both are compared as
// float32. kInvalidArgument for an empty tensor, kResourceExhausted where there is no memory.
StatusOr<Difference> Compare(const Tensor& expected, const Tensor& actual);

// The largest error that passes unless somebody says otherwise, as a share of the range of the
// expected output.
double DefaultTolerance(CompileOptions::Precision precision);

// One node on the device against the CPU reference.
struct LayerReport {
  std::string name;
  std::string type;
  std::string variant;    // Empty on the CPU.
  bool compared = false;  // False: it runs on the CPU, or only gives its memory another name.
  // The output that is worst by the error's share of its range: of the node alone, on the inputs
  // that the reference computed,
  Difference own;
  Difference carried;  // and with all nodes before it on the device too.
  // Not 0: the node rounds to int8, and a value beside a tie may be off by this much.
  double rounding_step = 0;
};

// A node as a model of its own.
struct NodeModel {
  std::string model;             // A MACE `.pb`,
  std::vector<uint8_t> weights;  // and its `.data`.
  // By name: what the CPU reference computed for the node within its model.
  std::vector<std::pair<std::string, Tensor>> inputs;
};

class LayerComparison {
 public:
  const std::vector<LayerReport>& layers() const;  // In the order in which they run.
  // kUnsupported for a node that a MACE model cannot hold. REQUIRES: layer < layers().size().
  StatusOr<NodeModel> Extract(size_t layer) const;

  struct State;  // Of mace/diagnose alone.
  explicit LayerComparison(std::shared_ptr<const State> state);

 private:
  std::shared_ptr<const State> state_;
};

// Runs each node of the plan alone on the device, as the variant that the plan chose, on the values
// that the CPU reference computes from the request's inputs, and all of them together with every
// value as an output. kUnsupported on the CPU, and for a plan that cuts the batch into slices
// (CompileOptions::split_batch); kFailedPrecondition where an input is not set; else the errors of
// building and running.
StatusOr<LayerComparison> CompareLayers(Request* request);

}  // namespace mace

#endif  // MACE_DIAGNOSE_H_
