// One operator of a TensorFlow Lite model on its way into the graph, as the converter of its code
// sees it. Quantized inputs are floats here; what the converter gives for a quantized output is
// rounded afterwards (quantized.h).
//
// Many operators are ops of TensorFlow under another name: ConvertAs calls the converter of that
// op.
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_TFLITE_NODE_H_
#define MACE_FORMATS_TFLITE_NODE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/status.h"
#include "mace/formats/common/emit.h"
#include "mace/formats/common/graph_builder.h"
#include "mace/formats/proto/tensorflow.pb.h"
#include "mace/formats/tflite/tensor.h"

namespace mace {

// A node of TensorFlow's with its attributes.
class TfliteTfOp {
 public:
  explicit TfliteTfOp(const std::string& op) { def_.set_op(op); }

  TfliteTfOp& Int(const std::string& name, int64_t value);
  TfliteTfOp& Float(const std::string& name, double value);
  TfliteTfOp& Bool(const std::string& name, bool value);
  TfliteTfOp& Text(const std::string& name, const std::string& value);
  TfliteTfOp& Ints(const std::string& name, const std::vector<int64_t>& values);
  TfliteTfOp& Type(const std::string& name, tf::DataType value);
  const tf::NodeDef& def() const { return def_; }

 private:
  tf::NodeDef def_;
};

class TfliteNode : public NodeEmitter {
 public:
  // An input or output: its table in the file, and what it is quantized by.
  struct Place {
    const tflite::Tensor* tensor = nullptr;  // Null: an input that is not given.
    ValueId value = kNoValue;
    size_t index = 0;  // The tensor's place in the subgraph.
    TfliteQuantizationPtr quantization;

    bool is_quantized() const { return IsTfliteQuantized(quantization); }
  };

  // `name` is unique among the nodes of the graph.
  TfliteNode(const tflite::Operator& def, tflite::BuiltinOperator code, std::string name,
             GraphBuilder* builder, TfliteConstants* constants)
      : def_(def), code_(code), name_(std::move(name)), builder_(builder), constants_(constants) {}

  void AddInput(Place place) { inputs_.push_back(std::move(place)); }
  void AddOutput(Place place) { outputs_.push_back(std::move(place)); }

  const tflite::Operator& def() const { return def_; }
  tflite::BuiltinOperator code() const { return code_; }
  const std::string& name() const override { return name_; }
  GraphBuilder* builder() const override { return builder_; }
  TfliteConstants* constants() const { return constants_; }

  size_t input_count() const { return inputs_.size(); }
  size_t output_count() const { return outputs_.size(); }
  bool HasInput(size_t index) const {
    return index < inputs_.size() && inputs_[index].tensor != nullptr;
  }
  // REQUIRES: HasInput(index), which RequireInputs makes sure of. kNoValue for a state alone
  // (IsTfliteState).
  ValueId input(size_t index) const { return inputs_[index].value; }
  std::vector<ValueId> inputs() const;
  const Place& input_place(size_t index) const { return inputs_[index]; }
  const Place& output_place(size_t index) const { return outputs_[index]; }
  const Shape& shape(size_t index) const { return builder_->ShapeOf(input(index)); }
  DType dtype(size_t index) const { return builder_->graph().value(input(index)).info.dtype; }
  bool AnyIsQuantized() const;
  // Whether an input, or an output, has complex numbers.
  bool ReadsComplex() const;
  bool MakesComplex() const;
  // kInvalidArgument unless the first `count` inputs are given, and there are at most `most`, which
  // is `count` where it is 0, and `outputs` outputs.
  Status RequireInputs(size_t count, size_t most = 0, size_t outputs = 1) const;
  // The numbers of a constant input of integers, of any shape, up to 1024. kUnsupported where it is
  // computed from the graph's inputs.
  StatusOr<std::vector<int64_t>> Numbers(size_t index) const;

  // The options of the operator. `Default` where the file has none, which stands for a table of
  // defaults; kCorruption for options of another operator.
  template <typename Options>
  StatusOr<const Options*> OptionsOf() const;

  // The results of a node of TensorFlow's. kUnsupported for an op that has no converter.
  StatusOr<std::vector<ValueId>> EmitTf(const TfliteTfOp& op, const std::vector<ValueId>& inputs);
  // The operator is that op of TensorFlow's, with the operator's inputs or with these.
  Status ConvertAs(const TfliteTfOp& op);
  Status ConvertAs(const TfliteTfOp& op, const std::vector<ValueId>& inputs);
  ValueId AddInts(const std::vector<int64_t>& values, bool is_scalar = false);

  // The output is a value that is there already.
  Status SetResult(const StatusOr<ValueId>& id);
  // Sets the result after the activation that the operator's options fuse. kUnsupported for an
  // activation that is not known.
  Status SetActivated(const StatusOr<ValueId>& id, tflite::ActivationFunctionType activation);
  // Whether SetActivated was called with an activation.
  bool has_activation() const { return has_activation_; }
  void SetResults(std::vector<ValueId> ids) { results_ = std::move(ids); }
  const std::vector<ValueId>& results() const { return results_; }

 private:
  const tflite::Operator& def_;
  const tflite::BuiltinOperator code_;
  const std::string name_;
  GraphBuilder* const builder_;
  TfliteConstants* const constants_;
  std::vector<Place> inputs_;
  std::vector<Place> outputs_;
  std::vector<ValueId> results_;
  bool has_activation_ = false;
};

Status TfliteOptionsError(tflite::BuiltinOptions found);

// An empty table, in which every field has its default.
const void* TfliteDefaults();

template <typename Options>
StatusOr<const Options*> TfliteNode::OptionsOf() const {
  if (def_.builtin_options_type() == tflite::BuiltinOptions_NONE ||
      def_.builtin_options() == nullptr) {
    return static_cast<const Options*>(TfliteDefaults());
  }
  const Options* options = def_.builtin_options_as<Options>();
  if (options == nullptr) return TfliteOptionsError(def_.builtin_options_type());
  return options;
}

// "SAME" or "VALID"; kCorruption for another number.
StatusOr<std::string> TflitePadding(tflite::Padding padding);

// Converts one code; the caller adds the operator's description to errors.
using TfliteConverter = Status (*)(TfliteNode* node);

struct TfliteConverterEntry {
  tflite::BuiltinOperator code;
  TfliteConverter convert;
};

// The tables of the families (ops_*.cc), each ended by a null converter.
extern const TfliteConverterEntry kTfliteElementConverters[];
extern const TfliteConverterEntry kTfliteSpatialConverters[];
extern const TfliteConverterEntry kTfliteReduceConverters[];
extern const TfliteConverterEntry kTfliteShapeConverters[];
extern const TfliteConverterEntry kTfliteSignalConverters[];
extern const TfliteConverterEntry kTfliteIndexConverters[];
extern const TfliteConverterEntry kTfliteMatrixConverters[];
extern const TfliteConverterEntry kTfliteRecurrentConverters[];

// Whether input `index` of such an operator is a state: a variable, which has no value in the graph
// and begins at 0.
bool IsTfliteState(tflite::BuiltinOperator code, size_t index);

// kUnsupported for an operator on complex numbers that does not know them, kCorruption where it has
// them in other places than its definition.
Status CheckTfliteComplex(const TfliteNode& node);

// Null for a code that is not supported.
TfliteConverter FindTfliteConverter(tflite::BuiltinOperator code);

}  // namespace mace

#endif  // MACE_FORMATS_TFLITE_NODE_H_
