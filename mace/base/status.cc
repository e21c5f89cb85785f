#include "mace/base/status.h"

namespace mace {

const std::string& Status::message() const {
  static const std::string* const kEmpty = new std::string;
  return state_ ? state_->message : *kEmpty;
}

Status Status::WithPrefix(const std::string& prefix) const {
  return ok() ? *this : Status(code(), prefix + ": " + message());
}

Status InvalidArgument(std::string message) {
  return Status(StatusCode::kInvalidArgument, std::move(message));
}
Status NotFound(std::string message) { return Status(StatusCode::kNotFound, std::move(message)); }
Status Corruption(std::string message) {
  return Status(StatusCode::kCorruption, std::move(message));
}
Status Unsupported(std::string message) {
  return Status(StatusCode::kUnsupported, std::move(message));
}
Status IoError(std::string message) { return Status(StatusCode::kIoError, std::move(message)); }
Status DeviceError(std::string message) {
  return Status(StatusCode::kDeviceError, std::move(message));
}
Status ResourceExhausted(std::string message) {
  return Status(StatusCode::kResourceExhausted, std::move(message));
}
Status FailedPrecondition(std::string message) {
  return Status(StatusCode::kFailedPrecondition, std::move(message));
}
Status Internal(std::string message) { return Status(StatusCode::kInternal, std::move(message)); }

namespace internal {

Status NoValue() { return Internal("a result was made from an OK status, without a value"); }

}  // namespace internal

}  // namespace mace
