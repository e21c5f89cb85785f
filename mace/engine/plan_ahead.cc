#include "mace/engine/plan_ahead.h"

#include <optional>
#include <utility>
#include <vector>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/log.h"
#include "mace/base/start_trace.h"
#include "mace/engine/memory_limits.h"
#include "mace/graph/constant_pins.h"
#include "mace/kernel/device_info_text.h"
#include "mace/plan/memory.h"
#include "mace/tune/excluded_records.h"

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

// Makes `packing`, if the device takes weights from host memory and the limits allow the plan.
Status PreparePacking(const CompileOptions& options, PlanAhead* ahead) {
  if (!ahead->device.is_host()) return Status();
  const Plan& plan = *ahead->made.plan;
  const auto check = [&](const MemoryNeed& need) {
    return CheckMemory(need, options.limits, &ahead->device, /*in_use=*/0);
  };
  MACE_RETURN_IF_ERROR(check(MemoryNeedOfIo(*ahead->prepared.whole)));
  MACE_RETURN_IF_ERROR(check(MemoryNeedOf(plan, &ahead->device)));
  const std::vector<size_t> indices = DistinctWeights(plan);
  if (indices.empty()) return Status();
  MACE_ASSIGN_OR_RETURN(ahead->packing, HostPacking::Create(plan, indices, ahead->device));
  return Status();
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
  const ConstantPins constants = ConstantPins::KeepAll(imported);
  {
    ScopedStartPart part("passes");
    MACE_ASSIGN_OR_RETURN(
        std::shared_ptr<Graph> passed,
        InferAndPass(imported, input_shapes, UsesIntegerKernels(for_device, &*device)));
    ahead->prepared = PrepareGraph(imported, std::move(passed), for_device, &*device);
  }
  PlanRequest request;
  request.name_weights = true;
  MACE_ASSIGN_OR_RETURN(ahead->made, MakeModelPlanWithoutDevice(ahead->prepared, for_device,
                                                                request, *device, store));
  if (ahead->made.plan == nullptr) return std::shared_ptr<PlanAhead>();
  // Elements that could not be read were planned with as zeros.
  MACE_RETURN_IF_ERROR(constants.CheckReads());
  const Status prepared = PreparePacking(for_device, ahead.get());
  if (!prepared.ok()) Log(LogLevel::kDebug, "weights are packed later: " + prepared.message());
  return ahead;
}

}  // namespace

std::shared_ptr<PlanAhead> MakePlanAhead(const Graph& imported, const ShapesByInput& input_shapes,
                                         const CompileOptions& options, CacheStore* store) {
  const StatusOr<std::shared_ptr<PlanAhead>> ahead =
      CatchExhaustion([&] { return TryPlanAhead(imported, input_shapes, options, store); });
  return ahead.ok() ? *ahead : nullptr;
}

bool IsFor(const PlanAhead& ahead, const DeviceInfo& device, CacheStore* store) {
  return static_cast<const DeviceIdentity&>(ahead.device) == device &&
         DeviceInfoText(ahead.device) == DeviceInfoText(device) &&
         ahead.made.plan->options.excluded == FindExcludedVariants(TuningRecords(&device, store));
}

void KeepOpenedDevice(const std::string& spec, const DeviceInfo& device, CacheStore* store) {
  const std::string key = RecordKey(spec);
  if (store->FindTuning(device, key).has_value()) return;
  const Status kept = store->AddTuning(device, key, DeviceInfoText(device));
  if (!kept.ok()) Log(LogLevel::kInfo, "the opened device is not kept: " + kept.message());
}

}  // namespace mace
