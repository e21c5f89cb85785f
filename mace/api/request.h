// One inference at a time.
#ifndef MACE_API_REQUEST_H_
#define MACE_API_REQUEST_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mace/api/statistics.h"
#include "mace/api/tensor.h"
#include "mace/base/status.h"

namespace mace {

// Holds the inputs and outputs of one inference. Several requests of one compiled model run at the
// same time on the device.
//
// Thread contract: thread-compatible. While a run is at work, other methods than Wait() and
// Cancel() give kFailedPrecondition and change nothing; these two may be called at any time on any
// thread. In a forked child every run on a device is kFailedPrecondition.
class Request {
 public:
  Request();  // No request: every method is kFailedPrecondition.
  // Cancels a run that is at work and waits for its end.
  ~Request();
  Request(Request&&) noexcept;
  Request& operator=(Request&&) noexcept;

  // Sets the tensor of an input, by name or by index in CompiledModel::inputs(), for all later
  // runs. kNotFound for an input that the model does not have; kInvalidArgument for another dtype
  // or rank. Dims other than the declared ones need a plan of their own, if the model can compute
  // with them. float16 and float64 inputs take float32 tensors, too.
  Status Set(const std::string& name, Tensor tensor);
  Status Set(size_t index, Tensor tensor);
  // Sets the tensor into which later runs write an output, made by Tensor::MutableView or Allocate.
  // It is used if it has the dtype and dims of the result and the request holds its only copy; Get
  // then gives it, else a new tensor. An empty tensor: each run makes a new one. kNotFound for an
  // output that the model does not have.
  Status SetOutput(const std::string& name, Tensor tensor);
  Status SetOutput(size_t index, Tensor tensor);
  // Tensors of Tensor::OpenCl, for Set and SetOutput alike, are of the context that the model was
  // compiled in (CompileOptions::opencl). Elements of float32 and int32 are copied on the device.
  // Elements of float16, float64, int64, uint8, int8 and bool, and what a node on the CPU reads or
  // makes, are copied to the host's memory and from there to the device: the answer is the same, and
  // the run waits for these copies. An output of other dims or dtype than the result is
  // kInvalidArgument when the request runs.

  // The outputs that the next runs are to give, by name or by index; none: all, as at the beginning.
  // Get refuses the others, and they are not copied to the host. Nodes that serve others alone are
  // not computed: where there are such nodes, the set has plans of its own, one of which the first
  // run makes (CompiledModel::Prepare does so ahead). They share the weights of the other plans.
  Status SelectOutputs(const std::vector<std::string>& names);
  Status SelectOutputsAt(const std::vector<size_t>& indices);

  // The next run begins on the device when these events are done: each a cl_event of the context
  // that the model was compiled in, retained until then. The run waits on the host, so that Cancel
  // and a deadline end the wait, and the app flushes the queues from which the events come. Where
  // an event has failed the run fails with kFailedPrecondition, which names it. kFailedPrecondition
  // for a model without a device.
  Status SetWaitEvents(const std::vector<void*>& events);
  // The end of the next run, failed or not, sets the status of this event, which clCreateUserEvent
  // made in the same context. It is meant for commands that follow a run of Start. Such commands
  // must not be in the model's own queue, because there the run would come after them. Null: no
  // event. The event of a run that never begins is not set.
  Status SetSignalEvent(void* user_event);

  // Computes the outputs. kFailedPrecondition if an input is not set. The first run with new dims
  // makes a plan, which takes as long as compiling (CompiledModel::Prepare makes it in advance).
  Status Run();
  // Run with a time limit: kDeadlineExceeded after `limit`. It still waits for launches that are
  // already queued and for a plan that is being made. The request can be used again.
  Status Run(std::chrono::milliseconds limit);

  // Calls Run() on another thread, which calls `done` (may be empty) with Run's Status before Wait
  // returns. `done` may set inputs and start the next run.
  Status Start(std::function<void(const Status&)> done = nullptr);
  // Waits for the end of a run and gives its Status. Without a run: the Status of the last one.
  Status Wait();
  // Wait with a time limit: kDeadlineExceeded if the run is still at work after `limit`. The run
  // then goes on.
  Status Wait(std::chrono::milliseconds limit);
  // Makes a run that is at work end soon with kCancelled; queued launches are waited for. Returns
  // at once. Does nothing without a run.
  void Cancel();

  // An output of the last run, by name or by index in CompiledModel::outputs(), with the declared
  // dtype and the computed dims. Later runs do not change it while a copy of it exists.
  // kFailedPrecondition if the last run did not succeed.
  StatusOr<Tensor> Get(const std::string& name) const;
  StatusOr<Tensor> Get(size_t index) const;
  // Measurements of the last run that succeeded.
  RunStatistics statistics() const;

  struct State;  // Internal.

 private:
  friend struct RequestAccess;
  explicit Request(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace mace

#endif  // MACE_API_REQUEST_H_
