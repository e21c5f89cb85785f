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

// Holds the inputs and outputs of one inference. Several requests of one compiled model overlap on
// the device.
//
// Thread contract: thread-compatible. While a run is at work, a method of another thread gets
// kFailedPrecondition and changes nothing; Wait() and Cancel() may be called at any time. In a
// forked child every run on a device is kFailedPrecondition.
class Request {
 public:
  Request();  // No request: every method is kFailedPrecondition.
  // Cancels a run that is at work and waits for its end.
  ~Request();
  Request(Request&&) noexcept;
  Request& operator=(Request&&) noexcept;

  // The tensor for an input, by name or by index in CompiledModel::inputs(); it stays set for later
  // runs. kNotFound for an input that the model does not have, kInvalidArgument for a tensor of
  // another dtype or rank. Other dims than the declared ones make a plan of their own, where the
  // model computes with them. float16 and float64 inputs take float32 tensors too.
  Status Set(const std::string& name, Tensor tensor);
  Status Set(size_t index, Tensor tensor);
  // A tensor that the next runs write an output into: one of Tensor::MutableView, or of Allocate.
  // Get gives the same tensor then where its dtype and dims are those of the result and no copy
  // outside of the request exists; else a new one. An empty tensor: a new one for each run.
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
  // The end of the next run, failed or not, sets the status of this event: a cl_event that
  // clCreateUserEvent made in that context, for commands that are to follow the run of Start. They
  // must not be in the model's own queue, in which the run comes after them. Null: none. An event
  // whose run never begins is not signalled.
  Status SetSignalEvent(void* user_event);

  // Computes the outputs. kFailedPrecondition where an input was not set. The first run with new
  // dims makes a plan, which takes as long as compiling (CompiledModel::Prepare does so ahead).
  Status Run();
  // kDeadlineExceeded when `limit` has passed: the launches that are queued by then are waited for,
  // and so is a plan that is being made. The request can be used again.
  Status Run(std::chrono::milliseconds limit);

  // Run() on another thread, which calls `done` (may be empty) with Run's answer before Wait
  // returns. `done` may set inputs and start the next run.
  Status Start(std::function<void(const Status&)> done = nullptr);
  // Waits for the end of a run; its Status. Without a run: that of the last one.
  Status Wait();
  // kDeadlineExceeded where the run is still at work after `limit`: it goes on.
  Status Wait(std::chrono::milliseconds limit);
  // Has the run that is at work end soon, with kCancelled; launches that are queued are waited for.
  // Returns at once. Without a run nothing happens.
  void Cancel();

  // An output of the last run, which succeeded, by name or by index in CompiledModel::outputs(),
  // of the dtype that the model declares and with the dims that it computed. The next run leaves it
  // as it is while a copy of it exists.
  StatusOr<Tensor> Get(const std::string& name) const;
  StatusOr<Tensor> Get(size_t index) const;
  // The numbers of the last run that succeeded.
  RunStatistics statistics() const;

  struct State;  // Of the engine alone.

 private:
  friend struct RequestAccess;
  explicit Request(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace mace

#endif  // MACE_API_REQUEST_H_
