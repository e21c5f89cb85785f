#include "mace/cl/device.h"
#include "tools/mace/commands.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/json_output.h"
#include "tools/mace/streams.h"

namespace mace {
namespace {

const char* KindName(DeviceKind kind) {
  switch (kind) {
    case DeviceKind::kGpu:
      return "gpu";
    case DeviceKind::kCpu:
      return "cpu";
    case DeviceKind::kAccelerator:
      return "accelerator";
  }
  return "gpu";
}

Json Describe(const ClDeviceEntry& entry, size_t index, bool chosen) {
  const DeviceInfo& info = entry.info;
  return {{"index", index},
          {"chosen", chosen},
          {"name", info.name},
          {"kind", KindName(info.kind)},
          {"vendor", info.vendor_name},
          {"device_version", info.device_version},
          {"driver_version", info.driver_version},
          {"uuid", entry.uuid},
          {"pci_address", entry.pci_address},
          {"platform", info.platform_name},
          {"platform_version", info.platform_version},
          {"compute_units", info.compute_units},
          {"clock_mhz", info.clock_mhz},
          {"global_memory_bytes", info.global_memory_bytes},
          {"max_allocation_bytes", info.max_allocation_bytes},
          {"local_memory_bytes", info.local_memory_bytes},
          {"max_work_group_size", info.max_work_group_size},
          {"images", info.images},
          {"image2d_max_width", info.image2d_max_width},
          {"image2d_max_height", info.image2d_max_height},
          {"fp16_arithmetic", info.fp16_arithmetic},
          {"host_unified_memory", info.host_unified_memory}};
}

int RunDevices(const std::string& json) {
  const StatusOr<std::vector<ClDeviceEntry>> devices = ListClDevices();
  if (!devices.ok()) return Report(devices.status());
  if (devices->empty())
    return Report(
        DeviceError("no OpenCL device: no driver is installed; --device cpu still works"));
  const StatusOr<size_t> best = ChooseDevice(*devices, "gpu");
  FILE* table = TableStream(json);
  Json list = Json::array();
  for (size_t i = 0; i < devices->size(); ++i) {
    const ClDeviceEntry& entry = (*devices)[i];
    const DeviceInfo& info = entry.info;
    const bool chosen = best.ok() && *best == i;
    list.push_back(Describe(entry, i, chosen));
    Print(table, "%c gpu:%zu  %s\n", chosen ? '*' : ' ', i, info.name.c_str());
    Print(table, "          %s, driver %s, %s\n", info.platform_name.c_str(),
          info.driver_version.c_str(), info.device_version.c_str());
    if (!entry.uuid.empty()) Print(table, "          uuid:%s\n", entry.uuid.c_str());
    if (!entry.pci_address.empty()) Print(table, "          pci:%s\n", entry.pci_address.c_str());
    Print(table,
          "          %s, %u compute units, %.1f GiB, images up to %zux%zu, fp16 arithmetic %s\n",
          KindName(info.kind), info.compute_units,
          static_cast<double>(info.global_memory_bytes) / (1 << 30), info.image2d_max_width,
          info.image2d_max_height, info.fp16_arithmetic ? "yes" : "no");
  }
  return Report(WriteJson(json, {{"devices", list}}));
}

}  // namespace

Command AddDevicesCommand(CLI::App* app) {
  CLI::App* command =
      app->add_subcommand("devices", "list the OpenCL devices; * is what --device gpu takes");
  auto json = std::make_shared<std::string>();
  command->add_option("--json", *json, "write the list as JSON to a file, or to stdout with -");
  return {command, [json] { return RunDevices(*json); }};
}

}  // namespace mace
