#include "mace/execute/io_types.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "mace/base/half.h"
#include "mace/base/strings.h"
#include "mace/graph/integer_type.h"

namespace mace {
namespace {

// The type that an executor reads or writes for a value. A constant of another float type becomes
// float32 on the host.
DType TypeInside(const Graph& graph, const IoInfo& io) {
  const DType dtype = graph.value(io.value).info.dtype;
  return IsFloat(dtype) ? DType::kFloat32 : dtype;
}

// Calls convert(from, &to) for each element, which may be unaligned, until it gives false. Gives
// the number of elements that were converted.
template <typename From, typename To, typename Convert>
int64_t ConvertEach(const HostTensor& from, HostTensor* to, const Convert& convert) {
  const uint8_t* source = from.bytes().data();
  uint8_t* target = to->mutable_data<uint8_t>();
  const int64_t count = from.shape().elements();
  for (int64_t i = 0; i < count; ++i) {
    From element;
    To converted;
    std::memcpy(&element, source + static_cast<size_t>(i) * sizeof(From), sizeof(From));
    if (!convert(element, &converted)) return i;
    std::memcpy(target + static_cast<size_t>(i) * sizeof(To), &converted, sizeof(To));
  }
  return count;
}

bool Narrow(double from, float* to) {
  *to = static_cast<float>(from);
  return !std::isinf(*to) || std::isinf(from);
}

// Whether a number of a byte is one of fewer bits.
bool NarrowByte(DType dtype, int64_t from, uint8_t* to) {
  *to = static_cast<uint8_t>(from);
  return WrapInteger(IntegerTypeOf(dtype), from) == from;
}

bool NarrowInteger(int64_t from, int32_t* to) {
  if (from < std::numeric_limits<int32_t>::min() || from > std::numeric_limits<int32_t>::max()) {
    return false;
  }
  *to = static_cast<int32_t>(from);
  return true;
}

// The number of elements that were converted: all, or those before one that does not fit. -1 if no
// conversion leads from one type to the other.
int64_t ConvertElements(const HostTensor& from, HostTensor* to) {
  const DType a = from.dtype(), b = to->dtype();
  if (IsBelowByte(b) && a == b) {  // The upper bits of a byte are the caller's.
    return ConvertEach<uint8_t, uint8_t>(from, to, [b](uint8_t byte, uint8_t* out) {
      *out = static_cast<uint8_t>(WrapInteger(IntegerTypeOf(b), int64_t{byte}));
      return true;
    });
  }
  if (IsBelowByte(b) && a == DType::kInt8) {
    return ConvertEach<int8_t, uint8_t>(
        from, to, [b](int8_t value, uint8_t* out) { return NarrowByte(b, value, out); });
  }
  if (IsBelowByte(b) && a == DType::kUInt8) {
    return ConvertEach<uint8_t, uint8_t>(
        from, to, [b](uint8_t value, uint8_t* out) { return NarrowByte(b, value, out); });
  }
  if (a == DType::kFloat16 && b == DType::kFloat32) {
    return ConvertEach<uint16_t, float>(from, to, [](uint16_t half, float* out) {
      *out = HalfToFloat(half);
      return true;
    });
  }
  if (a == DType::kFloat32 && b == DType::kFloat16) {
    return ConvertEach<float, uint16_t>(from, to, [](float value, uint16_t* out) {
      *out = FloatToHalf(value);
      return true;
    });
  }
  if (a == DType::kFloat32 && b == DType::kFloat64) {
    return ConvertEach<float, double>(from, to, [](float value, double* out) {
      *out = double{value};
      return true;
    });
  }
  if (a == DType::kInt32 && b == DType::kInt64) {
    return ConvertEach<int32_t, int64_t>(from, to, [](int32_t value, int64_t* out) {
      *out = value;
      return true;
    });
  }
  if (a == DType::kFloat64 && b == DType::kFloat32) {
    return ConvertEach<double, float>(from, to, Narrow);
  }
  if (a == DType::kInt64 && b == DType::kInt32) {
    return ConvertEach<int64_t, int32_t>(from, to, NarrowInteger);
  }
  return -1;
}

Status ConvertInput(const IoInfo& io, const HostTensor& from, HostTensor* to) {
  const int64_t done = ConvertElements(from, to);
  if (done == from.shape().elements()) return Status::Ok();
  const std::string who = "input '" + Printable(io.name) + "': ";
  if (done < 0) {
    return InvalidArgument(who + "expected " + DTypeName(io.dtype) + ", found " +
                           DTypeName(from.dtype()));
  }
  return InvalidArgument(who + "element " + std::to_string(done) + ": expected a number that " +
                         DTypeName(to->dtype()) + ", as which the graph computes it, holds");
}

class IoTypesExecutor : public Executor {
 public:
  IoTypesExecutor(std::unique_ptr<Executor> executor, std::shared_ptr<const Graph> graph,
                  std::vector<HostTensor> inputs, std::vector<HostTensor> outputs)
      : executor_(std::move(executor)),
        graph_(std::move(graph)),
        staged_inputs_(std::move(inputs)),
        staged_outputs_(std::move(outputs)) {
    inputs_.resize(staged_inputs_.size());
    outputs_.resize(staged_outputs_.size());
  }

