// Diagnosis of compiled models: what a model holds, where its nodes run and why, where a run's time
// goes, and which node differs from the CPU reference. For developers of models and of this engine;
// an app only needs mace/mace.h. These functions are not part of libmace.so: link //mace/diagnose.
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
// A model that runs in stages (CompiledModel) has a plan for each stage, and only a run tells which:
// ReportModel, DescribeStage, ReportGraph and ProfileRuns run it with the request's inputs, which
// must all be set (else kFailedPrecondition), and are about all stages together. ReplayLaunches and
// CompareLayers are kUnsupported for it.
//
// Threads: the rules for methods of a request (mace/api/request.h).
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

// Where one node of the plan runs. Fused nodes count as one node.
struct NodeReport {
  enum class Place : uint8_t {
    kImage,   // On the device, with results in images.
    kBuffer,  // On the device, with results in buffers.
    kCpu,
    kFolded,  // It needs no work in a run.
  };
  std::string name;
  std::string type;
  Place place = Place::kFolded;
  std::string variant;  // Empty unless it runs on the device.
  std::string why;      // Why it runs on the CPU, or which device limit keeps it in buffers.
  size_t launches = 0;  // Launches in a run of the plan, which is one slice of a batch.
  size_t steps = 0;     // Functions of a fused elementwise node; 0 for other nodes.
};

// The device memory of a plan, in bytes.
struct MemoryReport {
  uint64_t weight_bytes = 0;      // Packed weights.
  uint64_t activation_bytes = 0;  // Memory that activations share.
  uint64_t live_bytes = 0;        // The largest sum of activations that are needed at once.
  // The bound for plans: weight_bytes plus 1.3 times live_bytes; on a GPU with memory of its own at
  // least 32 MiB beyond weights and live activations.
  uint64_t bound_bytes = 0;
  std::string why_above_bound;  // Why the plan exceeds the bound; empty if it does not.

  uint64_t device_bytes() const { return weight_bytes + activation_bytes; }
};

struct ModelReport {
  std::string format;              // "mace", "tensorflow", "tflite", "onnx"; empty: made in code.
  std::map<std::string, int> ops;  // Number of the model's nodes by type, before the passes.
  int64_t parameters = 0;          // Elements of the model's constants.
  uint64_t parameter_bytes = 0;    // Bytes of these constants in the file.
  double flops = 0;                // Operations of a run; a multiply-add counts as two.
  double bytes = 0;                // Bytes of a run: each operand of a node read or written once.
  std::vector<NodeReport> nodes;   // After the passes, in the order in which they run.
  // True: one kernel runs several successive launches, which cannot be timed one by one.
  // CompileOptions::separate_launches avoids that.
  bool has_persistent_kernels = false;
  MemoryReport memory;
};

// Reports the model, and the plan for the request's inputs.
StatusOr<ModelReport> ReportModel(Request* request);

// The stages from a model to launches.
enum class Stage {
  kGraph,     // The graph before the passes.
  kPasses,    // The graph after the passes.
  kVariants,  // The variants of each node, with the known times.
  kPlan,      // The plan: placements, memory, launches.
};

// A stage as text, with a line for each node, variant or step. The text is for people; its form may
// change.
StatusOr<std::string> DescribeStage(Request* request, Stage stage);

// The graph of a plan, for drawing it.
struct GraphReport {
  struct Value {
    std::string name;
    std::string dtype;  // "float32".
    std::vector<int64_t> dims;
    bool constant = false;  // A weight, or a result that was folded.
  };
  // A way in which a node can run on the device.
  struct Variant {
    std::string name;
    bool image = false;     // Its results lie in images.
    std::string precision;  // "f32", "f16" or "i8".
    size_t launches = 0;
    double ms = 0;  // Measured, or an estimate that only compares variants of a node.
    bool measured = false;
    bool needs_measurement = false;  // It is not chosen before it was measured.
    bool chosen = false;
  };
  struct Node {
    NodeReport report;
    std::vector<int> inputs;   // Indices into `values`; -1: an optional input that is not given.
    std::vector<int> outputs;  // Likewise.
    std::vector<std::pair<std::string, std::string>> attributes;  // Names and texts.
    // What passes have put into the node: "activation RELU", "residual", the functions of a fused
    // elementwise node.
    std::vector<std::string> fused;
    std::vector<Variant> variants;  // Empty on the CPU.
  };
  std::vector<Value> values;
  std::vector<Node> nodes;  // After the passes, in the order in which they run.
  // The names of the graph's inputs and outputs, with the index of their value.
  std::vector<std::pair<std::string, int>> inputs;
  std::vector<std::pair<std::string, int>> outputs;
};

// Reports the graph of the plan for the request's inputs.
StatusOr<GraphReport> ReportGraph(Request* request);

// The two limits of the roofline model: the most that a device can do.
struct PeakRates {
  // The rate of float32 multiply-adds in registers, in 10^9 operations a second; multiply and add
  // count as two.
  double gflop_per_s = 0;
  // The bandwidth of a copy between buffers larger than the usual caches, in 10^9 bytes read or
  // written a second.
  double gb_per_s = 0;
  bool recorded = false;  // Read from the cache file, not measured in this process.
};

