// NonZero: the places of the elements that are not zero, in row-major order. Input: any tensor x.
// Attribute dtype: int64 (default) or int32, the type of both results.
//
// Results: the places, [elements of x, rank of x], an index for each axis in each row; and how many
// there are, a scalar. Rows behind the last place are zeros. NaN is not zero. How many rows there
// are decides shapes, so the op runs on the CPU, where the host reads the result at once.
#include <utility>
#include <vector>

#include "mace/ops/op.h"

namespace mace {
namespace {

template <typename T>
std::vector<int64_t> FindPlaces(const HostTensor& x) {
  std::vector<int64_t> places;
  const T* const elements = x.data<T>();
  for (int64_t i = 0; i < x.shape().elements(); ++i) {
    if (elements[i] != T{0}) places.push_back(i);
  }
  return places;
}

std::vector<int64_t> FindPlaces(const HostTensor& x) {
  switch (DTypeSize(x.dtype())) {
    case 1:
      return FindPlaces<uint8_t>(x);
    case 2:
      return FindPlaces<uint16_t>(x);
    case 8:
      return FindPlaces<uint64_t>(x);
    default:
      return IsFloat(x.dtype()) ? FindPlaces<float>(x) : FindPlaces<uint32_t>(x);
  }
}

template <typename T>
void WriteRows(const std::vector<int64_t>& places, const Shape& shape,
               std::vector<HostTensor>* outputs) {
  T* row = (*outputs)[0].mutable_data<T>();
  const int rank = shape.rank();
  for (int64_t place : places) {
    for (int axis = rank - 1; axis >= 0; --axis) {
      row[axis] = static_cast<T>(place % shape[axis]);
      place /= shape[axis];
    }
    row += rank;
  }
  (*outputs)[1].mutable_data<T>()[0] = static_cast<T>(places.size());
}

class NonZeroOp : public Op {
 public:
  explicit NonZeroOp(DType dtype) : dtype_(dtype) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const Shape& shape = inputs[0].info.shape;
    MACE_ASSIGN_OR_RETURN(Shape rows, Shape::Make({shape.elements(), shape.rank()}));
    outputs->clear();
    outputs->push_back({dtype_, std::move(rows)});
    outputs->push_back({dtype_, Shape()});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const std::vector<int64_t> places = FindPlaces(inputs[0]);
    if (dtype_ == DType::kInt32) {
      WriteRows<int32_t>(places, inputs[0].shape(), outputs);
    } else {
      WriteRows<int64_t>(places, inputs[0].shape(), outputs);
    }
    return Status::Ok();
  }

 private:
  const DType dtype_;
};

StatusOr<std::unique_ptr<Op>> MakeNonZero(const Node& node) {
  const std::string dtype = node.attributes.GetString("dtype", "int64");
  if (dtype != "int64" && dtype != "int32") {
    return InvalidArgument("dtype: expected int64 or int32, found " + dtype);
  }
  return std::unique_ptr<Op>(new NonZeroOp(dtype == "int32" ? DType::kInt32 : DType::kInt64));
}

}  // namespace

extern const OpDefinition kNonZeroOp;
const OpDefinition kNonZeroOp = {"NonZero", 1, 1, &MakeNonZero};

}  // namespace mace
