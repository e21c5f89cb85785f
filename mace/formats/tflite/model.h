// A TensorFlow Lite model whose bytes have been verified: every offset, count and number in it may
// be followed.
//
// Only subgraph 0 is read. Operators stand in an order in which they can run; a tensor that is read
// before an operator made it is refused, and so are cycles.
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_TFLITE_MODEL_H_
#define MACE_FORMATS_TFLITE_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/formats/common/byte_source.h"
#include "mace/formats/proto/tflite_generated.h"

namespace mace {

// A name and the place of its tensor in the subgraph.
struct TfliteName {
  std::string name;
  size_t tensor = 0;
};

class TfliteModel {
 public:
  // kCorruption for bytes that are no such model or contradict themselves, kUnsupported for another
  // version of the schema, kInvalidArgument above `max_operators`.
  static StatusOr<TfliteModel> Parse(const ByteSource& source, size_t max_operators);

  const tflite::SubGraph& graph() const { return *graph_; }
  size_t tensor_count() const { return graph_->tensors()->size(); }
  const tflite::Tensor& tensor(size_t index) const;
  size_t operator_count() const;
  const tflite::Operator& op(size_t index) const;
  tflite::BuiltinOperator code(const tflite::Operator& op) const;
  // "CONV_2D", or for an operator that the schema does not have its name or number.
  std::string CodeName(const tflite::Operator& op) const;
  // The tensor's own name, or one made from its place where it has none.
  std::string TensorName(size_t index) const;
  // "operator 3 (CONV_2D) that makes 'x'", for messages.
  std::string Describe(size_t op_index) const;

  // The inputs and outputs of the subgraph, in its order, under the names of the model's signature
  // where it has one for this subgraph, else of their tensors.
  const std::vector<TfliteName>& inputs() const { return inputs_; }
  const std::vector<TfliteName>& outputs() const { return outputs_; }

  // Where the elements of a tensor are in the file; no bytes: the tensor is not a constant.
  struct Part {
    uint64_t offset = 0;
    uint64_t size = 0;
  };
  StatusOr<Part> Elements(size_t tensor) const;
  const ByteSource& source() const { return source_; }
  Bytes bytes() const { return whole_.bytes; }

 private:
  TfliteModel() = default;

  Status CheckParts() const;
  Status CheckTensor(size_t index) const;
  Status CheckTensors() const;
  Status CheckOperators() const;
  Status CheckOrder() const;
  Status CheckSignatures() const;
  Status FindNames();

  ByteSource source_;
  KeptBytes whole_;
  const tflite::Model* model_ = nullptr;
  const tflite::SubGraph* graph_ = nullptr;
  std::vector<TfliteName> inputs_;
  std::vector<TfliteName> outputs_;
};

// The numbers of a list that a table may leave out.
std::vector<int32_t> TflitePlaces(const flatbuffers::Vector<int32_t>* list);

// Whether a file that begins so is a TensorFlow Lite model.
bool IsTflite(Bytes begin);

}  // namespace mace

#endif  // MACE_FORMATS_TFLITE_MODEL_H_
