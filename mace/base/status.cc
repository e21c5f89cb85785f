#include "mace/base/status.h"

#include "mace/base/printable.h"

namespace mace {
namespace {

// Names in a file may have megabytes. A message passes through many hands, each of which copies it
// and puts something before it: both are done to a bounded text.
constexpr size_t kLongestMessage = 8192;

std::string Bounded(std::string message) {
  if (message.size() <= kLongestMessage) return message;
  return CutMiddle(message, kLongestMessage);
}

}  // namespace

const std::string& Status::message() const {
  static const std::string* const kEmpty = new std::string;
  return state_ ? state_->message : *kEmpty;
}

Status Status::WithPrefix(const std::string& prefix) const {
  return ok() ? *this : Status(code(), Bounded(Bounded(prefix) + ": " + message()));
}

Status InvalidArgument(std::string message) {
  return Status(StatusCode::kInvalidArgument, Bounded(std::move(message)));
}
Status NotFound(std::string message) {
  return Status(StatusCode::kNotFound, Bounded(std::move(message)));
}
Status Corruption(std::string message) {
  return Status(StatusCode::kCorruption, Bounded(std::move(message)));
}
Status Unsupported(std::string message) {
  return Status(StatusCode::kUnsupported, Bounded(std::move(message)));
}
Status IoError(std::string message) {
  return Status(StatusCode::kIoError, Bounded(std::move(message)));
}
Status DeviceError(std::string message) {
  return Status(StatusCode::kDeviceError, Bounded(std::move(message)));
}
Status ResourceExhausted(std::string message) {
  return Status(StatusCode::kResourceExhausted, Bounded(std::move(message)));
}
Status FailedPrecondition(std::string message) {
  return Status(StatusCode::kFailedPrecondition, Bounded(std::move(message)));
}
Status Internal(std::string message) {
  return Status(StatusCode::kInternal, Bounded(std::move(message)));
}
Status Cancelled(std::string message) {
  return Status(StatusCode::kCancelled, Bounded(std::move(message)));
}
Status DeadlineExceeded(std::string message) {
  return Status(StatusCode::kDeadlineExceeded, Bounded(std::move(message)));
}
Status DeviceLost(std::string message) {
  return Status(StatusCode::kDeviceLost, Bounded(std::move(message)));
}

namespace internal {

Status NoValue() { return Internal("a result was made from an OK status, without a value"); }

}  // namespace internal

}  // namespace mace
