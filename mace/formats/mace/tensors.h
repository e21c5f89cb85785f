// Constants of MACE models: where their elements lie, and in which type.
#ifndef MACE_FORMATS_MACE_TENSORS_H_
#define MACE_FORMATS_MACE_TENSORS_H_

#include <memory>

#include "mace/base/status.h"
#include "mace/formats/common/graph_builder.h"
#include "mace/formats/common/model_files.h"
#include "mace/formats/proto/mace.pb.h"

namespace mace {

// The type in the graph of what a file declares as an input or the result of an op. All floats are
// float32: the plan chooses their storage. kUnsupported for a type that no value has.
StatusOr<DType> DTypeOfMace(int wired);

// Adds all tensors of `net` to the graph under their names. Float kinds and int32 are as in the
// file; quantized tensors become float32 by scale * (q - zero_point). `model` keeps alive what is
// stored inline. Errors name the tensor.
Status AddMaceTensors(const wire::NetDef& net,
                      const std::shared_ptr<const wire::MultiNetDef>& model,
                      const WeightFile& weights, GraphBuilder* builder);

}  // namespace mace

#endif  // MACE_FORMATS_MACE_TENSORS_H_
