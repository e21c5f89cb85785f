#include "mace/formats/onnx/sparse.h"

#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace mace {
namespace {

// The indices [n] or [n, rank] as places in the dense tensor, not checked.
StatusOr<HostTensor> ReadIndices(const onnx::SparseTensorProto& proto, int64_t count,
                                 const Shape& dense, const OnnxTensorSource& source) {
  StatusOr<HostTensor> indices = ReadOnnxTensor(proto.indices(), source);
  if (!indices.ok()) return indices.status().WithPrefix("indices");
  const Shape& shape = indices->shape();
  const bool is_flat = shape.rank() == 1 && shape[0] == count;
  const bool is_by_axis = shape.rank() == 2 && shape[0] == count && shape[1] == dense.rank();
  if (indices->dtype() != DType::kInt64 || (!is_flat && !is_by_axis)) {
    return Corruption("indices: expected int64 [" + std::to_string(count) + "] or [" +
                      std::to_string(count) + ", " + std::to_string(dense.rank()) + "], found " +
                      indices->info().ToString());
  }
  return indices->ToAligned();
}

Status Outside(int64_t index, int64_t extent) {
  return Corruption("indices: expected 0 to " + std::to_string(extent - 1) + ", found " +
                    std::to_string(index));
}

// Places in the dense tensor that ascend.
StatusOr<std::vector<int64_t>> ToPlaces(const HostTensor& indices, const Shape& dense) {
  const int64_t count = indices.shape()[0];
  const bool is_flat = indices.shape().rank() == 1;
  const int columns = is_flat ? 1 : dense.rank();
  std::vector<int64_t> places;
  for (int64_t row = 0; row < count; ++row) {
    int64_t place = 0;
    for (int axis = 0; axis < columns; ++axis) {
      const int64_t index = indices.data<int64_t>()[row * columns + axis];
      const int64_t extent = is_flat ? dense.elements() : dense[axis];
      if (index < 0 || index >= extent) return Outside(index, extent);
      place = place * extent + index;
    }
    if (!places.empty() && place <= places.back()) {
      return Corruption("indices: expected that they ascend, found element " +
                        std::to_string(place) + " behind " + std::to_string(places.back()));
    }
    places.push_back(place);
  }
  return places;
}

}  // namespace

StatusOr<HostTensor> ReadOnnxSparse(const onnx::SparseTensorProto& proto,
                                    const OnnxTensorSource& source) {
  MACE_ASSIGN_OR_RETURN(
      Shape dense, Shape::Make(std::vector<int64_t>(proto.dims().begin(), proto.dims().end())));
  StatusOr<HostTensor> read = ReadOnnxTensor(proto.values(), source);
  if (!read.ok()) return read.status().WithPrefix("values");
  MACE_ASSIGN_OR_RETURN(const HostTensor values, read->ToAligned());
  if (values.shape().rank() != 1) {
    return Corruption("values: expected a list, found " + values.shape().ToString());
  }
  MACE_ASSIGN_OR_RETURN(const HostTensor indices,
                        ReadIndices(proto, values.shape()[0], dense, source));
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> places, ToPlaces(indices, dense));
  const TensorInfo info{values.dtype(), std::move(dense)};
  MACE_RETURN_IF_ERROR(source.builder->Reserve("a sparse tensor", info.bytes()));
  MACE_ASSIGN_OR_RETURN(HostTensor result, HostTensor::Allocate(info));
  const size_t size = DTypeSize(values.dtype());
  uint8_t* const to = result.mutable_data<uint8_t>();
  for (size_t i = 0; i < places.size(); ++i) {
    std::memcpy(to + static_cast<size_t>(places[i]) * size, values.bytes().data() + i * size, size);
  }
  return result;
}

}  // namespace mace
