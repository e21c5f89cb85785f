#include "mace/formats/mace/import.h"

#include <google/protobuf/stubs/logging.h>

#include <cmath>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "mace/base/keyed_hash.h"
#include "mace/base/strings.h"
#include "mace/formats/common/graph_builder.h"
#include "mace/formats/common/new_message.h"
#include "mace/formats/common/order.h"
#include "mace/formats/mace/argument_values.h"
#include "mace/formats/mace/layout.h"
#include "mace/formats/mace/ops.h"
#include "mace/formats/mace/tensors.h"

namespace mace {
namespace {

// The arguments of the net.
struct NetArguments {
  int64_t data_format = kFormatNhwc;
  int64_t quantize_flag = 0;
  int64_t filter_format = kFilterOihw;
  int64_t framework_type = kFrameworkTensorFlow;
};

NetArguments ReadNetArguments(const wire::NetDef& net) {
  NetArguments arguments;
  const std::pair<const char*, int64_t*> known[] = {
      {"data_format", &arguments.data_format},
      {"quantize_flag", &arguments.quantize_flag},
      {"filter_format", &arguments.filter_format},
      {"framework_type", &arguments.framework_type},
  };
  for (const wire::Argument& argument : net.arg()) {
    for (const auto& [name, value] : known) {
      if (argument.name() == name) *value = argument.i();  // The last of equal names counts.
    }
  }
  return arguments;
}

const char* LayoutText(int data_format) {
  return data_format == 1 ? "NHWC" : data_format == 2 ? "NCHW" : "NONE";
}

class MaceImporter {
 public:
  MaceImporter(std::shared_ptr<const wire::MultiNetDef> model, uint64_t model_bytes,
               const ImportOptions& options)
      : model_(std::move(model)),
        net_(model_->net_def(0)),
        arguments_(ReadNetArguments(net_)),
        builder_(options, model_bytes),
        layout_(arguments_.data_format == kFormatNchw ? AxisOrder::kNchw : AxisOrder::kNhwc,
                &builder_),
        quantized_(arguments_.quantize_flag != 0) {
    for (const wire::ConstTensor& tensor : net_.tensors()) {
      if (tensor.quantized()) scales_[tensor.name()] = tensor.scale();
    }
  }

  StatusOr<std::shared_ptr<Graph>> Run(const WeightFile& weights);

 private:
  std::string HowItIsComputed() const;
  Status CheckNet() const;
  Status AddInputs();
  Status AddInput(const wire::InputOutputInfo& info);
  StatusOr<std::vector<size_t>> OrderOps() const;
  Status AddOp(const wire::OperatorDef& def);
  Status ResolveInputs(const wire::OperatorDef& def, Node* node) const;
  Status AddOutputs();
  Status AddOutput(const std::string& name, const wire::InputOutputInfo* info);
  StatusOr<ValueId> RoundAsInt8(const wire::OperatorDef& def, int output, ValueId value);
  void SetFilterScale(const wire::OperatorDef& def, AttributeMap* attributes) const;
  std::string OpName(const wire::OperatorDef& def) const;

