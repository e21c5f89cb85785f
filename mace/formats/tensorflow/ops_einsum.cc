// TensorFlow's Einsum: each pair of operands becomes transposes and one batched product.
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/tensorflow/emit.h"

namespace mace {
namespace {

// One operand with a label for each axis. The axes of an ellipsis have labels of their own, counted
// from the last one, so that they align as broadcasting aligns them.
struct LabeledValue {
  ValueId value = kNoValue;
  std::string labels;
};

constexpr char kFirstEllipsisLabel = '\x01';
constexpr size_t kMaxEllipsisAxes = 16;

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool Has(const std::string& labels, char label) { return labels.find(label) != std::string::npos; }

struct Equation {
  std::vector<std::string> inputs;  // With "..." where there is an ellipsis.
  std::string output;
};

StatusOr<Equation> ParseEquation(const std::string& text, size_t operands) {
  std::string dense;
  for (char c : text) {
    if (c != ' ') dense += c;
  }
  Equation equation;
  const size_t arrow = dense.find("->");
  std::string left = dense.substr(0, arrow);
  const auto bad = [&] {
    return InvalidArgument("equation: expected letters for " + std::to_string(operands) +
                           " operands, then -> and letters, found " + Printable(text));
  };
  if (arrow == std::string::npos) return bad();
  equation.output = dense.substr(arrow + 2);
  size_t comma = 0;
  while ((comma = left.find(',')) != std::string::npos) {
    equation.inputs.push_back(left.substr(0, comma));
    left = left.substr(comma + 1);
  }
  equation.inputs.push_back(left);
  if (equation.inputs.size() != operands) return bad();
  return equation;
}

// The labels of one term with `ellipsis` axes in place of its dots.
StatusOr<std::string> ExpandLabels(const std::string& term, size_t ellipsis) {
  std::string labels;
  for (size_t i = 0; i < term.size(); ++i) {
    if (IsLetter(term[i])) {
      if (Has(labels, term[i])) {
        return Unsupported("equation: expected each letter once in a term, found " +
                           Printable(term));
      }
      labels += term[i];
      continue;
    }
    if (term.compare(i, 3, "...") != 0) {
      return InvalidArgument("equation: expected letters and dots, found " + Printable(term));
    }
    i += 2;
    for (size_t axis = ellipsis; axis-- > 0;) {
      labels += static_cast<char>(kFirstEllipsisLabel + static_cast<char>(axis));
    }
  }
  return labels;
}

size_t LetterCount(const std::string& term) {
  return static_cast<size_t>(std::count_if(term.begin(), term.end(), IsLetter));
}

class EinsumLowering {
 public:
  explicit EinsumLowering(TfNode* node) : node_(node) {}

  Status Run();

 private:
  Status ReadOperands();
  Status CheckExtents();
  int64_t ExtentOf(const LabeledValue& x, char label) const;
  Status DropSingles(LabeledValue* x) const;
  StatusOr<LabeledValue> SumAway(LabeledValue x, const std::string& kept) const;
  StatusOr<ValueId> Arrange(const LabeledValue& x, const std::string& order) const;
  StatusOr<ValueId> Grouped(const LabeledValue& x, const std::vector<std::string>& groups) const;
  StatusOr<LabeledValue> Multiply(LabeledValue a, LabeledValue b, const std::string& kept) const;
  std::string KeptAfter(size_t operand) const;

