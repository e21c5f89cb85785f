#include "mace/formats/tflite/import.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/keyed_hash.h"
#include "mace/base/strings.h"
#include "mace/formats/common/graph_builder.h"
#include "mace/formats/tflite/model.h"
#include "mace/formats/tflite/node.h"
#include "mace/formats/tflite/packed.h"
#include "mace/formats/tflite/quantized.h"
#include "mace/formats/tflite/tensor.h"

namespace mace {
namespace {

constexpr char kHowQuantizedIsComputed[] =
    "quantized model: weights are dequantized as it is loaded; computes in floats, each quantized "
    "result rounded";

constexpr size_t kNobody = static_cast<size_t>(-1);

// Appends nodes that belong to a tensor, and to no operator.
class TensorEmitter : public NodeEmitter {
 public:
  TensorEmitter(std::string name, GraphBuilder* builder)
      : name_(std::move(name)), builder_(builder) {}
  GraphBuilder* builder() const override { return builder_; }
  const std::string& name() const override { return name_; }

 private:
  const std::string name_;
  GraphBuilder* const builder_;
};

class TfliteImporter {
 public:
  TfliteImporter(const TfliteModel* model, const ImportOptions& options)
      : model_(*model),
        builder_(options, model->bytes().size()),
        constants_(model, &builder_),
        values_(model->tensor_count(), kNoValue),
        made_by_(model->tensor_count(), kNobody),
        weights_(FindTfliteWeights(*model)) {}
  TfliteImporter(const TfliteImporter&) = delete;
  TfliteImporter& operator=(const TfliteImporter&) = delete;

  StatusOr<std::shared_ptr<Graph>> Run();

 private:
  Status FindNames();
  StatusOr<std::vector<TfliteName>> Named(const std::vector<std::string>& names,
                                          const char* what) const;
  StatusOr<std::vector<TfliteName>> ChooseCut() const;
  std::vector<bool> NeededTensors(const std::vector<TfliteName>& outputs,
                                  const std::vector<TfliteName>& cut) const;
  Status AddInputs(const std::vector<bool>& needed, const std::vector<TfliteName>& cut);
  Status AddInput(const TfliteName& name);
  Status AddOperators(const std::vector<bool>& needed);
  Status AddOperator(size_t index);
  StatusOr<TfliteNode::Place> InputPlace(size_t tensor, bool is_state = false);
  // The value of a constant of the model.
  Status AddConstant(size_t tensor, const TfliteQuantizationPtr& by);
  Status AddOutput(const TfliteName& name);

