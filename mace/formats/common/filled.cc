#include "mace/formats/common/filled.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace mace {
namespace {

StatusOr<HostTensor> FilledTensor(const HostTensor& element, Shape shape) {
  MACE_ASSIGN_OR_RETURN(HostTensor filled,
                        HostTensor::Allocate({element.dtype(), std::move(shape)}));
  const size_t size = DTypeSize(element.dtype()), bytes = filled.info().bytes();
  const uint8_t* const one = element.bytes().data();
  // Memory comes zeroed.
  if (std::any_of(one, one + size, [](uint8_t byte) { return byte != 0; })) {
    uint8_t* const out = filled.mutable_data<uint8_t>();
    for (size_t at = 0; at < bytes; at += size) std::memcpy(out + at, one, size);
  }
  return filled;
}

}  // namespace

StatusOr<ValueId> AddFilled(const std::string& name, HostTensor element, Shape shape,
                            GraphBuilder* builder) {
  const size_t bytes = TensorInfo{element.dtype(), shape}.bytes();
  Graph& graph = builder->graph();
  if (builder->budget().HasRoomFor(bytes)) {
    MACE_RETURN_IF_ERROR(builder->Reserve("repeated values", bytes));
    MACE_ASSIGN_OR_RETURN(HostTensor filled, FilledTensor(element, std::move(shape)));
    return graph.AddConstant(name, std::move(filled));
  }
  // The tensor is one of our own: a value of the graph would move when another one is added.
  Node node;
  node.type = "Fill";
  const Shape rank{static_cast<int64_t>(shape.rank())};
  node.inputs = {
      graph.AddConstant(name + "/dims", HostTensor::FromVector(DType::kInt64, rank, shape.dims())),
      graph.AddConstant(name + "/value", element.Reshaped(Shape()))};
  // The node is not evaluated after all.
  const std::string unique = builder->UniqueName(name);
  builder->KeepAsNode(unique);
  return builder->AddHelper(unique, std::move(node));
}

}  // namespace mace
