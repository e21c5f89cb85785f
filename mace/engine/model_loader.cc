#include "mace/engine/model_loader.h"

#include <system_error>
#include <utility>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/log.h"
#include "mace/base/memory_budget.h"
#include "mace/base/start_trace.h"

namespace mace {

ModelLoader::ModelLoader(Load load, Then then)
    : load_(std::move(load)), then_(std::move(then)), loaded_(Internal("not loaded yet")) {
  // Opening a device may set environment variables for a moment (cl/cache_layer.h). The variables
  // that are read only once are read here, so that the loading thread reads none.
  LogEnabled(LogLevel::kError);
  StartTracePrints();
  try {
    thread_ = std::thread([this, budget = ScopedMemoryBudget::Current()] {
      const ScopedMemoryBudget scope(budget);
      Run();
    });
  } catch (const std::system_error&) {
    Run();
  }
}

ModelLoader::~ModelLoader() {
  if (thread_.joinable()) thread_.join();
}

ModelLoader::Rest ModelLoader::LoadAndThen() {
  {
    ScopedStartPart part("model file");
    loaded_ = CatchExhaustion(load_);
  }
  if (!loaded_.ok()) return nullptr;
  Rest rest;
  const Status done = CatchExhaustion([this, &rest] {
    rest = then_(*loaded_);
    return Status();
  });
  if (!done.ok()) loaded_ = done;
  return rest;
}

void ModelLoader::Run() {
  const Rest rest = LoadAndThen();
  done_.set_value();
  if (rest) rest();
}

StatusOr<std::shared_ptr<const Model::State>> ModelLoader::Take() {
  done_.get_future().wait();
  return std::move(loaded_);
}

}  // namespace mace
