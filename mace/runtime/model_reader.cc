#include "mace/runtime/model_reader.h"

#include <system_error>
#include <utility>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/log.h"
#include "mace/base/memory_budget.h"
#include "mace/base/start_trace.h"

namespace mace {

ModelReader::ModelReader(std::string path, ImportOptions options)
    : path_(std::move(path)), options_(std::move(options)), graph_(Internal("not read yet")) {
  // Opening a device may set environment variables for a moment (cl/cache_layer.h), so the thread
  // must not be the one to read those that are read once.
  LogEnabled(LogLevel::kError);
  StartTracePrints();
  try {
    thread_ = std::thread([this, budget = ScopedMemoryBudget::Current()] {
      const ScopedMemoryBudget scope(budget);
      Read();
      is_read_.set_value();  // From here on graph_ and files_ are the caller's.
    });
  } catch (const std::system_error&) {
    Read();
    is_read_.set_value();
  }
}

ModelReader::~ModelReader() {
  if (thread_.joinable()) thread_.join();
}

void ModelReader::Read() {
  ScopedStartPart part("model file");
  graph_ = CatchExhaustion([this] { return OpenAndImport(); });
}

StatusOr<std::shared_ptr<const Graph>> ModelReader::OpenAndImport() {
  MACE_ASSIGN_OR_RETURN(files_, ModelFiles::Open(path_, options_.data_path));
  MACE_ASSIGN_OR_RETURN(std::shared_ptr<Graph> graph, ImportModel(files_, options_));
  return std::shared_ptr<const Graph>(std::move(graph));
}

StatusOr<std::shared_ptr<const Graph>> ModelReader::Take() {
  is_read_.get_future().wait();
  return std::move(graph_);
}

}  // namespace mace
