// mace: a mini inference engine for OpenCL GPUs that starts warm. The public API, all in namespace
// mace:
//
// - Status, StatusOr: what a fallible call gives (mace/base/status.h)
// - HostTensor: a dense, row-major tensor in host memory (mace/graph/tensor.h)
// - Options: device, memory, precision, cache file (mace/runtime/options.h)
// - Engine: a model on a device: Create, inputs, outputs, Run, FinishCache (mace/runtime/engine.h)
// - Pipeline: runs of one engine that overlap, for throughput (mace/runtime/pipeline.h)
// - RunStats: where the time and memory went (mace/runtime/run_stats.h)
//
// Threads: an engine does one thing at a time, and refuses a second call meanwhile; engines do not
// disturb one another. Processes: fork before the first engine on a device is made. engine.h says
// what happens otherwise.
//
// The environment: OpenCL's loader and PoCL take two settings from environment variables alone, at
// the process's first OpenCL call, which may be that of Engine::Create. An engine sets them then
// where that is needed, and only then: OPENCL_LAYERS for the length of the call, where a plan with
// a cache file may call CLBlast; POCL_CACHE_DIR for the rest of the process, where PoCL's own
// folder cannot be used. Setting a variable is a danger to other threads that read the environment
// at that moment: make the first engine before such threads begin, or forbid it by
// Options::environment = EnvironmentUse::kNever.
//
// Latency is host inputs to host outputs of one Run. tools/example.cc shows the library at work.
#ifndef MACE_MACE_H_
#define MACE_MACE_H_

#include "mace/base/status.h"        // IWYU pragma: export
#include "mace/graph/tensor.h"       // IWYU pragma: export
#include "mace/runtime/engine.h"     // IWYU pragma: export
#include "mace/runtime/options.h"    // IWYU pragma: export
#include "mace/runtime/pipeline.h"   // IWYU pragma: export
#include "mace/runtime/run_stats.h"  // IWYU pragma: export

#endif  // MACE_MACE_H_
