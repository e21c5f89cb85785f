#include "mace/plan/builder.h"

#include <algorithm>

#include "mace/ops/move/convert.h"
#include "mace/plan/tensor_formats.h"

namespace mace {
namespace {

// Kernels' vector loads may read beyond the last element, by at most a vector of 16 floats.
constexpr size_t kOverReadBytes = 64;
constexpr size_t kForever = SIZE_MAX;

// The place of a value inside the concatenation that it is written into.
struct SliceOf {
  ValueId whole = kNoValue;
  TensorFormat format;  // The concatenation's format; only a value in this format is a slice.
  int64_t channel = 0;
};

class Builder {
 public:
  Builder(Plan* plan, ChosenVariants* chosen)
      : plan_(plan),
        graph_(*plan->bound.graph),
        chosen_(*chosen),
        tensors_of_(graph_.values.size()),
        slice_of_(graph_.values.size()),
        on_host_(graph_.values.size(), false),
        last_readers_(FindLastReaders(graph_)) {}

  Status Run() {
    FindSlices();
    for (const IoInfo& input : graph_.inputs) on_host_[Index(input.value)] = true;
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      MACE_RETURN_IF_ERROR(chosen(n) == nullptr ? AddCpuNode(n) : AddGpuNode(n));
    }
    for (const IoInfo& output : graph_.outputs) MACE_RETURN_IF_ERROR(BringToHost(output.value));
    return Status::Ok();
  }

 private:
  static size_t Index(ValueId id) { return static_cast<size_t>(id); }
  // Null: the node runs on the CPU.
  KernelVariant* chosen(size_t node) {
    return chosen_[node].has_value() ? &*chosen_[node] : nullptr;
  }

  // By value: the last node that reads it; kForever for graph inputs and outputs, whose memory
  // belongs to the caller.
  static std::vector<size_t> FindLastReaders(const Graph& graph) {
    std::vector<size_t> last(graph.values.size(), 0);
    for (size_t n = 0; n < graph.nodes.size(); ++n) {
      for (ValueId id : graph.nodes[n].inputs) {
        if (id != kNoValue) last[Index(id)] = n;
      }
    }
    for (const IoInfo& io : graph.inputs) last[Index(io.value)] = kForever;
    for (const IoInfo& io : graph.outputs) last[Index(io.value)] = kForever;
    return last;
  }

  // A value that only one GPU node makes, in the concatenation's format, is written directly into
  // its slice of the concatenation.
  void FindSlices() {
    const std::vector<int> producers = graph_.Producers();
    std::vector<size_t> places(graph_.values.size(), 0);  // Index among the producer's outputs.
    for (const Node& node : graph_.nodes) {
      for (size_t i = 0; i < node.outputs.size(); ++i) places[Index(node.outputs[i])] = i;
    }
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      const KernelVariant* concat = chosen(n);
      if (concat == nullptr || concat->input_slices.empty()) continue;
      const Node& node = graph_.nodes[n];
      for (size_t i = 0; i < node.inputs.size(); ++i) {
        const ValueId value = node.inputs[i];
        const int producer = producers[Index(value)];
        if (producer < 0 || slice_of_[Index(value)].whole != kNoValue) continue;
        const KernelVariant* maker = chosen(static_cast<size_t>(producer));
        if (maker == nullptr || maker->alias_input >= 0 || !maker->output_slices.empty()) continue;
        if (maker->outputs[places[Index(value)]] != concat->outputs[0]) continue;
        slice_of_[Index(value)] = {node.outputs[0], concat->outputs[0], concat->input_slices[i]};
      }
    }
  }

  int FindTensor(ValueId value, const TensorFormat& format) const {
    for (int tensor : tensors_of_[Index(value)]) {
      if (plan_->tensors[static_cast<size_t>(tensor)].format == format) return tensor;
    }
    return -1;
  }

  int AddTensor(DeviceTensor tensor) {
    const int index = static_cast<int>(plan_->tensors.size());
    tensors_of_[Index(tensor.value)].push_back(index);
    values_in_.resize(plan_->regions.size());
    values_in_[static_cast<size_t>(tensor.region)].push_back(tensor.value);
    plan_->tensors.push_back(std::move(tensor));
    return index;
  }

