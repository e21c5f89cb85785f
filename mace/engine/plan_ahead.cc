#include "mace/engine/plan_ahead.h"

#include <optional>
#include <utility>
#include <vector>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/log.h"
#include "mace/kernel/device_info_text.h"

namespace mace {
namespace {

std::string RecordKey(const std::string& spec) { return "opened as " + spec; }

std::optional<DeviceInfo> RecordedDevice(const std::string& spec, const CacheStore& store) {
  const std::vector<CacheStore::DeviceTuning> records =
      store.FindTuningOfAllDevices(RecordKey(spec));
  if (records.size() != 1) return std::nullopt;
  std::optional<DeviceInfo> device = ParseDeviceInfo(records[0].value);
  if (device.has_value()) static_cast<DeviceIdentity&>(*device) = records[0].device;
  return device;
}

StatusOr<std::shared_ptr<PlanAhead>> TryPlanAhead(const Graph& imported,
                                                  const ShapesByInput& input_shapes,
                                                  const CompileOptions& options,
                                                  CacheStore* store) {
  const std::optional<DeviceInfo> device = RecordedDevice(options.device, *store);
  if (!device.has_value()) return std::shared_ptr<PlanAhead>();
  const CompileOptions for_device = OptionsForDevice(options, *device);
  auto ahead = std::make_shared<PlanAhead>();
  ahead->device = *device;
  ahead->constants = ConstantPins::KeepAll(imported);
  MACE_ASSIGN_OR_RETURN(
      std::shared_ptr<Graph> passed,
      InferAndPass(imported, input_shapes, UsesIntegerKernels(for_device, &*device)));
  ahead->prepared = PrepareGraph(imported, std::move(passed), for_device, &*device);
  PlanRequest request;
  request.name_weights = true;
  MACE_ASSIGN_OR_RETURN(ahead->made, MakeModelPlanWithoutDevice(ahead->prepared, for_device,
                                                                request, *device, store));
  return ahead->made.plan == nullptr ? nullptr : ahead;
}

}  // namespace

std::shared_ptr<PlanAhead> MakePlanAhead(const Graph& imported, const ShapesByInput& input_shapes,
                                         const CompileOptions& options, CacheStore* store) {
  const StatusOr<std::shared_ptr<PlanAhead>> ahead =
      CatchExhaustion([&] { return TryPlanAhead(imported, input_shapes, options, store); });
  return ahead.ok() ? *ahead : nullptr;
}

bool IsFor(const PlanAhead& ahead, const DeviceInfo& device) {
  return static_cast<const DeviceIdentity&>(ahead.device) == device &&
         DeviceInfoText(ahead.device) == DeviceInfoText(device);
}

void KeepOpenedDevice(const std::string& spec, const DeviceInfo& device, CacheStore* store) {
  const std::string key = RecordKey(spec);
  if (store->FindTuning(device, key).has_value()) return;
  const Status kept = store->AddTuning(device, key, DeviceInfoText(device));
  if (!kept.ok()) Log(LogLevel::kInfo, "the opened device is not kept: " + kept.message());
}

}  // namespace mace
