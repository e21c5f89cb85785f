// ONNX's Scan: the number of steps is an extent, which is known at import, so that the steps follow
// one another in the graph. Until op set 8 all tensors have a batch in front, and each element of
// the batch is scanned by itself.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/body.h"
#include "mace/formats/onnx/structure.h"

namespace mace {
namespace {

using Names = std::vector<std::string>;
using Values = std::vector<ValueId>;

// An axis along which an input is cut or an output is joined, and from which end.
struct Direction {
  int64_t axis = 0;
  bool is_reverse = false;
};

struct ScanCounts {
  size_t states = 0;
  size_t inputs = 0;   // Those that are scanned.
  size_t outputs = 0;  // Those that are scanned.
};

// The attribute's numbers, `fallback` where it is not there. kInvalidArgument for another count.
StatusOr<std::vector<int64_t>> NumbersFor(const OnnxNode& node, const std::string& name,
                                          size_t count) {
  std::vector<int64_t> numbers = node.Ints(name, std::vector<int64_t>(count, 0));
  if (numbers.size() == count) return numbers;
  return InvalidArgument("attribute '" + name + "': expected " + std::to_string(count) +
                         " numbers, found " + std::to_string(numbers.size()));
}

// From the two attributes; an axis may count from the end.
StatusOr<std::vector<Direction>> ReadDirections(const OnnxNode& node, const std::string& axes_name,
                                                const std::string& directions_name, size_t count) {
  std::vector<int64_t> axes(count, 0);
  if (!axes_name.empty()) {
    MACE_ASSIGN_OR_RETURN(axes, NumbersFor(node, axes_name, count));
  }
  std::vector<int64_t> reverse(count, 0);
  if (!directions_name.empty()) {
    MACE_ASSIGN_OR_RETURN(reverse, NumbersFor(node, directions_name, count));
  }
  std::vector<Direction> directions;
  for (size_t i = 0; i < count; ++i) {
    if (reverse[i] != 0 && reverse[i] != 1) {
      return InvalidArgument("attribute '" + directions_name + "': expected 0 or 1, found " +
                             std::to_string(reverse[i]));
    }
    directions.push_back({axes[i], reverse[i] == 1});
  }
  return directions;
}

// One scan over tensors without a batch.
class Scan {
 public:
  Scan(const OnnxStructure& at, OnnxBody* body, ScanCounts counts)
      : at_(at), body_(body), counts_(counts) {}

  Status ReadAttributes(bool is_batched);
  // The results of the states and the scanned outputs, kNoValue for an output that nobody wants.
  // `most`: where it is there, the number of steps.
  StatusOr<Values> Run(const Values& states, const Values& scanned, std::optional<int64_t> most);

 private:
  StatusOr<int64_t> FindSteps(const Values& scanned);
  StatusOr<Names> Step(const Names& states, const Values& scanned, int64_t step);
  StatusOr<Values> Imagine(const Names& states, const Values& scanned);
  StatusOr<ValueId> Join(Values parts, const Direction& direction) const;
  StatusOr<std::string> Name(ValueId id) const { return at_.Name("scanned", id); }
  GraphBuilder* builder() const { return at_.tensors()->builder(); }