  int AddRegion(const Shape& shape, const TensorFormat& format) {
    MemoryRegion region;
    region.storage = format.storage;
    region.precision = format.precision;
    const size_t element = ElementBytes(format.precision);
    const Nhwc view = AsNhwc(shape);
    if (format.storage == Storage::kImage) {
      const ImageExtent extent = ImageExtentOf(shape);
      region.image_width = extent.width;
      region.image_height = extent.height;
      region.bytes = extent.width * extent.height * 4 * element;
    } else {
      const int64_t channels = PaddedChannels(format.layout, view.c);
      region.bytes =
          static_cast<size_t>(view.rows() * view.w * channels) * element + kOverReadBytes;
    }
    plan_->regions.push_back(region);
    return static_cast<int>(plan_->regions.size()) - 1;
  }

  // Makes a tensor for `value` in `format`: with its own memory, or as a slice of a concatenation,
  // which may itself be a slice of another one.
  int MakeTensor(ValueId value, const TensorFormat& format) {
    std::vector<ValueId> wholes;  // Concatenations without a tensor, the innermost first.
    for (ValueId id = value;;) {
      const SliceOf& slice = slice_of_[Index(id)];
      id = slice.whole;
      if (id == kNoValue || slice.format != format || FindTensor(id, format) >= 0) break;
      wholes.push_back(id);
    }
    for (; !wholes.empty(); wholes.pop_back()) MakeTensorAlone(wholes.back(), format);
    return MakeTensorAlone(value, format);
  }

  // REQUIRES: if the value is a slice in this format, the concatenation already has its tensor.
  int MakeTensorAlone(ValueId value, const TensorFormat& format) {
    DeviceTensor tensor;
    tensor.value = value;
    tensor.info = graph_.value(value).info;
    tensor.format = format;
    const SliceOf slice = slice_of_[Index(value)];
    if (slice.whole != kNoValue && format == slice.format) {
      const int whole = FindTensor(slice.whole, format);
      const DeviceTensor& parent = plan_->tensors[static_cast<size_t>(whole)];
      tensor.region = parent.region;
      tensor.pitch = parent.pitch;
      tensor.offset = parent.offset + SliceOffset(format.layout, parent.pitch, slice.channel);
    } else {
      tensor.pitch = PitchOf(format.layout, AsNhwc(tensor.info.shape));
      tensor.region = AddRegion(tensor.info.shape, format);
    }
    return AddTensor(std::move(tensor));
  }

  // Adds a tensor that shares the memory of `of`.
  int AliasTensor(ValueId value, const TensorFormat& format, int of, int64_t channel) {
    DeviceTensor tensor = plan_->tensors[static_cast<size_t>(of)];
    const bool other_layout = tensor.format.layout != format.layout;
    tensor.value = value;
    tensor.info = graph_.value(value).info;
    tensor.format = format;
    tensor.offset += SliceOffset(format.layout, tensor.pitch, channel);
    if (format.layout == Layout::kRowMajor || other_layout) {
      tensor.pitch = PitchOf(format.layout, AsNhwc(tensor.info.shape));
    }
    return AddTensor(std::move(tensor));
  }

  std::vector<Step>* StepsFor(ValueId value) {
    return graph_.IsConstant(value) ? &plan_->setup_steps : &plan_->steps;
  }

  void AddLaunch(Launch launch, int node, std::vector<Step>* steps) {
    launch.kernel.StoreName();
    plan_->launches.push_back({node, std::move(launch)});
    steps->push_back({Step::Kind::kLaunch, static_cast<int>(plan_->launches.size()) - 1});
  }

  // Adds the launch that copies tensor `from` to tensor `to` of the same shape.
  void AddConversion(int from, int to, std::vector<Step>* steps) {
    const DeviceTensor& source = plan_->tensors[static_cast<size_t>(from)];
    const DeviceTensor& target = plan_->tensors[static_cast<size_t>(to)];
    Launch launch = MakeConversion(source.info.shape, {source.format, source.pitch, source.offset},
                                   {target.format, target.pitch, target.offset});
    for (KernelArgument& argument : launch.arguments) {
      TensorArgument* tensor = std::get_if<TensorArgument>(&argument);
      if (tensor == nullptr) continue;
      const bool input = tensor->kind == TensorArgument::Kind::kInput ||
                         tensor->kind == TensorArgument::Kind::kRawInput;
      tensor->index = input ? from : to;
    }
    AddLaunch(std::move(launch), -1, steps);
  }

  static bool IsDense(const DeviceTensor& tensor) {
    const Layout layout = tensor.format.layout;
    return layout == Layout::kRowMajor ||
           (tensor.offset == 0 && tensor.pitch == PitchOf(layout, AsNhwc(tensor.info.shape)));
  }