  std::shared_ptr<const wire::MultiNetDef> model_;
  const wire::NetDef& net_;
  const NetArguments arguments_;
  GraphBuilder builder_;
  MaceLayout layout_;
  const bool quantized_;   // The model computes in int8.
  NameMap<float> scales_;  // Scales of the quantized tensors.
};

std::string MaceImporter::OpName(const wire::OperatorDef& def) const {
  if (!def.name().empty() || def.output_size() == 0) return def.name();
  return def.output(0);
}

Status MaceImporter::CheckNet() const {
  const int64_t filter_format = arguments_.filter_format;
  if (filter_format != kFilterOihw && filter_format != kFilterOhwi) {
    return Unsupported("filter_format: expected 101 (OIHW) or 103 (OHWI), found " +
                       std::to_string(filter_format));
  }
  if (static_cast<size_t>(net_.op_size()) > builder_.options().max_nodes) {
    return InvalidArgument("expected at most " + std::to_string(builder_.options().max_nodes) +
                           " ops, found " + std::to_string(net_.op_size()));
  }
  return Status::Ok();
}

Status MaceImporter::AddInput(const wire::InputOutputInfo& info) {
  IoInfo io;
  io.name = info.alias().empty() ? info.name() : info.alias();
  io.declared_dims.emplace(info.dims().begin(), info.dims().end());
  io.layout = LayoutText(info.data_format());
  const std::string who = "input '" + Printable(io.name) + "'";
  const StatusOr<DType> dtype = DTypeOfMace(info.data_type());
  if (!dtype.ok()) return dtype.status().WithPrefix(who);
  if (quantized_ && !IsFloat(*dtype) && *dtype != DType::kInt32) {
    return Unsupported(who + ": expected floats, which the quantized model rounds, found " +
                       DTypeName(*dtype));
  }
  io.dtype = *dtype;
  MACE_ASSIGN_OR_RETURN(const ValueId id, builder_.AddInput(std::move(io)));
  layout_.Mark(id, layout_.OrderOfIo(info.data_format()));
  return builder_.Define(info.name(), id);
}

Status MaceImporter::AddInputs() {
  NameMap<const wire::InputOutputInfo*> declared;
  for (const wire::InputOutputInfo& info : net_.input_info()) {
    if (!declared.emplace(info.name(), &info).second) {
      return InvalidArgument("two inputs are named '" + Printable(info.name()) + "'");
    }
  }
  // input_tensor has the names in the order they were asked for; then whatever it leaves out.
  NameSet added;
  for (const std::string& name : model_->input_tensor()) {
    const auto found = declared.find(name);
    if (found == declared.end()) {
      return InvalidArgument("input '" + Printable(name) + "' is listed but has no input_info");
    }
    if (added.insert(name).second) MACE_RETURN_IF_ERROR(AddInput(*found->second));
  }
  for (const wire::InputOutputInfo& info : net_.input_info()) {
    if (added.insert(info.name()).second) MACE_RETURN_IF_ERROR(AddInput(info));
  }
  return Status::Ok();
}

StatusOr<std::vector<size_t>> MaceImporter::OrderOps() const {
  NameMap<size_t> producers;
  const size_t count = static_cast<size_t>(net_.op_size());
  for (size_t i = 0; i < count; ++i) {
    for (const std::string& output : net_.op(static_cast<int>(i)).output()) {
      producers.emplace(output, i);  // A second producer is refused when its output is defined.
    }
  }
  std::vector<std::vector<size_t>> dependencies(count);
  std::vector<size_t> all(count);
  for (size_t i = 0; i < count; ++i) {
    all[i] = i;
    for (const std::string& input : net_.op(static_cast<int>(i)).input()) {
      const auto found = producers.find(input);
      if (found != producers.end()) dependencies[i].push_back(found->second);
    }
  }
  DependencyOrder sorted = OrderByDependencies(dependencies, all);
  if (sorted.has_cycle) {
    const wire::OperatorDef& def = net_.op(static_cast<int>(sorted.cycle_node));
    return InvalidArgument(DescribeNode(OpName(def), def.type()) +
                           ": expected no cycle, found that it needs its own output");
  }
  return std::move(sorted.order);
}

Status MaceImporter::ResolveInputs(const wire::OperatorDef& def, Node* node) const {
  for (const std::string& input : def.input()) {
    const ValueId id = input.empty() ? kNoValue : builder_.Find(input);
    if (id == kNoValue && !input.empty()) {
      return InvalidArgument(
          DescribeNode(node->name, node->type) + ": input '" + Printable(input) +
          "': expected an op, a tensor or a model input of this name, found none");
    }
    node->inputs.push_back(id);
  }
  return Status::Ok();
}

Status MaceImporter::AddOp(const wire::OperatorDef& def) {
  MaceOp op;
  op.def = &def;
  op.node.name = OpName(def);
  op.node.type = def.type();
  op.order = layout_.OrderOf(def);
  op.filters_channels_last = arguments_.filter_format == kFilterOhwi;
  op.tensorflow_form = arguments_.framework_type == kFrameworkTensorFlow;
  for (const wire::Argument& argument : def.arg()) {
    if (argument.name() == "framework_type") {
      op.tensorflow_form = argument.i() == kFrameworkTensorFlow;
    }
  }
  const std::string who = DescribeNode(op.node.name, op.node.type);
  if (def.output_size() == 0) return InvalidArgument(who + ": expected an output, found none");
  CopyMaceArguments(def, &op.node.attributes);
  SetFilterScale(def, &op.node.attributes);
  MACE_RETURN_IF_ERROR(ResolveInputs(def, &op.node));
  MACE_RETURN_IF_ERROR(ChooseMaceOrder(&op, layout_, &builder_).WithPrefix(who));
  AxisOrder order = op.order;
  for (ValueId& id : op.node.inputs) {
    MACE_ASSIGN_OR_RETURN(id, layout_.In(id, op.order));
    // An op that runs in any order gives its result in the order of its input.
    if (order == AxisOrder::kNone && id != kNoValue) order = layout_.Of(id);
  }
  MACE_RETURN_IF_ERROR(NormalizeMaceOp(&op, layout_, &builder_).WithPrefix(who));
  const std::vector<std::string> names(def.output().begin(), def.output().end());
  const std::vector<int64_t> restore = std::move(op.restore);
  MACE_ASSIGN_OR_RETURN(std::vector<ValueId> outputs, builder_.AddNode(std::move(op.node), names));
  for (size_t i = 0; i < names.size(); ++i) {
    if (!restore.empty()) {
      MACE_ASSIGN_OR_RETURN(outputs[i], builder_.Transpose(outputs[i], restore));
    }
    MACE_ASSIGN_OR_RETURN(outputs[i], RoundAsInt8(def, static_cast<int>(i), outputs[i]));
    layout_.Mark(outputs[i], order);
    MACE_RETURN_IF_ERROR(builder_.Define(names[i], outputs[i]).WithPrefix(who));
  }
  return Status::Ok();
}

// The number that the filter's elements are multiples of, where the file holds them in 8 bits:
// mace/passes/fuse_requantize.h.
void MaceImporter::SetFilterScale(const wire::OperatorDef& def, AttributeMap* attributes) const {
  attributes->Erase("filter_scale");
  if (def.input_size() < 2) return;
  const auto found = scales_.find(def.input(1));
  if (found != scales_.end()) attributes->Set("filter_scale", double{found->second});
}

// An op that only moves its input's elements gives what has been rounded already.
bool OnlyMoves(const wire::OperatorDef& def) {
  static const auto* const kTypes = new std::unordered_set<std::string>{
      "BatchToSpaceND", "DepthToSpace",   "ExpandDims",   "Identity", "Pad",     "Reshape",
      "Slice",          "SpaceToBatchND", "SpaceToDepth", "Split",    "Squeeze", "StridedSlice",
      "Tile",           "Transpose",      "Unsqueeze",    "Unstack"};
  return kTypes->count(def.type()) > 0;
}

// The output rounded to uint8 by the op's quantize_info: real = scale * (q - zero_point)
// with q from 0 to 255, or from -128 to 127 where argument T is int8.
StatusOr<ValueId> MaceImporter::RoundAsInt8(const wire::OperatorDef& def, int output,
                                            ValueId value) {
  if (!quantized_ || output >= def.quantize_info_size() || def.type() == "Dequantize" ||
      OnlyMoves(def) || builder_.graph().IsConstant(value) ||
      builder_.graph().value(value).info.dtype != DType::kFloat32) {
    return value;
  }
  const wire::QuantizeActivationInfo& info = def.quantize_info(output);
  const std::string who = DescribeNode(OpName(def), def.type());
  if (!(info.scale() > 0) || !std::isfinite(info.scale())) {
    return InvalidArgument(who + ": quantize_info: expected a scale above 0, found " +
                           std::to_string(info.scale()));
  }
  int64_t type = wire::DT_UINT8, finds_range = 0;
  for (const wire::Argument& argument : def.arg()) {
    if (argument.name() == "T") type = argument.i();
    if (argument.name() == "find_range_every_time") finds_range = argument.i();
  }
  Node node;
  node.type = "Unary";
  // A Quantize that takes the range of each input cuts nothing off.
  node.attributes.Set("function",
                      std::string(finds_range != 0 ? "round_to_scale" : "round_to_int8"));
  node.attributes.Set("scale", double{info.scale()});
  const int64_t smallest = type == wire::DT_INT8 ? -128 : 0;
  if (info.zero_point() < smallest || info.zero_point() > smallest + 255) {
    return InvalidArgument(who + ": quantize_info: expected a zero_point from " +
                           std::to_string(smallest) + " to " + std::to_string(smallest + 255) +
                           ", found " + std::to_string(info.zero_point()));
  }
  node.attributes.Set("low", static_cast<double>(smallest - info.zero_point()));
  node.inputs = {value};
  return builder_.AddHelper(OpName(def) + "_int8", std::move(node));
}

// `info` is what the net declares of it; null: nothing.
Status MaceImporter::AddOutput(const std::string& name, const wire::InputOutputInfo* info) {
  IoInfo io;
  io.name = info == nullptr || info->alias().empty() ? name : info->alias();
  const std::string who = "output '" + Printable(io.name) + "'";
  io.value = builder_.Find(name);
  if (io.value == kNoValue) {
    return InvalidArgument(who + ": expected an op with an output of this name, found none");
  }
  if (info != nullptr) {
    io.declared_dims.emplace(info->dims().begin(), info->dims().end());
    io.layout = LayoutText(info->data_format());
    if (info->data_format() != 0) {
      StatusOr<ValueId> id = layout_.In(io.value, layout_.OrderOfIo(info->data_format()));
      if (!id.ok()) return id.status().WithPrefix(who);
      io.value = *id;
    }
  }
  io.dtype = builder_.graph().value(io.value).info.dtype;
  if (IsFloat(io.dtype)) io.dtype = DType::kFloat32;
  builder_.graph().outputs.push_back(std::move(io));
  return Status::Ok();
}

Status MaceImporter::AddOutputs() {
  NameSet added;
  NameMap<const wire::InputOutputInfo*> declared;  // The last of equal names counts.
  for (const wire::InputOutputInfo& info : net_.output_info()) declared[info.name()] = &info;
  for (const std::string& name : model_->output_tensor()) {
    if (!added.insert(name).second) continue;
    const auto found = declared.find(name);
    MACE_RETURN_IF_ERROR(AddOutput(name, found == declared.end() ? nullptr : found->second));
  }
  for (const wire::InputOutputInfo& info : net_.output_info()) {
    if (!added.insert(info.name()).second) continue;
    MACE_RETURN_IF_ERROR(AddOutput(info.name(), declared[info.name()]));
  }
  if (added.empty()) return InvalidArgument("the model declares no output");
  return Status::Ok();
}

// The note for the user of a quantized model that is computed in floats; else empty.
std::string MaceImporter::HowItIsComputed() const {
  if (quantized_) {
    return "8-bit model: weights are dequantized as it is loaded; computes in floats, "
           "each op's result rounded to its quantized values";
  }
  for (const wire::ConstTensor& tensor : net_.tensors()) {
    if (!tensor.quantized()) continue;
    return "int8 weights: dequantized as the model is loaded; computes in floats";
  }
  return "";
}

StatusOr<std::shared_ptr<Graph>> MaceImporter::Run(const WeightFile& weights) {
  MACE_RETURN_IF_ERROR(CheckNet());
  builder_.graph().name = net_.name();
  builder_.graph().source_format = "mace";
  builder_.graph().note = HowItIsComputed();
  MACE_RETURN_IF_ERROR(AddMaceTensors(net_, model_, weights, &builder_));
  MACE_RETURN_IF_ERROR(AddInputs());
  for (const std::string& name : model_->output_tensor()) builder_.KeepAsNode(name);
  for (const wire::InputOutputInfo& info : net_.output_info()) builder_.KeepAsNode(info.name());
  MACE_ASSIGN_OR_RETURN(const std::vector<size_t> order, OrderOps());
  for (size_t index : order) MACE_RETURN_IF_ERROR(AddOp(net_.op(static_cast<int>(index))));
  MACE_RETURN_IF_ERROR(AddOutputs());
  MACE_RETURN_IF_ERROR(ValidateGraph(builder_.graph()));
  return builder_.shared_graph();
}

}  // namespace

StatusOr<std::shared_ptr<Graph>> ImportMace(ModelFiles* files, ModelFormat format,
                                            const ImportOptions& options) {
  auto multi = NewMessage<wire::MultiNetDef>();
  {
    MACE_ASSIGN_OR_RETURN(const KeptBytes model, files->model().ReadAll());
    const int size = static_cast<int>(model.bytes.size());
    const google::protobuf::LogSilencer quiet;  // Protobuf's complaints come back as a Status.
    const bool parsed = format == ModelFormat::kMaceNet
                            ? multi->add_net_def()->ParseFromArray(model.bytes.data(), size)
                            : multi->ParseFromArray(model.bytes.data(), size);
    if (!parsed) return Corruption("a MACE model whose protobuf bytes do not parse");
  }
  if (multi->net_def_size() != 1) {
    return Unsupported("expected one net, found " + std::to_string(multi->net_def_size()));
  }
  return MaceImporter(multi, files->model().size(), options).Run(files->weights());
}

}  // namespace mace