  Status Run(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs) override {
    return Convert(inputs, outputs, nullptr, [&] { return executor_->Run(inputs_, &outputs_); });
  }

  Status RunTimed(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs,
                  RunTimes* times) override {
    return Convert(inputs, outputs, nullptr,
                   [&] { return executor_->RunTimed(inputs_, &outputs_, times); });
  }

  // A type that differs inside is converted on the host, so it cannot come from a buffer.
  bool TakesBuffer(size_t input, DType dtype) const override {
    return dtype == TypeInside(*graph_, graph_->inputs[input]) &&
           executor_->TakesBuffer(input, dtype);
  }
  bool GivesBuffer(size_t output, DType dtype) const override {
    return dtype == TypeInside(*graph_, graph_->outputs[output]) &&
           executor_->GivesBuffer(output, dtype);
  }
  bool LeavesOut(size_t output) const override { return executor_->LeavesOut(output); }
  Status RunWith(const RunBindings& bindings, const std::vector<HostTensor>& inputs,
                 std::vector<HostTensor>* outputs) override {
    return Convert(inputs, outputs, &bindings,
                   [&] { return executor_->RunWith(bindings, inputs_, &outputs_); });
  }

  StatusOr<double> Replay() override { return executor_->Replay(); }

 private:
  // Calls `run` with tensors of the types inside. `bindings` null: all tensors are on the host.
  template <typename RunInside>
  Status Convert(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs,
                 const RunBindings* bindings, const RunInside& run) {
    const Status status = RunStaged(inputs, outputs, bindings, run);
    // Releases the caller's tensors.
    for (HostTensor& input : inputs_) input = HostTensor();
    for (HostTensor& output : outputs_) output = HostTensor();
    return status;
  }

  template <typename RunInside>
  Status RunStaged(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs,
                   const RunBindings* bindings, const RunInside& run) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      const IoInfo& io = graph_->inputs[i];
      const bool as_it_is =
          inputs[i].dtype() == TypeInside(*graph_, io) && !IsBelowByte(inputs[i].dtype());
      if (!as_it_is) {
        MACE_RETURN_IF_ERROR(ConvertInput(io, inputs[i], &staged_inputs_[i]));
      }
      inputs_[i] = as_it_is ? inputs[i] : staged_inputs_[i];
    }
    for (size_t i = 0; i < outputs->size(); ++i) {
      outputs_[i] = IsStaged(i) ? staged_outputs_[i] : (*outputs)[i];
    }
    MACE_RETURN_IF_ERROR(run());
    for (size_t i = 0; i < outputs->size(); ++i) {
      const bool is_elsewhere =
          bindings != nullptr && (bindings->left_out[i] || !bindings->outputs[i].empty());
      if (IsStaged(i) && !is_elsewhere) ConvertElements(staged_outputs_[i], &(*outputs)[i]);
    }
    return Status::Ok();
  }

