#include "mace/cl/library_call.h"

#include <clblast_c.h>
#include <dlfcn.h>

#include <algorithm>
#include <mutex>

#include "mace/base/log.h"
#include "mace/cl/compiler.h"
#include "mace/cl/error.h"

namespace mace {
namespace {

constexpr cl_half kHalfOne = 0x3C00;
constexpr cl_half kHalfZero = 0;

// The routines for one element type.
template <typename Gemm, typename Strided, typename Batched>
struct Routines {
  Gemm* gemm = nullptr;
  Strided* strided = nullptr;
  Batched* batched = nullptr;
};

// The library, loaded at its first call: what never calls it starts 1.5 ms sooner.
struct Clblast {
  std::string error;  // Why it is not there; empty where it is.
  Routines<decltype(CLBlastSgemm), decltype(CLBlastSgemmStridedBatched),
           decltype(CLBlastSgemmBatched)>
      single;
  Routines<decltype(CLBlastHgemm), decltype(CLBlastHgemmStridedBatched),
           decltype(CLBlastHgemmBatched)>
      half;
};

template <typename Routine>
void Find(void* library, const char* name, Routine** routine, std::string* error) {
  *routine = reinterpret_cast<Routine*>(dlsym(library, name));
  if (*routine == nullptr) *error = std::string("libclblast.so.1 has no ") + name;
}

Clblast LoadClblast() {
  Clblast clblast;
  void* library = dlopen("libclblast.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* why = dlerror();
    clblast.error = why == nullptr ? "libclblast.so.1 cannot be loaded" : why;
    return clblast;
  }
  Find(library, "CLBlastSgemm", &clblast.single.gemm, &clblast.error);
  Find(library, "CLBlastSgemmStridedBatched", &clblast.single.strided, &clblast.error);
  Find(library, "CLBlastSgemmBatched", &clblast.single.batched, &clblast.error);
  Find(library, "CLBlastHgemm", &clblast.half.gemm, &clblast.error);
  Find(library, "CLBlastHgemmStridedBatched", &clblast.half.strided, &clblast.error);
  Find(library, "CLBlastHgemmBatched", &clblast.half.batched, &clblast.error);
  return clblast;
}

// Never unloaded: it keeps the kernels it compiled.
const Clblast& GetClblast() {
  static const auto* const clblast = new Clblast(LoadClblast());
  return *clblast;
}

Status CheckCode(CLBlastStatusCode code, const char* routine, const std::string& name) {
  if (code == CLBlastSuccess) return Status();
  const int number = static_cast<int>(code);
  // Numbers above -1000 are OpenCL's own errors.
  if (number > -1000) return MakeClError(routine, number, name);
  return DeviceError(std::string(routine) + ": code " + std::to_string(number) + ": " + name);
}

CLBlastTranspose Transposed(bool is) { return is ? CLBlastTransposeYes : CLBlastTransposeNo; }

// The distance of neighbours where all offsets are equally far apart; 0 otherwise, or where all
// are the same.
size_t StrideOf(const std::vector<size_t>& offsets) {
  for (size_t i = 1; i < offsets.size(); ++i) {
    if (offsets[i] != offsets[0] + i * (offsets[1] - offsets[0])) return 0;
  }
  return offsets.size() > 1 ? offsets[1] - offsets[0] : 0;
}

std::vector<size_t> ToSizes(const std::vector<int64_t>& values) {
  return std::vector<size_t>(values.begin(), values.end());
}

ClMemHandle Share(const ClMemory& memory) {
  clRetainMemObject(memory.get());
  return ClMemHandle(memory.get());
}

}  // namespace

std::string WhyNoLibraryCalls(const CacheStore* store) {
  if (store == nullptr) return "";
  if (!store->is_path()) return "CLBlast is left out with a cache that is no file by its path";
  if (WhyNoCacheLayer().empty()) return "";
  static std::once_flag once;
  std::call_once(once, [] {
    Log(LogLevel::kWarning,
        "CLBlast is left out, its kernels would be compiled at every start: " + WhyNoCacheLayer());
  });
  return "CLBlast is left out with a cache file: " + WhyNoCacheLayer();
}

StatusOr<ClLibraryCall> ClLibraryCall::Create(const Launch& launch,
                                              const std::vector<const ClMemory*>& operands,
                                              const std::string& name, const LibraryCache& cache,
                                              ClQueue* queue) {
  if (CacheIsRequired() && cache.store == nullptr) {
    return NotFound("MACE_REQUIRE_CACHE=1 forbids CLBlast, which compiles its own kernels: " +
                    name + ": no cache file is set");
  }
  const std::string why_not = WhyNoLibraryCalls(cache.store);
  if (!why_not.empty()) return Unsupported(name + ": " + why_not);
  if (!GetClblast().error.empty()) return Unsupported(name + ": " + GetClblast().error);
  ClLibraryCall call;
  call.call_ = *launch.call;
  call.precision_ = launch.kernel.precision;
  call.name_ = name;
  if (call.precision_ == Precision::kFloat16 && !queue->device()->info().fp16_arithmetic) {
    return Unsupported(name + ": expected a device with half arithmetic, found '" +
                       queue->device()->info().name + "'");
  }
  MACE_RETURN_IF_ERROR(call.CheckOperands(operands));
  call.a_ = Share(*operands[0]);
  call.b_ = Share(*operands[1]);
  call.y_ = Share(*operands[2]);
  call.a_offsets_ = ToSizes(call.call_.a_offsets);
  call.b_offsets_ = ToSizes(call.call_.b_offsets);
  const size_t elements = static_cast<size_t>(call.call_.rows * call.call_.columns);
  for (size_t i = 0; i < call.a_offsets_.size(); ++i) call.y_offsets_.push_back(i * elements);
  MACE_RETURN_IF_ERROR(call.EnqueueFirst(cache, queue));
  MACE_RETURN_IF_ERROR(queue->Finish());
  return call;
}

Status ClLibraryCall::EnqueueFirst(const LibraryCache& cache, ClQueue* queue) {
  CacheLayerScope scope(cache.store, cache.keep);
  const Status status = Enqueue(queue);
  programs_ = scope.Leave();
  if (programs_.refused == 0) return status;
  return NotFound("MACE_REQUIRE_CACHE=1 forbids CLBlast, which compiles its own kernels: " + name_ +
                  ": not in the cache " + cache.store->path());
}

Status ClLibraryCall::CheckOperands(const std::vector<const ClMemory*>& operands) const {
  if (operands.size() != 3) {
    return Internal(name_ + ": expected operands a, b, y, found " +
                    std::to_string(operands.size()));
  }
  if (call_.a_offsets.empty() || call_.a_offsets.size() != call_.b_offsets.size() ||
      call_.rows < 1 || call_.columns < 1 || call_.depth < 1) {
    return Internal(name_ + ": an empty product, or offsets that do not match");
  }
  const auto last = [](const std::vector<int64_t>& offsets) {
    return *std::max_element(offsets.begin(), offsets.end());
  };
  const int64_t products = static_cast<int64_t>(call_.a_offsets.size());
  const int64_t needed[] = {last(call_.a_offsets) + call_.rows * call_.depth,
                            last(call_.b_offsets) + call_.depth * call_.columns,
                            products * call_.rows * call_.columns};
  for (size_t i = 0; i < operands.size(); ++i) {
    const size_t bytes = static_cast<size_t>(needed[i]) * ElementBytes(precision_);
    if (operands[i]->is_image() || operands[i]->bytes() < bytes) {
      return Internal(
          name_ + ": operand " + std::to_string(i) + ": expected a buffer of " +
          std::to_string(bytes) + " bytes, found " +
          (operands[i]->is_image() ? "an image" : std::to_string(operands[i]->bytes())));
    }
  }
  return Status();
}

Status ClLibraryCall::Enqueue(ClQueue* queue, ClEventHandle* event) const {
  const Clblast& clblast = GetClblast();
  if (precision_ == Precision::kFloat16) {
    return EnqueueGemm(clblast.half, kHalfOne, kHalfZero, queue, event);
  }
  return EnqueueGemm(clblast.single, 1.0f, 0.0f, queue, event);
}

template <typename Routines, typename T>
Status ClLibraryCall::EnqueueGemm(const Routines& routines, T one, T zero, ClQueue* queue,
                                  ClEventHandle* event) const {
  const auto size = [](int64_t value) { return static_cast<size_t>(value); };
  const size_t m = size(call_.rows), n = size(call_.columns), k = size(call_.depth);
  const size_t a_pitch = call_.transpose_a ? m : k, b_pitch = call_.transpose_b ? k : n;
  const CLBlastTranspose a_turn = Transposed(call_.transpose_a);
  const CLBlastTranspose b_turn = Transposed(call_.transpose_b);
  const CLBlastLayout layout = CLBlastLayoutRowMajor;
  cl_command_queue raw = queue->get();
  ClEventOut made(event);
  const size_t count = a_offsets_.size();
  if (count == 1) {
    return CheckCode(
        routines.gemm(layout, a_turn, b_turn, m, n, k, one, a_.get(), a_offsets_[0], a_pitch,
                      b_.get(), b_offsets_[0], b_pitch, zero, y_.get(), 0, n, &raw, made.out()),
        "CLBlast Gemm", name_);
  }
  const size_t a_stride = StrideOf(a_offsets_), b_stride = StrideOf(b_offsets_);
  if (a_stride != 0 && b_stride != 0) {
    return CheckCode(routines.strided(layout, a_turn, b_turn, m, n, k, one, a_.get(), a_offsets_[0],
                                      a_pitch, a_stride, b_.get(), b_offsets_[0], b_pitch, b_stride,
                                      zero, y_.get(), 0, n, m * n, count, &raw, made.out()),
                     "CLBlast GemmStridedBatched", name_);
  }
  const std::vector<T> ones(count, one), zeros(count, zero);
  return CheckCode(
      routines.batched(layout, a_turn, b_turn, m, n, k, ones.data(), a_.get(), a_offsets_.data(),
                       a_pitch, b_.get(), b_offsets_.data(), b_pitch, zeros.data(), y_.get(),
                       y_offsets_.data(), n, count, &raw, made.out()),
      "CLBlast GemmBatched", name_);
}

}  // namespace mace