  const OnnxStructure& at_;
  OnnxBody* body_;
  ScanCounts counts_;
  std::vector<Direction> in_, out_;
  int64_t runs_ = 0;
};

Status Scan::ReadAttributes(bool is_batched) {
  const OnnxNode& node = *at_.node;
  if (is_batched) {
    MACE_ASSIGN_OR_RETURN(in_, ReadDirections(node, "", "directions", counts_.inputs));
    MACE_ASSIGN_OR_RETURN(out_, ReadDirections(node, "", "", counts_.outputs));
    return Status::Ok();
  }
  MACE_ASSIGN_OR_RETURN(
      in_, ReadDirections(node, "scan_input_axes", "scan_input_directions", counts_.inputs));
  MACE_ASSIGN_OR_RETURN(
      out_, ReadDirections(node, "scan_output_axes", "scan_output_directions", counts_.outputs));
  return Status::Ok();
}

// The extent of all scanned inputs, whose axes are counted from the front from here on.
StatusOr<int64_t> Scan::FindSteps(const Values& scanned) {
  std::optional<int64_t> steps;
  for (size_t i = 0; i < scanned.size(); ++i) {
    const Shape& shape = builder()->ShapeOf(scanned[i]);
    MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(in_[i].axis, shape.rank()));
    in_[i].axis = axis;
    if (!steps.has_value()) steps = shape[axis];
    if (*steps == shape[axis]) continue;
    return InvalidArgument("scanned input " + std::to_string(i) + ": expected " +
                           std::to_string(*steps) + " steps along axis " + std::to_string(axis) +
                           ", found " + shape.ToString());
  }
  return *steps;
}

StatusOr<Names> Scan::Step(const Names& states, const Values& scanned, int64_t step) {
  Names inputs = states;
  for (size_t i = 0; i < scanned.size(); ++i) {
    const int64_t axis = in_[i].axis;
    const int64_t extent = builder()->ShapeOf(scanned[i])[static_cast<int>(axis)];
    const int64_t place = in_[i].is_reverse ? extent - 1 - step : step;
    MACE_ASSIGN_OR_RETURN(const ValueId part,
                          CutOnnxPart(at_, scanned[i], {axis, place, place + 1, true}));
    MACE_ASSIGN_OR_RETURN(inputs.emplace_back(), Name(part));
  }
  return body_->Run(inputs, at_.node->name() + "/" + std::to_string(runs_++));
}

// What a step would give for elements of zeros: for the shapes of outputs that no step makes.
StatusOr<Values> Scan::Imagine(const Names& states, const Values& scanned) {
  Names inputs = states;
  for (size_t i = 0; i < scanned.size(); ++i) {
    const TensorInfo info = builder()->graph().value(scanned[i]).info;
    std::vector<int64_t> dims = info.shape.dims();
    dims.erase(dims.begin() + in_[i].axis);
    MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make(std::move(dims)));
    const TensorInfo element{info.dtype, std::move(shape)};
    MACE_RETURN_IF_ERROR(builder()->Reserve("an element", element.bytes()));
    MACE_ASSIGN_OR_RETURN(HostTensor zeros, HostTensor::Allocate(element));
    MACE_ASSIGN_OR_RETURN(inputs.emplace_back(),
                          Name(at_.node->AddConstant("/zeros", std::move(zeros))));
  }
  MACE_ASSIGN_OR_RETURN(const Names outputs, body_->Run(inputs, at_.node->name() + "/none"));
  Values joined(counts_.outputs, kNoValue);
  for (size_t i = 0; i < counts_.outputs; ++i) {
    const std::string& name = outputs[counts_.states + i];
    if (name.empty()) continue;
    MACE_ASSIGN_OR_RETURN(const ValueId value, at_.tensors()->Value(name));
    const TensorInfo info = builder()->graph().value(value).info;
    MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(out_[i].axis, info.shape.rank() + 1));
    MACE_ASSIGN_OR_RETURN(joined[i], EmptyOnnxStack(at_, info, axis));
  }
  return joined;
}

StatusOr<ValueId> Scan::Join(Values parts, const Direction& direction) const {
  const int rank = builder()->ShapeOf(parts[0]).rank();
  MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(direction.axis, rank + 1));
  if (direction.is_reverse) std::reverse(parts.begin(), parts.end());
  return JoinOnnxParts(at_, parts, axis, true);
}

