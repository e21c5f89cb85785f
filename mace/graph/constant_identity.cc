#include "mace/graph/constant_identity.h"

#include <cstring>
#include <type_traits>
#include <variant>

#include "mace/base/span.h"
#include "mace/graph/node.h"
#include "mace/graph/tensor.h"

namespace mace {
namespace {

template <typename T>
std::string_view BytesOf(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

void AddAttribute(const Attribute& attribute, IdentityHasher* hasher) {
  std::visit(
      [hasher](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, HostTensor>) {
          hasher->Add(value);
        } else if constexpr (std::is_arithmetic_v<T>) {
          hasher->Add(BytesOf(std::vector<T>{value}));
        } else {
          hasher->Add(BytesOf(value));
        }
      },
      attribute);
}

}  // namespace

void IdentityHasher::Add(const std::vector<int64_t>& numbers) { Add(BytesOf(numbers)); }
void IdentityHasher::Add(const std::vector<double>& numbers) { Add(BytesOf(numbers)); }

void IdentityHasher::Add(const HostTensor& constant) {
  const ConstantIdentity identity = IdentityOf(constant);
  is_known_ = is_known_ && identity.is_known();
  Add(std::vector<int64_t>{static_cast<int64_t>(identity.digest[0]),
                           static_cast<int64_t>(identity.digest[1]),
                           static_cast<int64_t>(constant.dtype())});
  Add(constant.shape().dims());
}

void IdentityHasher::AddOperation(const Node& node) {
  Add(node.type);
  for (const auto& [name, attribute] : node.attributes.values()) {
    Add(name);
    Add(std::vector<int64_t>{static_cast<int64_t>(attribute.index())});
    AddAttribute(attribute, this);
  }
  for (const Node& step : node.steps) {
    Add("step");
    Add(std::vector<int64_t>(step.inputs.begin(), step.inputs.end()));
    AddOperation(step);
  }
}

ConstantIdentity IdentityHasher::Finish() {
  ConstantIdentity identity;
  if (!is_known_) return identity;
  const Sha256Digest digest = hasher_.Finish();
  std::memcpy(identity.digest.data(), digest.data(), sizeof(identity.digest));
  return identity;
}

ConstantIdentity StoredIdentity(std::string_view format, std::string_view name) {
  IdentityHasher hasher("stored");
  hasher.Add(format);
  hasher.Add(name);
  return hasher.Finish();
}

ConstantIdentity IdentityOf(const HostTensor& constant) {
  if (constant.identity().is_known()) return constant.identity();
  const bool has_elements = constant.dtype() != DType::kInvalid && constant.has_data();
  if (!has_elements || constant.is_part_of_file()) return ConstantIdentity();
  const Bytes bytes = constant.bytes();
  IdentityHasher hasher("elements");
  hasher.Add(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  return hasher.Finish();
}

}  // namespace mace
