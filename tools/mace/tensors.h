// Tensors between .npy files and the engine: reading and making inputs, writing outputs.
#ifndef TOOLS_MACE_TENSORS_H_
#define TOOLS_MACE_TENSORS_H_

#include <string>
#include <vector>

#include "mace/runtime/engine.h"
#include "tools/mace/arguments.h"

namespace mace {

// A .npy file as a tensor of the type it has there, float64 narrowed to float32.
StatusOr<HostTensor> LoadStoredTensor(const std::string& path);
// A .npy file as a tensor of `dtype` (numbers are converted); errors name the file.
StatusOr<HostTensor> LoadTensor(const std::string& path, DType dtype);

// Writes a tensor as a .npy file; float kinds as float32.
Status SaveTensor(const std::string& path, const HostTensor& tensor);

// One tensor for each input of `ports`: from `files` by name, else seeded uniform floats in [-1, 1)
// (integers: 0). kInvalidArgument names a file's input that the model has not.
StatusOr<std::vector<HostTensor>> LoadInputs(const std::vector<Port>& ports,
                                             const NamedWords& files);

// The file name of an output: its name with '/' and ':' as '_', and ".npy".
std::string OutputFileName(const std::string& name);

// Writes outputs[i] as folder/OutputFileName(ports[i].name), making the folder, and gives the
// paths. kInvalidArgument where two names would collide; nothing is written then.
StatusOr<std::vector<std::string>> WriteOutputs(const std::string& folder,
                                                const std::vector<Port>& ports,
                                                const std::vector<HostTensor>& outputs);

}  // namespace mace

#endif  // TOOLS_MACE_TENSORS_H_
