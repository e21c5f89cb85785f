// Constants that are made of other constants while graphs are prepared: folded, scaled, permuted,
// converted. Graphs of one model for several input shapes share them, and what was made for one graph
// is not made again for the next.
#ifndef MACE_GRAPH_DERIVED_CONSTANTS_H_
#define MACE_GRAPH_DERIVED_CONSTANTS_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "mace/base/status.h"
#include "mace/graph/constant_identity.h"
#include "mace/graph/tensor.h"

namespace mace {

// Keeps no constant alive: one goes with the last graph that holds it. Thread contract: thread-safe;
// no lock is held while a constant is made. Threads that make the same one at the same time end up
// with one of them.
class DerivedConstants {
 public:
  // Makes the elements. A tensor of type kInvalid says that there is no such constant.
  using Maker = std::function<StatusOr<HostTensor>()>;

  // The elements that `identity` names, with that identity; `make` is called where nobody has them.
  // Where the identity is not known, the result of `make`.
  StatusOr<HostTensor> Get(const ConstantIdentity& identity, const Maker& make);

 private:
  struct Known {
    TensorInfo info;
    Bytes elements;
    std::weak_ptr<const void> owner;
  };
  // REQUIRES for these: mutex_ is held. Find gives a tensor of type kInvalid where there is none.
  HostTensor Find(const ConstantIdentity& identity) const;
  void ForgetUnused();

  std::mutex mutex_;
  std::map<ConstantIdentity, Known> known_;
  size_t next_sweep_ = 64;
};

// `known` (may be null: nobody shares) -> Get. `sources` are the constants that are read: where one of
// them cannot be read from its file, the result is that error, and nothing is shared.
StatusOr<HostTensor> DeriveConstant(const std::shared_ptr<DerivedConstants>& known,
                                    const ConstantIdentity& identity,
                                    const std::vector<HostTensor>& sources,
                                    const DerivedConstants::Maker& make);

}  // namespace mace

#endif  // MACE_GRAPH_DERIVED_CONSTANTS_H_
