// The text of a kernel that computes one element of a result from one element of each operand, step
// by step. Each elementwise op writes its step with the very macros that its own kernel uses
// (unary.clh, eltwise.clh, fused_activation.clh), so that a kernel of many steps has no formulas of
// its own.
//
// Names stand for values of the type T, a macro parameter: a float or a vector of floats.
//
// Thread contract: thread-compatible.
#ifndef MACE_OPS_ELEMENT_TEXT_H_
#define MACE_OPS_ELEMENT_TEXT_H_

#include <string>
#include <vector>

#include "mace/graph/dtype.h"

namespace mace {

class ElementText {
 public:
  // A name for a number that the kernel takes as a float: the same text serves all numbers.
  std::string Number(float value);
  // A number as a value of type T.
  std::string Splat(float value) { return "(T)(" + Number(value) + ")"; }
  // Gives the value of an expression of type T a name.
  std::string Let(const std::string& expression);
  // Let(macro(arguments...)).
  std::string Call(const std::string& macro, const std::vector<std::string>& arguments);

  // Declarations in C, one behind the other, on one line.
  const std::string& statements() const { return statements_; }
  // Number i has the name "k<i>".
  const std::vector<float>& numbers() const { return numbers_; }
  // How many values have names; each is a step that costs time.
  int step_count() const { return steps_; }

 private:
  std::string statements_;
  std::vector<float> numbers_;
  int steps_ = 0;
};

// The operands that a step reads. Bools are 0 and 1.
struct ElementOperand {
  std::string name;
  DType dtype = DType::kFloat32;
};

}  // namespace mace

#endif  // MACE_OPS_ELEMENT_TEXT_H_
