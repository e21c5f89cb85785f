// A device as JSON, for `mace devices` and `mace doctor`.
#ifndef TOOLS_MACE_DEVICE_JSON_H_
#define TOOLS_MACE_DEVICE_JSON_H_

#include <cstddef>

#include "mace/mace.h"
#include "tools/mace/json_output.h"

namespace mace {

// `index`: the N of "gpu:N".
Json DeviceJson(const Device& device, size_t index);

}  // namespace mace

#endif  // TOOLS_MACE_DEVICE_JSON_H_
