#include "mace/execute/fault_reports.h"

namespace mace {

void FaultReports::Find(const Plan& plan) {
  for (const PlannedLaunch& planned : plan.launches) {
    const int argument = FaultRecordArgument(planned.launch);
    if (argument < 0) continue;
    const auto& record =
        std::get<TensorArgument>(planned.launch.arguments[static_cast<size_t>(argument)]);
    sources_.push_back({record.index, planned.node});
  }
  records_.resize(sources_.size());
}

Status FaultReports::Begin(const DeviceTensors& memory, ClQueue* queue) {
  if (may_be_set_) {
    for (const Source& source : sources_) {
      MACE_RETURN_IF_ERROR(queue->FillZero(memory.region(source.region), "fault record"));
    }
  }
  may_be_set_ = !sources_.empty();
  return Status();
}

Status FaultReports::Enqueue(const DeviceTensors& memory, ClQueue* queue) {
  for (size_t i = 0; i < sources_.size(); ++i) {
    const MutableBytes bytes(reinterpret_cast<uint8_t*>(&records_[i]), sizeof(FaultRecord));
    MACE_RETURN_IF_ERROR(
        queue->Read(memory.region(sources_[i].region), bytes, "fault record", {false, nullptr}));
  }
  return Status();
}

Status FaultReports::Check(const Plan& plan) {
  const Graph& graph = *plan.bound.graph;
  for (size_t i = 0; i < sources_.size(); ++i) {
    if (records_[i].kind == FaultRecord::kNone) continue;
    const Node& node = graph.nodes[static_cast<size_t>(sources_[i].node)];
    if (records_[i].kind == FaultRecord::kBeyondInt32) *plan.beyond_int32 = true;
    return FaultStatus(graph, node, records_[i]);
  }
  may_be_set_ = false;
  return Status();
}

}  // namespace mace
