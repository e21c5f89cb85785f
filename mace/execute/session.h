// Binds a plan to a device and runs it.
//
// Create (slow) makes memory, packed weights, programs, kernels and every argument of every launch.
// Run (fast) enqueues the launches and moves inputs and outputs, once for each slice of a batch
// that the plan cuts. It waits only for results that the host reads. It does not allocate, except
// in steps on the CPU and in views of slices.
//
// Errors: kInvalidArgument names an int64 that does not fit the int32 in which devices hold it, and
// what a kernel reports (ops/fault_record.h). kDeviceError names the call, the error, the kernel and
// the node. kDeviceLost if the driver reports a lost device, in a call or, after a call failed, in
// the queue. When a run
// returns, with an error too, none of its commands is at work and no tensor of the caller is
// referred to.
// Thread contract: thread-compatible. Sessions of one device may run at the same time, each with
// its own queue. In a forked child (cl/opencl_process.h) runs give kFailedPrecondition, and the
// destructor leaves the device alone.
#ifndef MACE_EXECUTE_SESSION_H_
#define MACE_EXECUTE_SESSION_H_

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mace/base/byte_count.h"
#include "mace/cl/compiler.h"
#include "mace/cl/library_call.h"
#include "mace/cl/queue.h"
#include "mace/execute/cpu_tensors.h"
#include "mace/execute/device_tensors.h"
#include "mace/execute/device_weights.h"
#include "mace/execute/executor.h"
#include "mace/execute/fault_reports.h"
#include "mace/execute/run_times.h"
#include "mace/plan/plan.h"

namespace mace {

// The purpose of a session: to run a model, or to measure a trial (tune/trial.h), whose programs
// are not stored.
enum class SessionUse { kModel, kTrial };

class Session : public Executor {
 public:
  // `programs`: the plan's programs if they are built already. `store`: holds the weights that the
  // model's plans share; null: this plan shares none. `compiler` and `store` are not kept.
  static StatusOr<std::unique_ptr<Session>> Create(
      std::shared_ptr<const Plan> plan, ProgramCompiler* compiler,
      std::vector<std::shared_ptr<const BuiltProgram>> programs = {},
      SessionUse use = SessionUse::kModel, WeightStore* store = nullptr);

  // The nodes of a plan with kernels of their own that the driver refuses or has crashed in, as far
  // as the compiler's store has records of them.
  static std::vector<size_t> RefusedNodes(const Plan& plan, const ProgramCompiler& compiler);

  // Another session of the same plan with its own queue and activations; programs and weights are
  // shared. Both may run at the same time. `compiler` is not kept.
  StatusOr<std::unique_ptr<Session>> CloneForConcurrentRun(ProgramCompiler* compiler) const;

  // Waits for commands that are still at work, since a failed measurement may leave launches
  // behind.
  ~Session() override;

  // Adds this session's activation memory to `count` (may be null) until the session ends. Weights
  // are counted by their store.
  void CountBytes(std::shared_ptr<ByteCount> count);

  Status Run(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs) override;
  // Uses a profiling queue of its own, made at the first call.
  Status RunTimed(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs,
                  RunTimes* times) override;
  // True if no node on the CPU reads or makes the tensor, so that it is copied on the device.
  bool TakesBuffer(size_t input, DType dtype) const override;
  bool GivesBuffer(size_t output, DType dtype) const override;
  bool LeavesOut(size_t output) const override;
  Status RunWith(const RunBindings& bindings, const std::vector<HostTensor>& inputs,
                 std::vector<HostTensor>* outputs) override;
  StatusOr<double> Replay() override;

  // Milliseconds that the launches of one node take: the mean of the fastest of several batches,
  // measured within about `limit_ms` in total. REQUIRES: Run was called, since drivers make code at
  // a first launch.
  StatusOr<double> MeasureNode(int node, double limit_ms);

