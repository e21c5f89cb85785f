#include "mace/formats/common/constant_numbers.h"

#include <string>

namespace mace {
namespace {

// Lists in inputs (paddings, shapes, slices) are short; whatever is longer is no such list.
constexpr int64_t kMaxNumbers = 1024;

}  // namespace

Status CheckNumbers(size_t index, const HostTensor* constant) {
  const std::string who = "input " + std::to_string(index);
  if (constant == nullptr) {
    return Unsupported(who +
                       ": expected numbers that are known at import, found a computed tensor");
  }
  if (constant->shape().elements() > kMaxNumbers) {
    return InvalidArgument(who + ": expected a short list of numbers, found shape " +
                           constant->shape().ToString());
  }
  return Status::Ok();
}

}  // namespace mace
