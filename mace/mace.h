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
// The first OpenCL call of the process may come from Engine::Create. Latency is host inputs to host
// outputs of one Run. tools/example.cc shows it at work.
#ifndef MACE_MACE_H_
#define MACE_MACE_H_

#include "mace/base/status.h"        // IWYU pragma: export
#include "mace/graph/tensor.h"       // IWYU pragma: export
#include "mace/runtime/engine.h"     // IWYU pragma: export
#include "mace/runtime/options.h"    // IWYU pragma: export
#include "mace/runtime/pipeline.h"   // IWYU pragma: export
#include "mace/runtime/run_stats.h"  // IWYU pragma: export

#endif  // MACE_MACE_H_
