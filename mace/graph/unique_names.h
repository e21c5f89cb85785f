// Makes unique names from wished ones.
//
// Many wishes for one name take time in proportion to their number, because the number that the
// name ended with last is remembered. Thread contract: thread-compatible.
#ifndef MACE_GRAPH_UNIQUE_NAMES_H_
#define MACE_GRAPH_UNIQUE_NAMES_H_

#include <cstddef>
#include <string>

#include "mace/base/keyed_hash.h"

namespace mace {

class UniqueNames {
 public:
  // Marks the name as taken; false where it is already.
  bool Insert(const std::string& name) { return taken_.insert(name).second; }
  bool Holds(const std::string& name) const { return taken_.count(name) > 0; }
  // A name that is not taken: `base` itself, or the first of base_1, base_2, ... It stays free.
  std::string Find(const std::string& base);
  // Find, and marks the name as taken.
  std::string Take(const std::string& base);

 private:
  NameSet taken_;
  NameMap<size_t> next_;  // By base: no number below it is free.
};

}  // namespace mace

#endif  // MACE_GRAPH_UNIQUE_NAMES_H_
