// A model that was read and checked, with its weights, and without a device.
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

// Bytes in memory, such as a model among an app's resources.
struct MemoryBytes {
  const void* data = nullptr;
  size_t size = 0;
  // Empty: the bytes are copied before the call returns. Otherwise they are borrowed, and `release`
  // is called once, on any thread, when they are no longer needed, even if the call fails.
  std::function<void()> release;
};

struct LoadOptions {
  // The file of a MACE model's weights; empty: the model's name with the extension ".data".
  std::string data_path;
  // Dims by the names of inputs; they replace the declared ones. kNotFound for a name that no input
  // has.
  DimsByName input_dims;
  // Dims by name, used only where the model leaves extents dynamic. TensorFlow and ONNX: a tensor
  // inside of the graph that is named here becomes an input, and nodes before it are left out.
  DimsByName dynamic_dims;
  // TensorFlow and ONNX: names of the graph's tensors to use as inputs and outputs; nodes outside
  // of that part are left out. Empty: the declared inputs and outputs.
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  // ONNX: values by the names of inputs that are known before a run, such as a shape, an axis or a
  // mode. They become constants of the model.
  std::map<std::string, Tensor> values;
  // The most bytes that tensors made by loading may take; 0: the memory that the system has
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
// Formats: MACE's `.pb` (with its `.data`), TensorFlow's frozen graphs, and ONNX. The content tells
// the format. The files stay open as long as the model lives. They may be deleted, or replaced by
// renaming other files over them. A file that is changed in place while it is needed is
// kCorruption, never a wrong answer.
class Model {
 public:
  Model();
  ~Model();
  Model(const Model&);
  Model& operator=(const Model&);
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;

  // Reads a model from files. kNotFound for a missing file, kCorruption for bytes that are not a
  // valid model, kInvalidArgument for a graph or option that does not fit, kUnsupported for a
  // feature that this version lacks, kResourceExhausted for lack of memory. Each message names the
  // file or node, what was expected and what was found.
  static StatusOr<Model> Load(const std::string& path, const LoadOptions& options = LoadOptions());
  // Reads a model from memory. `weights`: the content of a MACE model's `.data`. Errors are those
  // of Load; a model in memory has no files beside it, so ONNX's external data is kNotFound.
  static StatusOr<Model> FromBytes(MemoryBytes model, MemoryBytes weights = MemoryBytes(),
                                   const LoadOptions& options = LoadOptions());
  // Reads a model from open files or parts of them. `weights`: a MACE model's `.data`. Errors are
  // those of FromBytes.
  static StatusOr<Model> FromDescriptor(FileRange model, FileRange weights = FileRange(),
                                        const LoadOptions& options = LoadOptions());

  // The inputs and outputs in the file's order, with the declared dims or those of
  // LoadOptions::input_dims. In an output without declared dims, an extent that depends on dynamic
  // extents of inputs is -1.
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
