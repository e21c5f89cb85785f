// A node of the graph: an op type by name, its values, and its attributes.
#ifndef MACE_GRAPH_NODE_H_
#define MACE_GRAPH_NODE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "mace/graph/tensor.h"

namespace mace {

class Op;  // mace/ops/op.h; here only its address is known.

// The index of a value (a tensor of the graph) in Graph::values.
using ValueId = int32_t;
// An optional input that is not given.
inline constexpr ValueId kNoValue = -1;

// One attribute: a number, a list, a text, or a constant tensor.
using Attribute = std::variant<int64_t, double, std::string, std::vector<int64_t>,
                               std::vector<double>, HostTensor>;

// What was parsed from the attributes of a node of this type, with so many inputs and outputs.
struct ParsedOp {
  std::string type;
  size_t inputs = 0;
  size_t outputs = 0;
  std::shared_ptr<const Op> op;
};

// Attributes by name. Getters fall back to `fallback` when the name is absent, and convert between
// int and float.
class AttributeMap {
 public:
  bool Has(const std::string& name) const { return values_.count(name) > 0; }
  void Set(const std::string& name, Attribute value) {
    values_[name] = std::move(value);
    parsed_.reset();
  }
  void Erase(const std::string& name) {
    values_.erase(name);
    parsed_.reset();
  }

  int64_t GetInt(const std::string& name, int64_t fallback) const;
  double GetFloat(const std::string& name, double fallback) const;
  std::string GetString(const std::string& name, const std::string& fallback) const;
  // A single number reads as a list of one.
  std::vector<int64_t> GetInts(const std::string& name, std::vector<int64_t> fallback = {}) const;
  std::vector<double> GetFloats(const std::string& name, std::vector<double> fallback = {}) const;

  const std::map<std::string, Attribute>& values() const { return values_; }

  // What OpOf (mace/ops/op.h) parsed from these attributes, or null. Copies share it; a change of an
  // attribute drops it.
  const std::shared_ptr<const ParsedOp>& parsed() const { return parsed_; }
  void set_parsed(std::shared_ptr<const ParsedOp> parsed) { parsed_ = std::move(parsed); }

 private:
  std::map<std::string, Attribute> values_;
  std::shared_ptr<const ParsedOp> parsed_;
};

struct Node {
  std::string name;  // Unique in the graph; used in messages.
  std::string type;  // An op of the op table, such as "Conv2D".
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  AttributeMap attributes;
  // What a node that stands for several does, in order; else empty. Values in here are the steps'
  // own: i is input i of the node, inputs.size() + k the one output of step k. The last one is the
  // node's. An optional input is kNoValue.
  std::vector<Node> steps;
};

}  // namespace mace

#endif  // MACE_GRAPH_NODE_H_
