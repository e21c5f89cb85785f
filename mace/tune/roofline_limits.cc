#include "mace/tune/roofline_limits.h"

#include <algorithm>
#include <cstdio>
#include <limits>

#include "mace/base/log.h"
#include "mace/cl/compiler.h"
#include "mace/cl/kernel.h"
#include "mace/cl/memory.h"
#include "mace/cl/queue.h"

namespace mace {
namespace {

// The key must change whenever these kernels change, because records hold their results.
constexpr char kRecordKey[] = "device peaks 1";
constexpr double kWantedMs = 20;  // Of one launch: long compared with the launching itself.
constexpr int kRounds = 5;
constexpr int kSums = 16, kCopiesAnItem = 4;

// MULTIPLY_ADD is one step of one sum. All lanes of all sums are read at the end, or the compiler
// would drop them.
constexpr char kSource[] = R"(
typedef union {
  VECTOR vector;
  float lanes[sizeof(VECTOR) / sizeof(float)];
} Lanes;
#define ALL(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) \
    DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)
#define DECLARE(i) VECTOR sum##i = start.vector + (float)(item + i);
#define STEP(i) sum##i = sum##i * factor + factor;
#define ADD(i) total.vector += sum##i;
__kernel void peak_arithmetic(__global float* y, int steps, float factor) {
  const int item = get_global_id(0);
  Lanes start, total;
  for (int i = 0; i < (int)(sizeof(VECTOR) / sizeof(float)); ++i) start.lanes[i] = 0.01f * i;
  total.vector = (VECTOR)(0.0f);
  ALL(DECLARE)
  for (int step = 0; step < steps; ++step) { ALL(STEP) }
  ALL(ADD)
  float result = 0.0f;
  for (int i = 0; i < (int)(sizeof(VECTOR) / sizeof(float)); ++i) result += total.lanes[i];
  y[item] = result;
}
__kernel void peak_copy(__global const VECTOR* x, __global VECTOR* y) {
  const size_t group = get_group_id(0) * get_local_size(0) * COPIES + get_local_id(0);
  for (int i = 0; i < COPIES; ++i) {
    y[group + i * get_local_size(0)] = x[group + i * get_local_size(0)];
  }
}
)";

class PeakMeter {
 public:
  static StatusOr<PeakMeter> Create(ProgramCompiler* compiler) {
    MACE_ASSIGN_OR_RETURN(ClQueue queue, ClQueue::Create(compiler->device(), true));
    PeakMeter meter(std::move(queue));
    const std::string source = "#define VECTOR float" + std::to_string(meter.width_) +
                               "\n#define COPIES " + std::to_string(kCopiesAnItem) + "\n" + kSource;
    MACE_ASSIGN_OR_RETURN(
        meter.program_,
        compiler->BuildTrial(source, "the kernels that measure the roofline limits"));
    return meter;
  }

  StatusOr<double> Gflops() {
    const size_t items = info().compute_units * (cpu_ ? 4 : 16) * group_;
    MACE_ASSIGN_OR_RETURN(ClMemory y, Buffer(items * sizeof(float)));
    int32_t steps = 256;
    double milliseconds = 0;
    for (int round = 0; round < kRounds; ++round) {
      MACE_ASSIGN_OR_RETURN(ClKernel kernel, Kernel("peak_arithmetic"));
      MACE_RETURN_IF_ERROR(kernel.AddMemory(y));
      MACE_RETURN_IF_ERROR(kernel.AddInt(steps));
      MACE_RETURN_IF_ERROR(kernel.AddFloat(0.5f));
      MACE_ASSIGN_OR_RETURN(milliseconds, Fastest(kernel, items));
      if (milliseconds > kWantedMs / 2) break;
      const double factor = std::min(64.0, kWantedMs / std::max(milliseconds, 1e-3));
      if (round + 1 < kRounds) steps = static_cast<int32_t>(steps * std::max(factor, 1.0));
    }
    return 2.0 * kSums * width_ * steps * static_cast<double>(items) / milliseconds / 1e6;
  }

