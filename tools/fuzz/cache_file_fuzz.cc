// A libFuzzer target: bytes as a cache file, first as they are, then with size and digest set right
// so that what stands behind the digest is reached too. The bytes are also read as upstream's file.
//
// With MACE_FUZZ_SEEDS=FOLDER it writes good files there before it begins.
#include <cstdio>
#include <cstdlib>

#include "mace/base/atomic_file.h"
#include "mace/base/files.h"
#include "mace/base/hash.h"
#include "mace/cache/upstream_file.h"
#include "mace/testing/cache/decode_all.h"
#include "mace/testing/cache/sample.h"

namespace mace {
namespace {

void Require(const std::string& broken) {
  if (broken.empty()) return;
  std::fprintf(stderr, "rule broken: %s\n", broken.c_str());
  std::abort();
}

void WriteSeed(const std::string& path, const CacheContents& contents,
               const std::optional<SigningKey>& key) {
  const auto encoded = EncodedCacheFile::Encode(contents, key);
  if (!encoded.ok() || !WriteFileAtomic(path, encoded->Pieces()).ok()) Require("no seed " + path);
}

void WriteSeeds(const std::string& folder) {
  CacheContents contents = ExampleContents();
  WriteSeed(JoinPath(folder, "example"), contents, std::nullopt);
  WriteSeed(JoinPath(folder, "signed"), contents, SigningKeyFromSeed({}));
  WriteSeed(JoinPath(folder, "empty"), CacheContents(), std::nullopt);
  contents.programs.push_back(SampleProgram(1));
  contents.programs.push_back(SampleProgram(2, 5000));
  contents.programs.back().device = SampleDevice("2.0");
  contents.tuning.push_back(TuningEntry{SampleDevice("2.0"), "pool", "b", 1});
  WriteSeed(JoinPath(folder, "three"), contents, std::nullopt);
}

void Exercise(const std::string& bytes) {
  static MemoryFile* const file = new MemoryFile;
  if (!file->Put(AsBytes(bytes))) Require("no memory file");
  Require(DecodeAll(file->path()));
}

}  // namespace
}  // namespace mace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* seeds = std::getenv("MACE_FUZZ_SEEDS");
  if (seeds != nullptr) mace::WriteSeeds(seeds);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  mace::Exercise(bytes);
  std::string upstream = bytes;
  mace::PutFixed32(&upstream, mace::Crc32(mace::AsBytes(bytes)));
  if (mace::ParseUpstreamCacheFile(mace::AsBytes(bytes)).ok() &&
      mace::GetFixed32(data + size - 4) != mace::Crc32(mace::Bytes(data, size - 4))) {
    mace::Require("upstream's checksum is not looked at");
  }
  (void)mace::ParseUpstreamCacheFile(mace::AsBytes(upstream)).ok();
  mace::FixSizeAndDigest(&bytes);
  mace::Exercise(bytes);
  return 0;
}
