// Turns the exceptions of the C++ library that mean "a resource is used up" into a Status.
//
// The code of mace throws nothing, but containers do: std::bad_alloc where there is no memory,
// std::length_error where a size is beyond what a container can have, std::system_error where a
// thread cannot be started. No exception may cross the public line of mace or leave the body of a
// thread, so both run inside CatchExhaustion. Other exceptions are not caught.
// Thread contract: thread-safe.
#ifndef MACE_BASE_CATCH_EXHAUSTION_H_
#define MACE_BASE_CATCH_EXHAUSTION_H_

#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "mace/base/status.h"

namespace mace {

// kResourceExhausted, "out of memory". Made once ahead, so that it can be had when no memory is
// left.
const Status& OutOfMemory();

// Calls `function` and returns its Status or StatusOr; kResourceExhausted where it ran out of
// memory or of threads.
template <typename Function>
auto CatchExhaustion(Function&& function) -> decltype(function()) {
  try {
    return std::forward<Function>(function)();
  } catch (const std::bad_alloc&) {
    return OutOfMemory();
  } catch (const std::length_error&) {
    return OutOfMemory();
  } catch (const std::system_error&) {
    return OutOfMemory();
  }
}

}  // namespace mace

#endif  // MACE_BASE_CATCH_EXHAUSTION_H_
