// The status of Xiaomi's MACE, over mace::Status.
//
// Thread contract: thread-compatible.
#ifndef MACE_COMPAT_STATUS_H_
#define MACE_COMPAT_STATUS_H_

#include <string>
#include <utility>

#include "mace/mace.h"

namespace mace {

class MaceStatus {
 public:
  enum Code {
    MACE_SUCCESS = 0,
    MACE_INVALID_ARGS = 1,
    MACE_OUT_OF_RESOURCES = 2,
    MACE_UNSUPPORTED = 3,
    MACE_RUNTIME_ERROR = 4,
  };

  MaceStatus() = default;
  MaceStatus(Code code) : code_(code) {}  // NOLINT: implicit, as programs expect it
  MaceStatus(Code code, std::string information)
      : code_(code), information_(std::move(information)) {}
  // The status of a call of mace/mace.h. Implicit, as the conversion back is, so that both kinds of
  // status pass through MACE_RETURN_IF_ERROR.
  MaceStatus(const Status& status)  // NOLINT: implicit
      : code_(CodeOf(status.code())), information_(status.message()) {}
  operator Status() const {  // NOLINT: implicit
    switch (code_) {
      case MACE_SUCCESS:
        return Status();
      case MACE_INVALID_ARGS:
        return InvalidArgument(information_);
      case MACE_OUT_OF_RESOURCES:
        return ResourceExhausted(information_);
      case MACE_UNSUPPORTED:
        return Unsupported(information_);
      case MACE_RUNTIME_ERROR:
        break;
    }
    return DeviceError(information_);
  }

  Code code() const { return code_; }
  // One line: the code in words and, if there is more to say, ": " and the reason. A successful
  // call that has no effect here says so.
  std::string information() const {
    static const char* const kWords[] = {"Success", "Invalid arguments", "Out of resources",
                                         "Unsupported", "Runtime error"};
    const std::string words = kWords[code_];
    return information_.empty() ? words : words + ": " + information_;
  }

  // Only the codes are compared.
  bool operator==(const MaceStatus& other) const { return code_ == other.code_; }
  bool operator!=(const MaceStatus& other) const { return code_ != other.code_; }

 private:
  static Code CodeOf(StatusCode code) {
    switch (code) {
      case StatusCode::kOk:
        return MACE_SUCCESS;
      case StatusCode::kInvalidArgument:
      case StatusCode::kNotFound:
      case StatusCode::kCorruption:
        return MACE_INVALID_ARGS;
      case StatusCode::kResourceExhausted:
        return MACE_OUT_OF_RESOURCES;
      case StatusCode::kUnsupported:
        return MACE_UNSUPPORTED;
      default:
        return MACE_RUNTIME_ERROR;
    }
  }

  Code code_ = MACE_SUCCESS;
  std::string information_;
};

}  // namespace mace

#endif  // MACE_COMPAT_STATUS_H_
