// One ONNX node on its way into the graph, as the converter of its op sees it.
//
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_ONNX_NODE_H_
#define MACE_FORMATS_ONNX_NODE_H_

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "mace/base/status.h"
#include "mace/formats/common/emit.h"
#include "mace/formats/common/graph_builder.h"
#include "mace/formats/onnx/quantized.h"
#include "mace/formats/onnx/tensor.h"
#include "mace/formats/proto/onnx.pb.h"

namespace mace {

class OnnxNode : public NodeEmitter {
 public:
  // `name` is unique among the model's nodes; `inputs` has kNoValue for those not given.
  OnnxNode(const onnx::NodeProto& def, std::string name, int64_t opset, std::vector<ValueId> inputs,
           const OnnxTensorSource& source)
      : def_(def),
        name_(std::move(name)),
        opset_(opset),
        inputs_(std::move(inputs)),
        source_(source),
        op_(def.op_type()) {}

  const onnx::NodeProto& def() const { return def_; }
  // The op's type, or where ConvertAs converts the node, the type that it converts it as.
  const std::string& op() const { return op_; }
  // Unique among the nodes of the model.
  const std::string& name() const override { return name_; }
  // The version of ONNX's own op set that the model asks for.
  int64_t opset() const { return opset_; }
  GraphBuilder* builder() const override { return source_.builder; }

  // Attributes; `fallback` where absent. One of another type counts as absent, and is then an
  // attribute that nobody read: see CheckAttributes.
  bool Has(const std::string& name) const;
  int64_t Int(const std::string& name, int64_t fallback) const;
  double Float(const std::string& name, double fallback) const;
  std::string String(const std::string& name, const std::string& fallback) const;
  std::vector<int64_t> Ints(const std::string& name,
                            const std::vector<int64_t>& fallback = {}) const;
  std::vector<double> Floats(const std::string& name) const;
  std::vector<std::string> Strings(const std::string& name) const;
  // kInvalidArgument where there is none.
  StatusOr<HostTensor> Tensor(const std::string& name) const;
  // The sparse tensor of an attribute, made dense; kInvalidArgument where there is none.
  StatusOr<HostTensor> SparseTensor(const std::string& name) const;
  // The element type that the file says for it; 0: there is none.
  int32_t TensorType(const std::string& name) const;
  // Attributes that mean nothing at inference.
  void Ignore(std::initializer_list<const char*> names) const;
  // kUnsupported names an attribute that the converter did not look at: an op with a meaning
  // nobody has thought of must not give an answer.
  Status CheckAttributes() const;

  // All of the node's inputs, given or not.
  size_t input_count() const { return inputs_.size(); }
  bool HasInput(size_t index) const { return index < inputs_.size() && inputs_[index] != kNoValue; }
  // REQUIRES: HasInput(index), which RequireInputs makes sure of.
  ValueId input(size_t index) const { return inputs_[index]; }
  const std::vector<ValueId>& inputs() const { return inputs_; }
  // The inputs without the absent ones at the end.
  std::vector<ValueId> GivenInputs() const;
  const Shape& shape(size_t index) const { return builder()->ShapeOf(inputs_[index]); }
  DType dtype(size_t index) const { return builder()->graph().value(inputs_[index]).info.dtype; }
  const HostTensor* Constant(size_t index) const { return builder()->ConstantOf(inputs_[index]); }
  // kInvalidArgument unless the first `count` inputs are given and there are at most `most`
  // (-1: any number).
  Status RequireInputs(size_t count, int most = -1) const;
  // The outputs somebody may read: a name is there. Trailing ones may be missing.
  bool WantsOutput(int index) const {
    return index < def_.output_size() && !def_.output(index).empty();
  }

  // The numbers of a constant input, up to 1024. kUnsupported where it is computed from the graph's
  // inputs.
  StatusOr<std::vector<int64_t>> Numbers(size_t index) const;
  StatusOr<int64_t> Number(size_t index) const;
  StatusOr<std::vector<double>> Reals(size_t index) const;
  StatusOr<double> Real(size_t index) const;
  // Numbers that were an attribute until an opset made them an input; `fallback` where neither is
  // given.
  StatusOr<std::vector<int64_t>> AttributeOrInput(const std::string& name, size_t index,
                                                  const std::vector<int64_t>& fallback = {}) const;

