// An app as it is written for Xiaomi's MACE: nothing but its public header, and C++11. The test
// upstream_program_test.py compiles and runs it.
//
// usage: upstream_program DEVICE MODEL.pb MODEL.data STORAGE_DIR TENSOR...
//   DEVICE       CPU or GPU, or another of their names
//   STORAGE_DIR  the folder for compiled programs; "-": none; "file:PATH": precompiled programs
//   TENSOR       in:NAME:1,8,8,1:FILE    an input, float32 in FILE
//                out:NAME:1,10:FILE      an output; float32 is written to FILE
// Prints the shape of each output and the times of the run. Exit code 1 and one line on stderr if a
// call fails.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "mace/public/mace.h"

struct TensorArgument {
  std::string direction;
  std::string name;
  std::vector<int64_t> shape;
  std::string file;
};

static std::vector<std::string> Split(const std::string &text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  std::string part;
  while (std::getline(stream, part, separator)) parts.push_back(part);
  return parts;
}

// The last ':' and the first one are separators; a name may hold others.
static TensorArgument ParseTensor(const std::string &text) {
  TensorArgument tensor;
  const size_t first = text.find(':');
  const size_t last = text.rfind(':');
  const size_t middle = text.rfind(':', last - 1);
  tensor.direction = text.substr(0, first);
  tensor.name = text.substr(first + 1, middle - first - 1);
  for (const std::string &extent : Split(text.substr(middle + 1, last - middle - 1), ',')) {
    tensor.shape.push_back(std::atoll(extent.c_str()));
  }
  tensor.file = text.substr(last + 1);
  return tensor;
}

static std::vector<unsigned char> ReadFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return std::vector<unsigned char>((std::istreambuf_iterator<char>(file)),
                                    std::istreambuf_iterator<char>());
}

static mace::DeviceType ParseDevice(const std::string &name) {
  if (name == "CPU") return mace::DeviceType::CPU;
  if (name == "GPU") return mace::DeviceType::GPU;
  if (name == "APU") return mace::DeviceType::APU;
  return mace::DeviceType::HEXAGON;
}

static int64_t CountElements(const std::vector<int64_t> &shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<int64_t>());
}

static mace::MaceTensor MakeTensor(const TensorArgument &argument) {
  const int64_t size = CountElements(argument.shape);
  std::shared_ptr<float> buffer(new float[size], std::default_delete<float[]>());
  if (argument.direction == "in") {
    std::ifstream file(argument.file, std::ios::binary);
    file.read(reinterpret_cast<char *>(buffer.get()), size * sizeof(float));
  }
  return mace::MaceTensor(argument.shape, buffer, mace::DataFormat::NHWC);
}

static void Configure(const std::string &storage, mace::MaceEngineConfig *config) {
  mace::GPUContextBuilder builder;
  if (storage.compare(0, 5, "file:") == 0) {
    std::vector<std::string> paths(1, storage.substr(5));
    builder.SetOpenCLBinaryPaths(paths);
  } else if (storage != "-") {
    builder.SetStoragePath(storage);
  }
  std::shared_ptr<mace::GPUContext> gpu_context = builder.Finalize();
  config->SetGPUContext(gpu_context);
  config->SetGPUHints(static_cast<mace::GPUPerfHint>(mace::GPUPerfHint::PERF_NORMAL),
                      static_cast<mace::GPUPriorityHint>(mace::GPUPriorityHint::PRIORITY_LOW));
}

static mace::MaceStatus Run(char **argv, const std::vector<TensorArgument> &arguments) {
  const mace::DeviceType device_type = ParseDevice(argv[1]);
  mace::MaceEngineConfig config(device_type);
  mace::MaceStatus status = config.SetCPUThreadPolicy(2, mace::CPUAffinityPolicy::AFFINITY_NONE);
  if (status != mace::MaceStatus::MACE_SUCCESS) return status;
  if (device_type == mace::DeviceType::GPU) Configure(argv[4], &config);

  std::vector<std::string> input_names;
  std::vector<std::string> output_names;
  std::map<std::string, mace::MaceTensor> inputs;
  std::map<std::string, mace::MaceTensor> outputs;
  for (const TensorArgument &argument : arguments) {
    const bool is_input = argument.direction == "in";
    (is_input ? input_names : output_names).push_back(argument.name);
    (is_input ? inputs : outputs)[argument.name] = MakeTensor(argument);
  }

  std::shared_ptr<mace::MaceEngine> engine;
  {
    // The engine needs neither of the two when it is made.
    const std::vector<unsigned char> model = ReadFile(argv[2]);
    const std::vector<unsigned char> weights = ReadFile(argv[3]);
    status =
        mace::CreateMaceEngineFromProto(model.data(), model.size(), weights.data(), weights.size(),
                                        input_names, output_names, config, &engine);
  }
  if (status != mace::MaceStatus::MACE_SUCCESS) return status;

  mace::RunMetadata metadata;
  status = engine->Run(inputs, &outputs);
  if (status == mace::MaceStatus::MACE_SUCCESS) status = engine->Run(inputs, &outputs, &metadata);
  if (status != mace::MaceStatus::MACE_SUCCESS) return status;

  for (const TensorArgument &argument : arguments) {
    if (argument.direction == "in") continue;
    const mace::MaceTensor &output = outputs[argument.name];
    std::ofstream file(argument.file, std::ios::binary);
    file.write(reinterpret_cast<const char *>(output.data().get()),
               CountElements(output.shape()) * sizeof(float));
    std::printf("output %s", argument.name.c_str());
    for (int64_t extent : output.shape()) std::printf(" %lld", static_cast<long long>(extent));
    std::printf("\n");
  }
  for (const mace::OperatorStats &stats : metadata.op_stats) {
    std::printf("%s %lld us\n", stats.operator_name.c_str(),
                static_cast<long long>(stats.stats.end_micros - stats.stats.start_micros));
  }
  return status;
}

int main(int argc, char **argv) {
  std::vector<TensorArgument> arguments;
  for (int i = 5; i < argc; ++i) arguments.push_back(ParseTensor(argv[i]));
  if (arguments.empty()) {
    std::fprintf(stderr, "usage: %s DEVICE MODEL.pb MODEL.data STORAGE_DIR TENSOR...\n", argv[0]);
    return 2;
  }
  const mace::MaceStatus status = Run(argv, arguments);
  if (status == mace::MaceStatus::MACE_SUCCESS) return 0;
  std::fprintf(stderr, "error %d: %s\n", static_cast<int>(status.code()),
               status.information().c_str());
  return 1;
}
