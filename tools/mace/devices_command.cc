#include <CLI/CLI.hpp>
#include <cinttypes>

#include "mace/mace.h"
#include "tools/mace/commands.h"
#include "tools/mace/device_json.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/json_output.h"
#include "tools/mace/streams.h"

namespace mace {

Json DeviceJson(const Device& device, size_t index) {
  return {{"index", index},
          {"chosen", device.is_default},
          {"name", device.name},
          {"kind", device.type},
          {"vendor", device.vendor},
          {"device_version", device.version},
          {"driver_version", device.driver},
          {"uuid", device.uuid},
          {"pci_address", device.pci_address},
          {"platform", device.platform},
          {"platform_version", device.platform_version},
          {"compute_units", device.compute_units},
          {"clock_mhz", device.clock_mhz},
          {"global_memory_bytes", device.memory_bytes},
          {"max_allocation_bytes", device.max_allocation_bytes},
          {"local_memory_bytes", device.local_memory_bytes},
          {"max_work_group_size", device.max_work_group_size},
          {"images", device.images},
          {"image2d_max_width", device.max_image_width},
          {"image2d_max_height", device.max_image_height},
          {"half_images", device.half_images},
          {"fp16_arithmetic", device.half_arithmetic},
          {"host_unified_memory", device.host_unified_memory}};
}

namespace {

void PrintDevice(FILE* table, const Device& device, size_t index) {
  Print(table, "%c gpu:%zu  %s\n", device.is_default ? '*' : ' ', index, device.name.c_str());
  Print(table, "          %s, driver %s, %s\n", device.platform.c_str(), device.driver.c_str(),
        device.version.c_str());
  if (!device.uuid.empty()) Print(table, "          uuid:%s\n", device.uuid.c_str());
  if (!device.pci_address.empty()) {
    Print(table, "          pci:%s\n", device.pci_address.c_str());
  }
  Print(table,
        "          %s, %u compute units, %.1f GiB, images up to %" PRIu64 "x%" PRIu64
        ", fp16 arithmetic %s\n",
        device.type.c_str(), device.compute_units,
        static_cast<double>(device.memory_bytes) / (1 << 30), device.max_image_width,
        device.max_image_height, device.half_arithmetic ? "yes" : "no");
}

int RunDevices(const std::string& json) {
  const StatusOr<std::vector<Device>> devices =
      ListDevices(CompileOptions::Environment::kWhenNeeded);
  if (!devices.ok()) return Report(devices.status());
  if (devices->empty()) {
    return Report(
        DeviceError("no OpenCL device: no driver is installed (needed are a GPU's driver, or PoCL "
                    "for the CPU, and the OpenCL loader; Debian: pocl-opencl-icd, "
                    "ocl-icd-libopencl1); mace doctor says more, --device cpu still works"));
  }
  FILE* table = TableStream(json);
  Json list = Json::array();
  for (size_t i = 0; i < devices->size(); ++i) {
    list.push_back(DeviceJson((*devices)[i], i));
    PrintDevice(table, (*devices)[i], i);
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