StatusOr<Values> Scan::Run(const Values& states, const Values& scanned,
                           std::optional<int64_t> most) {
  MACE_ASSIGN_OR_RETURN(int64_t steps, FindSteps(scanned));
  if (most.has_value()) steps = std::min(steps, *most);
  Names state_names;
  for (ValueId state : states) {
    MACE_ASSIGN_OR_RETURN(state_names.emplace_back(), Name(state));
  }
  std::vector<Values> parts(counts_.outputs);
  for (int64_t step = 0; step < steps; ++step) {
    const size_t before = at_.importer->inner_nodes();
    StatusOr<Names> outputs = Step(state_names, scanned, step);
    if (!outputs.ok()) return outputs.status().WithPrefix("step " + std::to_string(step));
    // There is no need to add nodes until there are too many. The first step has others besides.
    const size_t after = at_.importer->inner_nodes();
    const size_t left = step == 0 ? 0 : static_cast<size_t>(steps - step - 1);
    MACE_RETURN_IF_ERROR(OnnxNodeImporter::CheckSteps(after, left, after - before));
    for (size_t i = 0; i < counts_.outputs; ++i) {
      const std::string& name = (*outputs)[counts_.states + i];
      if (name.empty()) continue;
      MACE_ASSIGN_OR_RETURN(parts[i].emplace_back(), at_.tensors()->Value(name));
    }
    outputs->resize(counts_.states);
    state_names = *std::move(outputs);
  }
  Values results, joined(counts_.outputs, kNoValue);
  for (const std::string& name : state_names) {
    MACE_ASSIGN_OR_RETURN(results.emplace_back(), at_.tensors()->Value(name));
  }
  if (steps == 0) {
    MACE_ASSIGN_OR_RETURN(joined, Imagine(state_names, scanned));
  }
  for (size_t i = 0; i < counts_.outputs; ++i) {
    if (parts[i].empty()) continue;
    MACE_ASSIGN_OR_RETURN(joined[i], Join(std::move(parts[i]), out_[i]));
  }
  results.insert(results.end(), joined.begin(), joined.end());
  return results;
}

// Op set 8: a scan for each element of the batch.
class BatchedScan {
 public:
  BatchedScan(const OnnxStructure& at, Scan* scan, ScanCounts counts)
      : at_(at), scan_(scan), counts_(counts) {}

  // `inputs`: states and scanned inputs, each with the batch as axis 0. The outputs have it, too.
  StatusOr<Values> Run(const Values& inputs);

 private:
  StatusOr<std::vector<int64_t>> FindLengths(int64_t batch, int64_t steps);
  StatusOr<Values> RunOne(const Values& inputs, int64_t element, int64_t length);
  StatusOr<ValueId> Fill(ValueId rows, int64_t steps);

  const OnnxStructure& at_;
  Scan* scan_;
  ScanCounts counts_;
};

// Input 0, or all steps for each element.
StatusOr<std::vector<int64_t>> BatchedScan::FindLengths(int64_t batch, int64_t steps) {
  if (at_.Input(0).empty()) return std::vector<int64_t>(static_cast<size_t>(batch), steps);
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> lengths, at_.node->Numbers(0));
  const bool fits =
      static_cast<int64_t>(lengths.size()) == batch &&
      std::all_of(lengths.begin(), lengths.end(), [&](int64_t n) { return n >= 1 && n <= steps; });
  if (fits) return lengths;
  return InvalidArgument("sequence_lens: expected " + std::to_string(batch) +
                         " numbers from 1 to " + std::to_string(steps) + ", found [" +
                         JoinNumbers(lengths, ", ") + "]");
}

// Rows that no step has made have no defined value in the standard; here they are zeros.
StatusOr<ValueId> BatchedScan::Fill(ValueId rows, int64_t steps) {
  const TensorInfo info = at_.tensors()->builder()->graph().value(rows).info;
  if (info.shape[0] == steps) return rows;
  std::vector<int64_t> dims = info.shape.dims();
  dims[0] = steps - dims[0];
  MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make(std::move(dims)));
  const TensorInfo rest{info.dtype, std::move(shape)};
  MACE_RETURN_IF_ERROR(at_.tensors()->builder()->Reserve("rows of no step", rest.bytes()));
  MACE_ASSIGN_OR_RETURN(HostTensor zeros, HostTensor::Allocate(rest));
  return JoinOnnxParts(at_, {rows, at_.node->AddConstant("/zeros", std::move(zeros))}, 0, false);
}

StatusOr<Values> BatchedScan::RunOne(const Values& inputs, int64_t element, int64_t length) {
  Values states, scanned;
  for (size_t i = 0; i < inputs.size(); ++i) {
    MACE_ASSIGN_OR_RETURN(const ValueId part,
                          CutOnnxPart(at_, inputs[i], {0, element, element + 1, true}));
    (i < counts_.states ? states : scanned).push_back(part);
  }
  return scan_->Run(states, scanned, length);
}

