// The public API in thirty lines: load a model, run it on the best OpenCL device (or on the one
// that is named), print its outputs. usage: example MODEL [DEVICE]
#include <cstdint>
#include <cstdio>
#include <utility>

#include "mace/mace.h"

namespace {

mace::Status PrintOutputs(const char* path, const mace::CompileOptions& options) {
  MACE_ASSIGN_OR_RETURN(const mace::Model model, mace::Model::Load(path));
  MACE_ASSIGN_OR_RETURN(auto compiled, mace::CompiledModel::Compile(model, options));
  MACE_ASSIGN_OR_RETURN(auto request, compiled.NewRequest());
  for (const mace::TensorSpec& input : compiled.inputs()) {
    MACE_ASSIGN_OR_RETURN(auto zeros, mace::Tensor::Allocate(input.dtype, input.dims));
    MACE_RETURN_IF_ERROR(request.Set(input.name, std::move(zeros)));
  }
  MACE_RETURN_IF_ERROR(request.Run());
  for (const mace::TensorSpec& output : compiled.outputs()) {
    MACE_ASSIGN_OR_RETURN(const mace::Tensor tensor, request.Get(output.name));
    std::printf("%s: %ld elements of %s\n", output.name.c_str(),
                static_cast<long>(tensor.elements()), mace::DTypeName(tensor.dtype()));
    const float* const values = tensor.data<float>();  // Null for another dtype.
    for (int64_t i = 0; values != nullptr && i < tensor.elements(); ++i) {
      std::printf("%g\n", static_cast<double>(values[i]));
    }
  }
  return mace::Status();
}

}  // namespace

int main(int argc, char** argv) {
  mace::CompileOptions options;
  if (argc > 2) options.device = argv[2];
  const mace::Status status = argc > 1 ? PrintOutputs(argv[1], options)
                                       : mace::InvalidArgument("usage: example MODEL [DEVICE]");
  if (!status.ok()) std::fprintf(stderr, "example: %s\n", status.message().c_str());
  return status.ok() ? 0 : 1;
}
