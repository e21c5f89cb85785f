// Counts the OpenCL objects that a process holds, from the calls that succeeded: what makes or
// retains an object adds one reference of its kind, and what releases an object takes one away. The
// kernels of clCreateKernelsInProgram are not counted.
//
// Thread contract: thread-safe.
#ifndef MACE_TESTING_COUNTING_LAYER_LIVE_OBJECTS_H_
#define MACE_TESTING_COUNTING_LAYER_LIVE_OBJECTS_H_

#include <CL/cl.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>

namespace mace {

enum class ObjectKind { kContext, kQueue, kMemory, kSampler, kProgram, kKernel, kEvent, kNone };

constexpr const char* kObjectKindNames[] = {"context", "queue",  "memory", "sampler",
                                            "program", "kernel", "event"};

template <typename T>
constexpr ObjectKind KindOf() {
  if (std::is_same_v<T, cl_context>) return ObjectKind::kContext;
  if (std::is_same_v<T, cl_command_queue>) return ObjectKind::kQueue;
  if (std::is_same_v<T, cl_mem>) return ObjectKind::kMemory;
  if (std::is_same_v<T, cl_sampler>) return ObjectKind::kSampler;
  if (std::is_same_v<T, cl_program>) return ObjectKind::kProgram;
  if (std::is_same_v<T, cl_kernel>) return ObjectKind::kKernel;
  if (std::is_same_v<T, cl_event>) return ObjectKind::kEvent;
  return ObjectKind::kNone;
}

// What a call does to the references of the object that is its first argument.
enum class ReferenceChange { kNone = 0, kRetain = 1, kRelease = -1 };

inline ReferenceChange ReferenceChangeOf(const std::string& call) {
  if (call.rfind("clRetain", 0) == 0) return ReferenceChange::kRetain;
  if (call.rfind("clRelease", 0) == 0) return ReferenceChange::kRelease;
  return ReferenceChange::kNone;
}

class LiveObjects {
 public:
  // Notes a call that the driver has answered.
  template <typename Result, typename... Arguments>
  void NoteCall(ReferenceChange change, Result result, Arguments... arguments) {
    if constexpr (std::is_same_v<Result, cl_int>) {
      if (result != CL_SUCCESS) return;
      if constexpr (sizeof...(Arguments) > 0) {
        using First = std::tuple_element_t<0, std::tuple<Arguments...>>;
        Add(KindOf<First>(), static_cast<int64_t>(change));
      }
    } else {
      if (result == nullptr) return;
      Add(KindOf<Result>(), 1);
    }
    (NoteEvent(arguments), ...);
  }

  // References that are held now; 0 for a word that is no name of a kind.
  int64_t CountOf(const std::string& kind) const {
    for (int i = 0; i < kKinds; ++i) {
      if (kind == kObjectKindNames[i]) return counts_[i];
    }
    return 0;
  }

 private:
  static constexpr int kKinds = static_cast<int>(ObjectKind::kNone);

  void Add(ObjectKind kind, int64_t references) {
    if (kind != ObjectKind::kNone) counts_[static_cast<int>(kind)] += references;
  }

  // A pointer to an event that is not const is a place where the call leaves a new event.
  template <typename T>
  void NoteEvent(T argument) {
    if constexpr (std::is_same_v<T, cl_event*>) {
      if (argument != nullptr) Add(ObjectKind::kEvent, 1);
    }
  }

  std::atomic<int64_t> counts_[kKinds] = {};
};

}  // namespace mace

#endif  // MACE_TESTING_COUNTING_LAYER_LIVE_OBJECTS_H_