StatusOr<Values> BatchedScan::Run(const Values& inputs) {
  const Shape first = at_.tensors()->builder()->ShapeOf(inputs[counts_.states]);
  for (ValueId input : inputs) {
    const Shape& shape = at_.tensors()->builder()->ShapeOf(input);
    if (first.rank() >= 2 && shape.rank() >= 1 && shape[0] == first[0] && first[0] >= 1) continue;
    return InvalidArgument("expected inputs with one batch of at least 1 in front, found " +
                           first.ToString() + " and " + shape.ToString());
  }
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> lengths, FindLengths(first[0], first[1]));
  std::vector<Values> by_output(counts_.states + counts_.outputs);
  for (size_t element = 0; element < lengths.size(); ++element) {
    MACE_ASSIGN_OR_RETURN(const Values outputs,
                          RunOne(inputs, static_cast<int64_t>(element), lengths[element]));
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i] == kNoValue) continue;
      ValueId value = outputs[i];
      if (i >= counts_.states) {
        MACE_ASSIGN_OR_RETURN(value, Fill(value, first[1]));
      }
      by_output[i].push_back(value);
    }
  }
  Values joined(by_output.size(), kNoValue);
  for (size_t i = 0; i < joined.size(); ++i) {
    if (by_output[i].empty()) continue;
    MACE_ASSIGN_OR_RETURN(joined[i], JoinOnnxParts(at_, by_output[i], 0, true));
  }
  return joined;
}

StatusOr<ScanCounts> CountScan(const OnnxStructure& at, const onnx::GraphProto& body, int first) {
  const int64_t scanned = at.node->Int("num_scan_inputs", 0);
  const int64_t inputs = at.input_count() - first;
  const int64_t states = inputs - scanned, outputs = body.output_size() - states;
  const bool fits = scanned >= 1 && states >= 0 && outputs >= 0 && body.input_size() == inputs &&
                    at.output_count() <= body.output_size();
  if (fits) {
    return ScanCounts{static_cast<size_t>(states), static_cast<size_t>(scanned),
                      static_cast<size_t>(outputs)};
  }
  return InvalidArgument("expected a body with the inputs and outputs of the node, found " +
                         std::to_string(inputs) + " inputs, num_scan_inputs " +
                         std::to_string(scanned) + " and " + std::to_string(at.output_count()) +
                         " outputs of the node, " + std::to_string(body.input_size()) +
                         " inputs and " + std::to_string(body.output_size()) +
                         " outputs of the body");
}

}  // namespace

Status AddOnnxScan(const OnnxStructure& at) {
  at.node->Ignore({"body"});
  const bool is_batched = at.node->opset() < 9;
  const int first = is_batched ? 1 : 0;  // Input 0 are the lengths.
  MACE_ASSIGN_OR_RETURN(const OnnxSubgraph graph, at.importer->Subgraph(at.call, "body"));
  MACE_ASSIGN_OR_RETURN(const ScanCounts counts, CountScan(at, *graph.def, first));
  std::vector<bool> wanted(counts.states, true);
  for (size_t i = 0; i < counts.outputs; ++i) {
    wanted.push_back(at.WantsOutput(static_cast<int>(counts.states + i)));
  }
  MACE_ASSIGN_OR_RETURN(
      OnnxBody body, MakeOnnxBody(at.call, "body", at.node->name() + "/body", wanted, at.importer));
  Scan scan(at, &body, counts);
  MACE_RETURN_IF_ERROR(scan.ReadAttributes(is_batched));
  Values inputs;
  for (int i = first; i < at.input_count(); ++i) {
    MACE_ASSIGN_OR_RETURN(inputs.emplace_back(), at.tensors()->Value(at.Input(i)));
  }
  Values results;
  if (is_batched) {
    MACE_ASSIGN_OR_RETURN(results, BatchedScan(at, &scan, counts).Run(inputs));
  } else {
    const auto middle = inputs.begin() + static_cast<int>(counts.states);
    MACE_ASSIGN_OR_RETURN(results, scan.Run(Values(inputs.begin(), middle),
                                            Values(middle, inputs.end()), std::nullopt));
  }
  for (size_t i = 0; i < results.size(); ++i) {
    if (results[i] == kNoValue) continue;
    MACE_RETURN_IF_ERROR(at.SetValue(static_cast<int>(i), results[i]));
  }
  return Status::Ok();
}

}  // namespace mace
