// A libFuzzer target: bytes as a model. MACE_FUZZ_FORMAT says for which importer: mace (four bytes
// of length, the `.pb`, then the `.data`), tensorflow or onnx.
//
// With MACE_FUZZ_SEEDS=FOLDER and MACE_FUZZ_MODELS=FILE:FILE… it writes those models there as
// inputs of this kind before it begins.
//
// An input that takes more than a second of the processor's time (not of the clock: the machine may
// be busy) is a failure, as a crash is.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>

#include "mace/base/atomic_file.h"
#include "mace/base/coding.h"
#include "mace/base/files.h"
#include "mace/base/strings.h"
#include "mace/import/import.h"
#include "mace/import/mace_import.h"
#include "mace/import/onnx_import.h"
#include "mace/import/tf_import.h"

namespace mace {
namespace {

constexpr size_t kLargestSeed = 1 << 17;

enum class Format { kMace, kTensorFlow, kOnnx };

Format FormatFromEnvironment() {
  const char* name = std::getenv("MACE_FUZZ_FORMAT");
  if (name != nullptr && std::strcmp(name, "tensorflow") == 0) return Format::kTensorFlow;
  if (name != nullptr && std::strcmp(name, "onnx") == 0) return Format::kOnnx;
  return Format::kMace;
}

Format TheFormat() {
  static const Format format = FormatFromEnvironment();
  return format;
}

// Small limits: what a hostile file asks for must be refused, not granted.
ImportOptions Limits() {
  ImportOptions options;
  options.max_model_bytes = size_t{1} << 20;
  options.max_nodes = 2000;
  options.max_expanded_bytes = size_t{16} << 20;
  return options;
}

void WriteSeeds(const std::string& folder, const std::string& models) {
  for (const std::string& path : Split(models, ':')) {
    const StatusOr<std::string> model = ReadFile(path, kLargestSeed);
    if (!model.ok()) continue;  // Too large for a seed.
    std::string seed = *model;
    if (TheFormat() == Format::kMace) {
      seed.clear();
      PutFixed32(&seed, static_cast<uint32_t>(model->size()));
      seed += *model;
      const StatusOr<std::string> data =
          ReadFile(path.substr(0, path.rfind('.')) + ".data", kLargestSeed);
      if (data.ok()) seed += *data;
    }
    std::string name = path;
    for (char& c : name) c = c == '/' ? '_' : c;
    if (!WriteFileAtomic(JoinPath(folder, name), AsBytes(seed)).ok()) {
      std::fprintf(stderr, "no seed %s\n", name.c_str());
    }
  }
}

void Import(Bytes bytes) {
  const ImportOptions options = Limits();
  StatusOr<std::shared_ptr<Graph>> graph = Internal("not imported");
  if (TheFormat() == Format::kTensorFlow) {
    graph = ImportTensorFlow(bytes, options);
  } else if (TheFormat() == Format::kOnnx) {
    // As a file that is mapped: its weights are viewed.
    const std::shared_ptr<const void> caller_keeps = std::make_shared<int>();
    graph = ImportOnnx(bytes, caller_keeps, "", options);
  } else {
    if (bytes.size() < 4) return;
    const size_t length = std::min<size_t>(GetFixed32(bytes.data()), bytes.size() - 4);
    WeightFile weights;
    weights.name = "weights";
    weights.bytes = Bytes(bytes.data() + 4 + length, bytes.size() - 4 - length);
    graph =
        ImportMace(Bytes(bytes.data() + 4, length), ModelFormat::kMaceMultiNet, weights, options);
  }
  // What is taken is whole.
  if (graph.ok() && !ValidateGraph(**graph).ok()) std::abort();
  if (!graph.ok() && graph.status().message().empty()) std::abort();
}

}  // namespace
}  // namespace mace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* seeds = std::getenv("MACE_FUZZ_SEEDS");
  const char* models = std::getenv("MACE_FUZZ_MODELS");
  if (seeds != nullptr && models != nullptr) mace::WriteSeeds(seeds, models);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::clock_t start = std::clock();
  mace::Import(mace::Bytes(data, size));
  const std::clock_t took = std::clock() - start;
  if (took > CLOCKS_PER_SEC) {
    std::fprintf(stderr, "hang: %.2f s of the processor's time\n",
                 static_cast<double>(took) / CLOCKS_PER_SEC);
    std::abort();
  }
  return 0;
}
