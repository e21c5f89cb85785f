// Normalisations of transformers in com.microsoft: of a sum with a skipped block, and of the sum of
// embeddings.
#include <string>
#include <utility>
#include <vector>

#include "mace/formats/onnx/converter_tables.h"
#include "mace/formats/onnx/emit.h"

namespace mace {
namespace {

// Along the last axis: gamma [n] and beta [n] or kNoValue.
StatusOr<ValueId> EmitNorm(OnnxNode* node, ValueId x, std::vector<ValueId> parameters,
                           bool centered) {
  const int64_t extent = node->builder()->ShapeOf(x).back(0);
  std::vector<ValueId> inputs = {x};
  for (ValueId id : parameters) {
    if (id == kNoValue) continue;
    const Shape shape = node->builder()->ShapeOf(id);
    if (shape != Shape{extent}) {
      return InvalidArgument("gamma, beta: expected [" + std::to_string(extent) + "], found " +
                             shape.ToString());
    }
    inputs.push_back(id);
  }
  AttributeMap attributes;
  attributes.Set("epsilon", node->Float("epsilon", 1e-12));
  attributes.Set("centered", int64_t{centered});
  return node->Emit("", "LayerNorm", std::move(inputs), std::move(attributes));
}

ValueId GivenInput(const OnnxNode& node, size_t index) {
  return node.HasInput(index) ? node.input(index) : kNoValue;
}

// x, skip, gamma, [beta], [bias]: of x + skip + bias. The statistics (outputs 1 and 2) are not
// made; output 3 is the sum.
Status EmitSkipNorm(OnnxNode* node, bool centered) {
  const size_t bias = centered ? 4 : 3;
  MACE_RETURN_IF_ERROR(node->RequireInputs(3, static_cast<int>(bias) + 1));
  const Shape x = node->shape(0);
  MACE_ASSIGN_OR_RETURN(ValueId sum,
                        EmitEltwise(node, EltwiseType::kSum, node->input(0), node->input(1)));
  if (node->HasInput(bias)) {
    MACE_ASSIGN_OR_RETURN(sum, EmitEltwise(node, EltwiseType::kSum, sum, node->input(bias)));
  }
  if (node->builder()->ShapeOf(sum) != x) {
    return InvalidArgument("skip, bias: expected shapes that broadcast to " + x.ToString() +
                           ", found " + node->shape(1).ToString());
  }
  const ValueId beta = centered ? GivenInput(*node, 3) : kNoValue;
  MACE_ASSIGN_OR_RETURN(const ValueId y, EmitNorm(node, sum, {node->input(2), beta}, centered));
  node->SetResult(y);
  node->SetResult(sum, 3);
  return Status::Ok();
}

Status ConvertSkipLayerNorm(OnnxNode* node) { return EmitSkipNorm(node, true); }
Status ConvertSkipRmsNorm(OnnxNode* node) { return EmitSkipNorm(node, false); }

// The inputs of EmbedLayerNormalization.
enum EmbedInput : size_t {
  kWords,
  kSegments,
  kWordTable,
  kPositionTable,
  kSegmentTable,
  kGamma,
  kBeta,
  kMask,
  kPositions
};

// The rows of the position table, [1 or b, s, h].
StatusOr<ValueId> EmitPositionRows(OnnxNode* node, int64_t sequence) {
  if (node->HasInput(kPositions)) {
    return EmitGather(node, node->input(kPositionTable), node->input(kPositions), 0);
  }
  const Shape table = node->shape(kPositionTable);
  if (table.rank() != 2 || table[0] < sequence) {
    return InvalidArgument("position_embedding: expected at least " + std::to_string(sequence) +
                           " rows, found " + table.ToString());
  }
  MACE_ASSIGN_OR_RETURN(const ValueId rows,
                        EmitSlice(node, node->input(kPositionTable), 0, 0, sequence));
  return node->builder()->Reshape(rows, {1, sequence, table[1]});
}

// How many words each sentence has; 0 where there is no mask.
StatusOr<ValueId> EmitMaskIndex(OnnxNode* node, int64_t batches) {
  if (!node->HasInput(kMask)) {
    MACE_ASSIGN_OR_RETURN(HostTensor none, HostTensor::Allocate({DType::kInt32, Shape{batches}}));
    return node->AddConstant("/lengths", std::move(none));
  }
  MACE_ASSIGN_OR_RETURN(ValueId id,
                        EmitEltwise(node, EltwiseType::kEqual, node->input(kMask), 1.0));
  MACE_ASSIGN_OR_RETURN(id, EmitCast(node, id, DType::kInt32));
  MACE_ASSIGN_OR_RETURN(id, EmitReduce(node, ReduceType::kSum, id, {1}));
  return node->builder()->Reshape(id, {batches});
}

Status ConvertEmbedLayerNorm(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 9));
  for (size_t i : {kWordTable, kPositionTable, kGamma, kBeta}) {
    if (!node->HasInput(i)) {
      return InvalidArgument("expected input " + std::to_string(i) + ", found none");
    }
  }
  const Shape words = node->shape(kWords);
  if (words.rank() != 2 || (node->HasInput(kMask) && node->shape(kMask) != words)) {
    return InvalidArgument("expected words and mask of [batch, sequence], found " +
                           words.ToString());
  }
  node->Ignore({"mask_index_type"});  // The lengths are made whatever it says.
  MACE_ASSIGN_OR_RETURN(ValueId sum,
                        EmitGather(node, node->input(kWordTable), node->input(kWords), 0));
  MACE_ASSIGN_OR_RETURN(const ValueId positions, EmitPositionRows(node, words[1]));
  MACE_ASSIGN_OR_RETURN(sum, EmitEltwise(node, EltwiseType::kSum, sum, positions));
  if (node->HasInput(kSegments) && node->HasInput(kSegmentTable)) {
    MACE_ASSIGN_OR_RETURN(const ValueId rows,
                          EmitGather(node, node->input(kSegmentTable), node->input(kSegments), 0));
    MACE_ASSIGN_OR_RETURN(sum, EmitEltwise(node, EltwiseType::kSum, sum, rows));
  }
  MACE_ASSIGN_OR_RETURN(const ValueId y,
                        EmitNorm(node, sum, {node->input(kGamma), node->input(kBeta)}, true));
  node->SetResult(y);
  MACE_ASSIGN_OR_RETURN(const ValueId lengths, EmitMaskIndex(node, words[0]));
  node->SetResult(lengths, 1);
  node->SetResult(sum, 2);
  return Status::Ok();
}

}  // namespace

const OnnxConverterEntry kMicrosoftNormConverters[] = {
    {"EmbedLayerNormalization", ConvertEmbedLayerNorm},
    {"SkipLayerNormalization", ConvertSkipLayerNorm},
    {"SkipSimplifiedLayerNormalization", ConvertSkipRmsNorm},
    {nullptr, nullptr},
};

}  // namespace mace
