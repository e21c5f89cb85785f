// Inputs and outputs of a session that are in an app's buffers or are left out.
#include "mace/execute/device_elements.h"
#include "mace/execute/session.h"
#include "mace/execute/value_index.h"

namespace mace {
void Session::FindBindable() {
  const Graph& graph = *plan_->bound.graph;
  std::vector<bool> is_on_host(graph.values.size(), false),
      is_downloaded(graph.values.size(), false);
  std::vector<int> outputs_of(graph.values.size(), 0);
  for (const IoInfo& output : graph.outputs) ++outputs_of[ValueIndex(output.value)];
  for (const Step& step : plan_->steps) {
    if (step.kind == Step::Kind::kDownload) {
      is_downloaded[ValueIndex(plan_->tensors[static_cast<size_t>(step.index)].value)] = true;
    }
    if (step.kind != Step::Kind::kCpu) continue;
    const Node& node = graph.nodes[static_cast<size_t>(step.index)];
    for (const std::vector<ValueId>* ids : {&node.inputs, &node.outputs}) {
      for (ValueId id : *ids) {
        if (id != kNoValue) is_on_host[ValueIndex(id)] = true;
      }
    }
  }
  input_of_value_.assign(graph.values.size(), -1);
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    const size_t value = ValueIndex(graph.inputs[i].value);
    input_of_value_[value] = static_cast<int>(i);
    takes_buffer_.push_back(!is_on_host[value] && outputs_of[value] == 0);
  }
  for (const IoInfo& output : graph.outputs) {
    const size_t value = ValueIndex(output.value);
    leaves_out_.push_back(is_downloaded[value] && !is_on_host[value] && outputs_of[value] == 1);
  }
}

bool Session::TakesBuffer(size_t input, DType dtype) const {
  const Graph& graph = *plan_->bound.graph;
  return takes_buffer_[input] && LiesAsOnDevice(dtype) &&
         graph.value(graph.inputs[input].value).info.dtype == dtype;
}

bool Session::GivesBuffer(size_t output, DType dtype) const {
  const Graph& graph = *plan_->bound.graph;
  return leaves_out_[output] && LiesAsOnDevice(dtype) &&
         graph.value(graph.outputs[output].value).info.dtype == dtype;
}

bool Session::LeavesOut(size_t output) const { return leaves_out_[output]; }

Status Session::RunWith(const RunBindings& bindings, const std::vector<HostTensor>& inputs,
                        std::vector<HostTensor>* outputs) {
  bindings_ = &bindings;
  slice_ = 0;
  const Status status = Run(inputs, outputs);
  bindings_ = nullptr;
  return status;
}

ClBufferPart Session::InputBuffer(ValueId value, size_t bytes) const {
  const int input = input_of_value_.empty() ? -1 : input_of_value_[ValueIndex(value)];
  if (bindings_ == nullptr || input < 0) return ClBufferPart();
  const ClBufferPart& whole = bindings_->inputs[static_cast<size_t>(input)];
  return whole.empty() ? whole : whole.Slice(slice_ * bytes, bytes);
}

ClBufferPart Session::OutputBuffer(int output, size_t bytes) const {
  const ClBufferPart& whole = bindings_->outputs[static_cast<size_t>(output)];
  return whole.empty() ? whole : whole.Slice(slice_ * bytes, bytes);
}

}  // namespace mace
