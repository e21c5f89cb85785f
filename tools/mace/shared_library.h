// Whether a shared library loads, tried in a child process because its constructors may crash.
#ifndef TOOLS_MACE_SHARED_LIBRARY_H_
#define TOOLS_MACE_SHARED_LIBRARY_H_

#include <string>
#include <vector>

#include "tools/mace/json_output.h"

namespace mace {

struct LibraryFacts {
  bool loaded = false;
  std::string path;                // The file that was loaded.
  std::string why_not;             // One line.
  std::vector<std::string> found;  // The wanted symbols that it defines.
  // What an OpenCL loader says about itself: who made it, and its version; empty for other
  // libraries.
  std::string loader_vendor;
  std::string loader_version;

  bool Has(const std::string& symbol) const;
};

// `name`: as for dlopen. `symbols`: those to look for.
LibraryFacts LoadLibraryInChild(const std::string& name, const std::vector<std::string>& symbols);

}  // namespace mace

#endif  // TOOLS_MACE_SHARED_LIBRARY_H_