  const std::vector<std::shared_ptr<const BuiltProgram>>& programs() const { return programs_; }
  // Whether a run of this session or of a clone has succeeded, so that every launch has finished
  // once.
  bool has_run() const { return *has_run_; }
  // The number of programs that another session of the compiler had asked for before.
  size_t reused_programs() const { return reused_programs_; }
  // Programs of a library that were built for this session's calls.
  const CacheLayerScope::Counts& library_programs() const { return library_programs_; }
  size_t launches_per_run() const { return launches_per_run_; }
  // Device memory of this session alone: activations without weights.
  size_t activation_bytes() const { return memory_.bytes(); }
  // Time spent creating and building programs and kernels, in milliseconds.
  double program_ms() const { return program_ms_; }

 private:
  struct BoundLaunch {
    ClKernel kernel;
    std::optional<ClLibraryCall> call;  // Replaces the kernel if set.
    WorkSize global = {1, 1, 1};
    WorkSize local = {1, 1, 1};
    int node = -1;
    int program = 0;  // In programs_.
  };

  // The queue for a step's command, the event that it leaves (null: none), and whether a transfer
  // must be done when the step ends.
  struct CommandTarget {
    ClQueue* queue;
    ClEventHandle* event = nullptr;
    bool wait = true;
  };

  // Plan::persistent_launches[i], bound twice: successive runs use the two halves of its state in
  // turn.
  struct BoundPersistentLaunch {
    ClMemory table, state;
    std::array<BoundLaunch, 2> halves;
    size_t next = 0;
  };

  // Announces the use of the programs while it lives, unless a run has succeeded.
  class FirstUseScope {
   public:
    explicit FirstUseScope(Session* session)
        : first_use_(*session->has_run_ ? nullptr : session->first_use_.get()) {
      if (first_use_ != nullptr) first_use_->Begin();
    }
    ~FirstUseScope() {
      if (first_use_ != nullptr) first_use_->End();
    }
    FirstUseScope(const FirstUseScope&) = delete;
    FirstUseScope& operator=(const FirstUseScope&) = delete;

   private:
    FirstUse* const first_use_;
  };

  // Runs the steps of the plan and fills the outputs.
  using SliceRun = std::function<Status(std::vector<HostTensor>* outputs)>;
  Status RunSteps(std::vector<HostTensor>* outputs);
  // Ends every run, failed or not: waits on `queue` until nothing uses the caller's memory (null:
  // the last transfer was already waited for), and releases the inputs.
  Status EndRun(const Status& status, ClQueue* queue);

