// What a launch costs the host, by where the tensors of the launches lie: 400 launches, each of which
// reads what the one before it wrote. "us a launch" is the time until all of them are enqueued.
//
//   separate          a buffer for each tensor
//   turns             four buffers, used in turn
//   parts             parts of one buffer that do not overlap
//   parts_in_turn     parts of one buffer, of which each 100 lie over the same bytes: what an arena is
//
// The launches do little work, so that the device does not hold the host up.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "mace/base/clock.h"
#include "mace/cl/kernel.h"
#include "mace/cl/memory.h"
#include "mace/cl/program.h"
#include "mace/testing/test_device.h"

namespace mace {
namespace {

constexpr size_t kLaunches = 400, kBytes = 4096, kItems = kBytes / sizeof(float);
constexpr char kSource[] =
    "__kernel void add_one(__global const float *x, __global float *y) {"
    "  y[get_global_id(0)] = x[get_global_id(0)] + 1.0f;"
    "}";

enum class Place { kSeparate, kTurns, kParts, kPartsInTurn };

// The tensors between the launches, in device memory.
StatusOr<std::vector<ClMemory>> MakeTensors(const ClDevice& device, Place place) {
  constexpr size_t kTurns = 4;
  std::vector<ClMemory> tensors;
  const bool parts = place == Place::kParts || place == Place::kPartsInTurn;
  ClMemory whole;
  if (parts) {
    MACE_ASSIGN_OR_RETURN(whole, ClMemory::CreateBuffer(device, kBytes * (kLaunches + 1), "whole"));
  }
  const size_t count = place == Place::kTurns ? kTurns : kLaunches + 1;
  for (size_t i = 0; i < count; ++i) {
    const size_t offset = kBytes * (place == Place::kPartsInTurn ? i % kTurns : i);
    StatusOr<ClMemory> tensor = parts ? ClMemory::CreateSubBuffer(whole, offset, kBytes, "tensor")
                                      : ClMemory::CreateBuffer(device, kBytes, "tensor");
    MACE_RETURN_IF_ERROR(tensor.status());
    tensors.push_back(*std::move(tensor));
  }
  return tensors;
}

StatusOr<std::vector<ClKernel>> MakeKernels(const ClProgram& program,
                                            const std::vector<ClMemory>& tensors) {
  std::vector<ClKernel> kernels;
  for (size_t i = 0; i < kLaunches; ++i) {
    MACE_ASSIGN_OR_RETURN(ClKernel kernel, ClKernel::Create(program.get(), "add_one"));
    MACE_RETURN_IF_ERROR(kernel.AddMemory(tensors[i % tensors.size()]));
    MACE_RETURN_IF_ERROR(kernel.AddMemory(tensors[(i + 1) % tensors.size()]));
    kernels.push_back(std::move(kernel));
  }
  return kernels;
}

// Milliseconds until all kernels are enqueued.
StatusOr<double> Enqueue(const std::vector<ClKernel>& kernels, ClQueue* queue) {
  const double begin = MonotonicMilliseconds();
  for (const ClKernel& kernel : kernels) {
    MACE_RETURN_IF_ERROR(queue->Launch(kernel, {kItems, 1, 1}, {64, 1, 1}));
  }
  const double enqueued = MonotonicMilliseconds();
  MACE_RETURN_IF_ERROR(queue->Finish());
  return enqueued - begin;
}

Status Measure(Place place, benchmark::State* state) {
  MACE_ASSIGN_OR_RETURN(TestDevice * device, TestDevice::Get());
  MACE_ASSIGN_OR_RETURN(const std::shared_ptr<ClProgram> program,
                        ClProgram::FromSource(device->queue().device(), kSource, ""));
  MACE_ASSIGN_OR_RETURN(std::vector<ClMemory> tensors, MakeTensors(device->device(), place));
  MACE_ASSIGN_OR_RETURN(const std::vector<ClKernel> kernels, MakeKernels(*program, tensors));
  double total = 0;
  for (auto _ : *state) {
    MACE_ASSIGN_OR_RETURN(const double ms, Enqueue(kernels, &device->queue()));
    state->SetIterationTime(1e-3 * ms);
    total += ms;
  }
  state->counters["us a launch"] =
      1e3 * total / kLaunches / static_cast<double>(state->iterations());
  // The driver of NVIDIA (580) wants parts that overlap to be released from the last one on.
  while (!tensors.empty()) tensors.pop_back();
  return Status();
}

void Launches(benchmark::State& state, Place place) {
  const Status status = Measure(place, &state);
  if (!status.ok()) state.SkipWithError(status.message().c_str());
}

BENCHMARK_CAPTURE(Launches, separate, Place::kSeparate)->UseManualTime();
BENCHMARK_CAPTURE(Launches, turns, Place::kTurns)->UseManualTime();
BENCHMARK_CAPTURE(Launches, parts, Place::kParts)->UseManualTime();
BENCHMARK_CAPTURE(Launches, parts_in_turn, Place::kPartsInTurn)->UseManualTime();

}  // namespace
}  // namespace mace

BENCHMARK_MAIN();
