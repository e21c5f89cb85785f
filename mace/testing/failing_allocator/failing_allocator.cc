#include "mace/testing/failing_allocator/failing_allocator.h"

#include <pthread.h>
#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <new>

// The linker's --wrap: calls of NAME in the program come to __wrap_NAME, and __real_NAME is the
// system's.
extern "C" {
void* __real_malloc(size_t size);
void* __real_calloc(size_t count, size_t size);
void* __real_realloc(void* memory, size_t size);
void* __real_aligned_alloc(size_t alignment, size_t size);
int __real_posix_memalign(void** memory, size_t alignment, size_t size);
void* __real_mmap(void* address, size_t size, int protection, int flags, int file, off_t offset);
int __real_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*body)(void*),
                          void* argument);
}

namespace {

std::atomic<bool> g_is_armed{false};
std::atomic<bool> g_all_later{false};
std::atomic<uint64_t> g_first_failure{0};
std::atomic<uint64_t> g_count{0};

bool Fails() {
  if (!g_is_armed) return false;
  const uint64_t number = ++g_count;
  const uint64_t first = g_first_failure;
  return first != 0 && (number == first || (g_all_later && number > first));
}

void* MallocOrNull(size_t size) { return Fails() ? nullptr : __real_malloc(size); }

void* AlignedAllocOrNull(size_t alignment, size_t size) {
  return Fails() ? nullptr : __real_aligned_alloc(alignment, size);
}

void* NewOrNull(size_t size) { return MallocOrNull(size == 0 ? 1 : size); }

void* NewOrNull(size_t size, std::align_val_t alignment) {
  const auto step = static_cast<size_t>(alignment);
  const size_t whole = (size + step - 1) / step * step;
  return AlignedAllocOrNull(step, whole == 0 ? step : whole);
}

void* OrThrow(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

extern "C" {
void* __wrap_malloc(size_t size) { return MallocOrNull(size); }
void* __wrap_calloc(size_t count, size_t size) {
  return Fails() ? nullptr : __real_calloc(count, size);
}
void* __wrap_realloc(void* memory, size_t size) {
  return Fails() ? nullptr : __real_realloc(memory, size);
}
void* __wrap_aligned_alloc(size_t alignment, size_t size) {
  return AlignedAllocOrNull(alignment, size);
}
int __wrap_posix_memalign(void** memory, size_t alignment, size_t size) {
  return Fails() ? ENOMEM : __real_posix_memalign(memory, alignment, size);
}
void* __wrap_mmap(void* address, size_t size, int protection, int flags, int file, off_t offset) {
  if (!Fails()) return __real_mmap(address, size, protection, flags, file, offset);
  errno = ENOMEM;
  return MAP_FAILED;
}
int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*body)(void*),
                          void* argument) {
  return Fails() ? EAGAIN : __real_pthread_create(thread, attributes, body, argument);
}
}

void* operator new(size_t size) { return OrThrow(NewOrNull(size)); }
void* operator new[](size_t size) { return OrThrow(NewOrNull(size)); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return NewOrNull(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return NewOrNull(size); }
void* operator new(size_t size, std::align_val_t alignment) {
  return OrThrow(NewOrNull(size, alignment));
}
void* operator new[](size_t size, std::align_val_t alignment) {
  return OrThrow(NewOrNull(size, alignment));
}
void* operator new(size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return NewOrNull(size, alignment);
}
void* operator new[](size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return NewOrNull(size, alignment);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }

namespace mace {

FailingAllocation::FailingAllocation(uint64_t n, Failures failures) {
  g_first_failure = n;
  g_all_later = failures == Failures::kFromThereOn;
  g_count = 0;
  g_is_armed = true;
}

FailingAllocation::~FailingAllocation() { g_is_armed = false; }

uint64_t FailingAllocation::count() { return g_count; }

}  // namespace mace
