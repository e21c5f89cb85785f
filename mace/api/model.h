// A model: what a file says, checked, with its weights and without a device.
#ifndef MACE_API_MODEL_H_
#define MACE_API_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mace/api/file_range.h"
#include "mace/api/tensor.h"
#include "mace/base/status.h"

namespace mace {

using DimsByName = std::map<std::string, std::vector<int64_t>>;

// Bytes in memory: a model that is an app's resource.
struct MemoryBytes {
  const void* data = nullptr;
  size_t size = 0;
  // Empty: the bytes are copied before the call returns. Else they are borrowed, and this is called
  // once, on any thread, when nothing needs them any more; also where the call fails.
  std::function<void()> release;
};

struct LoadOptions {
  // The weights of a MACE model; empty: the model's name with ".data" in place of its extension.
  std::string data_path;
  // By the names of inputs: dims in place of those that the model declares. A name that is no
  // input's is kNotFound.
  DimsByName input_dims;
  // By name, for what the model leaves dynamic. TensorFlow and ONNX: a name of a tensor inside of
  // the graph makes it an input, and what comes before it is left out.
  DimsByName dynamic_dims;
  // TensorFlow and ONNX: the tensors, any of the graph, that are to be the inputs and outputs; the
  // rest is left out. Empty: those that the model declares.
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  // ONNX: inputs whose values are known before a run: those that hold a shape, an axis or a mode.
  // They are no inputs of the model then.
  std::map<std::string, Tensor> values;
  // The most memory that tensors made by loading may take, in bytes; 0: what the system has
  // available.
  uint64_t host_memory_limit = 0;
};

// A handle: copies are the same model. Immutable and thread-safe. A default-made one is no model,
// and every use of it is kFailedPrecondition.
//
// Formats: MACE's `.pb` (with its `.data`), TensorFlow's frozen graphs, ONNX; told by content. The
// files stay open as long as the model lives, and may be deleted, or replaced by renaming others
// over them. One that is changed in place while it is needed is kCorruption, never a wrong answer.
class Model {
 public:
  Model();
  ~Model();
  Model(const Model&);
  Model& operator=(const Model&);
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;

  // kNotFound for a file that is not there, kCorruption for bytes that are no model,
  // kInvalidArgument for a graph or option that does not fit, kUnsupported for what this version
  // cannot do, kResourceExhausted for memory. Each message names the file or node, what was
  // expected and what was found.
  static StatusOr<Model> Load(const std::string& path, const LoadOptions& options = LoadOptions());
  // `weights`: the content of a MACE model's `.data`. A model in memory has no other files beside
  // it: ONNX's external data is kNotFound.
  static StatusOr<Model> FromBytes(MemoryBytes model, MemoryBytes weights = MemoryBytes(),
                                   const LoadOptions& options = LoadOptions());
  static StatusOr<Model> FromDescriptor(FileRange model, FileRange weights = FileRange(),
                                        const LoadOptions& options = LoadOptions());

  // As the file declares them, in its order; an input with LoadOptions::input_dims has those. Where
  // the file declares no dims of an output, an extent that depends on dynamic ones of inputs is -1.
  const std::vector<TensorSpec>& inputs() const;
  const std::vector<TensorSpec>& outputs() const;
  // "mace", "tensorflow" or "onnx".
  const std::string& format() const;

  struct State;  // Of the engine alone.

 private:
  friend struct ModelAccess;
  explicit Model(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

}  // namespace mace

#endif  // MACE_API_MODEL_H_
