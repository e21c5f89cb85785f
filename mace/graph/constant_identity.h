// Names for the elements of constants, so that plans for several input shapes of one model find out
// that they need the same elements without reading or comparing them.
//
// A constant that a model stores is known by its place in the model, one that is made of others by
// what makes it and by their identities. A constant that has neither, which is mostly a small one,
// is known by a hash of its elements. Equal identities mean equal bytes; the dtype and the shape are
// not part of an identity. Identities are compared only among the constants of one model.
// Thread contract: thread-safe, but for IdentityHasher, which is thread-compatible.
#ifndef MACE_GRAPH_CONSTANT_IDENTITY_H_
#define MACE_GRAPH_CONSTANT_IDENTITY_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mace/base/hash.h"

namespace mace {

class HostTensor;  // mace/graph/tensor.h.
struct Node;       // mace/graph/node.h.

// The first half of a SHA-256; zeros: not known.
struct ConstantIdentity {
  std::array<uint64_t, 2> digest = {};

  bool is_known() const { return digest[0] != 0 || digest[1] != 0; }
  bool operator==(const ConstantIdentity& other) const { return digest == other.digest; }
  bool operator<(const ConstantIdentity& other) const { return digest < other.digest; }
};

// The identity of something that is made of the fields that are added, in their order.
class IdentityHasher {
 public:
  // `operation` says what is made of the other fields.
  explicit IdentityHasher(std::string_view operation) { Add(operation); }

  void Add(std::string_view text) { hasher_.UpdateField(text); }
  void Add(const std::vector<int64_t>& numbers);
  void Add(const std::vector<double>& numbers);
  // The identity, dtype and shape of a constant. Where the identity is not known, that of the whole
  // is not known either.
  void Add(const HostTensor& constant);
  // The type of a node, its attributes, and the nodes that it has taken in as steps.
  void AddOperation(const Node& node);
  // REQUIRES: called once, nothing is added afterwards.
  ConstantIdentity Finish();

 private:
  Sha256Hasher hasher_;
  bool is_known_ = true;
};

// The identity of a constant in a file: `format` and `name` together name no other constant of the
// model.
ConstantIdentity StoredIdentity(std::string_view format, std::string_view name);

// The constant's own identity, else a hash of its elements. Not known for a constant without an
// identity that is a part of a file: its elements may not be in memory.
ConstantIdentity IdentityOf(const HostTensor& constant);

}  // namespace mace

#endif  // MACE_GRAPH_CONSTANT_IDENTITY_H_
