#include "mace/cl/pocl_folder.h"

#include <stdlib.h>
#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/absolute_path.h"
#include "mace/base/driver_folders.h"
#include "mace/base/files.h"
#include "mace/base/folder_owner.h"
#include "mace/base/log.h"
#include "mace/base/private_folder.h"

namespace mace {
namespace {

constexpr char kVariable[] = "POCL_CACHE_DIR";
constexpr char kPrefix[] = "mace-pocl-";

// The private folder of this process; removed by an exit handler.
std::optional<PrivateFolder>& ThePrivateFolder() {
  // Never destroyed: the exit handler uses it.
  static auto* const folder = new std::optional<PrivateFolder>;
  return *folder;
}

void Keep(PrivateFolder folder) {
  setenv(kVariable, folder.path().c_str(), 1);
  ThePrivateFolder() = std::move(folder);
  // Before the driver is loaded: exit handlers run in reverse, so this one comes after PoCL's.
  std::atexit([] { ThePrivateFolder().reset(); });
}

// Where private folders are made, the likeliest first.
std::vector<std::string> PlacesForPrivateFolders() {
  std::vector<std::string> places;
  const std::string wish = EnvironmentText("TMPDIR");
  if (!wish.empty() && wish != "/tmp") places.push_back(wish);
  places.push_back("/tmp");
  return places;
}

// The state of the folders that PoCL may use, as far as it matters here.
struct Verdict {
  std::string distrust;  // Why the folder must not be used; empty: it may be.
  bool writable = true;
};

Verdict JudgeOne(const std::string& path) {
  FolderJudgement judgement = JudgeFolder(path);
  Verdict verdict;
  switch (judgement.owner) {
    case FolderOwner::kOthers:
      verdict.distrust = std::move(judgement.why);
      return verdict;
    case FolderOwner::kShared:
      verdict.distrust = path + " may be written by other users";
      return verdict;
    case FolderOwner::kOurs:
      SubfoldersAreOurs(judgement.nearest, &verdict.distrust);
      break;
    case FolderOwner::kMissing:
      break;
  }
  verdict.writable = access(judgement.nearest.c_str(), W_OK | X_OK) == 0;
  return verdict;
}

Verdict JudgeDefault(const std::string& parent) {
  Verdict verdict = JudgeOne(JoinPath(parent, "kcache"));
  if (!verdict.distrust.empty()) return verdict;
  Verdict other = JudgeOne(JoinPath(parent, "uncached"));
  other.writable = other.writable && verdict.writable;
  return other;
}

// Why no private folder could be made; OK where POCL_CACHE_DIR names one now.
Status UsePrivateFolder() {
  Status failure;
  for (const std::string& place : PlacesForPrivateFolders()) {
    StatusOr<PrivateFolder> folder = PrivateFolder::Make(place, kPrefix);
    if (folder.ok()) {
      Keep(*std::move(folder));
      return Status();
    }
    failure = folder.status();
  }
  return failure;
}

// Makes the folder that PoCL is to use one that it may use.
class FolderChoice {
 public:
  explicit FolderChoice(EnvironmentUse environment)
      : may_set_(environment == EnvironmentUse::kWhenNeeded) {}

  Status Choose() const {
    const std::string named = EnvironmentText(kVariable);
    if (!named.empty()) return UseNamed(named);
    // PoCL takes an empty name for one.
    if (may_set_) unsetenv(kVariable);
    return UseDefault();
  }

 private:
  Status UseDefault() const {
    const std::string parent = PoclDefaultFolder();
    const Verdict verdict = JudgeDefault(AbsolutePath(parent));
    if (!verdict.distrust.empty()) return Replace("PoCL's folder " + parent, verdict.distrust);
    if (!verdict.writable) {
      // Where this fails PoCL has no device, and the error says what to do.
      const Status made = may_set_ ? UsePrivateFolder() : FailedPrecondition(kForbidden);
      if (!made.ok()) {
        Log(LogLevel::kWarning, "PoCL's folder " + parent +
                                    " cannot be written, and no other is used: " + made.message() +
                                    "; set POCL_CACHE_DIR");
      }
    } else if (may_set_ && parent[0] != '/') {
      // An absolute path names the same folder after the process changes its current one.
      const bool cached = EnvironmentText("POCL_KERNEL_CACHE").substr(0, 1) != "0";
      const std::string name = cached ? "kcache" : "uncached";
      setenv(kVariable, AbsolutePath(JoinPath(parent, name)).c_str(), 1);
    }
    return Status();
  }

  Status UseNamed(const std::string& named) const {
    StatusOr<PrivateFolder> parents_own = PrivateFolder::Join(named, kPrefix);
    if (parents_own.ok()) {
      Keep(*std::move(parents_own));
      return Status();
    }
    const std::string path = AbsolutePath(named);
    const Verdict verdict = JudgeOne(path);
    if (!verdict.distrust.empty()) return Replace(kVariable, verdict.distrust);
    if (may_set_ && path != named) setenv(kVariable, path.c_str(), 1);
    return Status();
  }

  // `what` names PoCL's folder, `why` says what is wrong with it.
  Status Replace(const std::string& what, const std::string& why) const {
    const Status made = may_set_ ? UsePrivateFolder() : FailedPrecondition(kForbidden);
    if (!made.ok()) {
      return DeviceError(what + " is not used: " + why +
                         "; and no private folder takes its place: " + made.message() +
                         "; set POCL_CACHE_DIR to a folder of your own");
    }
    Log(LogLevel::kWarning, what + " is not used: " + why + "; a private folder takes its place");
    return Status();
  }

  static constexpr char kForbidden[] = "CompileOptions::environment forbids to name another";

  const bool may_set_;
};

// The result of CheckPoclFolder; set once.
Status& TheVerdict() {
  static auto* const verdict = new Status;
  return *verdict;
}

}  // namespace

void PreparePoclFolder(EnvironmentUse environment) {
  static std::once_flag once;
  std::call_once(once, [environment] {
    for (const std::string& place : PlacesForPrivateFolders()) {
      RemoveAbandonedFolders(place, kPrefix);
    }
    TheVerdict() = FolderChoice(environment).Choose();
  });
}

Status CheckPoclFolder() { return TheVerdict(); }

}  // namespace mace
