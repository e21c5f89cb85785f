// Unique: the different rows of a matrix. Input: x [n, m] of any type. Attribute sorted: 1, the
// default, for rows in ascending order, compared from the left; 0 for the order in which they come
// first.
//
// Results, each with n entries, of which those behind the last different row are zeros: the rows
// [n, m]; where each is first; for each row of x, which one it is; how often each is there; and as
// a scalar how many there are. All but the rows are int64. NaN is behind all numbers and equals
// NaN, as NumPy has it. How many rows there are decides shapes, so the op runs on the CPU, where
// the host reads the result at once.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <utility>
#include <vector>

#include "mace/ops/op.h"

namespace mace {
namespace {

bool IsLess(float a, float b) { return std::isnan(b) ? !std::isnan(a) : a < b; }
template <typename T>
bool IsLess(T a, T b) {
  return a < b;
}

template <typename T>
bool IsLessRow(const T* a, const T* b, int64_t size) {
  for (int64_t i = 0; i < size; ++i) {
    if (IsLess(a[i], b[i])) return true;
    if (IsLess(b[i], a[i])) return false;
  }
  return false;
}

// Rows that are equal, in ascending order of their indices.
using Group = std::vector<int64_t>;

template <typename T>
std::vector<Group> FindGroups(const HostTensor& x) {
  const int64_t size = x.shape()[1];
  const T* const elements = x.data<T>();
  const auto is_less = [&](int64_t a, int64_t b) {
    return IsLessRow(elements + a * size, elements + b * size, size);
  };
  std::vector<int64_t> order(static_cast<size_t>(x.shape()[0]));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(), is_less);
  std::vector<Group> groups;
  for (const int64_t row : order) {
    if (groups.empty() || is_less(groups.back().back(), row)) groups.emplace_back();
    groups.back().push_back(row);
  }
  return groups;
}

std::vector<Group> FindGroups(const HostTensor& x) {
  switch (x.dtype()) {
    case DType::kInt64:
      return FindGroups<int64_t>(x);
    case DType::kInt32:
      return FindGroups<int32_t>(x);
    case DType::kUInt64:
      return FindGroups<uint64_t>(x);
    case DType::kUInt32:
      return FindGroups<uint32_t>(x);
    case DType::kInt16:
      return FindGroups<int16_t>(x);
    case DType::kUInt16:
      return FindGroups<uint16_t>(x);
    case DType::kInt8:
    case DType::kInt4:
    case DType::kInt2:
      return FindGroups<int8_t>(x);
    case DType::kUInt8:
    case DType::kUInt4:
    case DType::kUInt2:
    case DType::kBool:
      return FindGroups<uint8_t>(x);
    default:
      return FindGroups<float>(x);
  }
}

class UniqueOp : public Op {
 public:
  explicit UniqueOp(bool sorted) : sorted_(sorted) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    if (x.shape.rank() != 2) {
      return InvalidArgument("expected a matrix, found " + x.shape.ToString());
    }
    const TensorInfo numbers{DType::kInt64, Shape{x.shape[0]}};
    *outputs = {{IsFloat(x.dtype) ? DType::kFloat32 : x.dtype, x.shape},
                numbers,
                numbers,
                numbers,
                {DType::kInt64, Shape()}};
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const HostTensor& x = inputs[0];
    std::vector<Group> groups = FindGroups(x);
    if (!sorted_) {
      std::sort(groups.begin(), groups.end(),
                [](const Group& a, const Group& b) { return a.front() < b.front(); });
    }
    const size_t row_bytes = static_cast<size_t>(x.shape()[1]) * DTypeSize(x.dtype());
    const uint8_t* const from = x.bytes().data();
    uint8_t* const rows = (*outputs)[0].mutable_data<uint8_t>();
    int64_t* const first = (*outputs)[1].mutable_data<int64_t>();
    int64_t* const inverse = (*outputs)[2].mutable_data<int64_t>();
    int64_t* const counts = (*outputs)[3].mutable_data<int64_t>();
    for (size_t g = 0; g < groups.size(); ++g) {
      const Group& group = groups[g];
      if (row_bytes > 0) {
        std::memcpy(rows + g * row_bytes, from + static_cast<size_t>(group.front()) * row_bytes,
                    row_bytes);
      }
      first[g] = group.front();
      counts[g] = static_cast<int64_t>(group.size());
      for (const int64_t row : group) inverse[row] = static_cast<int64_t>(g);
    }
    (*outputs)[4].mutable_data<int64_t>()[0] = static_cast<int64_t>(groups.size());
    return Status::Ok();
  }

 private:
  const bool sorted_;
};

StatusOr<std::unique_ptr<Op>> MakeUnique(const Node& node) {
  return std::unique_ptr<Op>(new UniqueOp(node.attributes.GetInt("sorted", 1) != 0));
}

}  // namespace

extern const OpDefinition kUniqueOp;
const OpDefinition kUniqueOp = {"Unique", 1, 1, &MakeUnique};

}  // namespace mace
