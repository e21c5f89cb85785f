// Weights of quantized models in MACE's uint8 form, a quarter of their size as floats.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_FORMATS_MACE_EXPORT_QUANTIZED_H_
#define MACE_FORMATS_MACE_EXPORT_QUANTIZED_H_

#include <cstdint>
#include <optional>
#include <unordered_set>
#include <vector>

#include "mace/base/status.h"
#include "mace/graph/graph.h"

namespace mace {

// real = scale * (values[i] - zero_point).
struct QuantizedElements {
  std::vector<uint8_t> values;
  float scale = 0;
  int32_t zero_point = 0;
};

// The constants that upstream's converter quantizes too: large operands of products.
std::unordered_set<ValueId> QuantizableConstants(const Graph& graph);

// The elements as multiples of one scale, if each of them is given exactly; else nothing. An
// importer of quantized weights makes such elements. The tensor is of a float type.
StatusOr<std::optional<QuantizedElements>> FindQuantizedElements(const HostTensor& tensor);

}  // namespace mace

#endif  // MACE_FORMATS_MACE_EXPORT_QUANTIZED_H_
