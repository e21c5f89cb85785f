#include "mace/plan/host_lifetimes.h"

#include <algorithm>

namespace mace {
namespace {

size_t Index(ValueId id) { return static_cast<size_t>(id); }

// Records where a list of steps makes and reads the graph's values on the host.
class StepReader {
 public:
  StepReader(const Graph& graph, const Plan* plan)
      : graph_(graph),
        plan_(plan),
        made_(graph.values.size(), false),
        downloaded_(graph.values.size(), false),
        read_(graph.values.size(), false),
        last_(graph.values.size(), -1) {}

  void Visit(const Step& step, int at) {
    if (step.is_launch()) return;
    if (step.kind == Step::Kind::kCpu) {
      has_cpu_nodes_ = true;
      const Node& node = graph_.nodes[static_cast<size_t>(step.index)];
      for (ValueId id : node.inputs) Read(id, at);
      for (ValueId id : node.outputs) {
        if (id == kNoValue) continue;
        made_[Index(id)] = true;
        last_[Index(id)] = std::max(last_[Index(id)], at);
      }
      return;
    }
    const ValueId value = plan_->tensors[static_cast<size_t>(step.index)].value;
    if (step.kind == Step::Kind::kDownload) {
      downloaded_[Index(value)] = true;
    } else {
      Read(value, at);
    }
  }

  HostLifetimes Lifetimes(size_t steps) const {
    HostLifetimes lifetimes;
    lifetimes.has_cpu_nodes = has_cpu_nodes_;
    PlaceOutputs(&lifetimes);
    lifetimes.dead_after.resize(steps);
    for (size_t id = 0; id < last_.size(); ++id) {
      if (made_[id] && last_[id] >= 0 && !is_output_[id]) {
        lifetimes.dead_after[static_cast<size_t>(last_[id])].push_back(static_cast<ValueId>(id));
      }
      if (downloaded_[id] && lifetimes.direct_output[id] < 0) {
        lifetimes.kept_downloads.push_back(static_cast<ValueId>(id));
      }
    }
    return lifetimes;
  }

  void MarkOutputs() {
    is_output_.assign(graph_.values.size(), false);
    for (const IoInfo& output : graph_.outputs) is_output_[Index(output.value)] = true;
  }

 private:
  void Read(ValueId id, int at) {
    if (id == kNoValue) return;
    read_[Index(id)] = true;
    last_[Index(id)] = std::max(last_[Index(id)], at);
  }

  void PlaceOutputs(HostLifetimes* lifetimes) const {
    lifetimes->direct_output.assign(graph_.values.size(), -1);
    for (size_t i = 0; i < graph_.outputs.size(); ++i) {
      const size_t value = Index(graph_.outputs[i].value);
      // A value that nodes on the CPU read after its download has its own memory.
      const bool direct = made_[value] || (downloaded_[value] && !read_[value]);
      if (direct && lifetimes->direct_output[value] < 0) {
        lifetimes->direct_output[value] = static_cast<int>(i);
      } else {
        lifetimes->copied_outputs.push_back(static_cast<int>(i));
      }
    }
  }

  const Graph& graph_;
  const Plan* const plan_;
  // By value: whether it is made by a node on the CPU, downloaded, read on the host, or an output;
  // and the last step that makes or reads it on the host.
  std::vector<bool> made_, downloaded_, read_, is_output_;
  std::vector<int> last_;
  bool has_cpu_nodes_ = false;
};

// Bytes of a tensor on the device, in four-byte elements.
uint64_t DeviceElementBytes(const DeviceTensor& tensor) {
  return static_cast<uint64_t>(tensor.info.shape.elements()) * sizeof(float);
}

// Bytes of a constant's copy for references; 0 if references read the constant itself.
uint64_t CopyBytes(const HostTensor& constant) {
  const size_t size = std::max<size_t>(DTypeSize(constant.dtype()), 1);
  const bool aligned = reinterpret_cast<uintptr_t>(constant.address_range().data()) % size == 0;
  if (IsFloat(constant.dtype()) && constant.dtype() != DType::kFloat32) {
    return static_cast<uint64_t>(constant.shape().elements()) * sizeof(float);
  }
  return aligned ? 0 : constant.info().bytes();
}

class MemoryCounter {
 public:
  explicit MemoryCounter(const Plan& plan)
      : plan_(plan), graph_(*plan.bound.graph), lifetimes_(FindHostLifetimes(plan)) {}

