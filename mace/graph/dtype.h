// The element types a tensor of the graph can have: those of the public API.
#ifndef MACE_GRAPH_DTYPE_H_
#define MACE_GRAPH_DTYPE_H_

#include "mace/api/data_type.h"  // IWYU pragma: export

namespace mace {

inline bool IsFloat(DType dtype) {
  return dtype == DType::kFloat32 || dtype == DType::kFloat16 || dtype == DType::kBFloat16 ||
         dtype == DType::kFloat64;
}

}  // namespace mace

#endif  // MACE_GRAPH_DTYPE_H_
