// The first plan of a model, made while the device is being opened.
//
// A driver takes longer to load than a plan takes to make. The cache file therefore has a record of
// the device that a `CompileOptions::device` opened. A later start makes its plan for that device on
// the thread that reads the model, which goes on to pack the weights if the device uses host memory.
// If another device is opened then, or this one says something else of itself, that plan is dropped
// and the usual one made.
//
// Thread contract: thread-safe.
#ifndef MACE_ENGINE_PLAN_AHEAD_H_
#define MACE_ENGINE_PLAN_AHEAD_H_

#include <memory>
#include <string>

#include "mace/api/compile_options.h"
#include "mace/cache/store.h"
#include "mace/engine/model_planner.h"
#include "mace/engine/passed_graph.h"
#include "mace/execute/host_packing.h"
#include "mace/graph/graph.h"
#include "mace/kernel/device_info.h"

namespace mace {

struct PlanAhead {
  DeviceInfo device;  // The device that the plan is for.
  PreparedGraph prepared;
  MadePlan made;
  // The weights of the plan, of which none is packed yet. Null if the device has memory of its own,
  // and if the memory limits refuse the plan.
  std::shared_ptr<HostPacking> packing;
};

// Makes the plan of the graph for the device that the cache file has a record of. Null if the file
// has no such record, or records of several devices, if the plan's own records are missing, and if
// planning fails: the caller gets the error from planning for the opened device. The memory of the
// weights is counted in the memory budget of this thread.
std::shared_ptr<PlanAhead> MakePlanAhead(const Graph& imported, const ShapesByInput& input_shapes,
                                         const CompileOptions& options, CacheStore* store);

// Whether the plan was made for this device, and without the variants that are excluded there by
// now.
bool IsFor(const PlanAhead& ahead, const DeviceInfo& device, CacheStore* store);

// Writes into the cache file's additions that `spec`, a CompileOptions::device, opened this device.
// A record that is there stays as it is, because some drivers report another clock at each start.
void KeepOpenedDevice(const std::string& spec, const DeviceInfo& device, CacheStore* store);

}  // namespace mace

#endif  // MACE_ENGINE_PLAN_AHEAD_H_
