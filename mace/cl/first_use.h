// The first use of programs by a session: kernels are made and launched for the first time. A driver
// may end the process in such a step, so that the step is announced (mace/cache/crash_journal.h).
//
// Thread contract: thread-compatible.
#ifndef MACE_CL_FIRST_USE_H_
#define MACE_CL_FIRST_USE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/device_identity.h"
#include "mace/cache/crash_journal.h"
#include "mace/cache/store.h"

namespace mace {

class FirstUse {
 public:
  struct Program {
    size_t index = 0;  // Its place among the session's programs.
    Sha256Digest key = {};
    std::string what;          // Its kernels, for messages.
    bool from_binary = false;  // Once used, such a program counts as proven.
  };

  // `programs`: those that are not proven, at least one. `durable`: CrashJournal::Begin.
  FirstUse(std::shared_ptr<CacheStore> store, const DeviceIdentity& device,
           std::vector<Program> programs, bool durable)
      : store_(std::move(store)),
        device_(device),
        programs_(std::move(programs)),
        durable_(durable) {}
  ~FirstUse() { End(); }
  FirstUse(const FirstUse&) = delete;
  FirstUse& operator=(const FirstUse&) = delete;

  // Announces the programs of this object for another session.
  std::unique_ptr<FirstUse> ForAnotherSession() const {
    return std::make_unique<FirstUse>(store_, device_, programs_, durable_);
  }

  // Announces the use, unless it is announced already. Between Begin and End `is_announced`.
  void Begin();
  // Says what comes next: `step` ("launch", "creation", "read") and whatever it works on. `program`
  // is its index among the session's programs. Does nothing unless the use is announced.
  void Note(size_t program, const char* step, const std::string& name);
  void End();
  // Every launch has ended once: programs from binaries are proven, and nothing is announced again.
  void Succeed();

  bool is_announced() const { return announced_.has_value(); }

 private:
  const std::shared_ptr<CacheStore> store_;
  const DeviceIdentity device_;
  const std::vector<Program> programs_;
  const bool durable_;
  std::optional<uint64_t> announced_;
  bool is_over_ = false;
};

}  // namespace mace

#endif  // MACE_CL_FIRST_USE_H_