  HostMemoryUse Count() {
    for (const IoInfo& io : graph_.inputs) Add(OfAllSlices(io.value), &use_.inputs);
    for (const IoInfo& io : graph_.outputs) Add(OfAllSlices(io.value), &use_.outputs);
    CountConstants();
    uint64_t kept = StagingBytes();
    for (ValueId id : lifetimes_.kept_downloads) Add(Bytes(id), &kept);
    use_.values = SaturatingAdd(kept, PeakOfNodes());
    return use_;
  }

 private:
  static void Add(uint64_t bytes, uint64_t* sum) { *sum = SaturatingAdd(*sum, bytes); }
  uint64_t Bytes(ValueId id) const { return graph_.value(id).info.bytes(); }
  // The plan's graph is that of a slice; inputs and outputs belong to the whole batch.
  uint64_t OfAllSlices(ValueId id) const {
    const auto slices = static_cast<uint64_t>(plan_.batch_slices);
    const uint64_t bytes = Bytes(id);
    return bytes > UINT64_MAX / slices ? UINT64_MAX : bytes * slices;
  }

  void CountConstants() {
    std::vector<bool> counted(graph_.values.size(), false);
    const auto count = [&](ValueId id) {
      if (!graph_.IsConstant(id) || counted[Index(id)]) return;
      counted[Index(id)] = true;
      Add(CopyBytes(*graph_.value(id).constant), &use_.constants);
    };
    for (const std::vector<Step>* steps : {&plan_.setup_steps, &plan_.steps}) {
      for (const Step& step : *steps) {
        if (step.is_launch()) continue;
        if (step.kind == Step::Kind::kCpu) {
          for (ValueId id : graph_.nodes[static_cast<size_t>(step.index)].inputs) count(id);
        } else {
          count(plan_.tensors[static_cast<size_t>(step.index)].value);
        }
      }
    }
    for (const IoInfo& io : graph_.outputs) count(io.value);
  }

  // Bytes for the largest tensor whose elements differ between host and device.
  uint64_t StagingBytes() const {
    uint64_t largest = 0;
    for (const std::vector<Step>* steps : {&plan_.setup_steps, &plan_.steps}) {
      for (const Step& step : *steps) {
        if (step.is_launch() || step.kind == Step::Kind::kCpu) continue;
        const DeviceTensor& tensor = plan_.tensors[static_cast<size_t>(step.index)];
        if (tensor.info.dtype == DType::kFloat32 || tensor.info.dtype == DType::kInt32) continue;
        largest = std::max(largest, DeviceElementBytes(tensor));
      }
    }
    return largest;
  }

  // The largest sum of tensors that nodes on the CPU make, without those in the outputs' memory.
  uint64_t PeakOfNodes() const {
    uint64_t alive = 0, peak = 0;
    for (size_t i = 0; i < plan_.steps.size(); ++i) {
      const Step& step = plan_.steps[i];
      if (step.kind == Step::Kind::kCpu) {
        for (ValueId id : graph_.nodes[static_cast<size_t>(step.index)].outputs) {
          if (id != kNoValue && lifetimes_.direct_output[Index(id)] < 0) Add(Bytes(id), &alive);
        }
        peak = std::max(peak, alive);
      }
      if (alive == UINT64_MAX) return alive;  // A saturated sum cannot be reduced again.
      for (ValueId id : lifetimes_.dead_after[i]) alive -= Bytes(id);
    }
    return peak;
  }

  const Plan& plan_;
  const Graph& graph_;
  const HostLifetimes lifetimes_;
  HostMemoryUse use_;
};

}  // namespace

HostLifetimes FindHostLifetimes(const Plan& plan) {
  StepReader reader(*plan.bound.graph, &plan);
  for (size_t i = 0; i < plan.steps.size(); ++i) reader.Visit(plan.steps[i], static_cast<int>(i));
  reader.MarkOutputs();
  return reader.Lifetimes(plan.steps.size());
}

HostLifetimes FindHostLifetimes(const Graph& graph) {
  StepReader reader(graph, nullptr);
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const int node = static_cast<int>(n);
    reader.Visit({Step::Kind::kCpu, node}, node);
  }
  reader.MarkOutputs();
  return reader.Lifetimes(graph.nodes.size());
}

uint64_t HostMemoryUse::total() const {
  return SaturatingAdd(SaturatingAdd(inputs, outputs), SaturatingAdd(constants, values));
}

std::string HostMemoryUse::Describe() const {
  return "inputs " + std::to_string(inputs) + ", outputs " + std::to_string(outputs) +
         ", constants " + std::to_string(constants) + ", other tensors " + std::to_string(values);
}

HostMemoryUse HostMemoryOf(const Plan& plan) { return MemoryCounter(plan).Count(); }

}  // namespace mace