  // Emit for a node of several outputs.
  StatusOr<std::vector<ValueId>> EmitMany(const std::string& suffix, const std::string& type,
                                          std::vector<ValueId> inputs, AttributeMap attributes,
                                          int output_count);
  // The node that stands for this one; its outputs are the outputs.
  Status EmitResult(const std::string& type, std::vector<ValueId> inputs,
                    AttributeMap attributes = {}, int output_count = 1);
  // EmitResult for ops that have the channels last: input 0 and the result are transposed.
  Status EmitChannelsLast(const std::string& type, std::vector<ValueId> inputs,
                          AttributeMap attributes = {});
  // A constant beside those of the model.
  ValueId AddConstant(const std::string& suffix, HostTensor tensor) const;
  ValueId AddInts(const std::string& suffix, const std::vector<int64_t>& values) const;
  ValueId AddScalar(const std::string& suffix, float value) const;

  // Output `index` is a value that is there already.
  void SetResult(ValueId id, size_t index = 0);
  const std::vector<ValueId>& outputs() const { return outputs_; }
  // Output 0 of a node of ONNX's own op `op` with this node's attributes and these inputs, which may
  // be others than the node's. `opset`: the version of the op that is meant; 0: the model's.
  StatusOr<ValueId> ConvertAs(const std::string& op, std::vector<ValueId> inputs,
                              int64_t opset = 0);

  // What is known of the model's quantized tensors. REQUIRES for quantized(): the node was given
  // them.
  void set_quantized(OnnxQuantizedTensors* tensors) { quantized_ = tensors; }
  OnnxQuantizedTensors* quantized() const { return quantized_; }
  // Null unless the input's integers are floats in the graph.
  const OnnxQuantized* Quantized(size_t index) const;
  // Output `index` is `result.floats`, which stand for integers.
  void SetQuantizedResult(const OnnxQuantized& result, size_t index = 0);
  // Notes what was set for an output, once it has got its name.
  void NoteResult(size_t index) const;

 private:
  const onnx::AttributeProto* Find(const std::string& name,
                                   onnx::AttributeProto::AttributeType type) const;

  const onnx::NodeProto& def_;
  std::string name_;
  int64_t opset_;
  std::vector<ValueId> inputs_;
  OnnxTensorSource source_;
  mutable std::unordered_set<std::string> looked_at_;
  std::vector<ValueId> outputs_;
  std::string op_;
  OnnxQuantizedTensors* quantized_ = nullptr;
  bool has_own_inputs_ = true;  // False where ConvertAs gave others.
  std::map<size_t, OnnxQuantized> quantized_results_;
};

// The permutations between [n, c, d1, ...] and [n, d1, ..., c].
std::vector<int64_t> ChannelsLast(int rank);
std::vector<int64_t> ChannelsFirst(int rank);

// Converts one op type; the caller adds the node's name to errors.
using OnnxConverter = Status (*)(OnnxNode* node);

struct OnnxConverterEntry {
  const char* op;
  OnnxConverter convert;
};

// The tables of the families (onnx_ops_*.cc), each ended by a null op.
extern const OnnxConverterEntry kOnnxBinaryConverters[];
extern const OnnxConverterEntry kOnnxElementConverters[];
extern const OnnxConverterEntry kOnnxIndexConverters[];
extern const OnnxConverterEntry kOnnxMathConverters[];
extern const OnnxConverterEntry kOnnxNormConverters[];
extern const OnnxConverterEntry kOnnxPoolConverters[];
extern const OnnxConverterEntry kOnnxRecurrentConverters[];
extern const OnnxConverterEntry kOnnxResizeConverters[];
extern const OnnxConverterEntry kOnnxShapeConverters[];
extern const OnnxConverterEntry kOnnxSliceConverters[];
extern const OnnxConverterEntry kOnnxSpatialConverters[];
// Ops of ONNX's own domain whose converters know quantized tensors.
extern const OnnxConverterEntry kOnnxIntegerConverters[];
extern const OnnxConverterEntry kOnnxQuantizeConverters[];
extern const OnnxConverterEntry kOnnxQuantizedConverters[];
// Ops of the domain com.microsoft whose converters know quantized tensors.
extern const OnnxConverterEntry kMicrosoftIntegerConverters[];
extern const OnnxConverterEntry kMicrosoftQuantizedConverters[];

struct OnnxConversion {
  OnnxConverter convert = nullptr;  // Null for an op that is not supported.
  bool reads_quantized = false;     // Takes floats for quantized inputs: OnnxNode::Quantized.
};
OnnxConversion FindOnnxConversion(const std::string& domain, const std::string& op);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_NODE_H_