  // A tensor with `value` in any format. A value that only the host has is uploaded.
  StatusOr<int> AnyTensor(ValueId value) {
    if (!tensors_of_[Index(value)].empty()) return tensors_of_[Index(value)].front();
    if (!on_host_[Index(value)] && !graph_.IsConstant(value)) {
      return Internal("value '" + graph_.value(value).name + "' is read before it is made");
    }
    const DType dtype = graph_.value(value).info.dtype;
    if (DeviceElementOf(dtype) == DeviceElement::kNone) {
      return Internal("value '" + graph_.value(value).name + "' is " + DTypeName(dtype) +
                      " and cannot go to the device");
    }
    const int tensor = MakeTensor(value, kHostFormat);
    StepsFor(value)->push_back({Step::Kind::kUpload, tensor});
    return tensor;
  }

  // The tensor of `value` in `format`, converted if it exists in another format only.
  StatusOr<int> Need(ValueId value, const TensorFormat& format) {
    const int found = FindTensor(value, format);
    if (found >= 0) return found;
    MACE_ASSIGN_OR_RETURN(const int from, AnyTensor(value));
    const DeviceTensor& source = plan_->tensors[static_cast<size_t>(from)];
    if (source.format == format) return from;
    if (SameBytes(source.info.shape, source.format, format) && IsDense(source)) {
      return AliasTensor(value, format, from, 0);
    }
    const int to = MakeTensor(value, format);
    AddConversion(from, to, StepsFor(value));
    return to;
  }

  Status BringToHost(ValueId value) {
    if (on_host_[Index(value)] || graph_.IsConstant(value)) return Status::Ok();
    MACE_ASSIGN_OR_RETURN(const int tensor, Need(value, kHostFormat));
    plan_->steps.push_back({Step::Kind::kDownload, tensor});
    on_host_[Index(value)] = true;
    return Status::Ok();
  }

  Status AddCpuNode(size_t n) {
    const Node& node = graph_.nodes[n];
    for (ValueId value : node.inputs) {
      if (value != kNoValue) MACE_RETURN_IF_ERROR(BringToHost(value));
    }
    plan_->steps.push_back({Step::Kind::kCpu, static_cast<int>(n)});
    for (ValueId value : node.outputs) on_host_[Index(value)] = true;
    return Status::Ok();
  }

  Status AddGpuNode(size_t n) {
    const Node& node = graph_.nodes[n];
    KernelVariant& variant = *chosen(n);
    if (variant.outputs.size() < node.outputs.size())
      return Internal("variant " + variant.name + ": outputs lack");
    if (!variant.input_slices.empty()) return AddConcat(node, variant);
    if (!variant.output_slices.empty()) return AddSplit(node, variant);
    if (variant.alias_input >= 0) {
      const size_t input = static_cast<size_t>(variant.alias_input);
      MACE_ASSIGN_OR_RETURN(const int from, Need(node.inputs[input], variant.inputs[input]));
      AliasTensor(node.outputs[0], variant.outputs[0], from, 0);
      return Status::Ok();
    }
    return AddLaunches(n, variant);
  }

