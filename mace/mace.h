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
//   Status, StatusOr              the result of a call that can fail; no call throws an exception
//   Model                         an imported, validated graph with its weights; no device
//   CompiledModel                 a Model on a device: programs, weights, and a plan for each set
//                                 of input dims
//   Request                       one inference at a time; several run at once on the device
//   Tensor, TensorSpec            dtype, dims and memory
//   ListDevices, SetLogSink, Version
//
// Threads: models and compiled models are thread-safe. A request belongs to one thread at a time
// and refuses a second one.
//
// Processes: fork before the first model is compiled for a device.
//
// The environment: OpenCL's loader and PoCL read two settings from environment variables, at the
// process's first OpenCL call. If CompiledModel::Compile makes that call, it sets a variable if
// necessary:
//   OPENCL_LAYERS   during the call, if a plan with a cache file may call CLBlast
//   POCL_CACHE_DIR  for the rest of the process, if PoCL's own folder cannot be used
// Setting a variable is unsafe while other threads read the environment. Compile the first model
// before such threads begin, or forbid it by CompileOptions::Environment::kNever.
//
// Latency means the time from host inputs to host outputs of one Run. tools/example.cc is a
// complete program. mace/mace_c.h is the same API in C.
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
