// A plan made ready on a device, and the loop that runs it.
//
// Cold (Create): memory, packed weights, programs, kernels, and every argument of every launch.
// Hot (Run): enqueues the launches and moves inputs and outputs, once for each slice of a batch
// that the plan cuts, and waits only for what the host reads; it allocates nothing, steps on the
// CPU and views of slices excepted.
//
// Errors: kDeviceError names the call, the error, the kernel and the node; kDeviceLost where the
// driver says so, of a call or, after one that failed, of the queue. Whatever a run returns,
// nothing of it is at work any more, and nothing refers to the caller's tensors.
// Thread contract: thread-compatible; sessions of one device may run at once, each has a queue. In
// a forked child (cl/opencl_process.h) runs are refused with kFailedPrecondition, and the
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
#include "mace/execute/run_times.h"
#include "mace/plan/plan.h"

namespace mace {

// What a session is made for: a trial is measured and thrown away, and nothing is stored for it.
enum class SessionUse { kModel, kTrial };

class Session : public Executor {
 public:
  // `compiler` and `store` are not kept. `programs`: those of the plan, where they are built already.
  // `store`: where the model's other plans have their weights; null: this plan shares none.
  static StatusOr<std::unique_ptr<Session>> Create(
      std::shared_ptr<const Plan> plan, ProgramCompiler* compiler,
      std::vector<std::shared_ptr<const BuiltProgram>> programs = {},
      SessionUse use = SessionUse::kModel, WeightStore* store = nullptr);

  // Another session of the same plan, with a queue and activations of its own; programs and weights
  // are those of this one. Both may run at once. `compiler` as for Create.
  StatusOr<std::unique_ptr<Session>> CloneForConcurrentRun(ProgramCompiler* compiler) const;

  // Waits for what is still at work: a measurement that failed may leave launches behind.
  ~Session() override;

  // Adds the device's memory that the session alone has to `count` (may be null) as long as it has
  // it; its weights are counted by their store.
  void CountBytes(std::shared_ptr<ByteCount> count);

  Status Run(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs) override;
  // On a queue of its own, which profiles; made at the first call.
  Status RunTimed(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs,
                  RunTimes* times) override;
  // Copies on the device where no node on the CPU reads or makes the tensor.
  bool TakesBuffer(size_t input, DType dtype) const override;
  bool GivesBuffer(size_t output, DType dtype) const override;
  bool LeavesOut(size_t output) const override;
  Status RunWith(const RunPorts& ports, const std::vector<HostTensor>& inputs,
                 std::vector<HostTensor>* outputs) override;
  StatusOr<double> Replay() override;

  // Milliseconds that the launches of one node take: the mean of the fastest of several batches,
  // within about `limit_ms` in all. REQUIRES: Run was called (drivers make code at a first launch).
  StatusOr<double> MeasureNode(int node, double limit_ms);

  const std::vector<std::shared_ptr<const BuiltProgram>>& programs() const { return programs_; }
  // Whether a run of this session or of a clone has succeeded: every launch has finished once.
  bool has_run() const { return *has_run_; }
  // How many of them another session of the compiler had asked for before.
  size_t reused_programs() const { return reused_programs_; }
  // Programs of a library, built for this session's calls.
  const CacheLayerScope::Counts& library_programs() const { return library_programs_; }
  size_t launches_per_run() const { return launches_per_run_; }
  // The bytes of the session alone: activations, without the weights.
  size_t activation_bytes() const { return memory_.bytes(); }
  // Creating and building programs and kernels, in milliseconds.
  double program_ms() const { return program_ms_; }

 private:
  struct BoundLaunch {
    ClKernel kernel;
    std::optional<ClLibraryCall> call;  // In place of the kernel.
    WorkSize global = {1, 1, 1};
    WorkSize local = {1, 1, 1};
    int node = -1;
  };

  // Where a step's command goes, the event it leaves (null: none), and whether a transfer is done
  // when the step is.
  struct CommandTarget {
    ClQueue* queue;
    ClEventHandle* event = nullptr;
    bool wait = true;
  };

  // Plan::persistent_launches[i], bound twice: each half of its state is the next run's in turn.
  struct BoundPersistentLaunch {
    ClMemory table, state;
    std::array<BoundLaunch, 2> halves;
    size_t next = 0;
  };

