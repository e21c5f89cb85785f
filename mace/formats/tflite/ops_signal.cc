// Signals: TensorFlow Lite's Fourier transform, and its complex numbers, which are pairs of floats in
// the graph (mace/formats/tensorflow/complex.h).
#include <algorithm>
#include <iterator>

#include "mace/formats/tflite/node.h"

namespace mace {
namespace {

Status ConvertRfft2d(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  return node->ConvertAs(TfliteTfOp("RFFT2D"));
}

Status ConvertComplexAbs(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  return node->ConvertAs(TfliteTfOp("ComplexAbs"));
}

Status ConvertPart(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  return node->ConvertAs(
      TfliteTfOp(node->code() == tflite::BuiltinOperator_REAL ? "Real" : "Imag"));
}

bool GivesFloats(tflite::BuiltinOperator code) {
  return code == tflite::BuiltinOperator_COMPLEX_ABS || code == tflite::BuiltinOperator_REAL ||
         code == tflite::BuiltinOperator_IMAG;
}

}  // namespace

Status CheckTfliteComplex(const TfliteNode& node) {
  const bool reads = node.ReadsComplex(), makes = node.MakesComplex();
  if (!reads && !makes) return Status::Ok();
  constexpr tflite::BuiltinOperator kMoves[] = {
      tflite::BuiltinOperator_EXPAND_DIMS,
      tflite::BuiltinOperator_RESHAPE,
      tflite::BuiltinOperator_SQUEEZE,
      tflite::BuiltinOperator_STRIDED_SLICE,
      tflite::BuiltinOperator_TRANSPOSE,
  };
  const bool moves = std::count(std::begin(kMoves), std::end(kMoves), node.code()) > 0;
  const bool transforms = node.code() == tflite::BuiltinOperator_RFFT2D;
  if (!moves && !transforms && !GivesFloats(node.code())) return Unsupported("complex numbers");
  if (reads == !transforms && makes == !GivesFloats(node.code())) return Status::Ok();
  return Corruption("expected complex numbers where the operator has them, found others");
}

const TfliteConverterEntry kTfliteSignalConverters[] = {
    {tflite::BuiltinOperator_COMPLEX_ABS, ConvertComplexAbs},
    {tflite::BuiltinOperator_IMAG, ConvertPart},
    {tflite::BuiltinOperator_REAL, ConvertPart},
    {tflite::BuiltinOperator_RFFT2D, ConvertRfft2d},
    {tflite::BuiltinOperator_ADD, nullptr},
};

}  // namespace mace
