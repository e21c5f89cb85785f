#include <cstdio>
#include <string>

#include "mace/base/strings.h"
#include "mace/graph/describe.h"
#include "mace/graph/graph.h"

namespace mace {

namespace {

// Lists longer than this are cut: a line is for reading.
constexpr size_t kMaxListed = 8;

std::string NumberText(int64_t number) { return std::to_string(number); }

std::string NumberText(double number) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.7g", number);
  return text;
}

template <typename Number>
std::string ListText(const std::vector<Number>& numbers) {
  std::string text = "[";
  for (size_t i = 0; i < numbers.size() && i < kMaxListed; ++i) {
    if (i > 0) text += ", ";
    text += NumberText(numbers[i]);
  }
  if (numbers.size() > kMaxListed) text += ", ... " + std::to_string(numbers.size());
  return text + "]";
}

std::string InfoText(const TensorInfo& info) {
  return std::string(DTypeName(info.dtype)) + info.shape.ToString();
}

struct AttributeText {
  std::string operator()(int64_t number) const { return NumberText(number); }
  std::string operator()(double number) const { return NumberText(number); }
  std::string operator()(const std::string& text) const { return Printable(text); }
  std::string operator()(const std::vector<int64_t>& numbers) const { return ListText(numbers); }
  std::string operator()(const std::vector<double>& numbers) const { return ListText(numbers); }
  std::string operator()(const HostTensor& tensor) const { return InfoText(tensor.info()); }
};

std::string ValueText(const Graph& graph, ValueId id) {
  if (id < 0 || static_cast<size_t>(id) >= graph.values.size()) {
    return id == kNoValue ? "-" : "?" + std::to_string(id);
  }
  const Value& value = graph.value(id);
  std::string text = "%" + std::to_string(id) + " " + Printable(value.name);
  if (value.constant) text += " const";
  return value.shape_known ? text + " " + InfoText(value.info) : text;
}

std::string ValuesText(const Graph& graph, const std::vector<ValueId>& ids) {
  std::vector<std::string> parts;
  parts.reserve(ids.size());
  for (ValueId id : ids) parts.push_back(ValueText(graph, id));
  return Join(parts, ", ");
}

std::string AttributesText(const AttributeMap& attributes) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : attributes.values()) {
    parts.push_back(Printable(name) + "=" + std::visit(AttributeText(), value));
  }
  return parts.empty() ? "" : " {" + Join(parts, ", ") + "}";
}

// Values are input i of the node, as the graph names it, or "@k", what step k makes.
std::string StepsText(const Node& node) {
  std::vector<std::string> parts;
  for (size_t k = 0; k < node.steps.size(); ++k) {
    const Node& step = node.steps[k];
    std::vector<std::string> inputs;
    for (ValueId id : step.inputs) {
      const size_t local = static_cast<size_t>(id);
      const bool is_step = id != kNoValue && local >= node.inputs.size();
      inputs.push_back(id == kNoValue ? "-"
                       : is_step      ? "@" + std::to_string(local - node.inputs.size())
                                      : "%" + std::to_string(node.inputs[local]));
    }
    parts.push_back("@" + std::to_string(k) + " = " + Printable(step.type) + "(" +
                    Join(inputs, ", ") + ")" + AttributesText(step.attributes));
  }
  return parts.empty() ? "" : " [" + Join(parts, "; ") + "]";
}

std::string IoText(const Graph& graph, const IoInfo& io) {
  std::string text = Printable(io.name) + ": " + ValueText(graph, io.value);
  if (io.declared_dims) text += " declared " + ListText(*io.declared_dims);
  return text + " " + DTypeName(io.dtype) + " " + io.layout + "\n";
}

}  // namespace

std::string DescribeNode(const Node& node) {
  return "node '" + node.name + "' (" + node.type + ")";
}

std::vector<std::pair<std::string, std::string>> DescribeAttributes(const Node& node) {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const auto& [name, value] : node.attributes.values()) {
    texts.emplace_back(Printable(name), std::visit(AttributeText(), value));
  }
  return texts;
}

std::string DumpGraph(const Graph& graph) {
  std::string text;
  for (const IoInfo& io : graph.inputs) text += "input " + IoText(graph, io);
  for (const Node& node : graph.nodes) {
    text += Printable(node.type) + " " + Printable(node.name) + ": " +
            ValuesText(graph, node.inputs) + " -> " + ValuesText(graph, node.outputs) +
            AttributesText(node.attributes) + StepsText(node) + "\n";
  }
  for (const IoInfo& io : graph.outputs) text += "output " + IoText(graph, io);
  return text;
}

}  // namespace mace
