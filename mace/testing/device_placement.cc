#include "mace/testing/device_placement.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "mace/base/half.h"

namespace mace {
namespace {

// `format.quantization` of int8; what it does not hold is cut off.
uint8_t ToByte(float value, const Quantization& quantization) {
  const double q = std::nearbyint(double{value} / double{quantization.scale});
  return static_cast<uint8_t>(std::clamp<double>(q + quantization.zero_point, 0, 255));
}

void PutElement(std::vector<uint8_t>* memory, size_t index, float value,
                const TensorFormat& format) {
  if (format.precision == Precision::kInt8) {
    (*memory)[index] = ToByte(value, format.quantization);
  } else if (format.precision == Precision::kFloat16) {
    const uint16_t bits = FloatToHalf(value);
    std::memcpy(memory->data() + index * sizeof(bits), &bits, sizeof(bits));
  } else {
    std::memcpy(memory->data() + index * sizeof(value), &value, sizeof(value));
  }
}

float GetElement(const std::vector<uint8_t>& memory, size_t index, const TensorFormat& format) {
  if (format.precision == Precision::kInt8) {
    const Quantization& quantization = format.quantization;
    return static_cast<float>(memory[index] - quantization.zero_point) * quantization.scale;
  }
  if (format.precision == Precision::kFloat16) {
    uint16_t bits = 0;
    std::memcpy(&bits, memory.data() + index * sizeof(bits), sizeof(bits));
    return HalfToFloat(bits);
  }
  float value = 0;
  std::memcpy(&value, memory.data() + index * sizeof(value), sizeof(value));
  return value;
}

std::string Where(int64_t row, int64_t w, int64_t c) {
  return "(row " + std::to_string(row) + ", w " + std::to_string(w) + ", channel " +
         std::to_string(c) + ")";
}

}  // namespace

DevicePlacement DevicePlacement::Make(const Shape& shape, const TensorFormat& format, bool slice) {
  DevicePlacement placement;
  placement.format = format;
  placement.view = AsNhwc(shape);
  const Nhwc& view = placement.view;
  if (placement.block() > 0) {
    // A block before a slice, and one behind it.
    placement.pitch = view.rows() * view.w * placement.block();
    placement.offset = slice ? placement.pitch : 0;
    placement.elements =
        static_cast<size_t>(view.rows() * view.w * placement.lanes() + 2 * placement.offset);
    return placement;
  }
  const bool padded = format.layout == Layout::kChannels4;
  placement.pitch = padded ? view.blocks() * 4 : view.c;
  if (padded && slice) {
    placement.offset = 4;
    placement.pitch += 12;
  }
  if (format.storage == Storage::kImage) {
    placement.image_width = static_cast<size_t>(placement.pitch / 4 * view.w);
    placement.image_height = static_cast<size_t>(view.rows());
    placement.elements = placement.image_width * placement.image_height * 4;
  } else {
    placement.elements = static_cast<size_t>(view.rows() * view.w * placement.pitch);
  }
  return placement;
}

size_t DevicePlacement::Index(int64_t row, int64_t w, int64_t c) const {
  if (format.storage == Storage::kImage) {
    const int64_t x = (offset / 4 + c / 4) * view.w + w;
    return (static_cast<size_t>(row) * image_width + static_cast<size_t>(x)) * 4 +
           static_cast<size_t>(c % 4);
  }
  if (block() > 0) {
    return static_cast<size_t>(c / block() * pitch + offset + (row * view.w + w) * block() +
                               c % block());
  }
  return static_cast<size_t>((row * view.w + w) * pitch + offset + c);
}

int64_t DevicePlacement::block() const {
  return format.layout == Layout::kBlocks16 ? 16 : format.layout == Layout::kBlocks8 ? 8 : 0;
}

int64_t DevicePlacement::lanes() const {
  if (block() > 0) return (view.c + block() - 1) / block() * block();
  return format.layout == Layout::kChannels4 ? view.blocks() * 4 : view.c;
}

std::vector<uint8_t> DevicePlacement::Pack(const HostTensor& tensor) const {
  std::vector<uint8_t> memory(bytes(), 0xFF);
  const float* values = tensor.f32();
  for (int64_t row = 0; row < view.rows(); ++row) {
    for (int64_t w = 0; w < view.w; ++w) {
      for (int64_t c = 0; c < lanes(); ++c) {
        if (c < view.c) {
          const float value = values[(row * view.w + w) * view.c + c];
          PutElement(&memory, Index(row, w, c), value, format);
        } else {
          std::fill_n(memory.begin() + static_cast<ptrdiff_t>(Index(row, w, c) * element_bytes()),
                      element_bytes(), uint8_t{0});
        }
      }
    }
  }
  return memory;
}

StatusOr<HostTensor> DevicePlacement::Unpack(const std::vector<uint8_t>& memory,
                                             const Shape& shape) const {
  MACE_ASSIGN_OR_RETURN(HostTensor tensor, HostTensor::Allocate({DType::kFloat32, shape}));
  std::vector<bool> expected(elements, false);
  for (int64_t row = 0; row < view.rows(); ++row) {
    for (int64_t w = 0; w < view.w; ++w) {
      for (int64_t c = 0; c < lanes(); ++c) {
        const size_t index = Index(row, w, c);
        expected[index] = true;
        const float value = GetElement(memory, index, format);
        const bool is_int8 = format.precision == Precision::kInt8;
        if (c < view.c) {
          tensor.f32()[(row * view.w + w) * view.c + c] = value;
        } else if (is_int8 ? memory[index] != 0 : !(value == 0.0f)) {
          return Internal("padding lane " + Where(row, w, c) + " holds " + std::to_string(value) +
                          ", expected zero");
        }
      }
    }
  }
  for (size_t i = 0; i < elements; ++i) {
    if (expected[i]) continue;
    for (size_t k = 0; k < element_bytes(); ++k) {
      if (memory[i * element_bytes() + k] != 0xFF) {
        return Internal("element " + std::to_string(i) +
                        " of the memory beside the output's slice was written");
      }
    }
  }
  return tensor;
}

}  // namespace mace
