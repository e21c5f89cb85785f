// Sparse tensors of ONNX, made dense.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_FORMATS_ONNX_SPARSE_H_
#define MACE_FORMATS_ONNX_SPARSE_H_

#include "mace/base/status.h"
#include "mace/formats/onnx/tensor.h"
#include "mace/formats/proto/onnx.pb.h"

namespace mace {

// The dense tensor: zeros but for the values. Its memory counts in the budget of source.builder.
// kCorruption where values, indices and dims do not agree: the indices are int64, [n] into all
// elements in row-major order or [n, rank] with an index for each axis, and ascend. Else the errors
// of ReadOnnxTensor. REQUIRES: source.builder is not null.
StatusOr<HostTensor> ReadOnnxSparse(const onnx::SparseTensorProto& proto,
                                    const OnnxTensorSource& source);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_SPARSE_H_
