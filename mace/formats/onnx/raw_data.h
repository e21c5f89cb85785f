// An ONNX model apart from its larger weights, which are read when it is known where they are
// wanted: parsing copies every string of bytes, and a model is little else.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_FORMATS_ONNX_RAW_DATA_H_
#define MACE_FORMATS_ONNX_RAW_DATA_H_

#include <string>
#include <vector>

#include "mace/formats/common/byte_source.h"
#include "mace/formats/common/wire_reader.h"

namespace mace {

// Copies the bytes of a ModelProto to `rest`, but for the raw_data of its graph's initializers from
// 4 KB on, each of which is empty there and a part of `model` in `raw`: one entry for every
// initializer, in their order; an empty one has what it has in `rest`. False where the bytes are
// not well-formed at these levels, or could not be read.
bool CutRawData(const ByteSource& model, std::string* rest, std::vector<ByteRange>* raw);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_RAW_DATA_H_