  Session(std::shared_ptr<const Plan> plan, ClQueue queue);
  // The kernels of one of the plan's programs, or some of them.
  struct ProgramPart {
    int of = 0;  // In Plan::program_sources.
    std::vector<KernelInstance> kernels;
  };
  // Builds the plan's programs. One that the driver refuses, or in whose compilation it crashed
  // before, is built in parts.
  Status BuildPrograms(ProgramCompiler* compiler);
  Status BuildProgram(const ProgramRequest& request, const ProgramPart& part,
                      ProgramCompiler* compiler);
  // In halves after an error, kernel by kernel after a crash. `whole`: why it is not built at once.
  Status BuildInParts(const Status& whole, const ProgramRequest& request, const ProgramPart& part,
                      ProgramCompiler* compiler);
  // Binds kernels and arguments, once regions, weights and programs are there.
  Status Finish(const LibraryCache& cache);
  Status BindLaunches(const LibraryCache& cache);
  Status BindPersistentLaunches();
  StatusOr<BoundPersistentLaunch> BindPersistentLaunch(const PersistentLaunch& persistent);
  Status EnqueuePersistentLaunch(size_t index, const CommandTarget& target);
  // "nodes 'x' (Conv2D) to 'y' (Softmax)".
  std::string PersistentLaunchName(const PersistentLaunch& persistent) const;
  StatusOr<BoundLaunch> BindLaunch(const PlannedLaunch& planned, size_t program) const;
  StatusOr<BoundLaunch> BindCall(const PlannedLaunch& planned, const LibraryCache& cache);
  Status BindArgument(const KernelArgument& argument, ClKernel* kernel) const;
  // Prepares constants for the host, buffers for downloads, and staging memory.
  Status PrepareHost();
  size_t StagingBytes() const;
  // Fills waits_.
  void FindWaits();
  // Fills input_of_value_, takes_buffer_ and leaves_out_.
  void FindBindable();
  // The part of the app's buffer that holds this slice of a device tensor of `bytes`. Empty if the
  // tensor is not in a buffer of the app.
  ClBufferPart InputBuffer(ValueId value, size_t bytes) const;
  ClBufferPart OutputBuffer(int output, size_t bytes) const;
  Status RunSetup();
  // Calls `run` for each slice of the batch, with the slice's inputs in values_.
  Status ForEachSlice(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs,
                      const SliceRun& run);
  Status RunSlice(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs,
                  const SliceRun& run);
  Status RunStep(const Step& step, std::vector<HostTensor>* outputs, const CommandTarget& target);
  Status Enqueue(const BoundLaunch& launch, const CommandTarget& target) const;
  // Says what the first use comes to next. Does nothing in later runs.
  void NoteFirstUse(int program, const char* step, const std::string& name) const {
    if (first_use_ == nullptr || !first_use_->is_announced()) return;
    first_use_->Note(static_cast<size_t>(program), step, name);
  }
  // While the first use is announced, waits for each launch, so that a crash is of a launch.
  Status FinishLaunch(ClQueue* queue) const;
  Status Upload(int tensor, const CommandTarget& target);
  // What is wrong with element `index` of an int64 tensor on its way to the device.
  Status BeyondInt32(ValueId value, int64_t index) const;
  Status DownloadTensor(int tensor, std::vector<HostTensor>* outputs, const CommandTarget& target);
  // Milliseconds until the device has done the commands that `enqueue` puts into queue_, even if it
  // fails.
  StatusOr<double> TimeOnDevice(const std::function<Status()>& enqueue);
  Status ReadEvents(const std::vector<ClEventHandle>& events, RunTimes* times) const;
  // Frees the tensors that no step after `index` reads.
  void DropDead(size_t index);
  // Releases the caller's tensors. REQUIRES: no command still uses them.
  void ReleaseTensors();
  // "node 'x' (Conv2D)", or "layout conversion".
  std::string NodeName(int node) const;

  std::shared_ptr<const Plan> plan_;
  ClQueue queue_;
  std::optional<ClQueue> timing_queue_;  // Used by RunTimed.
  DeviceTensors memory_;
  std::shared_ptr<DeviceWeights> weights_;
  std::vector<std::shared_ptr<const BuiltProgram>> programs_;
  std::vector<int> launch_program_;      // As Plan::launch_program, but of programs_.
  std::unique_ptr<FirstUse> first_use_;  // Null: the use of no program is announced.
  std::vector<BoundLaunch> launches_;
  std::vector<BoundPersistentLaunch> persistent_launches_;
  CpuTensors values_;
  std::vector<uint8_t> staging_;  // For elements that are converted; fits the largest tensor.
  HostLifetimes lifetimes_;
  std::vector<bool> waits_;          // By step: a transfer that must end before the next step.
  std::vector<int> input_of_value_;  // By value: the index of the input with this value; -1: none.
  std::vector<bool> takes_buffer_;   // By input: only the device reads it.
  std::vector<bool> leaves_out_;     // By output: a download makes this output only.
  const RunBindings* bindings_ = nullptr;  // Of the present run; null: all are on the host.
  size_t slice_ = 0;                       // The slice of the batch that is running.
  size_t reused_programs_ = 0;
  CacheLayerScope::Counts library_programs_;
  size_t launches_per_run_ = 0;
  double program_ms_ = 0;
  std::shared_ptr<std::atomic<bool>> has_run_ = std::make_shared<std::atomic<bool>>(false);
  CountedBytes counted_bytes_;
  FaultReports faults_;
  size_t after_launches_ = 0;  // The number of steps up to the last launch.
};

}  // namespace mace

#endif  // MACE_EXECUTE_SESSION_H_