  // The steps of the plan, with the outputs that they fill.
  using SliceRun = std::function<Status(std::vector<HostTensor>* outputs)>;
  Status RunSteps(std::vector<HostTensor>* outputs);
  // The end of every run, failed or not: waits until nothing is at work on the caller's memory, by
  // `queue` (null: the last transfer was waited for), and lets the inputs go.
  Status EndRun(const Status& status, ClQueue* queue);

  Session(std::shared_ptr<const Plan> plan, ClQueue queue);
  Status BuildPrograms(ProgramCompiler* compiler);
  // From regions, weights and programs to what runs.
  Status Finish(const LibraryCache& cache);
  Status BindLaunches(const LibraryCache& cache);
  Status BindPersistentLaunches();
  StatusOr<BoundPersistentLaunch> BindPersistentLaunch(const PersistentLaunch& persistent);
  Status EnqueuePersistentLaunch(size_t index, const CommandTarget& target);
  // "nodes 'x' (Conv2D) to 'y' (Softmax)".
  std::string PersistentLaunchName(const PersistentLaunch& persistent) const;
  StatusOr<BoundLaunch> BindLaunch(const PlannedLaunch& planned, const ClProgram& program) const;
  StatusOr<BoundLaunch> BindCall(const PlannedLaunch& planned, const LibraryCache& cache);
  Status BindArgument(const KernelArgument& argument, ClKernel* kernel) const;
  // Constants as the host reads them, buffers for downloads, room for what is rearranged.
  Status PrepareHost();
  size_t StagingBytes() const;
  // Fills waits_.
  void FindWaits();
  // Fills input_of_value_, takes_buffer_ and leaves_out_.
  void FindPorts();
  // The part of an app's buffer that holds this slice of a device tensor of `bytes`; empty: none
  // does.
  ClBufferPart InputBuffer(ValueId value, size_t bytes) const;
  ClBufferPart OutputBuffer(int output, size_t bytes) const;
  Status RunSetup();
  // `run` for each slice of the batch, whose inputs are those of values_ meanwhile.
  Status ForEachSlice(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs,
                      const SliceRun& run);
  Status RunSlice(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs,
                  const SliceRun& run);
  Status RunStep(const Step& step, std::vector<HostTensor>* outputs, const CommandTarget& target);
  Status Enqueue(const BoundLaunch& launch, const CommandTarget& target) const;
  Status Upload(int tensor, const CommandTarget& target);
  Status DownloadTensor(int tensor, std::vector<HostTensor>* outputs, const CommandTarget& target);
  // Milliseconds until the device has done what `enqueue` puts into queue_, failed or not.
  StatusOr<double> TimeOnDevice(const std::function<Status()>& enqueue);
  Status ReadEvents(const std::vector<ClEventHandle>& events, RunTimes* times) const;
  // After step `index` of the plan: what no later step reads is freed.
  void DropDead(size_t index);
  // Lets go of the caller's tensors. REQUIRES: the queue has done what reads and writes them.
  void ReleaseTensors();
  // "node 'x' (Conv2D)", or "layout conversion".
  std::string NodeName(int node) const;

  std::shared_ptr<const Plan> plan_;
  ClQueue queue_;
  std::optional<ClQueue> timing_queue_;  // Of RunTimed.
  DeviceTensors memory_;
  std::shared_ptr<DeviceWeights> weights_;
  std::vector<std::shared_ptr<const BuiltProgram>> programs_;
  std::vector<BoundLaunch> launches_;
  std::vector<BoundPersistentLaunch> persistent_launches_;
  CpuTensors values_;
  std::vector<uint8_t> staging_;  // For what lies otherwise on the device: the largest of it.
  HostLifetimes lifetimes_;
  std::vector<bool> waits_;          // By step: a transfer that is done before the next step.
  std::vector<int> input_of_value_;  // By value: the input that it is; -1: none.
  std::vector<bool> takes_buffer_;   // By input: the device alone reads it.
  std::vector<bool> leaves_out_;     // By output: a download of its own makes it.
  const RunPorts* ports_ = nullptr;  // Of the run that is at work; null: all are on the host.
  size_t slice_ = 0;                 // Of the batch, that is at work.
  size_t reused_programs_ = 0;
  CacheLayerScope::Counts library_programs_;
  size_t launches_per_run_ = 0;
  double program_ms_ = 0;
  std::shared_ptr<std::atomic<bool>> has_run_ = std::make_shared<std::atomic<bool>>(false);
  CountedBytes counted_bytes_;
};

}  // namespace mace

#endif  // MACE_EXECUTE_SESSION_H_
