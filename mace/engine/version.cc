#include "mace/api/version.h"

#define MACE_TEXT_OF(number) MACE_TEXT(number)
#define MACE_TEXT(number) #number

namespace mace {

const char* Version() {
  return MACE_TEXT_OF(MACE_VERSION_MAJOR) "." MACE_TEXT_OF(MACE_VERSION_MINOR) "." MACE_TEXT_OF(
      MACE_VERSION_PATCH);
}

}  // namespace mace

#undef MACE_TEXT_OF
#undef MACE_TEXT
