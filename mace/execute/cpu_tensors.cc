#include "mace/execute/cpu_tensors.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "mace/base/catch_exhaustion.h"
#include "mace/execute/value_index.h"
#include "mace/graph/constant_pins.h"
#include "mace/graph/derived_constants.h"
#include "mace/graph/describe.h"

namespace mace {
namespace {

// The address ranges of a run's inputs, to find tensors that share memory with an input.
class InputRanges {
 public:
  explicit InputRanges(const std::vector<HostTensor>& inputs) {
    for (const HostTensor& input : inputs) {
      if (!input.bytes().empty()) ranges_.push_back({Begin(input), End(input)});
    }
    std::sort(ranges_.begin(), ranges_.end(),
              [](const Range& a, const Range& b) { return a.end < b.end; });
    // A range that ends later may begin earlier, so each range gets the earliest beginning from
    // there on.
    for (size_t i = ranges_.size(); i-- > 1;) {
      ranges_[i - 1].begin = std::min(ranges_[i - 1].begin, ranges_[i].begin);
    }
  }

  // Conservative: memory between two inputs may count as shared.
  bool Meet(const HostTensor& tensor) const {
    const auto after =
        std::upper_bound(ranges_.begin(), ranges_.end(), Begin(tensor),
                         [](uintptr_t begin, const Range& range) { return begin < range.end; });
    return after != ranges_.end() && after->begin < End(tensor);
  }

 private:
  struct Range {
    uintptr_t begin, end;
  };
  static uintptr_t Begin(const HostTensor& tensor) {
    return reinterpret_cast<uintptr_t>(tensor.address_range().data());
  }
  static uintptr_t End(const HostTensor& tensor) { return Begin(tensor) + tensor.info().bytes(); }

