// Tensors between .npy files and models: reading and making inputs, writing outputs.
#ifndef TOOLS_MACE_TENSORS_H_
#define TOOLS_MACE_TENSORS_H_

#include <map>
#include <string>
#include <vector>

#include "mace/mace.h"

namespace mace {

// The inputs of a model with the dims that it was compiled with in place of dynamic ones.
std::vector<TensorSpec> CompiledInputs(const CompiledModel& compiled);
std::vector<TensorSpec> CompiledOutputs(const CompiledModel& compiled);

// A .npy file as a tensor of the type it has there.
StatusOr<Tensor> LoadStoredTensor(const std::string& path);
// A .npy file as a tensor of `dtype` (numbers are converted); errors name the file.
// kInvalidArgument names an integer, or a float64, that the type does not hold.
StatusOr<Tensor> LoadTensor(const std::string& path, DType dtype);

// The shapes of the arrays in files, by name, as their headers say. A file that cannot be read is
// left out: that is an error when it is an input's turn.
std::map<std::string, std::vector<int64_t>> ShapesOfFiles(
    const std::map<std::string, std::string>& files);

// LoadTensor for an input, but that float32 stays what it is for every float type. kInvalidArgument
// where its rank is another, before any element is read.
StatusOr<Tensor> LoadInput(const std::string& path, const TensorSpec& spec);

// Writes a tensor as a .npy file of its own type; bfloat16, which NumPy has not, as float32.
Status SaveTensor(const std::string& path, const Tensor& tensor);

// What becomes of an input that no file is given for.
enum class MissingInput {
  kRefuse,
  kRandom,  // Seeded uniform floats in [-1, 1), integers 0.
};

// One tensor for each of `specs`, whose dims are all known, from `files` by name. kInvalidArgument
// names a file's input that the model has not, and with kRefuse an input without a file.
StatusOr<std::vector<Tensor>> LoadInputs(const std::vector<TensorSpec>& specs,
                                         const std::map<std::string, std::string>& files,
                                         MissingInput missing);

// Writes outputs[i] into the folder, which is made, under its name of OutputFileNames
// (tools/mace/output_name.h), and gives the paths.
StatusOr<std::vector<std::string>> WriteOutputs(const std::string& folder,
                                                const std::vector<TensorSpec>& specs,
                                                const std::vector<Tensor>& outputs);

}  // namespace mace

#endif  // TOOLS_MACE_TENSORS_H_
