// Converts inputs and outputs between the element types that the caller sees and the types inside
// the graph, where these differ: the graph computes floats in float32, on the CPU and on devices,
// and holds the int64 of some formats as int32. The upper bits of a byte with an integer of 4 or 2
// bits, which are the caller's, become those of the number. An input is converted before a run, an
// output after it.
//
// Thread contract: the functions are thread-safe.
#ifndef MACE_EXECUTE_IO_TYPES_H_
#define MACE_EXECUTE_IO_TYPES_H_

#include <memory>
#include <vector>

#include "mace/execute/executor.h"
#include "mace/graph/graph.h"

namespace mace {

// The type that the caller sees of an input or output whose value has the type `inside`: the
// declared one if there is a conversion, else `inside`.
DType ShownType(const IoInfo& io, DType inside);

// Whether an input of type `shown` takes a tensor of type `found`: the same type, float32 for
// float16 and float64, or int8 and uint8 for integers of fewer bits.
bool TakesType(DType shown, DType found);

// Converts inputs to the types inside. kInvalidArgument names an input with a number that its type
// inside cannot hold. REQUIRES: one tensor for each input of the graph, each of a type that
// TakesType allows.
StatusOr<std::vector<HostTensor>> ToTypesInside(const Graph& graph,
                                                const std::vector<HostTensor>& inputs);

// An executor that takes and gives tensors of the types `inputs` and `outputs` (with all entries of
// a batch), where `executor` runs `graph`; it keeps both alive. `executor` itself if nothing has to
// be converted. Memory is allocated here and not during a run.
StatusOr<std::unique_ptr<Executor>> WithIoTypes(std::unique_ptr<Executor> executor,
                                                std::shared_ptr<const Graph> graph,
                                                const std::vector<TensorInfo>& inputs,
                                                const std::vector<TensorInfo>& outputs);

}  // namespace mace

#endif  // MACE_EXECUTE_IO_TYPES_H_