  StatusOr<double> GbytesPerSecond() {
    const uint64_t wanted =
        std::min<uint64_t>({uint64_t{cpu_ ? 64u : 256u} << 20, info().global_memory_bytes / 8,
                            info().max_allocation_bytes});
    const size_t vectors_a_group = group_ * kCopiesAnItem;
    const size_t group_bytes = vectors_a_group * static_cast<size_t>(width_) * sizeof(float);
    const size_t groups = std::max<size_t>(1, static_cast<size_t>(wanted) / group_bytes);
    MACE_ASSIGN_OR_RETURN(ClMemory x, Buffer(groups * group_bytes));
    MACE_ASSIGN_OR_RETURN(ClMemory y, Buffer(groups * group_bytes));
    MACE_ASSIGN_OR_RETURN(ClKernel kernel, Kernel("peak_copy"));
    MACE_RETURN_IF_ERROR(kernel.AddMemory(x));
    MACE_RETURN_IF_ERROR(kernel.AddMemory(y));
    MACE_ASSIGN_OR_RETURN(const double milliseconds, Fastest(kernel, groups * group_));
    return 2.0 * static_cast<double>(groups * group_bytes) / milliseconds / 1e6;
  }

 private:
  explicit PeakMeter(ClQueue queue)
      : queue_(std::move(queue)),
        cpu_(info().kind == DeviceKind::kCpu),
        width_(cpu_ ? 16 : 4),
        group_(cpu_ ? 1 : std::min<size_t>(256, info().max_work_group_size)) {}

  const DeviceInfo& info() const { return queue_.device()->info(); }

  StatusOr<ClMemory> Buffer(size_t bytes) {
    MACE_ASSIGN_OR_RETURN(ClMemory memory,
                          ClMemory::CreateBuffer(*queue_.device(), bytes, "peak measurement"));
    // Memory pages that were never written may not exist yet.
    MACE_RETURN_IF_ERROR(queue_.FillZero(memory, "peak measurement"));
    return memory;
  }

  StatusOr<ClKernel> Kernel(const std::string& name) {
    return ClKernel::Create(program_->program->get(), name);
  }

  // Milliseconds of the fastest of several launches. The first launch is not counted, because
  // drivers make code in it.
  StatusOr<double> Fastest(const ClKernel& kernel, size_t items) {
    double best = std::numeric_limits<double>::infinity();
    for (int round = 0; round <= kRounds; ++round) {
      ClEventHandle event;
      MACE_RETURN_IF_ERROR(queue_.Launch(kernel, {items, 1, 1}, {group_, 1, 1}, &event));
      MACE_RETURN_IF_ERROR(queue_.Finish());
      MACE_ASSIGN_OR_RETURN(const KernelTimes times, TimesOf(event));
      const double milliseconds = static_cast<double>(times.end - times.start) / 1e6;
      if (round > 0) best = std::min(best, std::max(milliseconds, 1e-6));
    }
    return best;
  }

  ClQueue queue_;
  bool cpu_;
  int width_;     // Lanes of a vector.
  size_t group_;  // Work-items of a work-group.
  std::shared_ptr<const BuiltProgram> program_;
};

}  // namespace

std::string RooflineLimitsText(const RooflineLimits& limits) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.6g %.6g", limits.gflops, limits.gbytes_per_second);
  return text;
}

std::optional<RooflineLimits> ParseRooflineLimits(const std::string& text) {
  RooflineLimits limits;
  if (std::sscanf(text.c_str(), "%lf %lf", &limits.gflops, &limits.gbytes_per_second) != 2) {
    return std::nullopt;
  }
  const bool both = limits.gflops > 0 && limits.gbytes_per_second > 0;
  const bool none = limits.gflops == 0 && limits.gbytes_per_second == 0;
  if (!both && !none) return std::nullopt;
  return limits;
}

std::optional<RooflineLimits> RecordedRooflineLimits(const ProgramCompiler& compiler) {
  const std::optional<std::string> record = compiler.FindTuning(kRecordKey);
  if (!record.has_value()) return std::nullopt;
  std::optional<RooflineLimits> limits = ParseRooflineLimits(*record);
  if (!limits.has_value() || limits->gflops == 0) return std::nullopt;
  limits->recorded = true;
  return limits;
}

StatusOr<RooflineLimits> FindRooflineLimits(ProgramCompiler* compiler) {
  const std::optional<RooflineLimits> recorded = RecordedRooflineLimits(*compiler);
  if (recorded.has_value()) return *recorded;
  RooflineLimits limits;
  MACE_ASSIGN_OR_RETURN(PeakMeter meter, PeakMeter::Create(compiler));
  MACE_ASSIGN_OR_RETURN(limits.gflops, meter.Gflops());
  MACE_ASSIGN_OR_RETURN(limits.gbytes_per_second, meter.GbytesPerSecond());
  const std::string text = RooflineLimitsText(limits);
  limits =
      ParseRooflineLimits(text).value_or(limits);  // The same digits as when read from the file.
  const Status kept = compiler->AddMeasurement(kRecordKey, text);
  if (!kept.ok()) Log(LogLevel::kInfo, "the roofline limits are not kept: " + kept.message());
  return limits;
}

}  // namespace mace
