#include "mace/formats/mace/export.h"

#include <algorithm>
#include <climits>
#include <cmath>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>

#include "mace/base/half.h"
#include "mace/base/strings.h"
#include "mace/formats/common/graph_builder.h"
#include "mace/formats/mace/argument_values.h"
#include "mace/formats/mace/export_dequantized.h"
#include "mace/formats/mace/export_integers.h"
#include "mace/formats/mace/export_ops.h"
#include "mace/formats/mace/export_quantized.h"
#include "mace/graph/unique_names.h"
#include "mace/ops/infer.h"

namespace mace {
namespace {

constexpr int64_t kRuntimeGpu = 2;
constexpr int64_t kMemoryImage = 2;

void AddArgument(const std::string& name, const Attribute& value,
                 google::protobuf::RepeatedPtrField<wire::Argument>* arguments) {
  wire::Argument* argument = arguments->Add();
  argument->set_name(name);
  if (const auto* number = std::get_if<int64_t>(&value)) {
    argument->set_i(*number);
  } else if (const auto* real = std::get_if<double>(&value)) {
    argument->set_f(static_cast<float>(*real));
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    argument->set_s(*text);
  } else if (const auto* numbers = std::get_if<std::vector<int64_t>>(&value)) {
    for (int64_t element : *numbers) argument->add_ints(element);
  } else if (const auto* reals = std::get_if<std::vector<double>>(&value)) {
    for (double element : *reals) argument->add_floats(static_cast<float>(element));
  }
}

class MaceExporter {
 public:
  MaceExporter(const Graph& graph, const MaceExportOptions& options)
      : graph_(graph),
        options_(options),
        net_(model_.add_net_def()),
        quantizable_(QuantizableConstants(graph)) {}

  StatusOr<MaceExport> Run();

 private:
  Status NameValues();
  void AddNetArguments();
  Status AddInputs();
  Status AddOutputs();
  Status FillIo(const IoInfo& io, const char* what, wire::InputOutputInfo* wired);
  Status AddNode(const Node& node);
  StatusOr<std::string> InputName(ValueId id);
  Status AddConstant(ValueId id);
  void AddNumbers(const std::string& name, const std::vector<int64_t>& values);
  StatusOr<HostTensor> Stored(const HostTensor& tensor, wire::DataType* type) const;
  StatusOr<bool> AddQuantized(ValueId id);
  wire::ConstTensor* Append(const std::string& name, const HostTensor& tensor, wire::DataType type);
  void AddIdentity(const std::string& from, const std::string& to);

