// How each node of a graph runs: as one of its variants, or on the CPU. A choice is plain data. It
// comes from costs (choose_by_cost.h), from a record in a cache file, or from a caller.
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
  // The work-group size of each launch; empty: the variant's own.
  std::vector<WorkSize> local_sizes;

  bool on_cpu() const { return variant == kCpu; }
};

struct Choice {
  std::vector<NodeChoice> nodes;  // One for each node of the graph.
  // True if the choice compared the times of all variants. A report may then list the variants that
  // were rejected.
  bool by_cost = false;
};

// Adds a copy of each variant for each other work-group size that its launches offer and the device
// allows.
void AddWorkGroupSizes(const DeviceInfo& device, std::vector<KernelVariant>* variants);

// The measured time of a variant in milliseconds, by its id (VariantId in signature.h).
using MeasuredTimes = std::function<std::optional<double>(const std::string& id)>;

// Sets measured_ms of variants that have a time, and adds those of AddWorkGroupSizes that have one.
void SetMeasured(const DeviceInfo& device, const MeasuredTimes& times,
                 std::vector<KernelVariant>* variants);

// The choice with this id: a variant with its own or with one of the other work-group sizes. None
// if it is not offered.
std::optional<NodeChoice> FindChoice(const NodeVariants& offered, const DeviceInfo& device,
                                     const std::string& id);

// FindChoice for every node of a graph, with one id for each node; "" is the CPU. kNotFound names
// the node and the missing variant.
StatusOr<Choice> ChooseByIds(const Graph& graph, const GraphVariants& variants,
                             const std::vector<std::string>& ids);

// The chosen variant with the chosen work-group sizes. kInvalidArgument names the part of the
// choice that is not offered to the node. REQUIRES: the choice is not the CPU.
StatusOr<KernelVariant> ChosenVariant(const Node& node, const NodeVariants& offered,
                                      const DeviceInfo& device, const NodeChoice& choice);

}  // namespace mace

#endif  // MACE_PLAN_CHOICE_H_