  std::vector<Range> ranges_;
};

// The constant in host memory, in the type that references read (ToReferenceOperand). A conversion
// is done once for all graphs of the model.
StatusOr<HostTensor> ReferenceOperand(const Graph& graph, const HostTensor& constant) {
  const auto make = [&]() -> StatusOr<HostTensor> {
    MACE_ASSIGN_OR_RETURN(const HostTensor pinned, PinConstant(constant));
    return pinned.ToReferenceOperand();
  };
  const bool is_converted = IsFloat(constant.dtype()) && constant.dtype() != DType::kFloat32;
  if (!is_converted || !constant.identity().is_known()) return make();
  MACE_ASSIGN_OR_RETURN(
      const HostTensor converted,
      DeriveConstant(graph.derived, ConvertedIdentity(constant, DType::kFloat32), {}, make));
  return converted.Reshaped(constant.shape());
}

}  // namespace

CpuTensors::CpuTensors(const Graph& graph) : graph_(graph), tensors_(graph.values.size()) {
  for (const IoInfo& input : graph.inputs) {
    released_inputs_.push_back(HostTensor::View(graph.value(input.value).info, Bytes(), nullptr));
  }
}

Status CpuTensors::PrepareConstant(ValueId id) {
  if (!graph_.IsConstant(id) || Get(id).dtype() != DType::kInvalid) return Status();
  StatusOr<HostTensor> ready = ReferenceOperand(graph_, *graph_.value(id).constant);
  if (!ready.ok()) return ready.status().WithPrefix("constant '" + graph_.value(id).name + "'");
  Set(id, *std::move(ready));
  return Status();
}

Status CpuTensors::PrepareConstants(const Node& node) {
  for (ValueId id : node.inputs) MACE_RETURN_IF_ERROR(PrepareConstant(id));
  return Status();
}

Status CpuTensors::ShareInputs(const std::vector<HostTensor>& inputs) {
  has_copied_inputs_ = false;
  for (size_t i = 0; i < graph_.inputs.size(); ++i) {
    HostTensor& shared = tensors_[ValueIndex(graph_.inputs[i].value)];
    const auto address = reinterpret_cast<uintptr_t>(inputs[i].address_range().data());
    if (address % std::max<size_t>(DTypeSize(inputs[i].dtype()), 1) == 0) {
      shared = inputs[i];
    } else {
      MACE_ASSIGN_OR_RETURN(shared, inputs[i].ToAligned());
      has_copied_inputs_ = true;
    }
  }
  return Status();
}

void CpuTensors::ReleaseInputs() {
  for (size_t i = 0; i < graph_.inputs.size(); ++i) {
    // A copy, because a move would give away the vector of extents and the next run would allocate
    // one.
    tensors_[ValueIndex(graph_.inputs[i].value)] = released_inputs_[i];
  }
}

void CpuTensors::PlaceOutputs(const HostLifetimes& lifetimes,
                              const std::vector<HostTensor>& outputs) {
  places_.assign(graph_.values.size(), HostTensor());
  std::vector<HostTensor> inputs;
  for (const IoInfo& input : graph_.inputs) inputs.push_back(Get(input.value));
  const InputRanges ranges(inputs);
  for (const IoInfo& io : graph_.outputs) {
    const int direct = lifetimes.direct_output[ValueIndex(io.value)];
    if (direct < 0) continue;
    const HostTensor& output = outputs[static_cast<size_t>(direct)];
    const TensorInfo& info = graph_.value(io.value).info;
    if (output.dtype() != info.dtype || ranges.Meet(output)) continue;
    places_[ValueIndex(io.value)] = output.Reshaped(info.shape);
  }
}

void CpuTensors::CopyOutput(const HostTensor& from, HostTensor* output) {
  uint8_t* const to = output->mutable_data<uint8_t>();
  const Bytes bytes = from.bytes();
  if (!bytes.empty() && bytes.data() != to) std::memcpy(to, bytes.data(), bytes.size());
}

void CpuTensors::CopyOutputs(const HostLifetimes& lifetimes,
                             std::vector<HostTensor>* outputs) const {
  for (int index : lifetimes.copied_outputs) {
    const auto i = static_cast<size_t>(index);
    const HostTensor& here = Get(graph_.outputs[i].value);
    const int direct = lifetimes.direct_output[ValueIndex(graph_.outputs[i].value)];
    // An output whose tensor is not here was downloaded into another output.
    const bool is_here = here.dtype() != DType::kInvalid || direct < 0;
    CopyOutput(is_here ? here : (*outputs)[static_cast<size_t>(direct)], &(*outputs)[i]);
  }
  if (places_.empty()) return;
  // These come last: they may lie in the memory of an input that is also an output above.
  for (const IoInfo& io : graph_.outputs) {
    const int direct = lifetimes.direct_output[ValueIndex(io.value)];
    if (direct < 0 || Get(io.value).dtype() == DType::kInvalid) continue;
    CopyOutput(Get(io.value), &(*outputs)[static_cast<size_t>(direct)]);
  }
}

void CpuTensors::ReleaseOutputs(const HostLifetimes& lifetimes) {
  places_.clear();
  for (const IoInfo& output : graph_.outputs) {
    if (lifetimes.direct_output[ValueIndex(output.value)] >= 0) Drop(output.value);
  }
  // A run that failed did not reach its later steps, so their tensors are released here.
  for (const std::vector<ValueId>& dead : lifetimes.dead_after) {
    for (ValueId id : dead) Drop(id);
  }
}

StatusOr<std::vector<HostTensor>> CpuTensors::MakeOutputs(const Node& node) const {
  std::vector<HostTensor> outputs;
  outputs.reserve(node.outputs.size());
  for (ValueId id : node.outputs) {
    if (!places_.empty() && places_[ValueIndex(id)].dtype() != DType::kInvalid) {
      outputs.push_back(places_[ValueIndex(id)]);
      // References need zeroed outputs, and the caller's tensor may hold an earlier answer.
      HostTensor& place = outputs.back();
      std::fill_n(place.mutable_data<uint8_t>(), place.bytes().size(), uint8_t{0});
      continue;
    }
    MACE_ASSIGN_OR_RETURN(HostTensor made, HostTensor::Allocate(graph_.value(id).info));
    outputs.push_back(std::move(made));
  }
  return outputs;
}

Status CpuTensors::RunNode(const Node& node, const Op& op) {
  std::vector<HostTensor> inputs;
  inputs.reserve(node.inputs.size());
  for (ValueId id : node.inputs) inputs.push_back(id == kNoValue ? HostTensor() : Get(id));
  StatusOr<std::vector<HostTensor>> outputs = MakeOutputs(node);
  const Status status = outputs.ok()
                            ? CatchExhaustion([&] { return RunReference(op, inputs, &*outputs); })
                            : outputs.status();
  if (!status.ok()) return status.WithPrefix(DescribeNode(node));
  for (size_t i = 0; i < node.outputs.size(); ++i) Set(node.outputs[i], std::move((*outputs)[i]));
  return Status();
}

}  // namespace mace
