// What an ONNX file declares of its tensors: element types and shapes.
//
// Thread contract: thread-safe (pure functions; OnnxDeclaredTypes is immutable).
#ifndef MACE_IMPORT_ONNX_DECLARED_H_
#define MACE_IMPORT_ONNX_DECLARED_H_

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "mace/base/status.h"
#include "mace/import/proto/onnx.pb.h"

namespace mace {

struct OnnxDeclared {
  int32_t type = 0;  // Of TensorProto; 0: not said.
  // Open extents are -1; nullopt: not said.
  std::optional<std::vector<int64_t>> dims;

  // Whether the type and all extents are said.
  bool is_closed() const;
};

// kInvalidArgument for a rank above Shape::kMaxRank.
StatusOr<OnnxDeclared> ReadOnnxDeclared(const onnx::ValueInfoProto& info);

// The element types that a graph declares for its outputs and for tensors in the middle.
class OnnxDeclaredTypes {
 public:
  explicit OnnxDeclaredTypes(const onnx::GraphProto& graph);
  // 0: not said.
  int32_t Find(const std::string& name) const;

 private:
  std::unordered_map<std::string, int32_t> types_;
};

}  // namespace mace

#endif  // MACE_IMPORT_ONNX_DECLARED_H_
