// Reads the compiled-program file of upstream MACE: a serialized PairContainer (protobuf), then a
// CRC-32 over it. Its programs are shown and can be extracted as files. None can be put into a
// cache file of this engine; UpstreamProgram::why says what each lacks.
//
// Errors: kCorruption where the checksum or the pairs are wrong, those of ReadFile. Thread
// contract: thread-safe.
#ifndef MACE_CACHE_UPSTREAM_FILE_H_
#define MACE_CACHE_UPSTREAM_FILE_H_

#include <map>
#include <string>
#include <vector>

#include "mace/base/span.h"
#include "mace/base/status.h"

namespace mace {

struct UpstreamProgram {
  std::string name;         // The name of the .cl file: "conv_2d".
  std::string options;      // "-DBIAS …", without those that upstream adds when it compiles.
  std::string binary;       // The driver's; empty: the file has only the program's hash.
  std::string source_hash;  // A few digits of the MD5 of text and header; empty: none.
  // Why this program cannot be used, one line.
  std::string why;

  // The pair's key.
  std::string Key() const { return name + (options.empty() ? "" : " " + options); }
};

struct UpstreamCacheFile {
  std::string device_name;                // Empty for a GPU that upstream has no name for.
  std::string platform_info;              // "NAME, PROFILE, VERSION, MACE VERSION".
  std::vector<UpstreamProgram> programs;  // By key.
  std::vector<std::string> other_keys;    // Pairs that are none of this.
};

StatusOr<UpstreamCacheFile> ReadUpstreamCacheFile(const std::string& path);
// ReadUpstreamCacheFile for bytes in memory.
StatusOr<UpstreamCacheFile> ParseUpstreamCacheFile(Bytes file);

// The kind of a binary by its first bytes: "PoCL binary", "ELF", "PTX", "LLVM bitcode", "none" or
// "unknown".
const char* BinaryKindName(const std::string& binary);

}  // namespace mace

#endif  // MACE_CACHE_UPSTREAM_FILE_H_
