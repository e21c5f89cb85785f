// A model that is compiled for a device.
#ifndef MACE_API_COMPILED_MODEL_H_
#define MACE_API_COMPILED_MODEL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mace/api/compile_options.h"
#include "mace/api/model.h"
#include "mace/api/request.h"
#include "mace/api/statistics.h"
#include "mace/base/status.h"

namespace mace {

// Holds programs, weights and plans. A plan is for one set of input dims, and for all outputs or
// the outputs that a request selects. It is made when a request first runs with these dims and
// outputs, or in advance by Prepare, and it is kept within CompileOptions::Limits.
// A model whose shapes depend on values that only a run gives (docs/model_files.md) runs in stages:
// there is a plan for each stage and each set of such values.
//
// This class is a handle: copies refer to the same compiled model, which lives as long as any
// handle or request of it exists. A default-made handle refers to no compiled model: calls that
// return a Status give kFailedPrecondition, and the others give empty values.
//
// Thread contract: thread-safe. A thread waits for another one only if it needs the plan that the
// other one is making.
//
// Processes: a compiled model on a device belongs to the process that made it. In a forked child
// every call that returns a Status gives kFailedPrecondition, because OpenCL drivers do not survive
// a fork. Destructors in the child leave the parent's objects alone. A model compiled for "cpu"
// works in a forked child.
class CompiledModel {
 public:
  CompiledModel();
  ~CompiledModel();
  CompiledModel(const CompiledModel&);
  CompiledModel& operator=(const CompiledModel&);
  CompiledModel(CompiledModel&&) noexcept;
  CompiledModel& operator=(CompiledModel&&) noexcept;

  // Opens the device and makes the plan for the model's declared dims, with 1 for dynamic extents.
  // kDeviceError if there is no such device or the driver fails; kUnsupported for an op without
  // kernels if the fallback to the CPU is off; kResourceExhausted, with the bytes needed and the
  // limit, if there is not enough memory; kInvalidArgument for a wrong option; kCancelled if
  // CompileOptions::tuning_progress returned false. A cache file that cannot be used is only
  // logged.
  static StatusOr<CompiledModel> Compile(const Model& model,
                                         const CompileOptions& options = CompileOptions());

  // Model::Load and Compile in one call. The file is read while the device is opened, which saves
  // most of the reading time. Errors are those of Model::Load and Compile.
  static StatusOr<CompiledModel> Load(const std::string& path,
                                      const LoadOptions& load_options = LoadOptions(),
                                      const CompileOptions& options = CompileOptions());

  // The model's inputs and outputs (Model::inputs, Model::outputs).
  const std::vector<TensorSpec>& inputs() const;
  const std::vector<TensorSpec>& outputs() const;

  // Makes the plan for these input dims, compiles its programs and uploads its weights, so that the
  // first run with these dims does not wait. An input that is not named has its compiled dims. Of a
  // model that runs in stages, this is the plan of the first stage; kUnsupported if elements of its
  // inputs decide shapes.
  // kNotFound for a name that no input has, kInvalidArgument for dims that do not fit, else the
  // errors of Compile.
  Status Prepare(const DimsByName& input_dims);
  // Makes the plan for these input dims and for requests that select these outputs
  // (Request::SelectOutputs). An empty list means all outputs. kNotFound for an output that the
  // model does not have, else the errors of Prepare without outputs.
  Status Prepare(const DimsByName& input_dims, const std::vector<std::string>& outputs);

  // A new request without inputs. kResourceExhausted if there is no memory for it.
  StatusOr<Request> NewRequest();

  // Writes the new programs and measurements of all plans so far into the cache file, if there is
  // one. Requests may run meanwhile. Waits at most a second for another process that writes the
  // file. Anything that could not be written is written by a later call. kIoError if the system
  // refuses to write.
  Status SaveCache();

  // Calls SaveCache and gives the bytes of the whole cache, for CompileOptions::Cache::memory of a
  // later start. kFailedPrecondition if the model was compiled without a cache.
  StatusOr<std::vector<uint8_t>> SaveCacheToBytes();

  // The present statistics, as a copy; zeros and empty texts if there is no memory for the copy.
  Statistics statistics() const noexcept;
  // A hint for the user on how the model is computed: one line, or empty.
  std::string note() const noexcept;

  struct State;  // Internal.

 private:
  friend struct CompiledModelAccess;
  explicit CompiledModel(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace mace

#endif  // MACE_API_COMPILED_MODEL_H_
