// Who owns a folder and who may write to it. This is asked before its files are run as code, and
// before a private folder is made in it.
//
// Every level of the path is looked at, links included, from the root down: who may write one level
// can put another folder in the place of the next. Trusted are this user, root, and the owner of
// the folder "/" (in a user namespace root has another number). A group may write a level only when
// it is this user's own group without another member.
// Errors: none; a path that cannot be judged is another user's. Thread contract: thread-safe. The
// judgement holds as long as trusted users leave the path as it is: nobody else can change it.
#ifndef MACE_BASE_FOLDER_OWNER_H_
#define MACE_BASE_FOLDER_OWNER_H_

#include <string>

namespace mace {

enum class FolderOwner {
  kOurs,     // The folder is there; no other user can change it or put another in its place.
  kMissing,  // There is no such folder that this user can reach, and no other user can make it.
  kShared,   // Like kOurs, but everyone may make files of their own in it: /tmp, by its sticky bit.
  kOthers,   // Another user owns a level or may write it, or may be the first to make it.
};

struct FolderJudgement {
  FolderOwner owner = FolderOwner::kOthers;
  std::string why;      // For kOthers: one line that names the level and what is wrong with it.
  std::string nearest;  // The deepest level that is there, without links; "" for kOthers.
};

// A relative path begins at the current folder.
FolderJudgement JudgeFolder(const std::string& path);

// Whether all folders directly in `path` are ours too, none of them a link; `why` names the one
// that is not. The check is for a folder that another user may once have been able to write.
// REQUIRES: `path` is kOurs.
bool SubfoldersAreOurs(const std::string& path, std::string* why);

}  // namespace mace

#endif  // MACE_BASE_FOLDER_OWNER_H_
