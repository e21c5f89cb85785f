#include "mace/formats/common/einsum.h"

#include <algorithm>
#include <map>
#include <utility>

#include "mace/base/strings.h"
#include "mace/formats/common/einsum_equation.h"

namespace mace {
namespace {

using Labels = EinsumLabels;

bool Holds(const Labels& labels, int label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

Labels Joined(Labels a, const Labels& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// An operand with the labels of its axes.
struct Term {
  ValueId value = kNoValue;
  Labels labels;
};

class EinsumLowering {
 public:
  EinsumLowering(const std::string& name, GraphBuilder* builder) : name_(name), builder_(builder) {}

  StatusOr<ValueId> Run(const EinsumEquation& equation, const std::vector<ValueId>& operands) {
    equation_ = equation;
    for (size_t i = 0; i < operands.size(); ++i) {
      terms_.push_back({operands[i], equation.operands[i]});
      MACE_RETURN_IF_ERROR(TakeDiagonals(&terms_.back()));
    }
    MACE_RETURN_IF_ERROR(FindExtents());
    for (Term& term : terms_) MACE_RETURN_IF_ERROR(DropBroadcastAxes(&term));
    Term result = terms_[0];
    MACE_RETURN_IF_ERROR(SumUnneeded(&result, 1));
    for (size_t i = 1; i < terms_.size(); ++i) {
      MACE_RETURN_IF_ERROR(SumUnneededOf(result, &terms_[i], i + 1));
      MACE_ASSIGN_OR_RETURN(result, Multiply(result, terms_[i], i + 1));
    }
    return Arrange(result, equation_.result);
  }

 private:
  StatusOr<ValueId> Emit(const char* suffix, const char* type, std::vector<ValueId> inputs,
                         AttributeMap attributes) {
    Node node;
    node.type = type;
    node.inputs = std::move(inputs);
    node.attributes = std::move(attributes);
    return builder_->AddHelper(name_ + suffix, std::move(node));
  }

  const Shape& ShapeOf(const Term& term) const { return builder_->ShapeOf(term.value); }
  int64_t Extents(const Labels& labels) const {
    int64_t product = 1;
    for (int label : labels) product *= extents_.at(label);
    return product;
  }

  // Axes of one label become one: every (n + 1)-th element of the two as one axis.
  Status TakeDiagonals(Term* term) {
    for (size_t i = 0; i < term->labels.size(); ++i) {
      size_t j = i + 1;
      while (j < term->labels.size() && term->labels[j] != term->labels[i]) ++j;
      if (j == term->labels.size()) continue;
      const Shape shape = ShapeOf(*term);
      const int64_t extent = shape.dim(static_cast<int>(i));
      if (shape.dim(static_cast<int>(j)) != extent) {
        return InvalidArgument("a letter that occurs twice: expected one extent, found operand " +
                               shape.ToString());
      }
      std::vector<int64_t> order, dims;
      Labels labels;
      for (size_t axis = 0; axis < term->labels.size(); ++axis) {
        if (axis == i || axis == j) continue;
        order.push_back(static_cast<int64_t>(axis));
        dims.push_back(shape.dim(static_cast<int>(axis)));
        labels.push_back(term->labels[axis]);
      }
      order.push_back(static_cast<int64_t>(i));
      order.push_back(static_cast<int64_t>(j));
      dims.push_back(extent * extent);
      labels.push_back(term->labels[i]);
      MACE_ASSIGN_OR_RETURN(ValueId id, builder_->Transpose(term->value, order));
      MACE_ASSIGN_OR_RETURN(id, builder_->Reshape(id, dims));
      AttributeMap slice;
      slice.Set("axes", std::vector<int64_t>{static_cast<int64_t>(dims.size()) - 1});
      slice.Set("starts", std::vector<int64_t>{0});
      slice.Set("ends", std::vector<int64_t>{extent * extent});
      slice.Set("steps", std::vector<int64_t>{extent + 1});
      MACE_ASSIGN_OR_RETURN(term->value, Emit("/diagonal", "Slice", {id}, std::move(slice)));
      term->labels = std::move(labels);
      i = static_cast<size_t>(-1);  // The axes have moved: begin again.
    }
    return Status::Ok();
  }

  Status FindExtents() {
    for (const Term& term : terms_) {
      for (size_t axis = 0; axis < term.labels.size(); ++axis) {
        const int64_t found = ShapeOf(term).dim(static_cast<int>(axis));
        const auto [entry, is_new] = extents_.emplace(term.labels[axis], found);
        if (is_new || found == 1 || found == entry->second) continue;
        if (entry->second != 1) {
          return InvalidArgument("expected one extent for each letter, found " +
                                 std::to_string(entry->second) + " and " + std::to_string(found));
        }
        entry->second = found;
      }
    }
    return Status::Ok();
  }

  // An axis of extent 1 that another operand has with more elements says nothing.
  Status DropBroadcastAxes(Term* term) {
    Labels kept;
    std::vector<int64_t> dims;
    for (size_t axis = 0; axis < term->labels.size(); ++axis) {
      const int64_t extent = ShapeOf(*term).dim(static_cast<int>(axis));
      if (extent != extents_.at(term->labels[axis])) continue;
      kept.push_back(term->labels[axis]);
      dims.push_back(extent);
    }
    if (kept.size() == term->labels.size()) return Status::Ok();
    MACE_ASSIGN_OR_RETURN(term->value, builder_->Reshape(term->value, dims));
    term->labels = std::move(kept);
    return Status::Ok();
  }

  // Whether the result or one of the operands from `next` on has the label.
  bool IsNeeded(int label, size_t next) const {
    if (Holds(equation_.result, label)) return true;
    return std::any_of(terms_.begin() + static_cast<std::ptrdiff_t>(next), terms_.end(),
                       [&](const Term& term) { return Holds(term.labels, label); });
  }

  Status SumUnneeded(Term* term, size_t next) { return SumUnneededOf(Term(), term, next); }

  // Sums over the axes that neither `other` nor anything later needs.
  Status SumUnneededOf(const Term& other, Term* term, size_t next) {
    Labels kept;
    std::vector<int64_t> axes;
    for (size_t axis = 0; axis < term->labels.size(); ++axis) {
      const int label = term->labels[axis];
      if (IsNeeded(label, next) || Holds(other.labels, label)) {
        kept.push_back(label);
      } else {
        axes.push_back(static_cast<int64_t>(axis));
      }
    }
    if (axes.empty()) return Status::Ok();
    MACE_ASSIGN_OR_RETURN(term->value, EmitSum(term->value, std::move(axes)));
    term->labels = std::move(kept);
    return Status::Ok();
  }

  StatusOr<ValueId> EmitSum(ValueId x, std::vector<int64_t> axes) {
    AttributeMap attributes;
    attributes.Set("reduce_type", int64_t{4});
    attributes.Set("axis", std::move(axes));
    attributes.Set("keepdims", int64_t{0});
    return Emit("/sum", "Reduce", {x}, std::move(attributes));
  }

  StatusOr<ValueId> EmitProduct(ValueId a, ValueId b) {
    AttributeMap attributes;
    attributes.Set("type", int64_t{2});
    return Emit("/product", "Eltwise", {a, b}, std::move(attributes));
  }

  // The value with its axes in the order of `labels`.
  StatusOr<ValueId> Arrange(const Term& term, const Labels& labels) {
    if (labels == term.labels) return term.value;
    std::vector<int64_t> order;
    for (int label : labels) {
      const auto at = std::find(term.labels.begin(), term.labels.end(), label);
      order.push_back(at - term.labels.begin());
    }
    return builder_->Transpose(term.value, order);
  }

  StatusOr<ValueId> ArrangeAs(const Term& term, const Labels& labels, std::vector<int64_t> dims) {
    MACE_ASSIGN_OR_RETURN(const ValueId id, Arrange(term, labels));
    return builder_->Reshape(id, dims);
  }

  // The sum of the products of two operands over the labels that nobody needs any more.
  StatusOr<Term> Multiply(const Term& a, const Term& b, size_t next) {
    Labels both, summed, only_a, only_b;
    for (int label : a.labels) {
      const bool shared = Holds(b.labels, label);
      (shared ? (IsNeeded(label, next) ? both : summed) : only_a).push_back(label);
    }
    for (int label : b.labels) {
      if (!Holds(a.labels, label)) only_b.push_back(label);
    }
    const int64_t n = Extents(both), rows = Extents(only_a), columns = Extents(only_b);
    const int64_t depth = Extents(summed);
    const bool floats = IsFloat(builder_->graph().value(a.value).info.dtype);
    Term result;
    result.labels = Joined(Joined(both, only_a), only_b);
    ValueId y = kNoValue;
    if (floats && !summed.empty()) {
      const std::vector<int64_t> batch = both.empty() ? std::vector<int64_t>() : std::vector{n};
      MACE_ASSIGN_OR_RETURN(const ValueId left, ArrangeAs(a, Joined(Joined(both, only_a), summed),
                                                          Joint(batch, {rows, depth})));
      MACE_ASSIGN_OR_RETURN(const ValueId right, ArrangeAs(b, Joined(Joined(both, summed), only_b),
                                                           Joint(batch, {depth, columns})));
      MACE_ASSIGN_OR_RETURN(y, Emit("/product", "MatMul", {left, right}, AttributeMap()));
    } else {
      MACE_ASSIGN_OR_RETURN(const ValueId left, ArrangeAs(a, Joined(Joined(both, only_a), summed),
                                                          {n, rows, 1, depth}));
      MACE_ASSIGN_OR_RETURN(const ValueId right, ArrangeAs(b, Joined(Joined(both, only_b), summed),
                                                           {n, 1, columns, depth}));
      MACE_ASSIGN_OR_RETURN(y, EmitProduct(left, right));
      if (!summed.empty()) {
        MACE_ASSIGN_OR_RETURN(y, EmitSum(y, {3}));
      }
    }
    std::vector<int64_t> dims;
    for (int label : result.labels) dims.push_back(extents_.at(label));
    MACE_ASSIGN_OR_RETURN(result.value, builder_->Reshape(y, dims));
    return result;
  }

  static std::vector<int64_t> Joint(std::vector<int64_t> front, const std::vector<int64_t>& back) {
    front.insert(front.end(), back.begin(), back.end());
    return front;
  }

  const std::string name_;
  GraphBuilder* const builder_;
  EinsumEquation equation_;
  std::vector<Term> terms_;
  std::map<int, int64_t> extents_;  // Of each label.
};

}  // namespace

StatusOr<ValueId> AddEinsum(const std::string& name, const std::string& equation,
                            const std::vector<ValueId>& operands, GraphBuilder* builder) {
  std::vector<int> ranks;
  std::string shapes;
  for (ValueId id : operands) {
    if (id == kNoValue) return InvalidArgument("expected all operands, found one that is missing");
    const TensorInfo& info = builder->graph().value(id).info;
    const DType first = builder->graph().value(operands[0]).info.dtype;
    const bool one_kind = info.dtype == first || (IsFloat(info.dtype) && IsFloat(first));
    if (!one_kind || info.dtype == DType::kBool) {
      return InvalidArgument(std::string("expected numbers of one type, found ") +
                             DTypeName(first) + " and " + DTypeName(info.dtype));
    }
    ranks.push_back(info.shape.rank());
    shapes += (shapes.empty() ? "" : ", ") + info.shape.ToString();
  }
  const std::string who = "equation '" + Printable(equation) + "' of " + shapes;
  const StatusOr<EinsumEquation> parsed = ParseEinsumEquation(equation, ranks);
  if (!parsed.ok()) return parsed.status().WithPrefix(who);
  StatusOr<ValueId> result = EinsumLowering(name, builder).Run(*parsed, operands);
  if (!result.ok()) return result.status().WithPrefix(who);
  return result;
}

}  // namespace mace
