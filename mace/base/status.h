// The result of an operation that can fail. No exception crosses the public line of mace: every
// fallible call gives a Status, or a StatusOr<T> that holds either a T or a Status that is not OK.
//
// An OK Status is a null pointer: it costs nothing to make, to copy and to test.
// Thread contract: thread-compatible.
#ifndef MACE_BASE_STATUS_H_
#define MACE_BASE_STATUS_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace mace {

// The kinds of errors, by what the caller can do about them.
enum class StatusCode {
  kOk = 0,
  kInvalidArgument,    // The caller's option, tensor or file content is wrong.
  kNotFound,           // A file, tensor, device or kernel that was named is not there.
  kCorruption,         // Bytes of a file contradict themselves (hash, size, offset).
  kUnsupported,        // Well formed, but this build or device cannot do it.
  kIoError,            // The operating system refused; the message holds strerror's text.
  kDeviceError,        // An OpenCL call failed; the message names the call and the error.
  kResourceExhausted,  // Memory or another resource is used up, or a limit would be passed.
  // The object is not in the right state for the call: in use, closed, or of a parent process.
  kFailedPrecondition,
  kInternal,          // A bug: an invariant of the library does not hold.
  kCancelled,         // The caller cancelled the work.
  kDeadlineExceeded,  // The caller's time limit has passed.
  // The driver says that the device, or a run's queue, is gone. Compiled models on it are unusable
  // and must be compiled again.
  kDeviceLost,
};

class [[nodiscard]] Status {
 public:
  Status() = default;  // OK.
  Status(StatusCode code, std::string message)
      : state_(code == StatusCode::kOk
                   ? nullptr
                   : std::make_shared<const State>(State{code, std::move(message)})) {}

  static Status Ok() { return Status(); }

  bool ok() const { return state_ == nullptr; }
  StatusCode code() const { return state_ ? state_->code : StatusCode::kOk; }
  // One line: what: which file or node: why. Empty when OK.
  const std::string& message() const;

  // A Status of the same code, with `prefix` and ": " before the message; OK stays OK.
  Status WithPrefix(const std::string& prefix) const;

 private:
  struct State {
    StatusCode code;
    std::string message;
  };
  std::shared_ptr<const State> state_;
};

Status InvalidArgument(std::string message);
Status NotFound(std::string message);
Status Corruption(std::string message);
Status Unsupported(std::string message);
Status IoError(std::string message);
Status DeviceError(std::string message);
Status ResourceExhausted(std::string message);
Status FailedPrecondition(std::string message);
Status Internal(std::string message);
Status Cancelled(std::string message);
Status DeadlineExceeded(std::string message);
Status DeviceLost(std::string message);

namespace internal {
// The error of a StatusOr that was made from an OK Status.
Status NoValue();
}  // namespace internal

// A T or the reason why there is none. REQUIRES for value access: ok(). An OK Status is no reason:
// a StatusOr made from one holds an Internal error instead.
template <typename T>
class [[nodiscard]] StatusOr {
 public:
  StatusOr(Status status)  // NOLINT: implicit, so that `return status;` reads well
      : status_(status.ok() ? internal::NoValue() : std::move(status)) {}
  StatusOr(T value) : value_(std::move(value)) {}  // NOLINT: implicit

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }

  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return *std::move(value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace mace

#define MACE_CONCAT_INNER(a, b) a##b
#define MACE_CONCAT(a, b) MACE_CONCAT_INNER(a, b)

// Leaves the enclosing function with the Status of `expression` when it is not OK.
#define MACE_RETURN_IF_ERROR(expression)         \
  do {                                           \
    ::mace::Status mace_status_ = (expression);  \
    if (!mace_status_.ok()) return mace_status_; \
  } while (0)

// MACE_ASSIGN_OR_RETURN(auto x, MakeX()): declares or assigns x, or leaves the function with the
// Status.
#define MACE_ASSIGN_OR_RETURN(declaration, expression) \
  MACE_ASSIGN_OR_RETURN_IMPL(MACE_CONCAT(mace_result_, __LINE__), declaration, expression)
#define MACE_ASSIGN_OR_RETURN_IMPL(result, declaration, expression) \
  auto result = (expression);                                       \
  if (!result.ok()) return result.status();                         \
  declaration = *std::move(result)

#endif  // MACE_BASE_STATUS_H_
