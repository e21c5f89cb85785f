// The C API: errors, what its files share, version, log and devices.
#include "mace/engine/c_api.h"

#include <memory>

#include "mace/api/version.h"
#include "mace/base/log_sink.h"
#include "mace/engine/request_state.h"
#include "mace/graph/shape.h"

namespace mace::c_api {
namespace {

thread_local Status last_error;

static_assert(MACE_INVALID_ARGUMENT == static_cast<int>(StatusCode::kInvalidArgument));
static_assert(MACE_CORRUPTION == static_cast<int>(StatusCode::kCorruption));
static_assert(MACE_RESOURCE_EXHAUSTED == static_cast<int>(StatusCode::kResourceExhausted));
static_assert(MACE_DEADLINE_EXCEEDED == static_cast<int>(StatusCode::kDeadlineExceeded));
static_assert(MACE_DEVICE_LOST == static_cast<int>(StatusCode::kDeviceLost));
static_assert(MACE_LOG_DEBUG == static_cast<int>(LogLevel::kDebug));

// This status is made when the library is loaded, because there may be no memory for it later.
[[maybe_unused]] const Status& kMadeAhead = OtherException();

}  // namespace

mace_status_code Report(const Status& status) {
  if (!status.ok()) last_error = status;
  return static_cast<mace_status_code>(status.code());
}

const Status& OtherException() {
  static const Status* const status = new Status(Internal("an exception that is not mace's"));
  return *status;
}

Status CheckPresent(std::initializer_list<Parameter> parameters) {
  for (const auto& [name, pointer] : parameters) {
    if (pointer == nullptr) {
      return InvalidArgument(std::string(name) + ": expected a pointer, found NULL");
    }
  }
  return Status();
}

Status CheckStructSize(const char* name, size_t size, size_t least) {
  if (size >= least) return Status();
  return InvalidArgument(std::string(name) + ": expected the struct's size in struct_size, found " +
                         std::to_string(size));
}

Status CheckNewerMembers(const char* name, const void* data, size_t known, size_t size) {
  const auto* const bytes = static_cast<const uint8_t*>(data);
  for (size_t i = known; i < size; ++i) {
    if (bytes[i] != 0) {
      return Unsupported(std::string(name) + ": member at byte " + std::to_string(i) +
                         " is of a newer version than " + Version());
    }
  }
  return Status();
}

StatusOr<std::vector<int64_t>> ReadDims(const int64_t* dims, size_t rank) {
  if (rank == 0) return std::vector<int64_t>();
  MACE_RETURN_IF_ERROR(CheckPresent({{"dims", dims}}));
  // The rank is checked before any extent is read: the caller's array may be shorter than `rank`
  // says.
  if (rank > Shape::kMaxRank) {
    return InvalidArgument("dims: expected at most " + std::to_string(Shape::kMaxRank) +
                           " extents, found " + std::to_string(rank));
  }
  return std::vector<int64_t>(dims, dims + rank);
}

StatusOr<DimsByName> ReadNamedDims(const char* name, const mace_named_dims* dims, size_t count) {
  DimsByName read;
  if (count > 0) MACE_RETURN_IF_ERROR(CheckPresent({{name, dims}}));
  for (size_t i = 0; i < count; ++i) {
    MACE_RETURN_IF_ERROR(CheckPresent({{"name", dims[i].name}}).WithPrefix(name));
    StatusOr<std::vector<int64_t>> extents = ReadDims(dims[i].dims, dims[i].rank);
    if (!extents.ok()) return extents.status().WithPrefix(name);
    read[dims[i].name] = *std::move(extents);
  }
  return read;
}

StatusOr<std::vector<std::string>> ReadNames(const char* name, const char* const* names,
                                             size_t count) {
  std::vector<std::string> read;
  if (count > 0) MACE_RETURN_IF_ERROR(CheckPresent({{name, names}}));
  for (size_t i = 0; i < count; ++i) {
    MACE_RETURN_IF_ERROR(CheckPresent({{name, names[i]}}));
    read.emplace_back(names[i]);
  }
  return read;
}

Status WriteSpec(const std::vector<TensorSpec>& specs, const std::string& what, size_t index,
                 mace_tensor_spec* out) {
  MACE_RETURN_IF_ERROR(CheckIndex(specs, what, index));
  const TensorSpec& spec = specs[index];
  mace_tensor_spec full = {};
  full.name = spec.name.c_str();
  full.dims = spec.dims.data();
  full.rank = spec.dims.size();
  full.layout = spec.layout.c_str();
  full.dtype = static_cast<mace_dtype>(spec.dtype);
  return WriteStruct("spec", full, sizeof(full.struct_size), out);
}

const char* DimName(const std::vector<TensorSpec>& specs, size_t index, size_t axis) {
  const bool is_there = index < specs.size() && axis < specs[index].dim_names.size();
  return is_there ? specs[index].dim_names[axis].c_str() : "";
}

static mace_device DeviceOf(const Device& device) {
  mace_device full = {};
  full.name = device.name.c_str();
  full.vendor = device.vendor.c_str();
  full.platform = device.platform.c_str();
  full.version = device.version.c_str();
  full.driver = device.driver.c_str();
  full.type = device.type.c_str();
  full.compute_units = device.compute_units;
  full.clock_mhz = device.clock_mhz;
  full.memory_bytes = device.memory_bytes;
  full.max_allocation_bytes = device.max_allocation_bytes;
  full.images = device.images;
  full.half_images = device.half_images;
  full.half_arithmetic = device.half_arithmetic;
  full.uuid = device.uuid.c_str();
  full.pci_address = device.pci_address.c_str();
  full.platform_version = device.platform_version.c_str();
  full.local_memory_bytes = device.local_memory_bytes;
  full.max_work_group_size = device.max_work_group_size;
  full.max_image_width = device.max_image_width;
  full.max_image_height = device.max_image_height;
  full.host_unified_memory = device.host_unified_memory;
  full.is_default = device.is_default;
  return full;
}

}  // namespace mace::c_api

