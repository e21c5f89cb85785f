// The implementation behind Request.
#ifndef MACE_ENGINE_REQUEST_STATE_H_
#define MACE_ENGINE_REQUEST_STATE_H_

#include <unistd.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "mace/api/request.h"
#include "mace/base/byte_count.h"
#include "mace/base/cancellation.h"
#include "mace/cl/queue.h"
#include "mace/engine/compiled_model_state.h"
#include "mace/execute/run_bindings.h"

namespace mace {

// The index of `name` in `specs`. kNotFound, with a list of the names in `specs`, if there is none.
// `what` is "input" or "output", for the message.
StatusOr<size_t> FindSpec(const std::vector<TensorSpec>& specs, const std::string& what,
                          const std::string& name);
// For each output of the model, whether it is in `names`; an empty list means all outputs.
// kNotFound for a name that no output has.
StatusOr<std::vector<bool>> FindOutputs(const Model::State& model,
                                        const std::vector<std::string>& names);
// kNotFound if `specs` has no such index. `what` is "input" or "output", for the message.
Status CheckIndex(const std::vector<TensorSpec>& specs, const std::string& what, size_t index);

// Thread contract: `mutex` guards the members below it. The other members belong to the thread that
// runs, and to the caller while no run is at work.
struct [[gnu::visibility("hidden")]] Request::State {
  using Clock = Cancellation::Clock;
  using Done = std::function<void(const Status&)>;

  explicit State(std::shared_ptr<CompiledModel::State> compiled);

  // Device memory for the result of an output that is bound to an input; empty: none.
  struct StateMemory {
    Tensor tensor;
    CountedBytes bytes;
  };

  struct Output {
    Tensor set;                     // The caller's tensor; empty: none.
    HostTensor set_host;            // The elements of `set`.
    Tensor own;                     // The result of a run that did not write into `set`.
    bool is_in_set = false;         // The last result is in `set`, not in `own`.
    StateMemory state, next_state;  // For the results of the last run and of the next one.
    bool is_in_state = false;       // The last result is in `state`.
    bool is_wanted = true;          // The next run is to give this output.
    bool is_given = true;           // The last run gave this output.
    bool is_borrowed = false;  // During a run: the entry of `results` is neither `set` nor `own`.
  };

  const std::shared_ptr<CompiledModel::State> compiled;
  const pid_t process = getpid();
  std::vector<Tensor> inputs;
  std::vector<Output> outputs;
  bool has_results = false;
  OutputSet planned_outputs;           // The outputs of the plan for the outputs that are wanted.
  std::vector<size_t> output_of_plan;  // For each output of the plan, its index in the model.
  std::weak_ptr<SharedPlan> last_plan;
  std::vector<HostTensor> given;  // The elements of the inputs.
  // For each input, the index of the output whose result it takes in the next run.
  std::vector<std::optional<size_t>> state_outputs;
  // The tensors that a run writes, one for each output of the plan; empty tensors while no run is
  // at work.
  std::vector<HostTensor> results;
  // The inputs of the model and the outputs of the plan that are not on the host during a run.
  RunBindings bindings;
  std::vector<ClEventHandle> wait_events;  // The events that the next run waits for.
  ClEventHandle signal;                    // The event that the end of the next run signals.
  std::optional<ClQueue> queue;            // Copies elements through the host's memory.
  RunStatistics statistics;
  Cancellation cancellation;

  std::mutex mutex;  // Guards the members below.
  std::condition_variable changed;
  bool is_busy = false;  // A run is at work, or waits for the worker.
  bool is_calling_done = false;
  bool is_ending = false;
  bool has_job = false;  // The worker has a run to do.
  Done done;             // Called after the worker's run.
  Status last;           // The status of the last run.
  std::thread worker;    // Started by the first Start.

