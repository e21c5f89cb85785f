// How a program is kept whose driver gives PTX: machine code under the program's own key, and the
// PTX beside it, for a device of another generation that refuses the machine code.
//
// Thread contract: thread-safe.
#ifndef MACE_CACHE_PTX_RECORDS_H_
#define MACE_CACHE_PTX_RECORDS_H_

#include <string>
#include <vector>

#include "mace/cache/contents.h"

namespace mace {

// The key under which the PTX stands beside a program's machine code; `key` is the program's.
Sha256Digest PtxKey(const Sha256Digest& key);

// Makes both records. `ptx` is the program's record as it would be without machine code; `source`
// is the text of which its source hash was made.
std::vector<ProgramRecord> MakePtxRecords(ProgramRecord ptx, const std::string& cubin,
                                          const std::string& source,
                                          const std::string& build_options);

}  // namespace mace

#endif  // MACE_CACHE_PTX_RECORDS_H_
