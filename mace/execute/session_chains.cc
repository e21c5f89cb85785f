// How a session binds and enqueues the chains of its plan (plan/chain.h).
#include "mace/execute/session.h"
#include "mace/plan/chain.h"

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

Status Session::BindChains() {
  if (plan_->chains.empty()) return Status();
  if (programs_.empty()) return Internal("plan: a chain has no program");
  for (const LaunchChain& chain : plan_->chains) {
    StatusOr<BoundChain> bound = BindChain(chain);
    if (!bound.ok()) return bound.status().WithPrefix(ChainName(chain));
    chains_.push_back(*std::move(bound));
  }
  return Status();
}

StatusOr<Session::BoundChain> Session::BindChain(const LaunchChain& chain) {
  const size_t count = chain.launches.size();
  BoundChain bound;
  MACE_ASSIGN_OR_RETURN(bound.table, UploadInts(ChainTable(*plan_, chain, weights_->offsets()),
                                                "table of a chain", &queue_));
  const size_t counters = 2 * count * (1 + static_cast<size_t>(chain.units));
  MACE_ASSIGN_OR_RETURN(bound.state, UploadInts(std::vector<int32_t>(counters * kChainStateInts),
                                                "state of a chain", &queue_));
  for (int half : {0, 1}) {
    BoundLaunch& launch = bound.halves[static_cast<size_t>(half)];
    MACE_ASSIGN_OR_RETURN(launch.kernel,
                          ClKernel::Create(programs_[0]->program->get(), kChainKernel));
    const ClMemory* const memories[] = {&memory_.arena(), &weights_->all(), &bound.table,
                                        &bound.state};
    for (const ClMemory* memory : memories) {
      MACE_RETURN_IF_ERROR(launch.kernel.AddMemory(*memory));
    }
    MACE_RETURN_IF_ERROR(launch.kernel.AddInt(half));
    MACE_RETURN_IF_ERROR(launch.kernel.AddInt(static_cast<int32_t>(count)));
    MACE_RETURN_IF_ERROR(launch.kernel.CheckComplete());
    launch.global = {static_cast<size_t>(chain.units), 1, 1};
    launch.local = {1, 1, 1};
  }
  return bound;
}

Status Session::EnqueueChain(size_t index, const Lane& lane) {
  BoundChain& chain = chains_[index];
  const BoundLaunch& launch = chain.halves[chain.next];
  const Status status = lane.queue->Launch(launch.kernel, launch.global, launch.local, lane.event);
  if (!status.ok()) return status.WithPrefix(ChainName(plan_->chains[index]));
  chain.next = 1 - chain.next;
  return status;
}

std::string Session::ChainName(const LaunchChain& chain) const {
  std::string names[2];
  for (int launch : chain.launches) {
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
