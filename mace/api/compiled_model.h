// A model on a device.
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

// Programs, weights and plans. A plan belongs to one set of input dims, and to all outputs or to a
// set that a request selects: it is made when a request first runs with them, or ahead by Prepare,
// and kept within CompileOptions::Limits.
//
// A handle: copies are the same compiled model, which lives as long as a handle or a request of it.
// Thread-safe: a thread waits for another one only where it wants the plan that the other one is
// making. A default-made one is none, and every use of it is kFailedPrecondition.
//
// Processes: a compiled model on a device belongs to the process that made it. In a forked child
// every use is kFailedPrecondition, since OpenCL's drivers do not survive a fork; destructors there
// touch nothing of the parent's. "cpu" works there.
class CompiledModel {
 public:
  CompiledModel();
  ~CompiledModel();
  CompiledModel(const CompiledModel&);
  CompiledModel& operator=(const CompiledModel&);
  CompiledModel(CompiledModel&&) noexcept;
  CompiledModel& operator=(CompiledModel&&) noexcept;

  // Opens the device and makes the plan for the dims that the model declares, a dynamic extent
  // taken as 1. kDeviceError where there is no such device or the driver fails, kUnsupported for an
  // op without kernels where falling back is off, kResourceExhausted with what is needed and what
  // there is, kInvalidArgument for an option. A cache file that cannot be used is a line in the
  // log.
  static StatusOr<CompiledModel> Compile(const Model& model,
                                         const CompileOptions& options = CompileOptions());

  // Model::Load and Compile at once: the file is read while the device is opened, which makes a
  // start shorter by most of that time. Errors of both.
  static StatusOr<CompiledModel> Load(const std::string& path,
                                      const LoadOptions& load_options = LoadOptions(),
                                      const CompileOptions& options = CompileOptions());

  // As Model::inputs and outputs.
  const std::vector<TensorSpec>& inputs() const;
  const std::vector<TensorSpec>& outputs() const;

  // Makes the plan for these input dims, compiles and uploads, so that the first run with them
  // waits for nothing. An input that is not named has the dims that it was compiled with.
  Status Prepare(const DimsByName& input_dims);
  // The same for requests that select these outputs (Request::SelectOutputs); none: all. kNotFound
  // for an output that the model does not have.
  Status Prepare(const DimsByName& input_dims, const std::vector<std::string>& outputs);

  StatusOr<Request> NewRequest();

  // Writes what was compiled, for every set of dims so far, into the cache file, where one is set
  // and there is something new. Requests may run meanwhile. Waits at most a second for another
  // process that writes the file. What could not be written is written by a later call.
  Status SaveCache();

  // SaveCache, and then the bytes of the whole cache, wherever it stands: for
  // CompileOptions::Cache::memory of a later start. kFailedPrecondition where no cache was asked for.
  StatusOr<std::vector<uint8_t>> SaveCacheToBytes();

  // A copy of what is known at this moment. Where there is no memory for it, one of zeros and empty
  // texts.
  Statistics statistics() const noexcept;
  // What a user should know of the way the model is computed: one line, or empty.
  std::string note() const noexcept;

  struct State;  // Of the engine alone.

 private:
  friend struct CompiledModelAccess;
  explicit CompiledModel(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace mace

#endif  // MACE_API_COMPILED_MODEL_H_
