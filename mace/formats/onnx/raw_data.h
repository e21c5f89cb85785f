// An ONNX model apart from its larger weights, which are read when it is known where they are
// wanted: parsing copies every string of bytes, and a model is little else.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_FORMATS_ONNX_RAW_DATA_H_
#define MACE_FORMATS_ONNX_RAW_DATA_H_

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mace/formats/common/byte_source.h"
#include "mace/formats/common/wire_reader.h"
#include "mace/formats/proto/onnx.pb.h"

namespace mace {

// Where the raw_data of tensors is that was cut off, as parts of the model's bytes. An empty part:
// nothing was cut off.
struct CutRanges {
  std::vector<ByteRange> initializers;  // By index in the graph.
  // By index of the node, and of the attribute in the node; only what was cut off.
  std::vector<std::pair<std::pair<int, int>, ByteRange>> attributes;
};

// Copies the bytes of a ModelProto to `rest`, but for the raw_data from 4 KB on of its graph's
// initializers, and of the tensors in attributes of nodes `Constant`, as exporters write that leave
// weights in the graph. Each is empty in `rest` and a part of `model` in `ranges`. False where the
// bytes are not well-formed at these levels, or could not be read.
bool CutRawData(const ByteSource& model, std::string* rest, CutRanges* ranges);

// The parts by the tensors of the graph that was parsed from CutRawData's `rest`.
using CutTensors = std::unordered_map<const onnx::TensorProto*, ByteRange>;

// False where an attribute was cut off that another op than ONNX's own `Constant` has: it must be
// read whole.
bool FindCutTensors(const onnx::GraphProto& graph, const CutRanges& ranges, CutTensors* tensors);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_RAW_DATA_H_
