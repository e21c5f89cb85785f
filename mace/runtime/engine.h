// An engine: one model, planned onto one device, ready to run.
//
//   MACE_ASSIGN_OR_RETURN(auto engine, Engine::Create("model.pb", options));
//   MACE_ASSIGN_OR_RETURN(auto outputs, engine->Run({image}));
//
// Thread contract: an Engine is thread-compatible. Run on different engines at once is correct.
#ifndef MACE_RUNTIME_ENGINE_H_
#define MACE_RUNTIME_ENGINE_H_

#include <memory>
#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/graph/graph.h"
#include "mace/graph/tensor.h"
#include "mace/plan/plan.h"
#include "mace/runtime/device_peaks.h"
#include "mace/runtime/executor.h"
#include "mace/runtime/options.h"
#include "mace/runtime/run_stats.h"
#include "mace/runtime/run_times.h"

namespace mace {

// An input or output as the model declares it.
struct Port {
  std::string name;
  TensorInfo info;
  std::string layout;  // "NHWC", "NCHW" or "NONE".
};

class Engine {
 public:
  // Imports, plans and prepares. kNotFound and kInvalidArgument for the model's files, kDeviceError
  // where there is no device; each names the file or node. Weights are read from the mapped files
  // as long as the engine lives (for another input shape, by nodes on the CPU): a model is replaced
  // by renaming another file over it, never written over in place.
  static StatusOr<std::unique_ptr<Engine>> Create(const std::string& model_path,
                                                  const Options& options);
  // The same for a graph that is there already (made in code, or imported).
  static StatusOr<std::unique_ptr<Engine>> Create(std::shared_ptr<const Graph> imported,
                                                  const Options& options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  const std::vector<Port>& inputs() const;
  const std::vector<Port>& outputs() const;

  // Runs once: inputs in the order of inputs(), outputs in the order of outputs(), each with the
  // shape its model declares where the element counts agree. An input of another shape than the
  // plan's makes a new plan, which is kept. kInvalidArgument names the input, expected and found.
  // After the first run the cache file is not yet written: see FinishCache.
  StatusOr<std::vector<HostTensor>> Run(const std::vector<HostTensor>& inputs);
  // The same into tensors that the caller keeps: allocates nothing once the plan is there.
  // `outputs` may be empty or hold the tensors of an earlier call.
  Status RunInto(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs);

  // Another executor of the plan for the shapes of inputs(), for a Pipeline: it shares programs and
  // weights with this engine's own, and may run beside it. kUnsupported where that plan had to give
  // way to those of many other shapes. REQUIRES: the engine outlives it.
  StatusOr<std::unique_ptr<Executor>> NewExecutor();

  // For profiles. As RunInto, and when each step happened.
  Status RunTimed(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs,
                  RunTimes* times);
  // Milliseconds of the last run's launches alone, without copies (Executor::Replay). kUnsupported
  // on the CPU. REQUIRES: a run.
  StatusOr<double> Replay();
  // Limits of the device (FindDevicePeaks). kUnsupported on the CPU.
  StatusOr<DevicePeaks> FindPeaks();

  // Writes what the first run compiled into the cache file, where one is set; does nothing
  // otherwise or a second time. Called by the destructor too; a failure is a log line there and a
  // Status here, the engine works on.
  Status FinishCache();

  const RunStats& stats() const;
  // What a user should know of the way the model is computed: one line, or empty.
  std::string note() const;
  // The graph as imported, after passes, and the plan: for `inspect`.
  const Graph& imported_graph() const;
  const Graph& graph() const;
  const Plan& plan() const;

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mace

#endif  // MACE_RUNTIME_ENGINE_H_
