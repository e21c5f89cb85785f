// Runs a model on zeros and prints the shape of each output. usage: example MODEL [DEVICE]
#include <cstdio>

#include "mace/mace.h"

extern "C" int describe_library();  // In describe.c, which uses the C API.

static mace::Status Run(const char* path, const char* device) {
  mace::CompileOptions options;
  options.device = device;
  MACE_ASSIGN_OR_RETURN(auto compiled,
                        mace::CompiledModel::Load(path, mace::LoadOptions(), options));
  MACE_ASSIGN_OR_RETURN(auto request, compiled.NewRequest());
  for (const mace::TensorSpec& input : compiled.inputs()) {
    MACE_ASSIGN_OR_RETURN(auto zeros, mace::Tensor::Allocate(input.dtype, input.dims));
    MACE_RETURN_IF_ERROR(request.Set(input.name, std::move(zeros)));
  }
  MACE_RETURN_IF_ERROR(request.Run());
  for (const mace::TensorSpec& output : compiled.outputs()) {
    std::printf("%s\n", output.ToString().c_str());
  }
  return mace::Status();
}

int main(int argc, char** argv) {
  const mace::Status status = Run(argc > 1 ? argv[1] : "", argc > 2 ? argv[2] : "gpu");
  if (!status.ok()) std::fprintf(stderr, "example: %s\n", status.message().c_str());
  return status.ok() ? describe_library() : 1;
}
