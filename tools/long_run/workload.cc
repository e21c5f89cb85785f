#include "tools/long_run/workload.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <thread>
#include <utility>

namespace long_run {
namespace {

using mace::CompileOptions;
using mace::Status;

// The sets of options that take turns.
enum Variant { kFileCache, kImages, kSeparateBuffers, kMemoryCache, kCpu, kVariants };

constexpr size_t kLeakedBytes = size_t{1} << 20;

// OK also for the end that the caller has asked for.
Status Accept(const Status& status, mace::StatusCode asked_for, uint64_t* count) {
  if (status.code() != asked_for) return status;
  ++*count;
  return Status();
}

}  // namespace

Workload::Workload(std::vector<TestedModel> models, std::string cache_folder, PlantedLeak leak)
    : models_(std::move(models)),
      cache_folder_(std::move(cache_folder)),
      leak_(leak),
      caches_in_memory_(models_.size()) {}

size_t Workload::loads_of_a_round() const { return models_.size() * kVariants; }

CompileOptions Workload::NextOptions(const TestedModel& model) {
  const std::string file =
      cache_folder_ + "/" + std::filesystem::path(model.path).filename().string() + ".bin";
  const size_t index = counts_.loads % models_.size();
  CompileOptions options;
  switch (static_cast<Variant>(counts_.loads / models_.size() % kVariants)) {
    case kFileCache:
      options.cache.path = file;
      break;
    case kImages:
      options.storage = CompileOptions::Storage::kImage;
      break;
    case kSeparateBuffers:
      options.storage = CompileOptions::Storage::kBuffer;
      options.separate_launches = true;
      options.cache.path = file;
      break;
    case kMemoryCache:
      options.cache.in_memory = true;
      options.cache.memory.data = caches_in_memory_[index].data();
      options.cache.memory.size = caches_in_memory_[index].size();
      break;
    default:
      options.device = "cpu";
  }
  return options;
}

Status Workload::LoadRunUnload(uint64_t inferences, uint64_t* device_bytes) {
  const size_t index = counts_.loads % models_.size();
  const TestedModel& model = models_[index];
  const CompileOptions options = NextOptions(model);
  ++counts_.loads;
  const auto told = [&](const Status& status) { return status.WithPrefix(model.path); };
  auto compiled = mace::CompiledModel::Load(model.path, mace::LoadOptions(), options);
  MACE_RETURN_IF_ERROR(told(compiled.status()));
  MACE_ASSIGN_OR_RETURN(mace::Request first, compiled->NewRequest());
  MACE_ASSIGN_OR_RETURN(mace::Request second, compiled->NewRequest());
  for (uint64_t i = 0; i < inferences; ++i) {
    MACE_RETURN_IF_ERROR(told(RunOne(model, i, &first, &second)));
  }
  if (options.cache.in_memory) {
    MACE_ASSIGN_OR_RETURN(caches_in_memory_[index], compiled->SaveCacheToBytes());
  } else {
    MACE_RETURN_IF_ERROR(told(compiled->SaveCache()));
  }
  *device_bytes = compiled->statistics().device_bytes;
  for (const mace::CompiledModel& leaked : leaked_) {
    *device_bytes += leaked.statistics().device_bytes;
  }
  Leak(*compiled);
  return Status();
}

Status Workload::RunOne(const TestedModel& model, uint64_t number, mace::Request* first,
                        mace::Request* second) {
  // Both batches take part in all ways of running.
  const bool other_dims = number % 3 == 2 && model.questions.size() > 1;
  const Question& question = model.questions[other_dims ? 1 : 0];
  ++counts_.inferences;
  if (other_dims) ++counts_.other_dims;
  switch (number % 8) {
    case 4:
      return RunTogether(question, first, second);
    case 5:
      return RunAndCancel(question, second);
    case 6:
      return RunWithoutTime(question, first);
    default:
      MACE_RETURN_IF_ERROR(Ask(question, first));
      MACE_RETURN_IF_ERROR(first->Run());
      return CheckAnswers(question, *first);
  }
}

// One request on a thread of its own, while another one runs here.
Status Workload::RunTogether(const Question& question, mace::Request* first,
                             mace::Request* second) {
  Status told = mace::Internal("Start has not called back");
  MACE_RETURN_IF_ERROR(Ask(question, first));
  MACE_RETURN_IF_ERROR(Ask(question, second));
  MACE_RETURN_IF_ERROR(second->Start([&told](const Status& status) { told = status; }));
  ++counts_.inferences;
  ++counts_.asynchronous;
  const Status ran = first->Run();
  MACE_RETURN_IF_ERROR(second->Wait());
  MACE_RETURN_IF_ERROR(ran);
  MACE_RETURN_IF_ERROR(told);
  MACE_RETURN_IF_ERROR(CheckAnswers(question, *first));
  return CheckAnswers(question, *second);
}

Status Workload::RunAndCancel(const Question& question, mace::Request* request) {
  MACE_RETURN_IF_ERROR(Ask(question, request));
  MACE_RETURN_IF_ERROR(request->Start());
  ++counts_.asynchronous;
  request->Cancel();
  return Accept(request->Wait(), mace::StatusCode::kCancelled, &counts_.cancelled);
}

Status Workload::RunWithoutTime(const Question& question, mace::Request* request) {
  MACE_RETURN_IF_ERROR(Ask(question, request));
  return Accept(request->Run(std::chrono::milliseconds(0)), mace::StatusCode::kDeadlineExceeded,
                &counts_.late);
}

void Workload::Leak(const mace::CompiledModel& compiled) {
  switch (leak_) {
    case PlantedLeak::kNone:
      break;
    case PlantedLeak::kMemory: {
      // Straight from the system: a leak of the heap first takes what was freed there before, which
      // a compiler in this process leaves in plenty. Touched, so that it is in RAM.
      void* const block = mmap(nullptr, kLeakedBytes, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
      if (block == MAP_FAILED) std::fputs("long_run: no memory to leak\n", stderr);
      break;
    }
    case PlantedLeak::kFiles:
      static_cast<void>(open("/dev/null", O_RDONLY | O_CLOEXEC));
      break;
    case PlantedLeak::kThreads:
      std::thread([] { std::this_thread::sleep_for(std::chrono::hours(24)); }).detach();
      break;
    case PlantedLeak::kDeviceMemory:
      leaked_.push_back(compiled);
      break;
  }
}

}  // namespace long_run
