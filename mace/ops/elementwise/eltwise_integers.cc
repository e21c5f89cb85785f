#include "mace/ops/elementwise/eltwise_integers.h"

namespace mace {
namespace {

// The operator of OpenCL C that computes the type; empty: there is none.
std::string OperatorOf(EltwiseType type) {
  switch (type) {
    case EltwiseType::kSum:
      return "+";
    case EltwiseType::kSub:
      return "-";
    case EltwiseType::kProd:
      return "*";
    case EltwiseType::kDiv:
      return "/";
    case EltwiseType::kRemainder:
      return "%";
    case EltwiseType::kEqual:
      return "==";
    case EltwiseType::kNotEqual:
      return "!=";
    case EltwiseType::kLess:
      return "<";
    case EltwiseType::kLessEqual:
      return "<=";
    case EltwiseType::kGreater:
      return ">";
    case EltwiseType::kGreaterEqual:
      return ">=";
    case EltwiseType::kBitAnd:
      return "&";
    case EltwiseType::kBitOr:
      return "|";
    case EltwiseType::kBitXor:
      return "^";
    default:
      return "";
  }
}

std::string LogicOf(EltwiseType type) {
  if (type == EltwiseType::kAnd) return "&&";
  return type == EltwiseType::kOr ? "||" : "!=";  // The exclusive or of two truths.
}

// Whether all bits are shifted out.
std::string IsFar(const std::string& distance) {
  return "(" + distance + " < 0 || " + distance + " > 63)";
}

}  // namespace

std::string IntegerResult(EltwiseType type, const std::string& a, const std::string& b) {
  const std::string binary = OperatorOf(type);
  if (!binary.empty()) return a + " " + binary + " " + b;
  // Whether the quotient was rounded up towards zero.
  const std::string is_up = a + " % " + b + " != 0 && (" + a + " < 0) != (" + b + " < 0)";
  switch (type) {
    case EltwiseType::kMin:
      return "min(" + a + ", " + b + ")";
    case EltwiseType::kMax:
      return "max(" + a + ", " + b + ")";
    case EltwiseType::kNeg:
      return "-" + a;
    case EltwiseType::kAbs:
      // Oclgrind has no llvm.abs, which a choice between a and -a becomes.
      return "max(" + a + ", -" + a + ")";
    case EltwiseType::kSign:
      return "(" + a + " > 0) - (" + a + " < 0)";
    case EltwiseType::kShiftLeft:
      return IsFar(b) + " ? 0L : (long)((ulong)" + a + " << " + b + ")";
    case EltwiseType::kShiftRight:
      return IsFar(b) + " ? " + a + " >> 63 : " + a + " >> " + b;
    case EltwiseType::kFloorDiv:
      return a + " / " + b + " - (" + is_up + " ? 1 : 0)";
    case EltwiseType::kModulo:
      return a + " % " + b + " + (" + is_up + " ? " + b + " : 0)";
    case EltwiseType::kAnd:
    case EltwiseType::kOr:
    case EltwiseType::kXor:
      return "(" + a + " != 0) " + LogicOf(type) + " (" + b + " != 0)";
    default:
      return "";
  }
}

}  // namespace mace