  // kFailedPrecondition if a run is at work, or if the process is a forked child.
  Status CheckIdle();
  // Makes the request busy.
  Status Begin(std::optional<Clock::time_point> deadline);
  // Makes the request idle again.
  void End(const Status& status);
  Status RunOnThisThread(std::optional<Clock::time_point> deadline);
  Status Start(const std::shared_ptr<State>& self, Done when_done);
  Status Wait(std::optional<Clock::time_point> until);
  // `wanted` has an entry for each output of the model.
  Status SelectOutputs(const std::vector<bool>& wanted);
  Status BindState(size_t output, size_t input);
  Status ClearStates();
  bool IsBoundToInput(size_t output) const;
  // The result of the last run in host memory, if it is in device memory.
  StatusOr<Tensor> FetchState(size_t output);
  Status SetWaitEvents(const std::vector<void*>& events);
  Status SetSignalEvent(void* user_event);
  // kFailedPrecondition names an input that is not set.
  Status CheckInputsAreSet() const;
  // Called before the request is destroyed: cancels the run and ends the worker.
  void Finish();

  // Runs one stage. `index` counts the stages that run, from 0 on; where it does not go on from the
  // call before, a run through all stages begins anew.
  using StageRunner = std::function<Status(size_t index, const std::shared_ptr<SharedPlan>& plan,
                                           const std::vector<HostTensor>& inputs,
                                           std::vector<HostTensor>* outputs)>;
  // Runs all stages of a model whose shapes depend on values that only a run gives, and gives the
  // model's outputs. REQUIRES: the inputs are set.
  StatusOr<std::vector<HostTensor>> RunEachStage(const StageRunner& run_stage);

 private:
  // Stores the outputs of the plan for the outputs that are wanted, and resizes the members that
  // have an entry for each output of the plan.
  void SetPlannedOutputs(OutputSet planned);
  void Work();
  Status RunNow();
  // PlaceResults fills `results` with the tensors to write into; PutBackResults stores them in
  // `outputs`.
  Status PlaceResults(const PlannedModel& model);
  // The tensor to write for an output that is in an OpenCL buffer or left out. `index` is that of
  // the plan's output.
  StatusOr<HostTensor> PlaceInBuffer(const PlannedModel& model, size_t index);
  void PutBackResults();
  // Plans the outputs that are wanted or bound to an input.
  void PlanOutputs();
  // Memory on the device for the plan's output, which is bound to an input. False if its result
  // goes through the host's memory.
  StatusOr<bool> PlaceInState(const PlannedModel& model, size_t index);
  // Gives the results of a run that succeeded to the inputs that they are bound to; nothing changes
  // if memory has run out.
  Status CarryStates();
  Status RunPlan();
  // RunPlan for a model whose shapes depend on values that only a run gives.
  Status RunStages();
  // The inputs on the host. Those in OpenCL buffers are copied.
  StatusOr<std::vector<HostTensor>> FetchAllInputs();
  // Gives the results, one for each output of the model, to the caller.
  Status PlaceStageResults(const std::vector<HostTensor>& made);
  // Whether an input or output is in an OpenCL buffer, or an output is left out.
  bool HasBindings() const;
  Status RunWithBindings(SharedPlan * plan);
  // The inputs for the executor: buffers that the executor cannot read are copied to the host.
  StatusOr<std::vector<HostTensor>> FetchInputs(const Executor& executor);
  Status WriteBuffers(const Executor& executor);
  StatusOr<ClQueue*> TransferQueue();
  // A copy in host memory of a tensor that is in an OpenCL buffer. `name` is for messages.
  StatusOr<HostTensor> CopyToHost(const Tensor& tensor, const std::string& name);
  // Releases the buffers and events of the run that has ended, and signals the caller's event.
  void EndEvents(bool succeeded);
};

struct RequestAccess {
  static Request Make(std::shared_ptr<CompiledModel::State> compiled) {
    return Request(std::make_shared<Request::State>(std::move(compiled)));
  }
  // Null for a default-made request.
  static const std::shared_ptr<Request::State>& StateOf(const Request& request) {
    return request.state_;
  }
};

}  // namespace mace

#endif  // MACE_ENGINE_REQUEST_STATE_H_
