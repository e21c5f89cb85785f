// The public API in thirty lines: load a model, run it on the best OpenCL device, keep its kernels
// for the next start. usage: example MODEL.pb
#include <cstdio>
#include <utility>
#include <vector>

#include "mace/mace.h"

namespace {

mace::Status Classify(const char* model) {
  mace::Options options;
  options.cache_path = "mace-cl-compiled-program.bin";
  MACE_ASSIGN_OR_RETURN(auto engine, mace::Engine::Create(model, options));
  std::vector<mace::HostTensor> inputs;
  for (const mace::Port& port : engine->inputs()) {
    MACE_ASSIGN_OR_RETURN(auto input, mace::HostTensor::Allocate(port.info));
    inputs.push_back(std::move(input));
  }
  MACE_ASSIGN_OR_RETURN(auto outputs, engine->Run(inputs));
  std::printf("%s on %s, %s start\n", model, engine->stats().device.c_str(),
              engine->stats().cache.status.c_str());
  for (size_t i = 0; i < outputs.size(); ++i) {
    std::printf("%s %s, first element %g\n", engine->outputs()[i].name.c_str(),
                outputs[i].shape().ToString().c_str(), static_cast<double>(outputs[i].f32()[0]));
  }
  return engine->FinishCache();
}

}  // namespace

int main(int argc, char** argv) {
  const mace::Status status =
      argc == 2 ? Classify(argv[1]) : mace::InvalidArgument("usage: example MODEL.pb");
  if (!status.ok()) std::fprintf(stderr, "example: %s\n", status.message().c_str());
  return status.ok() ? 0 : 1;
}
