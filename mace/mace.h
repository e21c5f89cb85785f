// mace: a mini inference engine for OpenCL GPUs that starts warm. The public API, all in namespace
// mace:
//
//   auto model    = mace::Model::Load("model.onnx");
//   auto compiled = mace::CompiledModel::Compile(*model, options);
//   auto request  = compiled->NewRequest();
//   request->Set("input", mace::Tensor::View(pixels, {1, 224, 224, 3}));
//   request->Run();
//   auto scores   = request->Get("scores");
//
// - Status, StatusOr: what a fallible call gives; no exception crosses this line
// - Model: an imported, validated graph with its weights; no device
// - CompiledModel: a Model on a device: programs, weights, plans for each set of input dims
// - Request: one inference at a time; several overlap on the device
// - Tensor, TensorSpec: dtype, dims and memory
// - ListDevices, SetLogSink, Version
//
// Threads: models and compiled models are thread-safe; a request belongs to one thread at a time,
// and refuses a second one. Processes: fork before the first model is compiled for a device.
//
// The environment: OpenCL's loader and PoCL take two settings from environment variables alone, at
// the process's first OpenCL call, which may be that of CompiledModel::Compile. It sets them where
// that is needed, and only then: OPENCL_LAYERS for the length of the call, where a plan with a cache
// file may call CLBlast; POCL_CACHE_DIR for the rest of the process, where PoCL's own folder cannot
// be used. Setting a variable is a danger to other threads that read the environment at that
// moment: compile the first model before such threads begin, or forbid it by
// CompileOptions::Environment::kNever.
//
// Latency is host inputs to host outputs of one Run. tools/example.cc shows the library at work.
// mace/mace_c.h is the same API in C.
#ifndef MACE_MACE_H_
#define MACE_MACE_H_

#include "mace/api/compile_options.h"  // IWYU pragma: export
#include "mace/api/compiled_model.h"   // IWYU pragma: export
#include "mace/api/data_type.h"        // IWYU pragma: export
#include "mace/api/devices.h"          // IWYU pragma: export
#include "mace/api/file_range.h"       // IWYU pragma: export
#include "mace/api/model.h"            // IWYU pragma: export
#include "mace/api/request.h"          // IWYU pragma: export
#include "mace/api/statistics.h"       // IWYU pragma: export
#include "mace/api/tensor.h"           // IWYU pragma: export
#include "mace/api/version.h"          // IWYU pragma: export
#include "mace/base/log_sink.h"        // IWYU pragma: export
#include "mace/base/status.h"          // IWYU pragma: export

#endif  // MACE_MACE_H_
