// Reads inputs from .npy files, makes random inputs, and writes outputs to .npy files.
#ifndef TOOLS_MACE_TENSORS_H_
#define TOOLS_MACE_TENSORS_H_

#include <map>
#include <string>
#include <vector>

#include "mace/mace.h"

namespace mace {

// The inputs or outputs of a model. A dynamic extent has the value that it has in the plan which
// was made last.
std::vector<TensorSpec> CompiledInputs(const CompiledModel& compiled);
std::vector<TensorSpec> CompiledOutputs(const CompiledModel& compiled);

// Reads a .npy file as a tensor of the file's element type. kUnsupported for an element type that
// no tensor has; all errors name the file.
StatusOr<Tensor> LoadStoredTensor(const std::string& path);
// Reads a .npy file and converts its elements to `dtype`. Errors name the file. kInvalidArgument
// names an integer or float64 that `dtype` cannot hold.
StatusOr<Tensor> LoadTensor(const std::string& path, DType dtype);

// The shapes of the arrays in files, by name, from the files' headers. A file that cannot be read
// is left out; the error is reported when the input itself is read.
std::map<std::string, std::vector<int64_t>> ShapesOfFiles(
    const std::map<std::string, std::string>& files);

// Reads a .npy file for an input as LoadTensor does, except that float32 elements stay float32 for
// an input of any float dtype. Before any element is read, the file's header is checked:
// kInvalidArgument if the rank differs, kResourceExhausted if the memory budget has no room.
StatusOr<Tensor> LoadInput(const std::string& path, const TensorSpec& spec);

// Writes a tensor as a .npy file of its own type; bfloat16, which NumPy lacks, as float32.
Status SaveTensor(const std::string& path, const Tensor& tensor);

// The treatment of an input without a file.
enum class MissingInput {
  kRefuse,
  kRandom,  // Floats uniform in [-1, 1) from a seed; integers are 0.
};

// One tensor for each of `specs`, in their order. `files` gives the path of a .npy file by the name
// of an input. kInvalidArgument names an input in `files` that the model does not have, and with
// kRefuse an input without a file. REQUIRES: no extent in `specs` is dynamic.
StatusOr<std::vector<Tensor>> LoadInputs(const std::vector<TensorSpec>& specs,
                                         const std::map<std::string, std::string>& files,
                                         MissingInput missing);

// Writes each output as a .npy file into the folder, and makes the folder if needed. The file names
// are those of OutputFileNames (tools/mace/output_name.h). Gives the paths, in the order of
// `specs`.
StatusOr<std::vector<std::string>> WriteOutputs(const std::string& folder,
                                                const std::vector<TensorSpec>& specs,
                                                const std::vector<Tensor>& outputs);

}  // namespace mace

#endif  // TOOLS_MACE_TENSORS_H_
