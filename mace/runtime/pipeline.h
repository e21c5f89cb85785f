// Runs of one model that overlap: while one computes, the next one's inputs go to the device and
// the last one's outputs come back. For throughput; the latency of a single run does not shrink.
//
//   MACE_ASSIGN_OR_RETURN(auto pipeline, Pipeline::Create(engine.get(), 3));
//   for (const HostTensor& image : images) answers.push_back(pipeline->Submit({image}));
//   for (auto& answer : answers) Use(answer.get());
//
// Each run in flight has a queue and activations of its own; programs and weights are the engine's.
// Thread contract: thread-safe; the engine may run beside it, but not while Create makes the
// pipeline. In a forked child runs are refused with kFailedPrecondition, and the destructor does
// nothing: threads do not survive a fork.
#ifndef MACE_RUNTIME_PIPELINE_H_
#define MACE_RUNTIME_PIPELINE_H_

#include <future>
#include <memory>
#include <vector>

#include "mace/base/status.h"
#include "mace/graph/tensor.h"
#include "mace/runtime/engine.h"

namespace mace {

class Pipeline {
 public:
  using Outputs = StatusOr<std::vector<HostTensor>>;

  // `depth` runs at once, 1 to 64. kInvalidArgument for another depth, kDeviceError where the
  // device has no room for the activations of so many, kFailedPrecondition where another thread
  // uses the engine. REQUIRES: the engine outlives the pipeline.
  static StatusOr<std::unique_ptr<Pipeline>> Create(Engine* engine, int depth);
  // Waits for every run.
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // Begins a run on inputs as Engine::Run takes them, of the engine's own shapes. Waits while as
  // many runs as `depth` have not begun to compute. The future holds what Engine::Run would give.
  // The inputs' elements must not change until then; no input is held any more when it does.
  std::future<Outputs> Submit(std::vector<HostTensor> inputs);

 private:
  struct State;
  explicit Pipeline(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace mace

#endif  // MACE_RUNTIME_PIPELINE_H_
