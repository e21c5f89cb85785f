#include "mace/graph/derived_constants.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "mace/graph/constant_pins.h"

namespace mace {

HostTensor DerivedConstants::Find(const ConstantIdentity& identity) const {
  const auto found = known_.find(identity);
  if (found == known_.end()) return HostTensor();
  std::shared_ptr<const void> owner = found->second.owner.lock();
  if (owner == nullptr) return HostTensor();
  HostTensor tensor =
      HostTensor::View(found->second.info, found->second.elements, std::move(owner));
  tensor.set_identity(identity);
  return tensor;
}

void DerivedConstants::ForgetUnused() {
  if (known_.size() < next_sweep_) return;
  for (auto i = known_.begin(); i != known_.end();) {
    i = i->second.owner.expired() ? known_.erase(i) : std::next(i);
  }
  next_sweep_ = std::max<size_t>(64, 2 * known_.size());
}

StatusOr<HostTensor> DerivedConstants::Get(const ConstantIdentity& identity, const Maker& make) {
  if (!identity.is_known()) return make();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    HostTensor known = Find(identity);
    if (known.dtype() != DType::kInvalid) return known;
  }
  MACE_ASSIGN_OR_RETURN(HostTensor made, make());
  if (made.dtype() == DType::kInvalid) return made;
  std::lock_guard<std::mutex> lock(mutex_);
  HostTensor known = Find(identity);
  if (known.dtype() != DType::kInvalid) return known;
  made.set_identity(identity);
  // Elements that are a file's, or a caller's, are not the graph's to share.
  if (made.is_part_of_file() || made.owner() == nullptr) return made;
  ForgetUnused();
  known_[identity] = {made.info(), made.address_range(), made.owner()};
  return made;
}

StatusOr<HostTensor> DeriveConstant(const std::shared_ptr<DerivedConstants>& known,
                                    const ConstantIdentity& identity,
                                    const std::vector<HostTensor>& sources,
                                    const DerivedConstants::Maker& make) {
  const auto checked = [&]() -> StatusOr<HostTensor> {
    const ConstantPins pins = ConstantPins::KeepAll(sources);
    MACE_ASSIGN_OR_RETURN(HostTensor made, make());
    // Who cannot read sees zeros.
    MACE_RETURN_IF_ERROR(pins.CheckReads());
    return made;
  };
  if (known != nullptr) return known->Get(identity, checked);
  MACE_ASSIGN_OR_RETURN(HostTensor made, checked());
  made.set_identity(identity);
  return made;
}

}  // namespace mace
