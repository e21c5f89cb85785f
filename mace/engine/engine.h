// An engine: a compiled model and one request of it, with a caller's tensors as the layers below have
// them. The calls of before Model, CompiledModel and Request (mace/mace.h), which the command and
// the Python module still use; what they do is done there.
//
//   MACE_ASSIGN_OR_RETURN(auto engine, Engine::Create("model.pb", options));
//   MACE_ASSIGN_OR_RETURN(auto outputs, engine->Run({image}));
//
// Thread contract: an engine does one thing at a time. A call of a method that is not const, while
// another thread is in one, gets kFailedPrecondition and does nothing: each thread needs an engine
// of its own, or a request. stats(), note(), inputs() and outputs() may be called at any time. The
// destructor needs the engine alone.
//
// Processes: as mace/api/compiled_model.h says.
#ifndef MACE_ENGINE_ENGINE_H_
#define MACE_ENGINE_ENGINE_H_

#include <memory>
#include <string>
#include <vector>

#include "mace/api/compiled_model.h"
#include "mace/base/status.h"
#include "mace/engine/run_stats.h"
#include "mace/graph/graph.h"
#include "mace/graph/tensor.h"
#include "mace/plan/plan.h"
#include "mace/runtime/device_peaks.h"
#include "mace/runtime/options.h"
#include "mace/runtime/run_times.h"

namespace mace {

// An input or output as the model declares it: float16, float64, int64, uint8 and bool are what the
// caller gives and gets, while floats are computed in float32, on the CPU as on the device. An
// input that no node reads is one all the same.
struct Port {
  std::string name;
  TensorInfo info;
  std::string layout;  // "NHWC", "NCHW" or "NONE".
};

class Engine {
 public:
  // Imports, plans and prepares. kNotFound and kInvalidArgument for the model's files, kDeviceError
  // where there is no device, kFailedPrecondition in a forked child, kCorruption for a file that is
  // changed while it is read; each names the file or node. Relative paths mean the folder that is
  // current now, whatever becomes of it.
  // All of the model that is needed is read before Create returns, and its files stay open as long
  // as the engine lives. They may be deleted, or replaced by renaming other files over them: the
  // engine goes on with the model it has read, for other input shapes too. Where a file is written
  // over or cut short in place, runs with shapes that the engine has a plan for go on with the
  // weights as they were; for another shape weights are read again, and that run is kCorruption.
  static StatusOr<std::unique_ptr<Engine>> Create(const std::string& model_path,
                                                  const Options& options);
  // The same for a graph that is there already (made in code, or imported).
  static StatusOr<std::unique_ptr<Engine>> Create(std::shared_ptr<const Graph> imported,
                                                  const Options& options);
  // Does what FinishCache would do for an engine that ran, and logs a failure, unless FinishCache
  // has failed with all that there is to write.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  const std::vector<Port>& inputs() const;
  const std::vector<Port>& outputs() const;

  // Runs once: inputs in the order of inputs(), each of its declared type (float16 and float64 ones
  // take float32 too), outputs in the order of outputs(), each of its declared type and with the
  // shape that its model declares where the element counts agree, the batch as it is
  // (port_shapes.h). Inputs of other shapes than the plans' make a new plan, which is kept
  // (Options::kept_plans). kInvalidArgument names the input, expected and found. The engine keeps
  // no input once the call has returned, and the outputs belong to the caller. The cache file is
  // not written yet then: see FinishCache.
  StatusOr<std::vector<HostTensor>> Run(const std::vector<HostTensor>& inputs);
  // The same into tensors that the caller keeps: allocates nothing once the plan is there.
  // `outputs` may be empty, or hold tensors of an earlier call or MutableViews of the caller's
  // memory. A tensor is written where its dtype and shape are those of the output and no copy of it
  // exists; else a new one takes its place, and copies keep what they show. kInvalidArgument for a
  // tensor that may not be written (HostTensor::is_writable). After an error the elements of the
  // outputs are undefined.
  Status RunInto(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs);

  // For profiles. As RunInto, and when each step happened.
  Status RunTimed(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs,
                  RunTimes* times);
  // Milliseconds of the last run's launches alone, without copies (Executor::Replay). kUnsupported
  // on the CPU. REQUIRES: a run.
  StatusOr<double> Replay();
  // Limits of the device (FindDevicePeaks). kUnsupported on the CPU.
  StatusOr<DevicePeaks> FindPeaks();

  // Writes what was compiled into the cache file, where one is set and there is something new: for
  // every shape of inputs so far, whether its plan is still kept or not. Meant for the time after
  // the first answer. A driver makes the last of its code at the first run, so that a plan which
  // was compiled and never ran is run once on zeros. Waits for another process that writes the
  // file for a second at most; while the file is written the engine may run on another thread.
  // Measurements of a tuning were written when they were made. A failure changes nothing for the
  // engine, and what was not written is written by a later call.
  Status FinishCache();

  // A copy of what is known at this moment.
  RunStats stats() const;
  // What a user should know of the way the model is computed: one line, or empty.
  std::string note() const;
  // The graph as imported, after passes, and the plan, of the last run's shapes: for `inspect`. Not
  // to be called while another thread runs the engine; valid until a run with other shapes.
  const Graph& imported_graph() const;
  const Graph& graph() const;
  const Plan& plan() const;
  // What that plan was chosen among, found anew: the variants of each node, with the times that the
  // plan was made with or that the cache file holds.
  StatusOr<GraphVariants> FindVariants();

  // The compiled model, whose requests may run beside the engine.
  const CompiledModel& compiled_model() const;

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mace

#endif  // MACE_ENGINE_ENGINE_H_