// The peak rates from the cache file, for this device and driver. If there are none, they are
// measured (about half a second and a compile) and written into the file at once. kUnsupported on
// the CPU; kNotFound if MACE_REQUIRE_CACHE=1 forbids the compile.
StatusOr<PeakRates> FindPeakRates(const CompiledModel& compiled);

// One op of a profile: a node of the plan, a conversion between formats, or a copy to or from the
// host. All times are medians over the runs, in milliseconds.
struct ProfiledOp {
  std::string name;     // The node's name, or that of the value that is converted or copied.
  std::string type;     // The node's type, or "(conversion)", "(upload)", "(download)".
  size_t stage = 0;     // Its stage, of a model that runs in stages (CompiledModel).
  std::string variant;  // "cpu" on the CPU; the kernel of a conversion.
  std::string inputs;   // Shapes, such as "[1, 56, 56, 64]".
  std::string outputs;
  size_t launches = 0;
  double ms = 0;       // Time on the device, or on the host if the device does nothing for it.
  double host_ms = 0;  // Time on the host.
  // The least work of the op: operations, and bytes if each operand is read or written once.
  double flops = 0;
  double bytes = 0;
};

// A step of a run: a launch, a copy, or a node on the CPU.
struct ProfiledStep {
  size_t op = 0;     // Index into Profile::ops.
  std::string name;  // The kernel's name, or a description.
};

// When a run and its steps happened, in milliseconds of the host's monotonic clock.
struct ProfiledRun {
  struct Times {
    // Host time: enqueueing a launch, waiting for a copy, or computing a node on the CPU.
    double host_begin = 0;
    double host_end = 0;
    // Device time, converted to the host's clock. A library call begins when the command before it
    // ended.
    bool on_device = false;
    double device_begin = 0;
    double device_end = 0;
  };
  double begin = 0;
  double end = 0;
  std::vector<Times> steps;  // One entry for each of Profile::steps.
};

struct Profile {
  std::vector<ProfiledOp> ops;      // The ops of the runs, in the order of the plan.
  std::vector<ProfiledStep> steps;  // In the order of a run: all steps, slice by slice.
  std::vector<ProfiledRun> runs;
  size_t shortest = 0;  // Index of the fastest run.
  size_t stages = 1;    // More than one only for a model that runs in stages (CompiledModel).
  double ops_ms = 0;    // Sum over ops.
  double run_ms = 0;    // Host inputs to host outputs, including the timing itself.
  // Idle time of the device between commands, except beside copies.
  double idle_ms = 0;
  double host_ms = 0;  // Time of enqueueing launches.
  double flops = 0;    // Sum over ops, like the next member.
  double bytes = 0;
};

// Runs once without counting, and then `runs` times (at least once) with the times of each step.
// Timed runs are slower than others. kFailedPrecondition if an input is not set; else the errors of
// Request::Run.
StatusOr<Profile> ProfileRuns(Request* request, int runs);

// Repeats the launches of the last run without any copy, and gives the milliseconds until the
// device is done. The launches read whatever the last run left in memory, so only the time has a
// meaning. kUnsupported if a node runs on the CPU. REQUIRES: the request has run.
StatusOr<double> ReplayLaunches(Request* request);

// Compares the tensors as float32; NaN equals NaN (mace/graph/difference.h). kInvalidArgument for
// an empty tensor, kResourceExhausted if there is no memory.
StatusOr<Difference> Compare(const Tensor& expected, const Tensor& actual);

// The default tolerance: the largest error that passes, as a share of the expected output's range.
double DefaultTolerance(CompileOptions::Precision precision);

// The comparison of one node on the device with the CPU reference.
struct LayerReport {
  std::string name;
  std::string type;
  std::string variant;    // Empty on the CPU.
  bool compared = false;  // False: it runs on the CPU, or only renames memory.
  // The differences of the output with the largest error relative to its range:
  Difference own;      // if only this node runs on the device, with inputs from the reference
  Difference carried;  // if all nodes before it run on the device, too
  // Not 0: the node rounds to int8, and a value near a tie may be off by this much.
  double rounding_step = 0;
};

// One node as a model.
struct NodeModel {
  std::string model;             // The bytes of a MACE `.pb`.
  std::vector<uint8_t> weights;  // The bytes of its `.data`.
  // By name: the inputs that the CPU reference computed for the node.
  std::vector<std::pair<std::string, Tensor>> inputs;
};

class LayerComparison {
 public:
  const std::vector<LayerReport>& layers() const;  // In the order in which they run.
  // The node of a layer as a model. kUnsupported for a node that a MACE model cannot hold.
  // REQUIRES: layer < layers().size().
  StatusOr<NodeModel> Extract(size_t layer) const;

  struct State;  // Internal.
  explicit LayerComparison(std::shared_ptr<const State> state);

 private:
  std::shared_ptr<const State> state_;
};

// Compares the device with the CPU reference, node by node. Runs each node alone on the device, as
// the variant that the plan chose, with inputs that the reference computes from the request's
// inputs; then runs all nodes together with every value as an output. kUnsupported on the CPU and
// for a plan that cuts the batch into slices (CompileOptions::split_batch); kFailedPrecondition if
// an input is not set; else the errors of building and running.
StatusOr<LayerComparison> CompareLayers(Request* request);

}  // namespace mace

#endif  // MACE_DIAGNOSE_H_
