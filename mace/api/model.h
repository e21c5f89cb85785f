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
  size_t size = 0;  // In bytes.
  // Empty: the bytes are copied before the call returns. Otherwise they are borrowed, and `release`
  // is called once, on any thread, when they are no longer needed, even if the call fails.
  std::function<void()> release;
};

struct LoadOptions {
  // The file of a MACE model's weights; empty: the model's name with the extension ".data".
  std::string data_path;
  // Dims by the name of an input; they replace the declared dims. Loading is kNotFound for a name
  // that no input has.
  DimsByName input_dims;
  // Dims by name, used only where the model leaves extents dynamic. TensorFlow, TensorFlow Lite and
  // ONNX: if a name is that of a tensor inside the graph, this tensor becomes an input, and the
  // nodes before the tensor are left out.
  DimsByName dynamic_dims;
  // TensorFlow, TensorFlow Lite and ONNX: names of the graph's tensors to use as inputs and outputs.
  // Nodes that are not between these inputs and outputs are left out. Empty: the declared inputs and
  // outputs.
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  // SavedModel of TensorFlow: the signature to load. Empty: "serving_default", or the only one that
  // there is. An error lists the signatures of the model. kInvalidArgument together with `outputs`,
  // and for other formats.
  std::string signature;
  // ONNX: the values of inputs that are known before a run, such as a shape, an axis or a mode, by
  // the input's name. These inputs become constants of the model.
  std::map<std::string, Tensor> values;
  // The most host memory that tensors made by loading may take, in bytes. 0: the memory that the
  // system has available, less a sixteenth.
  uint64_t host_memory_limit = 0;
};

struct SaveOptions {
  // The file for the weights. Empty: the model's name with ".data" in place of its extension, which
  // is where Model::Load looks for the weights.
  std::string data_path;
  // True: float weights are stored as IEEE halves, except tensors with a value that a half cannot
  // hold. The loaded model still computes in float32 unless CompileOptions::precision says
  // otherwise.
  bool half_weights = false;
};

// Describes the files that Model::Save has written.
struct SaveReport {
  std::string data_path;     // The path of the file with the weights.
  size_t nodes = 0;          // The number of nodes in the graph.
  uint64_t model_bytes = 0;  // The size of the file with the graph.
  uint64_t data_bytes = 0;   // The size of the file with the weights.
  // "node 'x' (Type): why" or "input 'x': type", for each node, input and output that the runtime
  // of the original MACE cannot run. This library runs all of them.
  std::vector<std::string> beyond_upstream;
};

// This class is a handle: copies refer to the same model, which never changes. A default-made
// handle refers to no model: Save and CompiledModel::Compile give kFailedPrecondition for it.
//
// Formats: MACE's `.pb` (with its `.data`), TensorFlow's frozen graphs, TensorFlow Lite, and ONNX.
// The format is recognized by the file's content. The files stay open as long as the model lives.
// They may be deleted, or replaced by renaming other files over them. If a file is changed in place
// while it is needed, the call that reads it gives kCorruption and never a wrong result.
//
// Thread contract: thread-safe.
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
  // of Load. A model in memory has no files beside it, so an ONNX model with external data is
  // kNotFound.
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
  // "mace", "tensorflow", "tflite" or "onnx"; "" for a default-made handle.
  const std::string& format() const;

  // Writes the model in MACE's format: the graph into the file `path`, and the weights into a file
  // of their own. Existing files are replaced. In the written model, inputs have the dims that this
  // model was loaded with (LoadOptions), a dynamic extent is 1, LoadOptions::values are constants,
  // and inputs and outputs of any float type are float32. Those of int64 are int32, which a warning
  // in the log says; a run of the written model fails if a result does not fit into int32.
  // kUnsupported, with the name of the node or tensor, for what the format cannot hold, such as
  // an output with the name of an input, more than 2^31 - 1 bytes of weights, or shapes
  // that depend on values that only a run gives.
  // kInvalidArgument if both files have the same name, kCorruption if a file of the model was
  // changed in place since the model was loaded, kIoError if the system refuses to write.
  StatusOr<SaveReport> Save(const std::string& path,
                            const SaveOptions& options = SaveOptions()) const;

  struct State;  // Internal.

 private:
  friend struct ModelAccess;
  explicit Model(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

}  // namespace mace

#endif  // MACE_API_MODEL_H_
