#include "mace/plan/choice.h"

#include <algorithm>
#include <set>
#include <utility>

#include "mace/graph/describe.h"
#include "mace/plan/signature.h"

namespace mace {
namespace {

bool DeviceAllows(const DeviceInfo& device, const WorkSize& local) {
  size_t group = 1;
  for (size_t i = 0; i < local.size(); ++i) {
    if (local[i] > device.max_work_item_sizes[i]) return false;
    group *= local[i];
  }
  return group <= device.max_work_group_size;
}

// The ids of the variant's copies with other sizes then hash no kernel again.
void StoreNames(KernelVariant* variant) {
  for (Launch& launch : variant->launches) launch.kernel.StoreName();
}

// Other sizes of a launch's work-groups than its own.
std::vector<WorkSize> OtherSizes(const Launch& launch, const DeviceInfo& device) {
  std::vector<WorkSize> sizes;
  for (const WorkSize& local : launch.local_alternatives) {
    if (local != launch.local && DeviceAllows(device, local)) sizes.push_back(local);
  }
  return sizes;
}

// Whether the id belongs to the variant: an id begins with the variant's name.
bool IsOf(const std::string& id, const KernelVariant& variant) {
  const size_t length = variant.name.size();
  return id.size() > length && id[length] == ':' && id.compare(0, length, variant.name) == 0;
}

// The work-group sizes with which the variant has this id, if they differ for one launch only.
std::optional<std::vector<WorkSize>> FindSizes(KernelVariant variant, const DeviceInfo& device,
                                               const std::string& id) {
  StoreNames(&variant);
  for (Launch& launch : variant.launches) {
    const WorkSize own = launch.local;
    for (const WorkSize& other : OtherSizes(launch, device)) {
      launch.local = other;
      if (VariantId(variant) != id) continue;
      std::vector<WorkSize> sizes;
      for (const Launch& each : variant.launches) sizes.push_back(each.local);
      return sizes;
    }
    launch.local = own;
  }
  return std::nullopt;
}

}  // namespace

void AddWorkGroupSizes(const DeviceInfo& device, std::vector<KernelVariant>* variants) {
  const size_t count = variants->size();
  for (size_t v = 0; v < count; ++v) {
    StoreNames(&(*variants)[v]);
    for (size_t l = 0; l < (*variants)[v].launches.size(); ++l) {
      for (const WorkSize& local : OtherSizes((*variants)[v].launches[l], device)) {
        KernelVariant copy = (*variants)[v];
        copy.launches[l].local = local;
        variants->push_back(std::move(copy));
      }
    }
  }
}

void SetMeasured(const DeviceInfo& device, const MeasuredTimes& times,
                 std::vector<KernelVariant>* variants) {
  const size_t count = variants->size();
  std::vector<KernelVariant> all = *variants, kept;
  AddWorkGroupSizes(device, &all);
  std::set<std::string> ids;
  for (size_t v = 0; v < all.size(); ++v) {
    const std::string id = VariantId(all[v]);
    const bool first = ids.insert(id).second;
    const std::optional<double> ms = first ? times(id) : std::nullopt;
    if (ms.has_value()) all[v].measured_ms = *ms;
    if (v < count || ms.has_value()) kept.push_back(std::move(all[v]));
  }
  *variants = std::move(kept);
}

std::optional<NodeChoice> FindChoice(const NodeVariants& offered, const DeviceInfo& device,
                                     const std::string& id) {
  const std::vector<KernelVariant>& variants = offered.variants;
  for (size_t v = 0; v < variants.size(); ++v) {
    if (IsOf(id, variants[v]) && VariantId(variants[v]) == id) {
      return NodeChoice{static_cast<int>(v), {}};
    }
  }
  for (size_t v = 0; v < variants.size(); ++v) {
    if (!IsOf(id, variants[v])) continue;
    std::optional<std::vector<WorkSize>> sizes = FindSizes(variants[v], device, id);
    if (sizes.has_value()) return NodeChoice{static_cast<int>(v), *std::move(sizes)};
  }
  return std::nullopt;
}

StatusOr<Choice> ChooseByIds(const Graph& graph, const GraphVariants& variants,
                             const std::vector<std::string>& ids) {
  if (ids.size() != graph.nodes.size() || variants.nodes.size() != graph.nodes.size()) {
    return InvalidArgument("a choice: expected " + std::to_string(graph.nodes.size()) +
                           " nodes, found " + std::to_string(ids.size()));
  }
  Choice choice;
  for (size_t n = 0; n < ids.size(); ++n) {
    std::optional<NodeChoice> found;
    if (ids[n].empty()) {
      found = NodeChoice();
    } else if (variants.device.has_value()) {
      found = FindChoice(variants.nodes[n], *variants.device, ids[n]);
    }
    if (!found.has_value()) {
      return NotFound(DescribeNode(graph.nodes[n]) + ": variant '" + ids[n] + "' is not offered");
    }
    choice.nodes.push_back(*std::move(found));
  }
  return choice;
}

StatusOr<KernelVariant> ChosenVariant(const Node& node, const NodeVariants& offered,
                                      const DeviceInfo& device, const NodeChoice& choice) {
  if (choice.variant < 0 || static_cast<size_t>(choice.variant) >= offered.variants.size()) {
    return InvalidArgument(DescribeNode(node) + ": variant " + std::to_string(choice.variant) +
                           " is not offered, there are " + std::to_string(offered.variants.size()));
  }
  KernelVariant variant = offered.variants[static_cast<size_t>(choice.variant)];
  StoreNames(&variant);
  if (choice.local_sizes.empty()) return variant;
  if (choice.local_sizes.size() != variant.launches.size()) {
    return InvalidArgument(DescribeNode(node) + ": variant '" + variant.name + "': expected " +
                           std::to_string(variant.launches.size()) + " work-group sizes, found " +
                           std::to_string(choice.local_sizes.size()));
  }
  for (size_t l = 0; l < variant.launches.size(); ++l) {
    Launch& launch = variant.launches[l];
    const WorkSize& wanted = choice.local_sizes[l];
    const std::vector<WorkSize> others = OtherSizes(launch, device);
    if (wanted != launch.local && std::find(others.begin(), others.end(), wanted) == others.end()) {
      return InvalidArgument(DescribeNode(node) + ": variant '" + variant.name + "': launch " +
                             std::to_string(l) + " has no work-groups of this size");
    }
    launch.local = wanted;
  }
  return variant;
}

}  // namespace mace
