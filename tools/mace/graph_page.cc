#include "tools/mace/graph_page.h"

#include <map>
#include <string>
#include <utility>

#include "tools/mace/compare_layers.h"
#include "tools/mace/html_page.h"

namespace mace {

extern const char kGraphPage[];    // tools/mace/graph_page.html
extern const char kGraphLayout[];  // tools/mace/graph_layout.js

namespace {

const char* PlaceName(NodeReport::Place place) {
  switch (place) {
    case NodeReport::Place::kImage:
      return "image";
    case NodeReport::Place::kBuffer:
      return "buffer";
    case NodeReport::Place::kCpu:
      return "cpu";
    case NodeReport::Place::kFolded:
      break;
  }
  return "folded";
}

Json ValuesJson(const GraphReport& graph) {
  Json list = Json::array();
  for (const GraphReport::Value& value : graph.values) {
    list.push_back({{"name", value.name},
                    {"dtype", value.dtype},
                    {"dims", value.dims},
                    {"constant", value.constant}});
  }
  return list;
}

Json VariantsJson(const GraphReport::Node& node) {
  Json list = Json::array();
  for (const GraphReport::Variant& variant : node.variants) {
    list.push_back({{"name", variant.name},
                    {"storage", variant.image ? "image" : "buffer"},
                    {"precision", variant.precision},
                    {"launches", variant.launches},
                    {"ms", NumberOrNull(variant.ms)},
                    {"measured", variant.measured},
                    {"needs_measurement", variant.needs_measurement},
                    {"chosen", variant.chosen}});
  }
  return list;
}

// Pairs as lists of two.
template <typename Second>
Json PairsJson(const std::vector<std::pair<std::string, Second>>& pairs) {
  Json list = Json::array();
  for (const auto& [first, second] : pairs) list.push_back(Json::array({first, second}));
  return list;
}

Json NodeJson(const GraphReport::Node& node) {
  return {{"name", node.report.name},
          {"type", node.report.type},
          {"place", PlaceName(node.report.place)},
          {"variant", node.report.variant},
          {"why", node.report.why},
          {"launches", node.report.launches},
          {"inputs", node.inputs},
          {"outputs", node.outputs},
          {"attributes", PairsJson(node.attributes)},
          {"fused", node.fused},
          {"variants", VariantsJson(node)},
          {"ms", nullptr},
          {"error", nullptr}};
}

Json ErrorJson(const LayerReport& layer, double rtol) {
  if (!layer.compared) return nullptr;
  return {{"own_share", NumberOrNull(ShareOfRange(layer.own))},
          {"own_abs", NumberOrNull(layer.own.max_abs_error)},
          {"carried_share", NumberOrNull(ShareOfRange(layer.carried))},
          {"departs", Departs(layer, rtol)}};
}

// The times of a profile by the name of a node. Conversions and copies have no node of their own.
std::map<std::string, double> TimesOf(const Profile& profile) {
  std::map<std::string, double> times;
  for (const ProfiledOp& op : profile.ops) {
    if (op.type.empty() || op.type[0] != '(') times[op.name] = op.ms;
  }
  return times;
}

}  // namespace

Json GraphPageJson(const ModelArguments& arguments, const GraphPageContent& content) {
  Json nodes = Json::array();
  for (const GraphReport::Node& node : content.graph.nodes) nodes.push_back(NodeJson(node));
  if (content.profile.has_value()) {
    const std::map<std::string, double> times = TimesOf(*content.profile);
    for (size_t n = 0; n < nodes.size(); ++n) {
      const auto time = times.find(content.graph.nodes[n].report.name);
      nodes[n]["ms"] = time == times.end() ? 0 : time->second;
    }
  }
  if (content.errors.has_value()) {
    const std::vector<LayerReport>& layers = content.errors->layers();
    for (size_t n = 0; n < nodes.size() && n < layers.size(); ++n) {
      nodes[n]["error"] = ErrorJson(layers[n], content.rtol);
    }
  }
  const bool timed = content.profile.has_value();
  return {{"model", arguments.model},
          {"device", content.statistics.device},
          {"driver", content.statistics.driver},
          {"precision", arguments.precision},
          {"iterations", timed ? Json(content.iterations) : Json(nullptr)},
          {"ops_ms", timed ? Json(content.profile->ops_ms) : Json(nullptr)},
          {"errors", content.errors.has_value()},
          {"rtol", content.rtol},
          {"inputs", PairsJson(content.graph.inputs)},
          {"outputs", PairsJson(content.graph.outputs)},
          {"values", ValuesJson(content.graph)},
          {"nodes", nodes}};
}

std::string GraphPage(const Json& data) {
  const std::string place = "@LAYOUT@";
  std::string page = kGraphPage;
  // The data come last: a name in them may be anything, even this word.
  page.replace(page.find(place), place.size(), kGraphLayout);
  return PageWithData(std::move(page), data);
}

}  // namespace mace
