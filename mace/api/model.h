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

struct SaveOptions {
  // The file for the weights; empty: the model's name with ".data" in place of its extension, where
  // Model::Load looks for them.
  std::string data_path;
  // Float weights as IEEE halves, except tensors with a value that a half cannot hold. They are
  // computed with as float32 all the same, unless CompileOptions::precision says otherwise.
  bool half_weights = false;
};

// What Model::Save has written.
struct SaveReport {
  std::string data_path;
  size_t nodes = 0;
  uint64_t model_bytes = 0;  // Of the `.pb`,
  uint64_t data_bytes = 0;   // and of the `.data`.
  // "node 'x' (Type): why", for each node that the runtime of the original MACE does not know. This
  // library knows them all.
  std::vector<std::string> beyond_upstream;
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

  // Writes the model in MACE's format: `path` with the graph, and a file with the weights. Files
  // that are there are replaced. Inputs have the dims that the model was loaded with (LoadOptions),
  // a dynamic extent is written as 1, values that are known at load are constants, and inputs and
  // outputs of any float type are float32.
  // kUnsupported, naming the node or tensor, for what the format cannot hold, such as inputs and
  // outputs of int64, uint8 and bool, or more than 2^31 - 1 bytes of weights.
  // kInvalidArgument where both files have one name, kCorruption where a file of the model was
  // changed in place since it was loaded, kIoError where the system refuses to write.
  StatusOr<SaveReport> Save(const std::string& path,
                            const SaveOptions& options = SaveOptions()) const;

  struct State;  // Of the engine alone.

 private:
  friend struct ModelAccess;
  explicit Model(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

}  // namespace mace

#endif  // MACE_API_MODEL_H_
