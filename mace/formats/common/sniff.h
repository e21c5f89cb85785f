// Tells model formats apart by the top-level fields of their protobuf bytes.
#ifndef MACE_FORMATS_COMMON_SNIFF_H_
#define MACE_FORMATS_COMMON_SNIFF_H_

#include "mace/base/status.h"
#include "mace/formats/common/byte_source.h"

namespace mace {

enum class ModelFormat {
  kMaceMultiNet,  // mace.MultiNetDef, what MACE's converter writes.
  kMaceNet,       // A bare mace.NetDef.
  kTensorFlow,    // A GraphDef.
  kOnnx,          // A ModelProto.
};

// kCorruption for bytes that are none of them: empty, cut short, or something else; else as
// ByteSource.
StatusOr<ModelFormat> SniffModelFormat(const ByteSource& model);

}  // namespace mace

#endif  // MACE_FORMATS_COMMON_SNIFF_H_
