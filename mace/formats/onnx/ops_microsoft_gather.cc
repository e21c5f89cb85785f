// GatherBlockQuantized of com.microsoft: rows of a table of quantized integers, as floats. The table
// stays packed where the pass pack_weights takes it (mace/passes/pack_weights.h).
#include <string>
#include <utility>
#include <vector>

#include "mace/formats/onnx/converter_tables.h"
#include "mace/formats/onnx/emit.h"
#include "mace/ops/elementwise/dequantize.h"

namespace mace {
namespace {

constexpr size_t kTable = 0, kIndices = 1, kScales = 2, kZeroPoints = 3;

// The numbers of 4 bits of a constant of bytes, the first of a byte in its low bits, along the last axis.
// `last`: as many as that axis is to have; what is left over of its last byte is dropped. kInvalidArgument
// where there are too few or too many.
StatusOr<ValueId> EmitUnpacked(OnnxNode* node, size_t index, int64_t last) {
  const HostTensor bytes = *node->Constant(index);
  const int64_t row = bytes.shape().rank() == 0 ? 0 : bytes.shape().back(0);
  if (last < 1 || row != (last + 1) / 2) {
    return InvalidArgument("input " + std::to_string(index) + ": expected " +
                           std::to_string((last + 1) / 2) + " bytes along the last axis, found " +
                           bytes.info().ToString());
  }
  std::vector<int64_t> dims = bytes.shape().dims();
  dims.back() = last;
  MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make(std::move(dims)));
  TensorInfo info = {DType::kUInt4, std::move(shape)};
  MACE_RETURN_IF_ERROR(node->builder()->budget().Convert("unpacked integers", info.bytes()));
  MACE_ASSIGN_OR_RETURN(HostTensor unpacked, HostTensor::Allocate(std::move(info)));
  uint8_t* const to = unpacked.mutable_data<uint8_t>();
  const uint8_t* const from = bytes.data<uint8_t>();
  for (int64_t i = 0; i < unpacked.shape().elements(); ++i) {
    const int64_t column = i % last;
    to[i] = from[i / last * row + column / 2] >> (column % 2 * 4) & 15;
  }
  return node->AddConstant("/unpacked", std::move(unpacked));
}

// The zero point of every block where none is given: that of bytes is the middle of their range.
StatusOr<ValueId> AddMiddle(OnnxNode* node, int64_t bits) {
  const Shape& scales = node->shape(kScales);
  const auto count = static_cast<size_t>(scales.elements());
  MACE_RETURN_IF_ERROR(node->builder()->Reserve("zero points", count * sizeof(int32_t)));
  return node->AddConstant(
      "/zero_points", HostTensor::FromVector<int32_t>(
                          DType::kInt32, scales, std::vector<int32_t>(count, 1 << (bits - 1))));
}

// Whether table, scales and zero points are constants; else the error.
Status CheckConstants(const OnnxNode& node) {
  for (size_t index : {kTable, kScales, kZeroPoints}) {
    if (!node.HasInput(index) || node.Constant(index) != nullptr) continue;
    return Unsupported("input " + std::to_string(index) +
                       ": expected a constant, found another tensor");
  }
  return Status::Ok();
}

Status ConvertGatherBlockQuantized(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3, 4));
  MACE_RETURN_IF_ERROR(CheckConstants(*node));
  const int64_t bits = node->Int("bits", 4), block_size = node->Int("block_size", 128);
  if (bits != 4 && bits != 8) {
    return Unsupported("bits: expected 4 or 8, found " + std::to_string(bits));
  }
  if (block_size < 16 || (block_size & (block_size - 1)) != 0) {
    return InvalidArgument("block_size: expected a power of two from 16 on, found " +
                           std::to_string(block_size));
  }
  const bool has_bytes = node->dtype(kTable) == DType::kUInt8, unpacks = has_bytes && bits == 4;
  ValueId table = node->input(kTable), zero_points = kNoValue;
  if (unpacks) {
    const Shape& shape = node->shape(kTable);
    MACE_ASSIGN_OR_RETURN(table,
                          EmitUnpacked(node, kTable, shape.rank() == 0 ? 0 : 2 * shape.back(0)));
  }
  if (node->HasInput(kZeroPoints)) {
    zero_points = node->input(kZeroPoints);
    const Shape& scales = node->shape(kScales);
    if (unpacks) {
      MACE_ASSIGN_OR_RETURN(
          zero_points, EmitUnpacked(node, kZeroPoints, scales.rank() == 0 ? 0 : scales.back(0)));
    }
  } else if (has_bytes) {
    MACE_ASSIGN_OR_RETURN(zero_points, AddMiddle(node, bits));
  }
  MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(node->Int("quantize_axis", 1),
                                                      node->builder()->ShapeOf(table).rank()));
  Node floats = MakeDequantize(table, node->input(kScales), zero_points, axis, block_size);
  MACE_ASSIGN_OR_RETURN(
      const ValueId rows,
      node->Emit("/table", floats.type, std::move(floats.inputs), std::move(floats.attributes)));
  MACE_ASSIGN_OR_RETURN(const ValueId y,
                        EmitGather(node, rows, node->input(kIndices), node->Int("gather_axis", 0)));
  node->SetResult(y);
  return Status::Ok();
}

}  // namespace

const OnnxConverterEntry kMicrosoftGatherConverters[] = {
    {"GatherBlockQuantized", ConvertGatherBlockQuantized},
    {nullptr, nullptr},
};

}  // namespace mace
