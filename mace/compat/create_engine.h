// The calls that make an engine of Xiaomi's MACE.
//
// Thread contract: thread-safe.
#ifndef MACE_COMPAT_CREATE_ENGINE_H_
#define MACE_COMPAT_CREATE_ENGINE_H_

#include <cstddef>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mace/compat/config.h"
#include "mace/compat/engine.h"
#include "mace/compat/note.h"
#include "mace/compat/status.h"
#include "mace/mace.h"

namespace mace {

// Makes an engine for a model of mace/mace.h, which may also be loaded from a path, a descriptor
// or another format. This function is not one of Xiaomi's MACE.
// MACE_INVALID_ARGS for a name that the model does not have, and for a null pointer;
// MACE_UNSUPPORTED for a device other than CPU and GPU; MACE_OUT_OF_RESOURCES if there is not
// enough memory; MACE_RUNTIME_ERROR if there is no OpenCL device or the driver fails.
inline MaceStatus CreateMaceEngineFromModel(const Model& model,
                                            const std::vector<std::string>& input_nodes,
                                            const std::vector<std::string>& output_nodes,
                                            const MaceEngineConfig& config,
                                            std::shared_ptr<MaceEngine>* engine) {
  if (engine == nullptr) {
    return MaceStatus(MaceStatus::MACE_INVALID_ARGS,
                      "engine: expected a pointer for the engine, found a null pointer");
  }
  engine->reset();
  auto made = std::make_shared<MaceEngine>(config);
  MACE_RETURN_IF_ERROR(made->Init(model, input_nodes, output_nodes));
  *engine = std::move(made);
  return MaceStatus();
}

// Makes an engine from a model in memory: the bytes of a `.pb` and of its `.data` (null and 0 for a
// model without one). Both are copied, hence *model_data_unused (may be null) becomes true, and the
// caller may free them. `tutor` and `fake_warmup` have no effect: when the call returns, programs
// are compiled and weights are on the device. Errors are those of CreateMaceEngineFromModel, and
// MACE_INVALID_ARGS for bytes that are not a model.
inline MaceStatus CreateMaceEngineFromProto(
    const unsigned char* model_graph_proto, size_t model_graph_proto_size,
    const unsigned char* model_weights_data, size_t model_weights_data_size,
    const std::vector<std::string>& input_nodes, const std::vector<std::string>& output_nodes,
    const MaceEngineConfig& config, std::shared_ptr<MaceEngine>* engine,
    bool* model_data_unused = nullptr, MaceEngine* tutor = nullptr, bool /*fake_warmup*/ = false) {
  if (tutor != nullptr) {
    compat_internal::NoEffect("tutor", "engines do not share the memory of activations");
  }
  const MemoryBytes graph = {model_graph_proto, model_graph_proto_size, nullptr};
  const MemoryBytes weights = {model_weights_data, model_weights_data_size, nullptr};
  const StatusOr<Model> model = Model::FromBytes(graph, weights);
  if (!model.ok()) return model.status();
  if (model_data_unused != nullptr) *model_data_unused = true;
  return CreateMaceEngineFromModel(*model, input_nodes, output_nodes, config, engine);
}

// Makes an engine from the bytes of a `.pb` and the path of its `.data` (empty for a model without
// one). Errors are those of the other CreateMaceEngineFromProto, and MACE_INVALID_ARGS for a file
// that cannot be read.
inline MaceStatus CreateMaceEngineFromProto(const std::vector<unsigned char>& model_pb,
                                            const std::string& model_data_file,
                                            const std::vector<std::string>& input_nodes,
                                            const std::vector<std::string>& output_nodes,
                                            const MaceEngineConfig& config,
                                            std::shared_ptr<MaceEngine>* engine,
                                            MaceEngine* tutor = nullptr) {
  std::vector<char> weights;
  if (!model_data_file.empty()) {
    std::ifstream file(model_data_file, std::ios::binary);
    weights.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    if (!file.is_open() || file.bad()) {
      return MaceStatus(MaceStatus::MACE_INVALID_ARGS,
                        "'" + model_data_file + "': the file cannot be read");
    }
  }
  const auto* const data = reinterpret_cast<const unsigned char*>(weights.data());
  return CreateMaceEngineFromProto(model_pb.data(), model_pb.size(), data, weights.size(),
                                   input_nodes, output_nodes, config, engine, nullptr, tutor);
}

}  // namespace mace

#endif  // MACE_COMPAT_CREATE_ENGINE_H_
