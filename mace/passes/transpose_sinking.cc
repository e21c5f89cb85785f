#include "mace/passes/transpose_sinking.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

namespace mace {

namespace {

// Element by element in all inputs, with broadcasting or without.
bool IsElementwise(const Node& node) {
  if (node.type == "Eltwise" || node.type == "AddN") return true;
  const bool unary = node.type == "Unary" || node.type == "Cast" || node.type == "Activation";
  return unary && node.inputs.size() == 1;  // PRELU has slopes along the last axis.
}

// The attribute `axis`, one number; the last axis where it is absent.
std::optional<int64_t> ReadAxis(const Node& node, const Permutation& p) {
  const std::vector<int64_t> axes = node.attributes.GetInts("axis", {-1});
  if (axes.size() != 1) return std::nullopt;
  const auto axis = NormalizeAxis(axes[0], static_cast<int>(p.size()));
  if (!axis.ok()) return std::nullopt;
  return *axis;
}

SunkNode SameForAll(const Node& node, const Permutation& p) {
  return {node.attributes, std::vector<Permutation>(node.outputs.size(), p)};
}

std::optional<SunkNode> SinkAxis(const Node& node, const Permutation& p) {
  const auto axis = ReadAxis(node, p);
  if (!axis) return std::nullopt;
  SunkNode sunk = SameForAll(node, p);
  sunk.attributes.Set("axis", p[*axis]);
  return sunk;
}

std::optional<SunkNode> SinkPad(const Node& node, const Permutation& p) {
  const std::vector<int64_t> paddings = node.attributes.GetInts("paddings");
  if (paddings.size() != 2 * p.size()) return std::nullopt;
  std::vector<int64_t> moved(paddings.size());
  for (size_t i = 0; i < p.size(); ++i) {
    moved[2 * p[i]] = paddings[2 * i];
    moved[2 * p[i] + 1] = paddings[2 * i + 1];
  }
  SunkNode sunk = SameForAll(node, p);
  sunk.attributes.Set("paddings", std::move(moved));
  return sunk;
}

std::optional<SunkNode> SinkSlice(const Node& node, const Permutation& p) {
  std::vector<int64_t> axes(node.attributes.GetInts("starts").size());
  if (axes.empty()) return std::nullopt;
  std::iota(axes.begin(), axes.end(), int64_t{0});
  axes = node.attributes.GetInts("axes", axes);
  for (int64_t& named : axes) {
    const auto axis = NormalizeAxis(named, static_cast<int>(p.size()));
    if (!axis.ok()) return std::nullopt;
    named = p[*axis];
  }
  SunkNode sunk = SameForAll(node, p);
  sunk.attributes.Set("axes", std::move(axes));
  return sunk;
}

// Where the reduced axes leave the result, the others keep their order among each other.
Permutation WithoutAxes(const Permutation& p, const std::vector<bool>& reduced) {
  // The place of each remaining axis of x' among the remaining ones.
  std::vector<bool> gone(p.size());
  for (size_t i = 0; i < p.size(); ++i) gone[p[i]] = reduced[i];
  std::vector<int64_t> place(p.size());
  int64_t next = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    place[i] = next;
    next += gone[i] ? 0 : 1;
  }
  Permutation rest;
  for (size_t i = 0; i < p.size(); ++i) {
    if (!reduced[i]) rest.push_back(place[p[i]]);
  }
  return rest;
}

std::optional<SunkNode> SinkReduce(const Graph& graph, const Node& node, const Permutation& p) {
  const std::vector<int64_t> axes = node.attributes.GetInts("axis");
  if (axes.empty()) return std::nullopt;
  std::vector<bool> reduced(p.size(), false);
  std::vector<int64_t> moved;
  for (int64_t named : axes) {
    const auto axis = NormalizeAxis(named, static_cast<int>(p.size()));
    if (!axis.ok()) return std::nullopt;
    if (!reduced[*axis]) moved.push_back(p[*axis]);
    reduced[*axis] = true;
  }
  std::sort(moved.begin(), moved.end());
  const int rank = graph.value(node.outputs[0]).info.shape.rank();
  const bool keeps = rank == static_cast<int>(p.size());
  const Permutation rest = keeps ? p : WithoutAxes(p, reduced);
  if (static_cast<int>(rest.size()) != rank) return std::nullopt;
  SunkNode sunk{node.attributes, {rest}};
  sunk.attributes.Set("axis", std::move(moved));
  return sunk;
}

}  // namespace

size_t CountOrderFreeInputs(const Node& node) {
  if (IsElementwise(node) || node.type == "Concat") return node.inputs.size();
  // With a second input axes or paddings would not be in the attributes.
  const bool single =
      node.type == "Softmax" || node.type == "Pad" || node.type == "Reduce" || node.type == "Slice";
  if (single && node.inputs.size() == 1 && node.outputs.size() == 1) return 1;
  return node.type == "Split" && !node.inputs.empty() ? 1 : 0;
}

std::optional<SunkNode> SinkTranspose(const Graph& graph, const Node& node, const Permutation& p) {
  if (IsElementwise(node)) return SameForAll(node, p);
  if (node.type == "Concat" || node.type == "Split" || node.type == "Softmax") {
    return SinkAxis(node, p);
  }
  if (node.type == "Pad") return SinkPad(node, p);
  if (node.type == "Slice") return SinkSlice(node, p);
  if (node.type == "Reduce") return SinkReduce(graph, node, p);
  return std::nullopt;
}

}  // namespace mace
