// The C API: requests.
#include <chrono>

#include "mace/engine/c_api.h"

using namespace mace::c_api;  // NOLINT: the definitions below are C's, without a namespace.

namespace {

using std::chrono::milliseconds;

// Runs a call whose only parameter is the request.
template <typename Body>
mace_status_code OnRequest(mace_request* request, const Body& body) {
  return Guard([&]() -> mace::Status {
    MACE_RETURN_IF_ERROR(CheckPresent({{"request", request}}));
    return body(&request->request);
  });
}

mace::Tensor TensorOrNone(const mace_tensor* tensor) {
  return tensor == nullptr ? mace::Tensor() : tensor->tensor;
}

mace::Status GiveTensor(mace::StatusOr<mace::Tensor> found, mace_tensor** tensor) {
  MACE_RETURN_IF_ERROR(found.status());
  *tensor = new mace_tensor{*std::move(found)};
  return mace::Status();
}

}  // namespace

void mace_request_free(mace_request* request) { delete request; }

mace_status_code mace_request_set(mace_request* request, const char* name,
                                  const mace_tensor* tensor) {
  return OnRequest(request, [&](mace::Request* on) -> mace::Status {
    MACE_RETURN_IF_ERROR(CheckPresent({{"name", name}, {"tensor", tensor}}));
    return on->Set(name, tensor->tensor);
  });
}

mace_status_code mace_request_set_at(mace_request* request, size_t index,
                                     const mace_tensor* tensor) {
  return OnRequest(request, [&](mace::Request* on) -> mace::Status {
    MACE_RETURN_IF_ERROR(CheckPresent({{"tensor", tensor}}));
    return on->Set(index, tensor->tensor);
  });
}

mace_status_code mace_request_set_output(mace_request* request, const char* name,
                                         const mace_tensor* tensor) {
  return OnRequest(request, [&](mace::Request* on) -> mace::Status {
    MACE_RETURN_IF_ERROR(CheckPresent({{"name", name}}));
    return on->SetOutput(name, TensorOrNone(tensor));
  });
}

mace_status_code mace_request_set_output_at(mace_request* request, size_t index,
                                            const mace_tensor* tensor) {
  return OnRequest(request,
                   [&](mace::Request* on) { return on->SetOutput(index, TensorOrNone(tensor)); });
}

mace_status_code mace_request_bind_state(mace_request* request, const char* output,
                                         const char* input) {
  return OnRequest(request, [&](mace::Request* on) -> mace::Status {
    MACE_RETURN_IF_ERROR(CheckPresent({{"output", output}, {"input", input}}));
    return on->BindState(output, input);
  });
}

mace_status_code mace_request_bind_state_at(mace_request* request, size_t output, size_t input) {
  return OnRequest(request, [&](mace::Request* on) { return on->BindState(output, input); });
}

mace_status_code mace_request_clear_states(mace_request* request) {
  return OnRequest(request, [](mace::Request* on) { return on->ClearStates(); });
}

mace_status_code mace_request_select_outputs(mace_request* request, const char* const* names,
                                             size_t count) {
  return OnRequest(request, [&](mace::Request* on) -> mace::Status {
    MACE_ASSIGN_OR_RETURN(const std::vector<std::string> wanted, ReadNames("names", names, count));
    return on->SelectOutputs(wanted);
  });
}

mace_status_code mace_request_select_outputs_at(mace_request* request, const size_t* indices,
                                                size_t count) {
  return OnRequest(request, [&](mace::Request* on) -> mace::Status {
    if (count == 0) return on->SelectOutputsAt({});
    MACE_RETURN_IF_ERROR(CheckPresent({{"indices", indices}}));
    return on->SelectOutputsAt(std::vector<size_t>(indices, indices + count));
  });
}

mace_status_code mace_request_set_wait_events(mace_request* request, void* const* events,
                                              size_t count) {
  return OnRequest(request, [&](mace::Request* on) -> mace::Status {
    if (count == 0) return on->SetWaitEvents({});
    MACE_RETURN_IF_ERROR(CheckPresent({{"events", events}}));
    return on->SetWaitEvents(std::vector<void*>(events, events + count));
  });
}

mace_status_code mace_request_set_signal_event(mace_request* request, void* user_event) {
  return OnRequest(request, [&](mace::Request* on) { return on->SetSignalEvent(user_event); });
}

mace_status_code mace_request_run(mace_request* request) {
  return OnRequest(request, [](mace::Request* on) { return on->Run(); });
}

mace_status_code mace_request_run_for(mace_request* request, int64_t limit_ms) {
  return OnRequest(request, [&](mace::Request* on) { return on->Run(milliseconds(limit_ms)); });
}

mace_status_code mace_request_start(mace_request* request, mace_done done, void* user) {
  return OnRequest(request, [&](mace::Request* on) {
    if (done == nullptr) return on->Start();
    return on->Start([done, user](const mace::Status& status) {
      done(user, static_cast<mace_status_code>(status.code()), status.message().c_str());
    });
  });
}

mace_status_code mace_request_wait(mace_request* request) {
  return OnRequest(request, [](mace::Request* on) { return on->Wait(); });
}

mace_status_code mace_request_wait_for(mace_request* request, int64_t limit_ms) {
  return OnRequest(request, [&](mace::Request* on) { return on->Wait(milliseconds(limit_ms)); });
}

void mace_request_cancel(mace_request* request) {
  if (request != nullptr) request->request.Cancel();
}

mace_status_code mace_request_get(const mace_request* request, const char* name,
                                  mace_tensor** tensor) {
  return Guard([&]() -> mace::Status {
    if (tensor != nullptr) *tensor = nullptr;
    MACE_RETURN_IF_ERROR(CheckPresent({{"request", request}, {"name", name}, {"tensor", tensor}}));
    return GiveTensor(request->request.Get(name), tensor);
  });
}

mace_status_code mace_request_get_at(const mace_request* request, size_t index,
                                     mace_tensor** tensor) {
  return Guard([&]() -> mace::Status {
    if (tensor != nullptr) *tensor = nullptr;
    MACE_RETURN_IF_ERROR(CheckPresent({{"request", request}, {"tensor", tensor}}));
    return GiveTensor(request->request.Get(index), tensor);
  });
}

mace_status_code mace_request_statistics(const mace_request* request,
                                         mace_run_statistics* statistics) {
  return Guard([&]() -> mace::Status {
    MACE_RETURN_IF_ERROR(CheckPresent({{"request", request}, {"statistics", statistics}}));
    const mace::RunStatistics from = request->request.statistics();
    mace_run_statistics full = {};
    full.latency_ms = from.latency_ms;
    full.made_plan = from.made_plan;
    return WriteStruct("statistics", full, sizeof(full.struct_size), statistics);
  });
}
