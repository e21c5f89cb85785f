// TensorFlow Lite's operators that choose, place or reorder elements by numbers.
#include <map>
#include <string>
#include <vector>

#include "mace/formats/tflite/node.h"

namespace mace {
namespace {

// x and indices.
Status ConvertGather(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::GatherOptions>());
  return node->ConvertAs(TfliteTfOp("GatherV2").Int("batch_dims", options->batch_dims()),
                         {node->input(0), node->input(1), node->AddInts({options->axis()}, true)});
}

// Indices and a table, whose rows they choose.
Status ConvertEmbeddingLookup(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  return node->SetResult(EmitGather(node, node->input(1), node->input(0), 0));
}

Status ConvertGatherNd(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  return node->ConvertAs(TfliteTfOp("GatherNd"));
}

Status ConvertScatterNd(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3));
  return node->ConvertAs(TfliteTfOp("ScatterNd"));
}

Status ConvertSlice(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3));
  return node->ConvertAs(TfliteTfOp("Slice"));
}

Status ConvertStridedSlice(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(4));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::StridedSliceOptions>());
  if (options->offset()) {
    return Unsupported("offset: expected ends that are places, found ends that count from begin");
  }
  TfliteTfOp op("StridedSlice");
  op.Int("begin_mask", options->begin_mask()).Int("end_mask", options->end_mask());
  op.Int("ellipsis_mask", options->ellipsis_mask()).Int("new_axis_mask", options->new_axis_mask());
  op.Int("shrink_axis_mask", options->shrink_axis_mask());
  return node->ConvertAs(op);
}

Status ConvertOneHot(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(4));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::OneHotOptions>());
  return node->ConvertAs(TfliteTfOp("OneHot").Int("axis", options->axis()));
}

Status ConvertReverse(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  return node->ConvertAs(TfliteTfOp("ReverseV2"));
}

Status ConvertReverseSequence(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::ReverseSequenceOptions>());
  TfliteTfOp op("ReverseSequence");
  op.Int("seq_dim", options->seq_dim()).Int("batch_dim", options->batch_dim());
  return node->ConvertAs(op);
}

}  // namespace

const TfliteConverterEntry kTfliteIndexConverters[] = {
    {tflite::BuiltinOperator_EMBEDDING_LOOKUP, ConvertEmbeddingLookup},
    {tflite::BuiltinOperator_GATHER, ConvertGather},
    {tflite::BuiltinOperator_GATHER_ND, ConvertGatherNd},
    {tflite::BuiltinOperator_ONE_HOT, ConvertOneHot},
    {tflite::BuiltinOperator_REVERSE_SEQUENCE, ConvertReverseSequence},
    {tflite::BuiltinOperator_REVERSE_V2, ConvertReverse},
    {tflite::BuiltinOperator_SCATTER_ND, ConvertScatterNd},
    {tflite::BuiltinOperator_SLICE, ConvertSlice},
    {tflite::BuiltinOperator_STRIDED_SLICE, ConvertStridedSlice},
    {tflite::BuiltinOperator_ADD, nullptr},
};

}  // namespace mace