  TfNode* const node_;
  std::vector<LabeledValue> operands_;
  std::string output_;
  std::map<char, int64_t> extents_;
};

Status EinsumLowering::ReadOperands() {
  MACE_ASSIGN_OR_RETURN(const Equation equation,
                        ParseEquation(node_->String("equation", ""), node_->input_count()));
  size_t most = 0;
  for (size_t i = 0; i < equation.inputs.size(); ++i) {
    const size_t rank = static_cast<size_t>(node_->shape(i).rank());
    const size_t letters = LetterCount(equation.inputs[i]);
    const bool dots = equation.inputs[i].size() > letters;
    const size_t ellipsis = dots && rank >= letters ? rank - letters : 0;
    if (ellipsis > kMaxEllipsisAxes) return Unsupported("equation: an ellipsis of many axes");
    most = std::max(most, ellipsis);
    LabeledValue operand;
    operand.value = node_->input(i);
    MACE_ASSIGN_OR_RETURN(operand.labels, ExpandLabels(equation.inputs[i], ellipsis));
    if (operand.labels.size() != rank) {
      return InvalidArgument("equation: expected " + std::to_string(operand.labels.size()) +
                             " axes for " + Printable(equation.inputs[i]) + ", found " +
                             node_->shape(i).ToString());
    }
    operands_.push_back(std::move(operand));
  }
  MACE_ASSIGN_OR_RETURN(output_, ExpandLabels(equation.output, most));
  return Status::Ok();
}

int64_t EinsumLowering::ExtentOf(const LabeledValue& x, char label) const {
  const size_t axis = x.labels.find(label);
  return node_->builder()->ShapeOf(x.value)[static_cast<int>(axis)];
}

// All operands agree on an extent; an axis of an ellipsis may be 1 in some.
Status EinsumLowering::CheckExtents() {
  for (const LabeledValue& operand : operands_) {
    for (char label : operand.labels) {
      const int64_t extent = ExtentOf(operand, label);
      const auto [found, is_new] = extents_.emplace(label, extent);
      const bool broadcasts = !IsLetter(label);
      if (is_new || found->second == extent) continue;
      if (broadcasts && (extent == 1 || found->second == 1)) {
        found->second = std::max(found->second, extent);
        continue;
      }
      return InvalidArgument("equation: expected one extent for a label, found " +
                             std::to_string(found->second) + " and " + std::to_string(extent));
    }
  }
  for (char label : output_) {
    if (extents_.count(label) == 0) {
      return InvalidArgument("equation: the result has a label that no operand has");
    }
  }
  return Status::Ok();
}

// An axis of an ellipsis that is 1 here and more elsewhere broadcasts: it is left out.
Status EinsumLowering::DropSingles(LabeledValue* x) const {
  std::string labels;
  std::vector<int64_t> dims;
  for (char label : x->labels) {
    const int64_t extent = ExtentOf(*x, label);
    if (!IsLetter(label) && extent == 1 && extents_.at(label) != 1) continue;
    labels += label;
    dims.push_back(extent);
  }
  if (labels == x->labels) return Status::Ok();
  MACE_ASSIGN_OR_RETURN(x->value, node_->builder()->Reshape(x->value, dims));
  x->labels = labels;
  return Status::Ok();
}

StatusOr<LabeledValue> EinsumLowering::SumAway(LabeledValue x, const std::string& kept) const {
  std::vector<int64_t> axes;
  std::string labels;
  for (size_t axis = 0; axis < x.labels.size(); ++axis) {
    if (Has(kept, x.labels[axis])) {
      labels += x.labels[axis];
    } else {
      axes.push_back(static_cast<int64_t>(axis));
    }
  }
  MACE_ASSIGN_OR_RETURN(x.value, EmitReduce(node_, TfReduce::kSum, x.value, axes, false));
  x.labels = labels;
  return x;
}

// The value with its axes in the order of these labels, which are the same ones.
StatusOr<ValueId> EinsumLowering::Arrange(const LabeledValue& x, const std::string& order) const {
  if (x.labels == order) return x.value;
  std::vector<int64_t> permutation;
  for (char label : order) permutation.push_back(static_cast<int64_t>(x.labels.find(label)));
  return node_->builder()->Transpose(x.value, permutation);
}

// The value with one axis for each group of labels.
StatusOr<ValueId> EinsumLowering::Grouped(const LabeledValue& x,
                                          const std::vector<std::string>& groups) const {
  std::string order;
  std::vector<int64_t> dims;
  for (const std::string& group : groups) {
    order += group;
    int64_t extent = 1;
    for (char label : group) extent *= ExtentOf(x, label);
    dims.push_back(extent);
  }
  MACE_ASSIGN_OR_RETURN(const ValueId arranged, Arrange(x, order));
  if (node_->builder()->ShapeOf(arranged).dims() == dims) return arranged;
  return node_->builder()->Reshape(arranged, dims);
}

// [batch, rows, inner] times [batch, inner, columns]; labels that are in neither `kept` nor the
// other operand are summed away before.
StatusOr<LabeledValue> EinsumLowering::Multiply(LabeledValue a, LabeledValue b,
                                                const std::string& kept) const {
  MACE_ASSIGN_OR_RETURN(a, SumAway(std::move(a), kept + b.labels));
  MACE_ASSIGN_OR_RETURN(b, SumAway(std::move(b), kept + a.labels));
  std::string batch, rows, inner, columns;
  for (char label : a.labels) {
    std::string& group = !Has(b.labels, label) ? rows : Has(kept, label) ? batch : inner;
    group += label;
  }
  for (char label : b.labels) {
    if (!Has(a.labels, label)) columns += label;
  }
  std::vector<std::string> a_groups = {rows, inner}, b_groups = {inner, columns};
  if (!batch.empty()) {
    a_groups.insert(a_groups.begin(), batch);
    b_groups.insert(b_groups.begin(), batch);
  }
  MACE_ASSIGN_OR_RETURN(const ValueId left, Grouped(a, a_groups));
  MACE_ASSIGN_OR_RETURN(const ValueId right, Grouped(b, b_groups));
  MACE_ASSIGN_OR_RETURN(ValueId product, EmitMatMul(node_, left, right));
  LabeledValue result;
  result.labels = batch + rows + columns;
  std::vector<int64_t> dims;
  for (char label : result.labels) dims.push_back(ExtentOf(Has(a.labels, label) ? a : b, label));
  MACE_ASSIGN_OR_RETURN(result.value, node_->builder()->Reshape(product, dims));
  return result;
}

// The labels that the result or a later operand has.
std::string EinsumLowering::KeptAfter(size_t operand) const {
  std::string kept = output_;
  for (size_t i = operand + 1; i < operands_.size(); ++i) kept += operands_[i].labels;
  return kept;
}

Status EinsumLowering::Run() {
  MACE_RETURN_IF_ERROR(node_->RequireInputs(1));
  MACE_RETURN_IF_ERROR(ReadOperands());
  MACE_RETURN_IF_ERROR(CheckExtents());
  for (LabeledValue& operand : operands_) {
    if (!IsFloat(node_->builder()->graph().value(operand.value).info.dtype)) {
      return Unsupported("expected operands of floats, found integers");
    }
    MACE_RETURN_IF_ERROR(DropSingles(&operand));
  }
  LabeledValue result = operands_[0];
  for (size_t i = 1; i < operands_.size(); ++i) {
    MACE_ASSIGN_OR_RETURN(result, Multiply(std::move(result), operands_[i], KeptAfter(i)));
  }
  MACE_ASSIGN_OR_RETURN(result, SumAway(std::move(result), output_));
  MACE_ASSIGN_OR_RETURN(const ValueId y, Arrange(result, output_));
  node_->SetResult(y);
  return Status::Ok();
}

Status ConvertEinsum(TfNode* node) { return EinsumLowering(node).Run(); }

}  // namespace

const TfConverterEntry kTfEinsumConverters[] = {
    {"Einsum", ConvertEinsum},
    {nullptr, nullptr},
};

}  // namespace mace