  const TfliteModel& model_;
  GraphBuilder builder_;
  TfliteConstants constants_;
  std::vector<ValueId> values_;  // By tensor.
  std::vector<size_t> made_by_;  // By tensor: the operator.
  std::vector<bool> weights_;    // By tensor: FindTfliteWeights.
  NameMap<size_t> names_;        // Tensors by their names, those of the signature first.
  bool is_quantized_ = false;
};

Status TfliteImporter::FindNames() {
  for (const auto* list : {&model_.inputs(), &model_.outputs()}) {
    for (const TfliteName& each : *list) names_.emplace(each.name, each.tensor);
  }
  for (size_t i = 0; i < model_.tensor_count(); ++i) names_.emplace(model_.TensorName(i), i);
  for (size_t i = 0; i < model_.operator_count(); ++i) {
    for (int32_t output : TflitePlaces(model_.op(i).outputs())) {
      made_by_[static_cast<size_t>(output)] = i;
    }
  }
  return Status::Ok();
}

StatusOr<std::vector<TfliteName>> TfliteImporter::Named(const std::vector<std::string>& names,
                                                        const char* what) const {
  std::vector<TfliteName> found;
  NameSet taken;
  for (const std::string& name : names) {
    const auto at = names_.find(name);
    if (at == names_.end()) {
      return InvalidArgument(std::string(what) + " '" + Printable(name) +
                             "': expected a tensor of the model, found none of this name");
    }
    if (!taken.insert(name).second) {
      return InvalidArgument(std::string(what) + " '" + Printable(name) + "' is asked for twice");
    }
    found.push_back({name, at->second});
  }
  return found;
}

// The tensors that are inputs because the options say it: those asked for, else those inside of the
// graph that there is data for.
StatusOr<std::vector<TfliteName>> TfliteImporter::ChooseCut() const {
  const ImportOptions& options = builder_.options();
  if (!options.inputs.empty()) return Named(options.inputs, "input");
  std::vector<TfliteName> cut;
  for (const auto& [name, shape] : options.dynamic_shapes) {
    const auto at = names_.find(name);
    if (at != names_.end() && made_by_[at->second] != kNobody) cut.push_back({name, at->second});
  }
  return cut;
}

// The tensors that the outputs need, back to the cut. Operators stand in the order in which they
// run.
std::vector<bool> TfliteImporter::NeededTensors(const std::vector<TfliteName>& outputs,
                                                const std::vector<TfliteName>& cut) const {
  std::vector<bool> needed(model_.tensor_count(), false), given(model_.tensor_count(), false);
  for (const TfliteName& each : cut) given[each.tensor] = true;
  for (const TfliteName& each : outputs) needed[each.tensor] = true;
  for (size_t i = model_.operator_count(); i-- > 0;) {
    bool is_needed = false;
    for (int32_t output : TflitePlaces(model_.op(i).outputs())) {
      const size_t at = static_cast<size_t>(output);
      is_needed = is_needed || (needed[at] && !given[at]);
    }
    if (!is_needed) continue;
    for (int32_t input : TflitePlaces(model_.op(i).inputs())) {
      if (input >= 0) needed[static_cast<size_t>(input)] = true;
    }
  }
  return needed;
}

// All that the model declares, needed or not; where the options say what the inputs or the outputs
// are, those that are needed.
Status TfliteImporter::AddInputs(const std::vector<bool>& needed,
                                 const std::vector<TfliteName>& cut) {
  const ImportOptions& options = builder_.options();
  const bool all = cut.empty() && options.outputs.empty();
  std::vector<bool> is_cut(model_.tensor_count(), false);
  for (const TfliteName& each : cut) is_cut[each.tensor] = true;
  for (const TfliteName& each : model_.inputs()) {
    if (is_cut[each.tensor] || !(all || needed[each.tensor])) continue;
    if (!options.inputs.empty()) {
      return InvalidArgument("input '" + Printable(each.name) +
                             "': expected outputs that need only the inputs asked for, found that "
                             "they need this one");
    }
    MACE_RETURN_IF_ERROR(AddInput(each));
  }
  for (const TfliteName& each : cut) MACE_RETURN_IF_ERROR(AddInput(each));
  return Status::Ok();
}

Status TfliteImporter::AddInput(const TfliteName& name) {
  const std::string who = "input '" + Printable(name.name) + "'";
  const tflite::Tensor& tensor = model_.tensor(name.tensor);
  if (values_[name.tensor] != kNoValue) {
    return InvalidArgument(who + ": expected a tensor that is an input once, found it again");
  }
  IoInfo io;
  io.name = name.name;
  io.dtype = TfliteIoType(tensor.type());
  if (io.dtype == DType::kInvalid) {
    return Unsupported(who + ": element type " + TfliteTypeName(tensor.type()));
  }
  std::vector<int32_t> dims = TflitePlaces(tensor.shape_signature());
  if (dims.empty()) dims = TflitePlaces(tensor.shape());
  io.declared_dims.emplace(dims.begin(), dims.end());
  if (io.declared_dims->size() == 4) io.layout = "NHWC";
  const StatusOr<TfliteQuantizationPtr> by = constants_.Quantization(name.tensor);
  if (!by.ok()) return by.status().WithPrefix(who);
  StatusOr<ValueId> id = builder_.AddInput(std::move(io));
  if (!id.ok()) return id.status();
  const DType inside = TfliteGraphType(tensor.type());
  if (!IsFloat(inside)) builder_.graph().value(*id).info.dtype = inside;
  if (IsTfliteQuantized(*by)) {
    is_quantized_ = true;
    TensorEmitter emitter(name.name + "/reals", &builder_);
    id = EmitTfliteReals(&emitter, *id, **by);
    if (!id.ok()) return id.status().WithPrefix(who);
  }
  values_[name.tensor] = *id;
  return Status::Ok();
}

Status TfliteImporter::AddOperators(const std::vector<bool>& needed) {
  for (size_t i = 0; i < model_.operator_count(); ++i) {
    bool is_needed = false;
    for (int32_t output : TflitePlaces(model_.op(i).outputs())) {
      const size_t at = static_cast<size_t>(output);
      is_needed = is_needed || (needed[at] && values_[at] == kNoValue);
    }
    if (!is_needed) continue;
    const Status added = AddOperator(i);
    if (!added.ok()) return added.WithPrefix(model_.Describe(i));
  }
  return Status::Ok();
}

// A constant is read when an operator first wants it. The value of a state may be kNoValue.
StatusOr<TfliteNode::Place> TfliteImporter::InputPlace(size_t index, bool is_state) {
  const tflite::Tensor& tensor = model_.tensor(index);
  TfliteNode::Place place;
  place.tensor = &tensor;
  place.index = index;
  const std::string who = "tensor '" + Printable(model_.TensorName(index)) + "'";
  const StatusOr<TfliteQuantizationPtr> by = constants_.Quantization(index);
  if (!by.ok()) return by.status().WithPrefix(who);
  place.quantization = *by;
  is_quantized_ = is_quantized_ || place.is_quantized();
  if (values_[index] == kNoValue) {
    MACE_ASSIGN_OR_RETURN(const TfliteModel::Part part, model_.Elements(index));
    if (part.size == 0 && tensor.is_variable()) {
      if (is_state) return place;
      return Unsupported(who + ": expected a tensor with elements, found a variable");
    }
    const bool is_empty = TflitePlaces(tensor.shape()).size() > 0 && part.size == 0;
    if (part.size == 0 && !is_empty) {
      return InvalidArgument(who +
                             ": expected a constant, an input, or a tensor that an operator "
                             "makes, found none of them");
    }
    const Status added = AddConstant(index, place.quantization);
    if (!added.ok()) return added.WithPrefix(who);
  }
  place.value = values_[index];
  return place;
}

Status TfliteImporter::AddConstant(size_t index, const TfliteQuantizationPtr& by) {
  if (weights_[index]) {
    MACE_ASSIGN_OR_RETURN(const bool is_left, IsTfliteWeightsLeft(model_, index, by));
    if (is_left) {
      MACE_ASSIGN_OR_RETURN(values_[index],
                            EmitTfliteWeights(model_, index, &constants_, &builder_));
      return Status::Ok();
    }
  }
  MACE_ASSIGN_OR_RETURN(HostTensor constant, constants_.Read(index));
  values_[index] = builder_.graph().AddConstant(model_.TensorName(index), std::move(constant));
  return Status::Ok();
}

Status TfliteImporter::AddOperator(size_t index) {
  const tflite::Operator& def = model_.op(index);
  const tflite::BuiltinOperator code = model_.code(def);
  const TfliteConverter convert = FindTfliteConverter(code);
  if (convert == nullptr) return Unsupported("unknown op");
  const std::vector<int32_t> outputs = TflitePlaces(def.outputs());
  const std::string base = model_.TensorName(static_cast<size_t>(outputs[0]));
  TfliteNode node(def, code, builder_.UniqueName(base), &builder_, &constants_);
  for (int32_t input : TflitePlaces(def.inputs())) {
    TfliteNode::Place place;
    if (input >= 0) {
      const bool is_state = IsTfliteState(code, node.input_count());
      MACE_ASSIGN_OR_RETURN(place, InputPlace(static_cast<size_t>(input), is_state));
    }
    node.AddInput(std::move(place));
  }
  for (int32_t output : outputs) {
    TfliteNode::Place place;
    place.index = static_cast<size_t>(output);
    place.tensor = &model_.tensor(place.index);
    MACE_ASSIGN_OR_RETURN(place.quantization, constants_.Quantization(place.index));
    is_quantized_ = is_quantized_ || place.is_quantized();
    node.AddOutput(std::move(place));
  }
  MACE_RETURN_IF_ERROR(CheckTfliteComplex(node));
  MACE_RETURN_IF_ERROR(convert(&node));
  MACE_RETURN_IF_ERROR(CheckTfliteResults(node));
  MACE_RETURN_IF_ERROR(RoundTfliteResults(&node));
  for (size_t i = 0; i < outputs.size(); ++i) {
    ValueId& value = values_[static_cast<size_t>(outputs[i])];
    if (value == kNoValue) value = node.results()[i];  // Else the caller gives the tensor.
  }
  return Status::Ok();
}

Status TfliteImporter::AddOutput(const TfliteName& name) {
  const std::string who = "output '" + Printable(name.name) + "'";
  MACE_ASSIGN_OR_RETURN(const TfliteNode::Place place, InputPlace(name.tensor));
  IoInfo io;
  io.name = name.name;
  io.dtype = TfliteIoType(place.tensor->type());
  if (io.dtype == DType::kInvalid) {
    return Unsupported(who + ": element type " + TfliteTypeName(place.tensor->type()));
  }
  TensorEmitter emitter(name.name + "/result", &builder_);
  ValueId id = place.value;
  if (place.is_quantized()) {
    StatusOr<ValueId> integers = EmitTfliteIntegers(&emitter, id, *place.quantization);
    if (!integers.ok()) return integers.status().WithPrefix(who);
    id = *integers;
  } else if (!IsFloat(TfliteGraphType(place.tensor->type()))) {
    MACE_ASSIGN_OR_RETURN(id, EmitCast(&emitter, id, TfliteGraphType(place.tensor->type())));
  }
  MACE_ASSIGN_OR_RETURN(io.value, builder_.ComputedByNode(io.name, id));
  if (builder_.ShapeOf(io.value).rank() == 4) io.layout = "NHWC";
  builder_.graph().outputs.push_back(std::move(io));
  return Status::Ok();
}

StatusOr<std::shared_ptr<Graph>> TfliteImporter::Run() {
  builder_.graph().source_format = "tflite";
  if (model_.graph().name() != nullptr) builder_.graph().name = model_.graph().name()->str();
  MACE_RETURN_IF_ERROR(FindNames());
  const ImportOptions& options = builder_.options();
  std::vector<TfliteName> outputs = model_.outputs();
  if (!options.outputs.empty()) {
    MACE_ASSIGN_OR_RETURN(outputs, Named(options.outputs, "output"));
  }
  if (outputs.empty()) return InvalidArgument("expected an output, found none");
  MACE_ASSIGN_OR_RETURN(const std::vector<TfliteName> cut, ChooseCut());
  const std::vector<bool> needed = NeededTensors(outputs, cut);
  MACE_RETURN_IF_ERROR(AddInputs(needed, cut));
  MACE_RETURN_IF_ERROR(AddOperators(needed));
  for (const TfliteName& each : outputs) MACE_RETURN_IF_ERROR(AddOutput(each));
  if (is_quantized_) builder_.graph().note = kHowQuantizedIsComputed;
  MACE_RETURN_IF_ERROR(ValidateGraph(builder_.graph()));
  return builder_.shared_graph();
}

}  // namespace

StatusOr<std::shared_ptr<Graph>> ImportTflite(const ByteSource& source,
                                              const ImportOptions& options) {
  MACE_ASSIGN_OR_RETURN(const TfliteModel model, TfliteModel::Parse(source, options.max_nodes));
  return TfliteImporter(&model, options).Run();
}

}  // namespace mace
