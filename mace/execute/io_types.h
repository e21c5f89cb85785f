// The element types of a model's inputs and outputs, as its caller sees them, where the graph
// inside has others: it computes floats in float32, on the CPU as on the device, and holds the
// int64 of some formats as int32. An input is converted before a run, an output after it.
//
// Thread contract: the functions are thread-safe.
#ifndef MACE_EXECUTE_IO_TYPES_H_
#define MACE_EXECUTE_IO_TYPES_H_

#include <memory>
#include <vector>

#include "mace/execute/executor.h"
#include "mace/graph/graph.h"

namespace mace {

// The type that the caller sees of a port whose value has the type `inside`: the declared one where
// a conversion leads there.
DType ShownType(const IoInfo& io, DType inside);

// Whether an input of type `shown` takes a tensor of type `found`: its own, and float32 in place of
// float16 and float64.
bool TakesType(DType shown, DType found);

// The inputs with the types that their values have inside. kInvalidArgument names an input with a
// number that its type inside does not hold. REQUIRES: as many as the graph has inputs, each of a
// type that ShownType's takes.
StatusOr<std::vector<HostTensor>> ToTypesInside(const Graph& graph,
                                                const std::vector<HostTensor>& inputs);

// An executor that takes and gives tensors of the types `inputs` and `outputs` (with all entries of
// a batch), where `executor` runs `graph`, which it keeps alive; `executor` itself where nothing is
// to be converted. Its memory is taken here, none while it runs.
StatusOr<std::unique_ptr<Executor>> WithIoTypes(std::unique_ptr<Executor> executor,
                                                std::shared_ptr<const Graph> graph,
                                                const std::vector<TensorInfo>& inputs,
                                                const std::vector<TensorInfo>& outputs);

}  // namespace mace

#endif  // MACE_EXECUTE_IO_TYPES_H_
