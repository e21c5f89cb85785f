// TensorFlow's TensorProto as a constant.
#ifndef MACE_FORMATS_TENSORFLOW_TENSOR_H_
#define MACE_FORMATS_TENSORFLOW_TENSOR_H_

#include <memory>
#include <string>

#include "mace/base/status.h"
#include "mace/formats/common/graph_builder.h"
#include "mace/formats/proto/tensorflow.pb.h"
#include "mace/graph/tensor.h"

namespace mace {

// float64 becomes float32; int64, int16 and the unsigned become int32, out of range: the nearest
// (an end of INT64_MAX in a slice stays behind every end). tensor_content of other types is viewed,
// and `owner` kept for it. Lists shorter than the shape repeat their last element; an empty one
// stands for zeros. kUnsupported for strings and the like.
StatusOr<HostTensor> ReadTensorProto(const tf::TensorProto& proto,
                                     const std::shared_ptr<const void>& owner,
                                     GraphBuilder* builder);

// The constant as a value of the graph under `name`: one with a single value for many elements may
// be a node (filled.h). Errors: ReadTensorProto's.
StatusOr<ValueId> AddTfConstant(const std::string& name, const tf::TensorProto& proto,
                                const std::shared_ptr<const void>& owner, GraphBuilder* builder);

// The type in the graph, kInvalid where there is none.
DType GraphType(tf::DataType type);

// kInvalidArgument for extents that are no shape. -1 stays.
StatusOr<std::vector<int64_t>> ReadDims(const tf::TensorShapeProto& proto);

}  // namespace mace

#endif  // MACE_FORMATS_TENSORFLOW_TENSOR_H_
