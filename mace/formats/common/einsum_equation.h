// The text of an Einstein summation, read for operands of known ranks.
#ifndef MACE_FORMATS_COMMON_EINSUM_EQUATION_H_
#define MACE_FORMATS_COMMON_EINSUM_EQUATION_H_

#include <string>
#include <vector>

#include "mace/base/status.h"

namespace mace {

// One label for each axis: the letter, or for an axis of "..." a number from 256 on, which counts
// these axes from the last one.
using EinsumLabels = std::vector<int>;

struct EinsumEquation {
  std::vector<EinsumLabels> operands;
  EinsumLabels result;
};

// Reads equations as AddEinsum (einsum.h) describes them. kInvalidArgument: the text is no
// equation, or its terms are not those of operands with these ranks.
// Thread contract: thread-safe (a pure function).
StatusOr<EinsumEquation> ParseEinsumEquation(const std::string& text,
                                             const std::vector<int>& ranks);

}  // namespace mace

#endif  // MACE_FORMATS_COMMON_EINSUM_EQUATION_H_