  const Graph& graph_;
  const MaceExportOptions options_;
  wire::MultiNetDef model_;
  wire::NetDef* const net_;
  MaceExport result_;
  std::unordered_map<ValueId, std::string> names_;
  UniqueNames taken_;
  const std::unordered_set<ValueId> quantizable_;  // Constants.
  std::unordered_set<ValueId> written_;            // Constants.
};

// A value that is an input or output gets that name; other values keep theirs, made unique.
Status MaceExporter::NameValues() {
  for (const std::vector<IoInfo>* infos : {&graph_.inputs, &graph_.outputs}) {
    for (const IoInfo& io : *infos) {
      if (!taken_.Insert(io.name)) {
        return Unsupported("a MACE file has one tensor of a name, found two '" +
                           Printable(io.name) + "' among inputs and outputs");
      }
    }
  }
  for (const IoInfo& io : graph_.inputs) names_.emplace(io.value, io.name);
  const std::vector<int> producers = graph_.Producers();
  for (const IoInfo& io : graph_.outputs) {
    // An input or a constant is copied to its output by an Identity of its own.
    if (producers[static_cast<size_t>(io.value)] >= 0) names_.emplace(io.value, io.name);
  }
  for (size_t id = 0; id < graph_.values.size(); ++id) {
    const ValueId value = static_cast<ValueId>(id);
    if (names_.count(value) == 0) names_[value] = taken_.Take(graph_.value(value).name);
  }
  return Status::Ok();
}

void MaceExporter::AddNetArguments() {
  const auto add = [&](const char* name, int64_t value) {
    AddArgument(name, value, net_->mutable_arg());
  };
  add("filter_format", kFilterOihw);
  add("data_format", kFormatNhwc);
  add("framework_type", kFrameworkTensorFlow);
  add("opencl_mem_type", kMemoryImage);
  add("runtime_type", kRuntimeGpu);
  net_->set_name("default_graph");
  net_->set_infer_order(0);
  net_->set_data_type(options_.half_weights ? wire::DT_HALF : wire::DT_FLOAT);
}

// The element types that the format has names for. An input of another one has no place in it; a
// constant of int64 is stored as int32, and is such an output.
StatusOr<wire::DataType> IoTypeOf(DType dtype) {
  if (IsFloat(dtype)) return wire::DT_FLOAT;
  switch (dtype) {
    case DType::kInt32:
    case DType::kInt64:
      return wire::DT_INT32;
    case DType::kUInt8:
      return wire::DT_UINT8;
    case DType::kInt8:
      return wire::DT_INT8;
    case DType::kBool:
      return wire::DT_BOOL;
    default:
      return Unsupported(std::string("a MACE file has no element type ") + DTypeName(dtype));
  }
}

Status MaceExporter::FillIo(const IoInfo& io, const char* what, wire::InputOutputInfo* wired) {
  const TensorInfo& info = graph_.value(io.value).info;
  const std::string who = std::string(what) + " '" + Printable(io.name) + "'";
  wired->set_name(io.name);
  wired->set_alias(io.name);
  const StatusOr<wire::DataType> type = IoTypeOf(info.dtype);
  if (!type.ok()) return type.status().WithPrefix(who);
  wired->set_data_type(*type);
  if (*type != wire::DT_FLOAT && *type != wire::DT_INT32) {
    result_.beyond_upstream.push_back(who + ": " + DTypeName(info.dtype));
  }
  // A dynamic extent is written as it was bound.
  std::vector<int64_t> dims = info.shape.dims();
  if (io.declared_dims.has_value()) {
    StatusOr<Shape> declared = Shape::Make(*io.declared_dims);
    if (declared.ok() && declared->elements() == info.shape.elements()) dims = declared->dims();
  }
  for (int64_t extent : dims) wired->add_dims(static_cast<int32_t>(extent));
  // Tensors that the graph has as NCHW are transposed by its own nodes.
  wired->set_data_format(io.layout == "NHWC" ? kFormatNhwc : kFormatNone);
  return Status::Ok();
}

Status MaceExporter::AddInputs() {
  for (IoInfo io : graph_.inputs) {
    // The shape that it was imported with, which need not be the one of the file it came from.
    io.declared_dims.reset();
    model_.add_input_tensor(io.name);
    MACE_RETURN_IF_ERROR(FillIo(io, "input", net_->add_input_info()));
  }
  return Status::Ok();
}

Status MaceExporter::AddOutputs() {
  for (const IoInfo& io : graph_.outputs) {
    model_.add_output_tensor(io.name);
    MACE_RETURN_IF_ERROR(FillIo(io, "output", net_->add_output_info()));
    MACE_ASSIGN_OR_RETURN(const std::string from, InputName(io.value));
    if (from != io.name) AddIdentity(from, io.name);
  }
  return Status::Ok();
}

void MaceExporter::AddIdentity(const std::string& from, const std::string& to) {
  wire::OperatorDef* op = net_->add_op();
  op->add_input(from);
  op->add_output(to);
  op->set_name(taken_.Take(to + "_identity"));
  op->set_type("Identity");
  AddArgument("T", int64_t{wire::DT_FLOAT}, op->mutable_arg());
}

StatusOr<std::string> MaceExporter::InputName(ValueId id) {
  if (id == kNoValue) return std::string();
  if (graph_.IsConstant(id)) MACE_RETURN_IF_ERROR(AddConstant(id));
  return names_.at(id);
}

// The bytes as the file has them, and their type.
StatusOr<HostTensor> MaceExporter::Stored(const HostTensor& tensor, wire::DataType* type) const {
  if (IsFloat(tensor.dtype())) {
    // Const: only such access reads the elements of a constant that is still in its file.
    MACE_ASSIGN_OR_RETURN(const HostTensor floats, tensor.ConvertTo(DType::kFloat32));
    bool fits = options_.half_weights;
    constexpr float kLargestHalf = 65504;
    for (int64_t i = 0; fits && i < floats.shape().elements(); ++i) {
      fits = !std::isfinite(floats.f32()[i]) || std::fabs(floats.f32()[i]) <= kLargestHalf;
    }
    *type = fits ? wire::DT_HALF : wire::DT_FLOAT;
    if (fits) return tensor.ConvertTo(DType::kFloat16);
    return floats;
  }
  if (tensor.dtype() == DType::kUInt8 || tensor.dtype() == DType::kInt8 ||
      tensor.dtype() == DType::kBool) {
    *type = tensor.dtype() == DType::kUInt8  ? wire::DT_UINT8
            : tensor.dtype() == DType::kInt8 ? wire::DT_INT8
                                             : wire::DT_BOOL;
    return tensor;
  }
  if (tensor.dtype() != DType::kInt32 && tensor.dtype() != DType::kInt64) {
    // As int32 they would no longer wrap around as their type does.
    return Unsupported(std::string("a MACE file has no ") + DTypeName(tensor.dtype()));
  }
  for (int64_t value : ToInt64Vector(tensor)) {
    if (value < INT32_MIN || value > INT32_MAX) {
      return Unsupported("a MACE file has int32, found " + std::to_string(value));
    }
  }
  *type = wire::DT_INT32;
  return tensor.ConvertTo(DType::kInt32);
}

wire::ConstTensor* MaceExporter::Append(const std::string& name, const HostTensor& tensor,
                                        wire::DataType type) {
  // Single bytes are not aligned at all, everything else to four.
  const bool single = tensor.bytes().size() == static_cast<size_t>(tensor.shape().elements());
  while (!single && result_.data.size() % 4 != 0) result_.data.push_back(0);
  wire::ConstTensor* wired = net_->add_tensors();
  wired->set_name(name);
  for (int64_t extent : tensor.shape().dims()) wired->add_dims(extent);
  wired->set_data_type(type);
  wired->set_offset(static_cast<int64_t>(result_.data.size()));
  wired->set_data_size(tensor.shape().elements());
  const Bytes bytes = tensor.bytes();
  result_.data.insert(result_.data.end(), bytes.begin(), bytes.end());
  return wired;
}

// Whether the constant was written in the uint8 form.
StatusOr<bool> MaceExporter::AddQuantized(ValueId id) {
  if (quantizable_.count(id) == 0) return false;
  const HostTensor& tensor = *graph_.value(id).constant;
  MACE_ASSIGN_OR_RETURN(std::optional<QuantizedElements> found, FindQuantizedElements(tensor));
  if (!found.has_value()) return false;
  wire::ConstTensor* wired =
      Append(names_.at(id),
             HostTensor::FromVector(DType::kUInt8, tensor.shape(), std::move(found->values)),
             wire::DT_UINT8);
  wired->set_quantized(true);
  wired->set_scale(found->scale);
  wired->set_zero_point(found->zero_point);
  return true;
}

Status MaceExporter::AddConstant(ValueId id) {
  if (!written_.insert(id).second) return Status::Ok();
  MACE_ASSIGN_OR_RETURN(const bool is_written, AddQuantized(id));
  if (is_written) return Status::Ok();
  const Value& value = graph_.value(id);
  wire::DataType type = wire::DT_INVALID;
  StatusOr<HostTensor> stored = Stored(*value.constant, &type);
  if (!stored.ok()) return stored.status().WithPrefix("tensor '" + Printable(value.name) + "'");
  Append(names_.at(id), *stored, type);
  return Status::Ok();
}

void MaceExporter::AddNumbers(const std::string& name, const std::vector<int64_t>& values) {
  const std::vector<int32_t> numbers(values.begin(), values.end());
  Append(name,
         HostTensor::FromVector(DType::kInt32, {static_cast<int64_t>(numbers.size())}, numbers),
         wire::DT_INT32);
}

Status MaceExporter::AddNode(const Node& node) {
  ExportedOp op;
  op.graph = &graph_;
  op.node = node;
  MACE_RETURN_IF_ERROR(ToMaceForm(&op));
  wire::OperatorDef* wired = net_->add_op();
  wired->set_name(node.name);
  wired->set_type(op.node.type);
  // Numbers go in front of the inputs that were in their place.
  for (size_t next = 0; next < op.node.inputs.size() || op.number_inputs.count(next) > 0;) {
    const size_t place = static_cast<size_t>(wired->input_size());
    const auto numbers = op.number_inputs.find(place);
    if (numbers != op.number_inputs.end()) {
      wired->add_input(taken_.Take(node.name + "_numbers"));
      AddNumbers(wired->input(static_cast<int>(place)), numbers->second);
      op.number_inputs.erase(numbers);
    } else if (next < op.node.inputs.size()) {
      MACE_ASSIGN_OR_RETURN(const std::string name, InputName(op.node.inputs[next++]));
      wired->add_input(name);
    }
  }
  for (ValueId id : node.outputs) {
    wired->add_output(names_.at(id));
    wire::OutputShape* shape = wired->add_output_shape();
    for (int64_t extent : graph_.value(id).info.shape.dims()) shape->add_dims(extent);
  }
  for (const auto& [name, attribute] : op.node.attributes.values()) {
    if (std::holds_alternative<HostTensor>(attribute)) {
      return Unsupported("a MACE file has no tensors among arguments, found '" + name + "'");
    }
    AddArgument(name, attribute, wired->mutable_arg());
  }
  for (wire::DataType type : op.output_types) wired->add_output_type(type);
  const int64_t type = options_.half_weights ? wire::DT_HALF : wire::DT_FLOAT;
  AddArgument("T", type, wired->mutable_arg());
  AddArgument("framework_type", int64_t{op.framework_type}, wired->mutable_arg());
  bool transposable = false;
  AddArgument("data_format", DataFormatOf(op.node.type, &transposable), wired->mutable_arg());
  if (transposable) AddArgument("has_data_format", int64_t{1}, wired->mutable_arg());
  for (const std::string& why : op.beyond_upstream) {
    result_.beyond_upstream.push_back(DescribeNode(node.name, node.type) + ": " + why);
  }
  return Status::Ok();
}

StatusOr<MaceExport> MaceExporter::Run() {
  AddNetArguments();
  MACE_RETURN_IF_ERROR(NameValues());
  MACE_RETURN_IF_ERROR(AddInputs());
  for (const Node& node : graph_.nodes) {
    const Status added = AddNode(node);
    if (!added.ok()) return added.WithPrefix(DescribeNode(node.name, node.type));
  }
  MACE_RETURN_IF_ERROR(AddOutputs());
  if (result_.data.size() > INT32_MAX) {
    return Unsupported("a MACE file has at most 2^31 - 1 bytes of weights, found " +
                       std::to_string(result_.data.size()));
  }
  net_->set_data_offset(0);
  net_->set_data_size(static_cast<int32_t>(result_.data.size()));
  if (!model_.SerializeToString(&result_.model)) return Internal("the model cannot be serialized");
  return std::move(result_);
}

// A node of several steps as the nodes that it stands for.
Status AppendSteps(const Node& node, UniqueNames* names, Graph* graph) {
  std::vector<ValueId> values = node.inputs;
  for (size_t k = 0; k < node.steps.size(); ++k) {
    Node step = node.steps[k];
    const bool last = k + 1 == node.steps.size();
    // The node itself is gone, and its name with it.
    step.name = last ? node.name : names->Take(step.name);
    for (ValueId& id : step.inputs) {
      if (id != kNoValue) id = values[static_cast<size_t>(id)];
    }
    step.outputs = {last ? node.outputs[0] : graph->AddValue(step.name)};
    values.push_back(step.outputs[0]);
    MACE_RETURN_IF_ERROR(InferNode(graph, &step, nullptr).status());
    graph->nodes.push_back(std::move(step));
  }
  return Status::Ok();
}

bool IsOfSteps(const Node& node) { return !node.steps.empty() || HasMaceSteps(node); }

StatusOr<Graph> WithoutSteps(const Graph& graph) {
  Graph plain = graph;
  plain.nodes.clear();
  UniqueNames names;
  for (const Node& node : graph.nodes) names.Insert(node.name);
  for (Node node : graph.nodes) {
    // A step may be such a node, too: the caller looks again.
    if (node.steps.empty() && HasMaceSteps(node)) SetMaceSteps(&node);
    if (node.steps.empty()) {
      plain.nodes.push_back(std::move(node));
    } else {
      MACE_RETURN_IF_ERROR(
          AppendSteps(node, &names, &plain).WithPrefix(DescribeNode(node.name, node.type)));
    }
  }
  return plain;
}

}  // namespace

StatusOr<MaceExport> ExportMace(const Graph& graph, const MaceExportOptions& options) {
  if (std::any_of(graph.nodes.begin(), graph.nodes.end(), IsOfSteps)) {
    MACE_ASSIGN_OR_RETURN(const Graph plain, WithoutSteps(graph));
    return ExportMace(plain, options);
  }
  if (HasDequantized(graph)) {
    MACE_ASSIGN_OR_RETURN(const Graph plain, EvaluateDequantized(graph));
    return ExportMace(plain, options);
  }
  if (!HasInt64(graph)) return MaceExporter(graph, options).Run();
  MACE_ASSIGN_OR_RETURN(NarrowedGraph narrowed, NarrowInt64(graph));
  MACE_ASSIGN_OR_RETURN(MaceExport exported, MaceExporter(narrowed.graph, options).Run());
  exported.narrowed = std::move(narrowed.narrowed);
  return exported;
}

}  // namespace mace
