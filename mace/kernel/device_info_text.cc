#include "mace/kernel/device_info_text.h"

#include <charconv>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace mace {
namespace {

constexpr DeviceKind kLastOf(DeviceKind) { return DeviceKind::kAccelerator; }
constexpr DeviceVendor kLastOf(DeviceVendor) { return DeviceVendor::kPocl; }
constexpr ByteProducts kLastOf(ByteProducts) { return ByteProducts::kNvidia; }

// The largest value that a member may have.
template <typename T>
constexpr uint64_t LargestOf(T value) {
  if constexpr (std::is_enum_v<T>) {
    return static_cast<uint64_t>(kLastOf(value));
  } else {
    return std::numeric_limits<T>::max();
  }
}

// Calls `visit` with the name of each member that the text has and with the member itself.
template <typename Device, typename Visit>
void VisitMembers(Device* device, const Visit& visit) {
  visit("kind", &device->kind);
  visit("vendor", &device->vendor);
  visit("compute_units", &device->compute_units);
  visit("clock_mhz", &device->clock_mhz);
  visit("global_memory_bytes", &device->global_memory_bytes);
  visit("max_allocation_bytes", &device->max_allocation_bytes);
  visit("local_memory_bytes", &device->local_memory_bytes);
  visit("max_work_group_size", &device->max_work_group_size);
  visit("max_work_item_size_0", &device->max_work_item_sizes[0]);
  visit("max_work_item_size_1", &device->max_work_item_sizes[1]);
  visit("max_work_item_size_2", &device->max_work_item_sizes[2]);
  visit("preferred_float_width", &device->preferred_float_width);
  visit("memory_base_address_align_bytes", &device->memory_base_address_align_bytes);
  visit("images", &device->images);
  visit("image2d_max_width", &device->image2d_max_width);
  visit("image2d_max_height", &device->image2d_max_height);
  visit("image_pitch_alignment", &device->image_pitch_alignment);
  visit("image_base_alignment", &device->image_base_alignment);
  visit("fp16_arithmetic", &device->fp16_arithmetic);
  visit("half_images", &device->half_images);
  visit("host_unified_memory", &device->host_unified_memory);
  visit("byte_products", &device->byte_products);
  visit("local_memory_is_emulated", &device->local_memory_is_emulated);
  visit("cache_bytes", &device->cache_bytes);
  visit("compute_capability", &device->compute_capability);
}

// Takes lines from the front of a text.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : rest_(text) {}

  // The value of the next line, which must have this name.
  std::optional<uint64_t> Take(std::string_view name) {
    if (rest_.substr(0, name.size()) != name) return std::nullopt;
    rest_.remove_prefix(name.size());
    if (rest_.empty() || rest_[0] != ' ') return std::nullopt;
    rest_.remove_prefix(1);
    uint64_t value = 0;
    const char* const end = rest_.data() + rest_.size();
    const std::from_chars_result result = std::from_chars(rest_.data(), end, value);
    if (result.ec != std::errc() || result.ptr == end || *result.ptr != '\n') return std::nullopt;
    rest_.remove_prefix(static_cast<size_t>(result.ptr - rest_.data()) + 1);
    return value;
  }

  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace

std::string DeviceInfoText(const DeviceInfo& device) {
  std::string text;
  VisitMembers(&device, [&text](const char* name, const auto* member) {
    text += name;
    text += ' ';
    text += std::to_string(static_cast<uint64_t>(*member));
    text += '\n';
  });
  return text;
}

std::optional<DeviceInfo> ParseDeviceInfo(std::string_view text) {
  DeviceInfo device;
  LineReader reader(text);
  bool fits = true;
  VisitMembers(&device, [&](const char* name, auto* member) {
    const std::optional<uint64_t> value = reader.Take(name);
    fits = fits && value.has_value() && *value <= LargestOf(*member);
    if (fits) *member = static_cast<std::remove_pointer_t<decltype(member)>>(*value);
  });
  if (!fits || !reader.at_end()) return std::nullopt;
  return device;
}

}  // namespace mace
