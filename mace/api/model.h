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

  struct State;  // Of the engine alone.

 private:
  friend struct ModelAccess;
  explicit Model(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

}  // namespace mace

#endif  // MACE_API_MODEL_H_
