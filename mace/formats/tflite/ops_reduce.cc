// TensorFlow Lite's reductions, places of extremes, and running sums.
#include <map>
#include <string>
#include <vector>

#include "mace/formats/tflite/node.h"

namespace mace {
namespace {

// x and the axes.
Status ConvertReduce(TfliteNode* node) {
  static const auto* const kNames = new std::map<tflite::BuiltinOperator, std::string>{
      {tflite::BuiltinOperator_MEAN, "Mean"},      {tflite::BuiltinOperator_REDUCE_ALL, "All"},
      {tflite::BuiltinOperator_REDUCE_ANY, "Any"}, {tflite::BuiltinOperator_REDUCE_MAX, "Max"},
      {tflite::BuiltinOperator_REDUCE_MIN, "Min"}, {tflite::BuiltinOperator_REDUCE_PROD, "Prod"},
      {tflite::BuiltinOperator_SUM, "Sum"},
  };
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::ReducerOptions>());
  if (node->code() == tflite::BuiltinOperator_MEAN && !IsFloat(node->dtype(0))) {
    return Unsupported("expected floats or quantized integers, found " +
                       std::string(DTypeName(node->dtype(0))));
  }
  return node->ConvertAs(
      TfliteTfOp(kNames->at(node->code())).Bool("keep_dims", options->keep_dims()));
}

Status ConvertArg(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  const bool least = node->code() == tflite::BuiltinOperator_ARG_MIN;
  return node->ConvertAs(TfliteTfOp(least ? "ArgMin" : "ArgMax"));
}

Status ConvertTopK(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2, 2));
  return node->ConvertAs(TfliteTfOp("TopKV2"));
}

Status ConvertCumsum(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::CumsumOptions>());
  TfliteTfOp op("Cumsum");
  op.Bool("exclusive", options->exclusive()).Bool("reverse", options->reverse());
  return node->ConvertAs(op);
}

}  // namespace

const TfliteConverterEntry kTfliteReduceConverters[] = {
    {tflite::BuiltinOperator_ARG_MAX, ConvertArg},
    {tflite::BuiltinOperator_ARG_MIN, ConvertArg},
    {tflite::BuiltinOperator_CUMSUM, ConvertCumsum},
    {tflite::BuiltinOperator_MEAN, ConvertReduce},
    {tflite::BuiltinOperator_REDUCE_ALL, ConvertReduce},
    {tflite::BuiltinOperator_REDUCE_ANY, ConvertReduce},
    {tflite::BuiltinOperator_REDUCE_MAX, ConvertReduce},
    {tflite::BuiltinOperator_REDUCE_MIN, ConvertReduce},
    {tflite::BuiltinOperator_REDUCE_PROD, ConvertReduce},
    {tflite::BuiltinOperator_SUM, ConvertReduce},
    {tflite::BuiltinOperator_TOPK_V2, ConvertTopK},
    {tflite::BuiltinOperator_ADD, nullptr},
};

}  // namespace mace
