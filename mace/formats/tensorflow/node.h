// One TensorFlow node on its way into the graph, as the converters of its op see it.
//
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_TENSORFLOW_NODE_H_
#define MACE_FORMATS_TENSORFLOW_NODE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/formats/common/emit.h"
#include "mace/formats/common/graph_builder.h"
#include "mace/formats/proto/tensorflow.pb.h"

namespace mace {

class TfNode : public NodeEmitter {
 public:
  // `name` is the node's own, or in a function or a loop one made from it.
  TfNode(const tf::NodeDef& def, std::string name, std::vector<ValueId> inputs,
         GraphBuilder* builder)
      : def_(def), name_(std::move(name)), inputs_(std::move(inputs)), builder_(builder) {}

  const tf::NodeDef& def() const { return def_; }
  const std::string& name() const override { return name_; }
  GraphBuilder* builder() const override { return builder_; }

  // Attributes, as the op's definition types them; `fallback` where absent or of another type.
  int64_t Int(const std::string& name, int64_t fallback) const;
  double Float(const std::string& name, double fallback) const;
  bool Bool(const std::string& name, bool fallback) const;
  std::string String(const std::string& name, const std::string& fallback) const;
  std::vector<int64_t> Ints(const std::string& name) const;
  std::vector<std::string> Strings(const std::string& name) const;
  tf::DataType Type(const std::string& name, tf::DataType fallback) const;

  size_t input_count() const { return inputs_.size(); }
  // REQUIRES: index < input_count(), which RequireInputs makes sure of.
  ValueId input(size_t index) const { return inputs_[index]; }
  const std::vector<ValueId>& inputs() const { return inputs_; }
  const Shape& shape(size_t index) const { return builder_->ShapeOf(inputs_[index]); }
  DType dtype(size_t index) const { return builder_->graph().value(inputs_[index]).info.dtype; }
  // kInvalidArgument unless there are at least `count` inputs.
  Status RequireInputs(size_t count) const;
  // The numbers of a constant input, of any shape, up to 1024. kUnsupported where it is computed
  // from the graph's inputs.
  StatusOr<std::vector<int64_t>> Numbers(size_t index) const;
  StatusOr<int64_t> Number(size_t index) const;
  // The only element of a constant input of floats or integers. Errors: Numbers'.
  StatusOr<double> Real(size_t index) const;

  // Whether the op's spatial tensors are NCHW; kUnsupported for a layout that is neither.
  StatusOr<bool> IsNchw() const;

  // Appends the node that stands for this one; its outputs are the outputs of the TensorFlow node.
  Status EmitResult(const std::string& type, std::vector<ValueId> inputs, AttributeMap attributes,
                    int output_count = 1);
  // EmitResult for ops that know only NHWC: of an NCHW node, input 0 and the result are transposed.
  Status EmitSpatial(const std::string& type, std::vector<ValueId> inputs, AttributeMap attributes);
  // The outputs are values that are there already.
  void SetResult(ValueId id) { outputs_ = {id}; }
  void SetResults(std::vector<ValueId> ids) { outputs_ = std::move(ids); }

  const std::vector<ValueId>& outputs() const { return outputs_; }

 private:
  const tf::AttrValue* Find(const std::string& name) const;

  const tf::NodeDef& def_;
  const std::string name_;
  std::vector<ValueId> inputs_;
  GraphBuilder* builder_;
  std::vector<ValueId> outputs_;
};

// Converts one op type; the caller adds the node's name to errors.
using TfConverter = Status (*)(TfNode* node);

struct TfConverterEntry {
  const char* op;
  TfConverter convert;
};

// The tables of the families (ops_*.cc), each ended by a null op.
extern const TfConverterEntry kTfSpatialConverters[];
extern const TfConverterEntry kTfMathConverters[];
extern const TfConverterEntry kTfShapeConverters[];
extern const TfConverterEntry kTfSliceConverters[];
extern const TfConverterEntry kTfVisionConverters[];
extern const TfConverterEntry kTfElementConverters[];
extern const TfConverterEntry kTfIndexConverters[];
extern const TfConverterEntry kTfFillConverters[];
extern const TfConverterEntry kTfMatrixConverters[];
extern const TfConverterEntry kTfVolumeConverters[];
extern const TfConverterEntry kTfQuantizeConverters[];
extern const TfConverterEntry kTfEinsumConverters[];
extern const TfConverterEntry kTfWindowConverters[];
extern const TfConverterEntry kTfBinConverters[];
extern const TfConverterEntry kTfCountedConverters[];
extern const TfConverterEntry kTfDetectionConverters[];
extern const TfConverterEntry kTfNormConverters[];

// Null for an op that is not supported.
TfConverter FindTfConverter(const std::string& op);

// "name" for output 0, "name:1" for others.
std::string TfTensorName(const std::string& node, int port);

}  // namespace mace

#endif  // MACE_FORMATS_TENSORFLOW_NODE_H_