using namespace mace::c_api;  // NOLINT: the definitions below are C's, without a namespace.

const char* mace_last_error_message(void) { return last_error.message().c_str(); }

const char* mace_status_code_name(mace_status_code code) {
  static const char* const kNames[] = {
      "OK",        "INVALID_ARGUMENT",  "NOT_FOUND",          "CORRUPTION",          "UNSUPPORTED",
      "IO_ERROR",  "DEVICE_ERROR",      "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "INTERNAL",
      "CANCELLED", "DEADLINE_EXCEEDED", "DEVICE_LOST"};
  const auto index = static_cast<size_t>(code);
  return index < sizeof(kNames) / sizeof(*kNames) ? kNames[index] : "UNKNOWN";
}

const char* mace_version(void) { return mace::Version(); }

mace_status_code mace_set_log_level(mace_log_level level) {
  return Guard([&]() -> mace::Status {
    mace::LogLevel chosen;
    MACE_RETURN_IF_ERROR(ReadEnum("level", level, mace::LogLevel::kDebug, &chosen));
    mace::SetLogLevel(chosen);
    return mace::Status();
  });
}

mace_status_code mace_set_log_sink(mace_log_sink sink, void* user) {
  return Guard([&]() -> mace::Status {
    if (sink == nullptr) {
      mace::SetLogSink(nullptr);
    } else {
      mace::SetLogSink([sink, user](mace::LogLevel level, const std::string& line) {
        sink(user, static_cast<mace_log_level>(level), line.c_str());
      });
    }
    return mace::Status();
  });
}

mace_status_code mace_list_devices(mace_device_list** devices) {
  return mace_list_devices_in(MACE_ENVIRONMENT_NEVER, devices);
}

mace_status_code mace_list_devices_in(mace_environment environment, mace_device_list** devices) {
  using Environment = mace::CompileOptions::Environment;
  return Guard([&]() -> mace::Status {
    MACE_RETURN_IF_ERROR(CheckPresent({{"devices", devices}}));
    *devices = nullptr;
    Environment chosen;
    MACE_RETURN_IF_ERROR(ReadEnum("environment", environment, Environment::kNever, &chosen));
    MACE_ASSIGN_OR_RETURN(std::vector<mace::Device> found, mace::ListDevices(chosen));
    *devices = new mace_device_list{std::move(found)};
    return mace::Status();
  });
}

size_t mace_device_list_count(const mace_device_list* devices) {
  return devices == nullptr ? 0 : devices->devices.size();
}

mace_status_code mace_device_list_get(const mace_device_list* devices, size_t index,
                                      mace_device* device) {
  return Guard([&]() -> mace::Status {
    MACE_RETURN_IF_ERROR(CheckPresent({{"devices", devices}, {"device", device}}));
    if (index >= devices->devices.size()) {
      return mace::NotFound("index: expected one below " + std::to_string(devices->devices.size()) +
                            ", found " + std::to_string(index));
    }
    const mace_device full = DeviceOf(devices->devices[index]);
    return WriteStruct("device", full, sizeof(full.struct_size), device);
  });
}

void mace_device_list_free(mace_device_list* devices) { delete devices; }
