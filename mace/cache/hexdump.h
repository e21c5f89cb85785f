// A cache file's fields with their bytes, as `hexdump -C` prints them and with a column that says
// what each one is.
//
// Thread contract: thread-safe.
#ifndef MACE_CACHE_HEXDUMP_H_
#define MACE_CACHE_HEXDUMP_H_

#include <cstddef>
#include <string>
#include <vector>

#include "mace/base/status.h"

namespace mace {

struct HexdumpOptions {
  // Sections, kernels and tuning records shown of each; the rest is counted in one line.
  size_t entries = 8;
  // Lines of a section's bytes.
  size_t section_lines = 2;
};

// Lines without line ends, one field after the other, a field of more than 16 bytes on several
// lines. A damaged file is shown as far as it can be told, and the last line says what is wrong; a
// Status only where nothing can be read.
StatusOr<std::vector<std::string>> HexdumpCacheFile(const std::string& path,
                                                    const HexdumpOptions& options = {});

}  // namespace mace

#endif  // MACE_CACHE_HEXDUMP_H_
