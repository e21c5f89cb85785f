#include "mace/engine/fp16_overflow.h"

#include <algorithm>
#include <cmath>

namespace mace {
namespace {

int64_t CountNotFinite(const HostTensor& tensor) {
  if (tensor.dtype() != DType::kFloat32 || !tensor.has_data()) return 0;
  const float* const begin = tensor.f32();
  return std::count_if(begin, begin + tensor.shape().elements(),
                       [](float value) { return !std::isfinite(value); });
}

}  // namespace

std::string DescribeHalfOverflow(const std::vector<std::string>& names,
                                 const std::vector<HostTensor>& inputs,
                                 const std::vector<HostTensor>& outputs) {
  for (const HostTensor& input : inputs) {
    if (CountNotFinite(input) > 0) return "";
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    const int64_t count = CountNotFinite(outputs[i]);
    if (count == 0) continue;
    return "output '" + (i < names.size() ? names[i] : std::to_string(i)) +
           "': " + std::to_string(count) + " of " + std::to_string(outputs[i].shape().elements()) +
           " values are not finite, though every input is: in half precision values beyond 65504 "
           "become infinite, in fp32 they do not";
  }
  return "";
}

}  // namespace mace
