#include "tools/fuzz/model_input.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "mace/base/atomic_file.h"
#include "mace/base/coding.h"
#include "mace/base/files.h"
#include "mace/base/strings.h"

namespace mace {
namespace {

constexpr size_t kLargestSeed = 1 << 17;
constexpr size_t kLengthBytes = 4;

bool FormatIs(const char* name) {
  const char* format = std::getenv("MACE_FUZZ_FORMAT");
  return format != nullptr && std::strcmp(format, name) == 0;
}

void WriteSeed(const std::string& folder, const std::string& path) {
  const StatusOr<std::string> model = ReadFile(path, kLargestSeed);
  if (!model.ok()) return;  // Too large for a seed.
  std::string seed = *model;
  if (InputsHoldWeights()) {
    const StatusOr<std::string> weights =
        ReadFile(path.substr(0, path.rfind('.')) + ".data", kLargestSeed);
    seed = JoinModelInput(*model, weights.ok() ? AsBytes(*weights) : Bytes());
  }
  std::string name = path;
  std::replace(name.begin(), name.end(), '/', '_');
  const Status written = WriteFileAtomic(JoinPath(folder, name), AsBytes(seed));
  if (!written.ok()) std::fprintf(stderr, "no seed: %s\n", written.message().c_str());
}

}  // namespace

bool InputsHoldWeights() { return FormatIs("mace"); }

bool InputsHoldMessages() { return !FormatIs("tflite"); }

ModelInput SplitModelInput(Bytes bytes) {
  ModelInput input;
  input.model = bytes;
  if (!InputsHoldWeights()) return input;
  if (bytes.size() < kLengthBytes) return ModelInput();
  const size_t rest = bytes.size() - kLengthBytes;
  const size_t length = std::min<size_t>(GetFixed32(bytes.data()), rest);
  input.model = Bytes(bytes.data() + kLengthBytes, length);
  input.weights = Bytes(bytes.data() + kLengthBytes + length, rest - length);
  return input;
}

std::string JoinModelInput(const std::string& model, Bytes weights) {
  if (!InputsHoldWeights()) return model;
  std::string input;
  PutFixed32(&input, static_cast<uint32_t>(model.size()));
  input += model;
  PutBytes(&input, weights);
  return input;
}

void WriteModelSeeds(const std::string& folder, const std::string& paths) {
  for (const std::string& path : Split(paths, ':')) WriteSeed(folder, path);
}

}  // namespace mace
