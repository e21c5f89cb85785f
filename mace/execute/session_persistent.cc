// Binds and enqueues the persistent launches of a plan (plan/persistent_kernel.h).
#include "mace/execute/session.h"
#include "mace/plan/persistent_kernel.h"

namespace mace {
namespace {

Bytes BytesOf(const std::vector<int32_t>& ints) {
  return Bytes(reinterpret_cast<const uint8_t*>(ints.data()), ints.size() * sizeof(int32_t));
}

StatusOr<ClMemory> UploadInts(const std::vector<int32_t>& ints, const char* name, ClQueue* queue) {
  const Bytes bytes = BytesOf(ints);
  MACE_ASSIGN_OR_RETURN(ClMemory memory,
                        ClMemory::CreateBuffer(*queue->device(), bytes.size(), name));
  MACE_RETURN_IF_ERROR(queue->Write(memory, bytes, name));
  return memory;
}

}  // namespace

Status Session::BindPersistentLaunches() {
  if (plan_->persistent_launches.empty()) return Status();
  if (programs_.empty()) return Internal("plan: a persistent launch has no program");
  for (const PersistentLaunch& persistent : plan_->persistent_launches) {
    StatusOr<BoundPersistentLaunch> bound = BindPersistentLaunch(persistent);
    if (!bound.ok()) return bound.status().WithPrefix(PersistentLaunchName(persistent));
    persistent_launches_.push_back(*std::move(bound));
  }
  return Status();
}

StatusOr<Session::BoundPersistentLaunch> Session::BindPersistentLaunch(
    const PersistentLaunch& persistent) {
  const size_t count = persistent.launches.size();
  BoundPersistentLaunch bound;
  MACE_ASSIGN_OR_RETURN(bound.table,
                        UploadInts(PersistentLaunchTable(*plan_, persistent, weights_->offsets()),
                                   "table of a persistent launch", &queue_));
  const size_t counters = 2 * count * (1 + static_cast<size_t>(persistent.units));
  MACE_ASSIGN_OR_RETURN(bound.state,
                        UploadInts(std::vector<int32_t>(counters * kPersistentStateInts),
                                   "state of a persistent launch", &queue_));
  for (int half : {0, 1}) {
    BoundLaunch& launch = bound.halves[static_cast<size_t>(half)];
    NoteFirstUse(0, "creation", kPersistentKernel);
    MACE_ASSIGN_OR_RETURN(launch.kernel,
                          ClKernel::Create(programs_[0]->program->get(), kPersistentKernel));
    const ClMemory* const memories[] = {&memory_.arena(), &weights_->all(), &bound.table,
                                        &bound.state};
    for (const ClMemory* memory : memories) {
      MACE_RETURN_IF_ERROR(launch.kernel.AddMemory(*memory));
    }
    MACE_RETURN_IF_ERROR(launch.kernel.AddInt(half));
    MACE_RETURN_IF_ERROR(launch.kernel.AddInt(static_cast<int32_t>(count)));
    MACE_RETURN_IF_ERROR(launch.kernel.CheckComplete());
    launch.global = {static_cast<size_t>(persistent.units), 1, 1};
    launch.local = {1, 1, 1};
  }
  return bound;
}

Status Session::EnqueuePersistentLaunch(size_t index, const CommandTarget& target) {
  BoundPersistentLaunch& persistent = persistent_launches_[index];
  const BoundLaunch& launch = persistent.halves[persistent.next];
  NoteFirstUse(0, "launch", launch.kernel.name());
  Status status = target.queue->Launch(launch.kernel, launch.global, launch.local, target.event);
  if (status.ok()) status = FinishLaunch(target.queue);
  if (!status.ok())
    return status.WithPrefix(PersistentLaunchName(plan_->persistent_launches[index]));
  persistent.next = 1 - persistent.next;
  return status;
}

std::string Session::PersistentLaunchName(const PersistentLaunch& persistent) const {
  std::string names[2];
  for (int launch : persistent.launches) {
    const int node = plan_->launches[static_cast<size_t>(launch)].node;
    if (node < 0) continue;
    const Node& named = plan_->bound.graph->nodes[static_cast<size_t>(node)];
    names[1] = "'" + named.name + "' (" + named.type + ")";
    if (names[0].empty()) names[0] = names[1];
  }
  if (names[0].empty()) return "layout conversions";
  return "nodes " + names[0] + " to " + names[1];
}

}  // namespace mace
