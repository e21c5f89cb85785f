// TensorFlow Lite's operators that keep the elements and change shape or order, and those whose
// results are numbers that shapes give.
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "mace/formats/tflite/node.h"

namespace mace {
namespace {

// x and the new shape, which is an input, an option, or that of the result.
Status ConvertReshape(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 2));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::ReshapeOptions>());
  std::vector<int64_t> dims;
  if (node->HasInput(1)) {
    MACE_ASSIGN_OR_RETURN(dims, node->Numbers(1));
  } else {
    const auto* stored = options->new_shape() != nullptr ? options->new_shape()
                                                         : node->output_place(0).tensor->shape();
    const std::vector<int32_t> places = TflitePlaces(stored);
    dims.assign(places.begin(), places.end());
  }
  if (dims.size() > Shape::kMaxRank) {
    return Unsupported("shape: expected a rank up to " + std::to_string(Shape::kMaxRank) +
                       ", found " + std::to_string(dims.size()));
  }
  return node->ConvertAs(TfliteTfOp("Reshape"), {node->input(0), node->AddInts(dims)});
}

Status ConvertSqueeze(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::SqueezeOptions>());
  const std::vector<int32_t> axes = TflitePlaces(options->squeeze_dims());
  if (axes.size() > Shape::kMaxRank) {
    return Corruption("squeeze_dims: expected up to " + std::to_string(Shape::kMaxRank) +
                      ", found " + std::to_string(axes.size()));
  }
  return node->ConvertAs(TfliteTfOp("Squeeze").Ints("squeeze_dims", {axes.begin(), axes.end()}));
}

struct Same {
  const char* op = "";
  size_t inputs = 0;
};

// Operators that are ops of TensorFlow's with these inputs and no options.
Status ConvertSame(TfliteNode* node) {
  static const auto* const kOps = new std::map<tflite::BuiltinOperator, Same>{
      {tflite::BuiltinOperator_BROADCAST_ARGS, {"BroadcastArgs", 2}},
      {tflite::BuiltinOperator_BROADCAST_TO, {"BroadcastTo", 2}},
      {tflite::BuiltinOperator_EXPAND_DIMS, {"ExpandDims", 2}},
      {tflite::BuiltinOperator_FILL, {"Fill", 2}},
      {tflite::BuiltinOperator_PAD, {"Pad", 2}},
      {tflite::BuiltinOperator_PADV2, {"PadV2", 3}},
      {tflite::BuiltinOperator_RANGE, {"Range", 3}},
      {tflite::BuiltinOperator_RANK, {"Rank", 1}},
      {tflite::BuiltinOperator_SHAPE, {"Shape", 1}},
      {tflite::BuiltinOperator_TILE, {"Tile", 2}},
      {tflite::BuiltinOperator_TRANSPOSE, {"Transpose", 2}},
      {tflite::BuiltinOperator_ZEROS_LIKE, {"ZerosLike", 1}},
  };
  const Same& same = kOps->at(node->code());
  MACE_RETURN_IF_ERROR(node->RequireInputs(same.inputs));
  return node->ConvertAs(TfliteTfOp(same.op));
}

Status ConvertMirrorPad(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::MirrorPadOptions>());
  const bool reflects = options->mode() == tflite::MirrorPadMode_REFLECT;
  if (!reflects && options->mode() != tflite::MirrorPadMode_SYMMETRIC) {
    return Corruption("mode: expected REFLECT or SYMMETRIC, found " +
                      std::to_string(static_cast<int>(options->mode())));
  }
  return node->ConvertAs(TfliteTfOp("MirrorPad").Text("mode", reflects ? "REFLECT" : "SYMMETRIC"));
}

// Parts, and an activation behind.
Status ConvertConcatenation(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, node->input_count()));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::ConcatenationOptions>());
  std::vector<ValueId> parts;
  for (size_t i = 0; i < node->input_count(); ++i) {
    if (node->HasInput(i)) parts.push_back(node->input(i));
  }
  return node->SetActivated(EmitConcat(node, std::move(parts), options->axis()),
                            options->fused_activation_function());
}

Status CheckParts(const TfliteNode& node, int64_t parts) {
  if (parts == static_cast<int64_t>(node.output_count())) return Status::Ok();
  return InvalidArgument("expected an output for each of " + std::to_string(parts) +
                         " parts, found " + std::to_string(node.output_count()));
}

// The axis, x.
Status ConvertSplit(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2, node->output_count()));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::SplitOptions>());
  MACE_RETURN_IF_ERROR(CheckParts(*node, options->num_splits()));
  return node->ConvertAs(TfliteTfOp("Split").Int("num_split", options->num_splits()));
}

// x, sizes, the axis.
Status ConvertSplitV(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3, 3, node->output_count()));
  MACE_RETURN_IF_ERROR(CheckParts(*node, node->shape(1).elements()));
  return node->ConvertAs(TfliteTfOp("SplitV"));
}

Status ConvertPack(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(std::max<size_t>(1, node->input_count())));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::PackOptions>());
  return node->ConvertAs(TfliteTfOp("Pack").Int("axis", options->axis()));
}

Status ConvertUnpack(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1, node->output_count()));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::UnpackOptions>());
  MACE_RETURN_IF_ERROR(CheckParts(*node, options->num()));
  TfliteTfOp op("Unpack");
  op.Int("axis", options->axis()).Int("num", options->num());
  return node->ConvertAs(op);
}

}  // namespace

const TfliteConverterEntry kTfliteShapeConverters[] = {
    {tflite::BuiltinOperator_BROADCAST_ARGS, ConvertSame},
    {tflite::BuiltinOperator_BROADCAST_TO, ConvertSame},
    {tflite::BuiltinOperator_CONCATENATION, ConvertConcatenation},
    {tflite::BuiltinOperator_EXPAND_DIMS, ConvertSame},
    {tflite::BuiltinOperator_FILL, ConvertSame},
    {tflite::BuiltinOperator_MIRROR_PAD, ConvertMirrorPad},
    {tflite::BuiltinOperator_PACK, ConvertPack},
    {tflite::BuiltinOperator_PAD, ConvertSame},
    {tflite::BuiltinOperator_PADV2, ConvertSame},
    {tflite::BuiltinOperator_RANGE, ConvertSame},
    {tflite::BuiltinOperator_RANK, ConvertSame},
    {tflite::BuiltinOperator_RESHAPE, ConvertReshape},
    {tflite::BuiltinOperator_SHAPE, ConvertSame},
    {tflite::BuiltinOperator_SPLIT, ConvertSplit},
    {tflite::BuiltinOperator_SPLIT_V, ConvertSplitV},
    {tflite::BuiltinOperator_SQUEEZE, ConvertSqueeze},
    {tflite::BuiltinOperator_TILE, ConvertSame},
    {tflite::BuiltinOperator_TRANSPOSE, ConvertSame},
    {tflite::BuiltinOperator_UNPACK, ConvertUnpack},
    {tflite::BuiltinOperator_ZEROS_LIKE, ConvertSame},
    {tflite::BuiltinOperator_ADD, nullptr},
};

}  // namespace mace
