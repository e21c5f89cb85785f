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
// Set and SetOutput also take tensors of Tensor::OpenCl, whose buffers belong to the context that
// the model was compiled in (CompileOptions::opencl). float32 and int32 elements are copied on the
// device. Elements of all other dtypes, and elements that a node on the CPU reads or makes, are
// copied through the host's memory: the results are the same, and the run waits for these copies. A
// run is kInvalidArgument if the OpenCL tensor of an output has other dims or another dtype than
// the result.
//
// Thread contract: thread-compatible. Wait() and Cancel() may be called at any time on any thread.
// While a run is at work, the other methods give kFailedPrecondition and change nothing. In a
// forked child every run on a device is kFailedPrecondition.
class Request {
 public:
  Request();  // No request: every method is kFailedPrecondition.
  // Cancels a run that is at work and waits for its end.
  ~Request();
  Request(Request&&) noexcept;
  Request& operator=(Request&&) noexcept;

  // Sets the tensor of an input, by name or by index in CompiledModel::inputs(), for all later
  // runs. kNotFound for an input that the model does not have; kInvalidArgument for another dtype
  // or rank, and for an OpenCL buffer of another context. Dims that differ from the compiled ones
  // need a plan of their own; a run is an error if the model cannot compute with these dims.
  // float16 and float64 inputs take float32 tensors, too.
  Status Set(const std::string& name, Tensor tensor);
  Status Set(size_t index, Tensor tensor);
  // Sets the tensor into which later runs write an output, by name or by index in
  // CompiledModel::outputs(). A run writes into the tensor if the tensor has the dtype and dims of
  // the result and is one of Tensor::MutableView, or one of Tensor::Allocate of which the request
  // holds the only copy. Get then gives this tensor, otherwise a new one. An empty tensor: each run
  // makes a new one. kFailedPrecondition for an output that BindState has bound; kNotFound for an output that the model does not have; kInvalidArgument for a
  // tensor that may not be written, and for an OpenCL buffer of another context.
  Status SetOutput(const std::string& name, Tensor tensor);
  Status SetOutput(size_t index, Tensor tensor);

  // Binds an output to an input: the result of each run that succeeds becomes the tensor of the
  // input in the next run. The state of a recurrent network, the cache of keys and values of a
  // transformer, or the history of streamed audio goes from run to run in this way. Set gives the
  // first value of the state, and may give another one between runs; a run that fails leaves the
  // state as it was. On a device, elements that no node on the CPU reads or makes stay in device
  // memory, and Get copies them to the host each time it is called; the output is computed even if
  // SelectOutputs leaves it out. The result may have other dims than the tensor before it: each
  // set of dims needs a plan of its own, as with Set. An output may be bound to several inputs; an
  // input that is bound already is bound anew. kNotFound for a name that the model does not have;
  // kInvalidArgument if the two have different dtypes or ranks, or different extents that are
  // fixed; kFailedPrecondition if SetOutput gave a tensor for the output.
  Status BindState(const std::string& output, const std::string& input);
  Status BindState(size_t output, size_t input);
  // Ends all bindings of BindState. Inputs keep the tensors that they have.
  Status ClearStates();

  // Selects the outputs that the next runs give, by name or by index. An empty list selects all
  // outputs, as in a new request. Outputs that are not selected are not copied to the host, and Get
  // gives kFailedPrecondition for them. Nodes that no selected output depends on are not computed.
  // If there are such nodes, the selected outputs have plans of their own, which share the weights
  // of the other plans. The first run makes such a plan, or CompiledModel::Prepare makes it in
  // advance. kNotFound for an output that the model does not have.
  Status SelectOutputs(const std::vector<std::string>& names);
  Status SelectOutputsAt(const std::vector<size_t>& indices);

  // Sets the events that the next run waits for before it begins on the device. Each is a cl_event
  // of the context that the model was compiled in, and is retained until that run ends. The run
  // waits on the host, so that Cancel and a deadline end the wait. The app must flush the queues
  // from which the events come. If an event fails, the run is kFailedPrecondition with the index
  // and the status of the event. SetWaitEvents is kFailedPrecondition for a model without a device,
  // and kInvalidArgument for a null event or one of another context.
  Status SetWaitEvents(const std::vector<void*>& events);
  // Sets the event that the end of the next run signals. The event was made by clCreateUserEvent in
  // the context that the model was compiled in. Its status becomes CL_COMPLETE if the run succeeds
  // and a negative number if the run fails; if the run never begins, it stays as it is. The event
  // is meant for commands that follow a run of Start. Such commands must not be in the model's own
  // queue, because there the run would come after them. Null: no event. kFailedPrecondition for a
  // model without a device; kInvalidArgument for an event of another context, one that is not a
  // user event, and one whose status is set already.
  Status SetSignalEvent(void* user_event);

  // Computes the outputs. kFailedPrecondition if an input is not set. The first run with new dims
  // makes a plan, which takes as long as compiling (CompiledModel::Prepare makes it in advance).
  Status Run();
  // Run with a time limit: kDeadlineExceeded after `limit`. The call still waits for launches that
  // are already queued and for a plan that it is making. The request can be used again afterwards.
  Status Run(std::chrono::milliseconds limit);

  // Calls Run() on another thread, which calls `done` (may be empty) with Run's Status before Wait
  // returns. `done` may set inputs and start the next run.
  Status Start(std::function<void(const Status&)> done = nullptr);
  // Waits for the end of a run and gives its Status. If no run is at work, gives the Status of the
  // last run.
  Status Wait();
  // Wait with a time limit: kDeadlineExceeded if the run is still at work after `limit`. The run
  // then goes on.
  Status Wait(std::chrono::milliseconds limit);
  // Makes a run that is at work end soon with kCancelled; queued launches are waited for. Returns
  // at once. Does nothing without a run.
  void Cancel();

  // An output of the last run, by name or by index in CompiledModel::outputs(), with the declared
  // dtype and the computed dims. Later runs do not change the tensor while a copy of it exists,
  // unless it is the caller's own memory (Tensor::MutableView, Tensor::OpenCl). kNotFound for an
  // output that the model does not have; kFailedPrecondition if the last run did not succeed or did
  // not give this output.
  StatusOr<Tensor> Get(const std::string& name) const;
  StatusOr<Tensor> Get(size_t index) const;
  // Measurements of the last run that succeeded; zeros while a run is at work.
  RunStatistics statistics() const;

  struct State;  // Internal.

 private:
  friend struct RequestAccess;
  explicit Request(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace mace

#endif  // MACE_API_REQUEST_H_
