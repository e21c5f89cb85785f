#include "mace/runtime/model_reader.h"

#include <system_error>
#include <utility>

#include "mace/base/log.h"
#include "mace/base/start_trace.h"

namespace mace {

ModelReader::ModelReader(std::string path, ImportOptions options)
    : path_(std::move(path)), options_(std::move(options)), graph_(Internal("not read yet")) {
  // Opening a device may set environment variables for a moment (cl/cache_layer.h), so the thread
  // must not be the one to read those that are read once.
  LogEnabled(LogLevel::kError);
  StartTracePrints();
  try {
    thread_ = std::thread([this] {
      Read();
      const std::shared_ptr<const Graph> graph = graph_.ok() ? *graph_ : nullptr;
      is_read_.set_value();  // From here on graph_ is Take's.
      if (graph != nullptr) TouchConstants(*graph);
    });
  } catch (const std::system_error&) {
    Read();
    is_read_.set_value();
  }
}

ModelReader::~ModelReader() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void ModelReader::Read() {
  ScopedStartPart part("model file");
  StatusOr<std::shared_ptr<Graph>> graph = ImportModel(path_, options_);
  if (graph.ok()) {
    graph_ = std::shared_ptr<const Graph>(*std::move(graph));
  } else {
    graph_ = graph.status();
  }
}

StatusOr<std::shared_ptr<const Graph>> ModelReader::Take() {
  is_read_.get_future().wait();
  return std::move(graph_);
}

void ModelReader::TouchConstants(const Graph& graph) const {
  ScopedStartPart part("weights' pages");
  constexpr size_t kPage = 4096;
  for (const Value& value : graph.values) {
    if (!value.constant.has_value()) continue;
    const Bytes bytes = value.constant->bytes();
    for (size_t i = 0; i < bytes.size() && !stop_; i += kPage) {
      static_cast<void>(*static_cast<const volatile uint8_t*>(bytes.data() + i));
    }
  }
}

}  // namespace mace
