#include "mace/ops/element_text.h"

#include "mace/base/strings.h"

namespace mace {

std::string ElementText::Number(float value) {
  numbers_.push_back(value);
  return "k" + std::to_string(numbers_.size() - 1);
}

std::string ElementText::Let(const std::string& expression) {
  const std::string name = "s" + std::to_string(steps_++);
  statements_ += "const T " + name + " = " + expression + "; ";
  return name;
}

std::string ElementText::Call(const std::string& macro, const std::vector<std::string>& arguments) {
  return Let(macro + "(" + Join(arguments, ", ") + ")");
}

}  // namespace mace
