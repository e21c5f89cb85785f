// How an engine is to be made. Every member has the command's default.
#ifndef MACE_RUNTIME_OPTIONS_H_
#define MACE_RUNTIME_OPTIONS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "mace/plan/plan.h"

namespace mace {

struct Options {
  // "gpu": the best OpenCL device there is, a GPU before a CPU driver; "gpu:N" or "gpu:NAME-PART"
  // names one; "cpu": the reference.
  std::string device = "gpu";
  MemoryChoice memory = MemoryChoice::kAuto;
  Precision precision = Precision::kFloat32;
  // False: an op that would run on the CPU is an error that names it.
  bool allow_fallback = true;
  // The compiled-program cache file; empty: none.
  std::string cache_path;
  // Of the file, in bytes; the programs longest unused go first when it is written.
  uint64_t cache_size_limit = uint64_t{256} << 20;
  // 64 hexadecimal digits, as `mace cache keygen` writes them: a file without a signature by this
  // key is not used. This engine cannot sign, so that it then writes no file either. Empty: none.
  std::string cache_public_key;
  // Takes a file that others may write, or that another user owns. A compiled program is code: only
  // for a folder whose users trust one another.
  bool cache_allow_shared = false;
  // Never writes the file: for one that is shipped with an app.
  bool cache_read_only = false;
  // The weights of a MACE model; empty: the model's name with ".data".
  std::string data_path;
  // Shapes of inputs by name, where the model leaves them open or another is wanted.
  std::map<std::string, std::vector<int64_t>> input_shapes;
};

}  // namespace mace

#endif  // MACE_RUNTIME_OPTIONS_H_
