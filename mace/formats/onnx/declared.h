// The element types and shapes that an ONNX file declares for its tensors.
//
// Thread contract: thread-safe (pure functions; OnnxDeclarations is immutable).
#ifndef MACE_FORMATS_ONNX_DECLARED_H_
#define MACE_FORMATS_ONNX_DECLARED_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mace/base/keyed_hash.h"
#include "mace/base/status.h"
#include "mace/formats/proto/onnx.pb.h"
#include "mace/graph/graph.h"

namespace mace {

struct OnnxDeclared {
  int32_t type = 0;  // A type of TensorProto; 0: not said.
  // Open extents are -1; nullopt: not said.
  std::optional<std::vector<int64_t>> dims;
  std::vector<std::string> dim_names;  // Of the extents that are declared; "": none.

  // Whether the type and all extents are said.
  bool is_closed() const;
};

// kInvalidArgument for a rank above Shape::kMaxRank.
StatusOr<OnnxDeclared> ReadOnnxDeclared(const onnx::ValueInfoProto& info);

// The declarations of a graph for its outputs and for tensors in the middle.
class OnnxDeclarations {
 public:
  // REQUIRES: the graph outlives this.
  explicit OnnxDeclarations(const onnx::GraphProto& graph);
  // Null: nothing is said of the tensor.
  const onnx::ValueInfoProto* Find(const std::string& name) const;
  // The element type; 0: not said.
  int32_t TypeOf(const std::string& name) const;
  // What is said of these outputs, for a graph that ends before them: they have no value.
  std::vector<IoInfo> OutputsOf(const std::vector<std::string>& names) const;

 private:
  NameMap<const onnx::ValueInfoProto*> infos_;
};

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_DECLARED_H_
