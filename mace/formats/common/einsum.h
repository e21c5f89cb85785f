// Einstein's summation, for all importers: sums of products over named axes, lowered to transposes,
// matrix products and sums.
//
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_COMMON_EINSUM_H_
#define MACE_FORMATS_COMMON_EINSUM_H_

#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/formats/common/graph_builder.h"

namespace mace {

// Adds the nodes of `equation`, as NumPy's einsum reads it, and gives the value that is its result.
// `name` begins the names of the nodes.
//
// A letter names an axis, "..." the axes that broadcast, and spaces mean nothing. A letter that
// occurs twice in one operand takes the diagonal; one that is missing behind "->" is summed over.
// Without "->" the result has the axes of "...", then the letters that occur once, in the order of
// ASCII. An extent of 1 broadcasts. Broadcast axes that the result leaves out are summed over.
//
// Operands are floats, or integers of one type; sums of integers wrap around. kInvalidArgument: an
// equation that is none, or that does not fit the operands, with both in the message.
StatusOr<ValueId> AddEinsum(const std::string& name, const std::string& equation,
                            const std::vector<ValueId>& operands, GraphBuilder* builder);

}  // namespace mace

#endif  // MACE_FORMATS_COMMON_EINSUM_H_
