// How each node of a graph runs: one of the variants that it is offered, or the CPU. It is plain
// data, the same whether costs (choose_by_cost.h), a record in a cache file or a caller made it.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_CHOICE_H_
#define MACE_PLAN_CHOICE_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mace/plan/variants.h"

namespace mace {

struct NodeChoice {
  static constexpr int kCpu = -1;

  int variant = kCpu;  // Index into NodeVariants::variants.
  // The sizes of the work-groups of each launch; empty: those of the variant.
  std::vector<WorkSize> local_sizes;

  bool on_cpu() const { return variant == kCpu; }
};

struct Choice {
  std::vector<NodeChoice> nodes;  // One for each node of the graph.
  // True where the times of all variants decided, so that a report may list the variants that were
  // rejected.
  bool by_cost = false;
};

// Adds a copy of each variant for each work-group size that its launches offer and the device
// allows.
void AddWorkGroupSizes(const DeviceInfo& device, std::vector<KernelVariant>* variants);

// The measured time of a variant in milliseconds, by its id (VariantId in signature.h).
using MeasuredTimes = std::function<std::optional<double>(const std::string& id)>;

// Sets measured_ms where there is a time, and adds the variants of AddWorkGroupSizes that have one.
void SetMeasured(const DeviceInfo& device, const MeasuredTimes& times,
                 std::vector<KernelVariant>* variants);

// The choice that an id names: a variant as it is, or with one of the
// work-group sizes of AddWorkGroupSizes. None: it is not offered.
std::optional<NodeChoice> FindChoice(const NodeVariants& offered, const DeviceInfo& device,
                                     const std::string& id);

// FindChoice for every node of a graph, with one id for each; "" is the CPU. kNotFound names the
// node and the variant that is not offered to it.
StatusOr<Choice> ChooseByIds(const Graph& graph, const GraphVariants& variants,
                             const std::vector<std::string>& ids);

// What is to run: the variant with the work-group sizes of the choice. kInvalidArgument says what
// part of the choice is not offered to the node. REQUIRES: not the CPU.
StatusOr<KernelVariant> ChosenVariant(const Node& node, const NodeVariants& offered,
                                      const DeviceInfo& device, const NodeChoice& choice);

}  // namespace mace

#endif  // MACE_PLAN_CHOICE_H_
