// The version of the library.
#ifndef MACE_API_VERSION_H_
#define MACE_API_VERSION_H_

// MACE_VERSION is the version of these headers as one number: 10000 * major + 100 * minor + patch.
#define MACE_VERSION_MAJOR 0
#define MACE_VERSION_MINOR 1
#define MACE_VERSION_PATCH 0
#define MACE_VERSION (10000 * MACE_VERSION_MAJOR + 100 * MACE_VERSION_MINOR + MACE_VERSION_PATCH)

namespace mace {

// The version of the linked library, such as "0.1.0"; it may be newer than the headers.
// Thread-safe.
const char* Version();

}  // namespace mace

#endif  // MACE_API_VERSION_H_