  Status AddConcat(const Node& node, const KernelVariant& variant) {
    const TensorFormat format = variant.outputs[0];
    int whole = FindTensor(node.outputs[0], format);
    if (whole < 0) whole = MakeTensor(node.outputs[0], format);
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const ValueId value = node.inputs[i];
      const SliceOf slice = slice_of_[Index(value)];
      if (slice.whole == node.outputs[0] && slice.channel == variant.input_slices[i]) continue;
      MACE_ASSIGN_OR_RETURN(const int from, AnyTensor(value));
      DeviceTensor part = plan_->tensors[static_cast<size_t>(whole)];
      part.info = graph_.value(value).info;
      part.offset += SliceOffset(format.layout, part.pitch, variant.input_slices[i]);
      plan_->tensors.push_back(part);  // Not registered as the value's tensor.
      AddConversion(from, static_cast<int>(plan_->tensors.size()) - 1, &plan_->steps);
    }
    return Status::Ok();
  }

  Status AddSplit(const Node& node, const KernelVariant& variant) {
    MACE_ASSIGN_OR_RETURN(const int from, Need(node.inputs[0], variant.inputs[0]));
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      AliasTensor(node.outputs[i], variant.outputs[i], from, variant.output_slices[i]);
    }
    return Status::Ok();
  }

  Status AddLaunches(size_t n, KernelVariant& variant) {
    const Node& node = graph_.nodes[n];
    const int first_weights = static_cast<int>(plan_->weights.size());
    for (PackedWeights& weights : variant.weights) {
      weights.keep_float32 |= variant.precision == Precision::kFloat32;
      plan_->weights.push_back(std::move(weights));
      plan_->weight_nodes.push_back(static_cast<int>(n));
    }
    const int first_scratch = static_cast<int>(plan_->regions.size());
    for (const ScratchBuffer& scratch : variant.scratch) {
      MemoryRegion region;
      region.bytes = ScratchBytes(scratch, variant.precision) + kOverReadBytes;
      region.persistent = scratch.zeros;
      plan_->regions.push_back(region);
    }
    MACE_RETURN_IF_ERROR(TakeInputsPlace(n, variant));
    for (Launch& launch : variant.launches) {
      for (KernelArgument& argument : launch.arguments) {
        TensorArgument* tensor = std::get_if<TensorArgument>(&argument);
        if (tensor == nullptr) continue;
        if (tensor->kind == TensorArgument::Kind::kWeights) {
          tensor->index += first_weights;
        } else if (tensor->kind == TensorArgument::Kind::kScratch) {
          tensor->index += first_scratch;
        } else {
          MACE_ASSIGN_OR_RETURN(tensor->index, TensorFor(node, variant, *tensor));
        }
      }
      AddLaunch(std::move(launch), static_cast<int>(n), &plan_->steps);
    }
    return Status::Ok();
  }

  StatusOr<int> TensorFor(const Node& node, const KernelVariant& variant,
                          const TensorArgument& argument) {
    const size_t index = static_cast<size_t>(argument.index);
    const bool input = argument.kind == TensorArgument::Kind::kInput ||
                       argument.kind == TensorArgument::Kind::kRawInput;
    const std::vector<ValueId>& values = input ? node.inputs : node.outputs;
    const std::vector<TensorFormat>& formats = input ? variant.inputs : variant.outputs;
    if (index >= values.size() || index >= formats.size() || values[index] == kNoValue) {
      return Internal("variant " + variant.name + ": argument " + std::to_string(index) +
                      " is not the op's");
    }
    if (input) return Need(values[index], formats[index]);
    const int found = FindTensor(values[index], formats[index]);
    return found >= 0 ? found : MakeTensor(values[index], formats[index]);
  }

  // Puts output 0 of node `n` into the memory of one of its inputs, if the variant allows it and no
  // later node reads that input.
  Status TakeInputsPlace(size_t n, const KernelVariant& variant) {
    if (variant.in_place < 0) return Status::Ok();
    const Node& node = graph_.nodes[n];
    const size_t input = static_cast<size_t>(variant.in_place);
    const ValueId from = node.inputs[input], to = node.outputs[0];
    const TensorFormat& format = variant.outputs[0];
    const SliceOf& slice = slice_of_[Index(to)];
    if (graph_.IsConstant(from) || last_readers_[Index(from)] != n ||
        variant.inputs[input] != format || graph_.value(from).info != graph_.value(to).info ||
        (slice.whole != kNoValue && slice.format == format)) {
      return Status::Ok();
    }
    MACE_ASSIGN_OR_RETURN(const int place, Need(from, format));
    const DeviceTensor& tensor = plan_->tensors[static_cast<size_t>(place)];
    if (!IsDense(tensor) || tensor.offset != 0) return Status::Ok();
    for (ValueId other : values_in_[static_cast<size_t>(tensor.region)]) {
      if (other == from) continue;
      const bool is_read_now =
          std::find(node.inputs.begin(), node.inputs.end(), other) != node.inputs.end();
      if (is_read_now || graph_.IsConstant(other) || last_readers_[Index(other)] >= n) {
        return Status::Ok();
      }
    }
    AliasTensor(to, format, place, 0);
    return Status::Ok();
  }

  Plan* plan_;
  const Graph& graph_;
  ChosenVariants& chosen_;
  std::vector<std::vector<int>> tensors_of_;
  std::vector<SliceOf> slice_of_;
  std::vector<bool> on_host_;
  const std::vector<size_t> last_readers_;
  std::vector<std::vector<ValueId>> values_in_;  // By region.
};

}  // namespace

Status BuildSteps(Plan* plan, ChosenVariants* chosen) { return Builder(plan, chosen).Run(); }

}  // namespace mace
