// Announcements of what a driver is asked to do for the first time, in a file beside the cache file.
//
// A driver may end the process or hang in it: while it compiles a program, loads a binary, makes a
// kernel or runs one. Each such step is announced before it begins, and the announcement ends with
// the step. A process that died within a step leaves its announcement to the next start.
//
// Each process writes a file of its own, CACHE.journal.0 to CACHE.journal.7, of mode 0600, and holds
// a lock (flock) on it that the system releases when the process ends: an announcement under a lock
// is of a living process and no crash. (A child that was forked within a step keeps the lock.) The
// file is removed when nothing is announced any more. Where no such file can be made, nothing is
// announced and nothing is said. A file that belongs to another user, that others may open, or that
// is not in the form described here is left alone, with a line in the log.
//
// The file is text: the line "MACE journal 1", then a line for each announcement: the fields "open",
// step, program key, device (EncodeDevice; both in hexadecimal digits), the note, and what the step
// works on, with tabs between them. Empty lines fill the place of announcements that have ended.
//
// Thread contract: thread-safe. Nothing waits for another process.
#ifndef MACE_CACHE_CRASH_JOURNAL_H_
#define MACE_CACHE_CRASH_JOURNAL_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mace/base/device_identity.h"
#include "mace/base/file_in_folder.h"
#include "mace/base/hash.h"

namespace mace {

// A step of a driver with a program.
enum class DriverStep : uint8_t { kBuild, kLoad, kUse };

struct Announcement {
  DriverStep step = DriverStep::kBuild;
  Sha256Digest program = {};  // The program's key.
  DeviceIdentity device;
  std::string what;  // The program's kernels, for messages.
  std::string note;  // How far the step has come, for messages; may be empty.
};

class CrashJournal {
 public:
  // `path`: that of the cache file. Empty: nothing is announced.
  explicit CrashJournal(std::string path) : path_(std::move(path)) {}
  ~CrashJournal();
  CrashJournal(const CrashJournal&) = delete;
  CrashJournal& operator=(const CrashJournal&) = delete;

  // Announces steps that begin now, and gives a number for the two functions below; none if they
  // could not be announced. `durable`: a crash of the whole machine leaves the announcement, too
  // (fsync).
  std::optional<uint64_t> Begin(const std::vector<Announcement>& steps, bool durable);
  // Says that one of the steps that were announced together is at work, and with what; the notes of
  // the others go. Writes, but without fsync.
  void Note(uint64_t number, size_t step, std::string_view note);
  void End(uint64_t number);

  // Calls `take` with the announcements that dead processes left beside the cache file, if there are
  // any, and removes them if `take` returns true.
  static void TakeAbandoned(const std::string& path,
                            const std::function<bool(const std::vector<Announcement>&)>& take);

  // How long a step may take before an interrupt of the process counts as the end of a hang.
  static constexpr int kHangSeconds = 60;
  // For a handler of a signal by which a user ends the process: removes the files of this process's
  // journals, but for those with a step that began more than kHangSeconds ago. Safe in a handler.
  static void ForgetInterrupted();

 private:
  // REQUIRES for these: mutex_ is held.
  bool OpenFile();
  bool Write();
  void CloseFile();

  const std::string path_;
  std::mutex mutex_;
  uint64_t last_number_ = 0;
  std::map<uint64_t, std::vector<Announcement>> open_;
  // The file that this process holds; -1: none.
  int descriptor_ = -1;
  pid_t process_ = 0;
  std::optional<OpenFolder> folder_;
  std::string name_;
  size_t written_ = 0;
  int place_ = -1;  // Among the files that ForgetInterrupted knows; -1: none.
};

}  // namespace mace

#endif  // MACE_CACHE_CRASH_JOURNAL_H_