  bool IsStaged(size_t output) const { return staged_outputs_[output].dtype() != DType::kInvalid; }

  const std::unique_ptr<Executor> executor_;
  const std::shared_ptr<const Graph> graph_;
  // Only for inputs and outputs that are converted; the other entries are empty.
  std::vector<HostTensor> staged_inputs_;
  std::vector<HostTensor> staged_outputs_;
  // The tensors that `executor_` is given during a run.
  std::vector<HostTensor> inputs_;
  std::vector<HostTensor> outputs_;
};

// A tensor for each input or output whose shown type differs from the type inside.
StatusOr<std::vector<HostTensor>> AllocateStaged(const Graph& graph,
                                                 const std::vector<IoInfo>& infos,
                                                 const std::vector<TensorInfo>& shown) {
  std::vector<HostTensor> staged(infos.size());
  for (size_t i = 0; i < infos.size(); ++i) {
    const DType inside = TypeInside(graph, infos[i]);
    const bool is_given = &infos == &graph.inputs;
    if (shown[i].dtype == inside && !(is_given && IsBelowByte(inside))) continue;
    MACE_ASSIGN_OR_RETURN(staged[i], HostTensor::Allocate({inside, shown[i].shape}));
  }
  return staged;
}

}  // namespace

DType ShownType(const IoInfo& io, DType inside) {
  if (IsFloat(inside)) {
    const bool converts = io.dtype == DType::kFloat16 || io.dtype == DType::kFloat64;
    return converts ? io.dtype : DType::kFloat32;
  }
  return inside == DType::kInt32 && io.dtype == DType::kInt64 ? DType::kInt64 : inside;
}

bool TakesType(DType shown, DType found) {
  const bool is_byte = found == DType::kInt8 || found == DType::kUInt8;
  return found == shown || (IsFloat(shown) && found == DType::kFloat32) ||
         (IsBelowByte(shown) && is_byte);
}

StatusOr<std::vector<HostTensor>> ToTypesInside(const Graph& graph,
                                                const std::vector<HostTensor>& inputs) {
  std::vector<HostTensor> converted = inputs;
  for (size_t i = 0; i < inputs.size() && i < graph.inputs.size(); ++i) {
    const DType inside = TypeInside(graph, graph.inputs[i]);
    if (inputs[i].dtype() == inside && !IsBelowByte(inside)) continue;
    MACE_ASSIGN_OR_RETURN(converted[i], HostTensor::Allocate({inside, inputs[i].shape()}));
    MACE_RETURN_IF_ERROR(ConvertInput(graph.inputs[i], inputs[i], &converted[i]));
  }
  return converted;
}

StatusOr<std::unique_ptr<Executor>> WithIoTypes(std::unique_ptr<Executor> executor,
                                                std::shared_ptr<const Graph> graph,
                                                const std::vector<TensorInfo>& inputs,
                                                const std::vector<TensorInfo>& outputs) {
  MACE_ASSIGN_OR_RETURN(std::vector<HostTensor> staged_inputs,
                        AllocateStaged(*graph, graph->inputs, inputs));
  MACE_ASSIGN_OR_RETURN(std::vector<HostTensor> staged_outputs,
                        AllocateStaged(*graph, graph->outputs, outputs));
  bool converts = false;
  for (const std::vector<HostTensor>* list : {&staged_inputs, &staged_outputs}) {
    for (const HostTensor& tensor : *list) converts |= tensor.dtype() != DType::kInvalid;
  }
  if (!converts) return executor;
  return std::unique_ptr<Executor>(new IoTypesExecutor(
      std::move(executor), std::move(graph), std::move(staged_inputs), std::move(staged_outputs)));
}

}  // namespace mace
