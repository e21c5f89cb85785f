// Who owns a cache file: this decides whether its code may be run, and whether the file may be
// replaced.
//
// A compiled program is code. A file that another user owns, or that others may write, is neither
// used nor replaced: two users who name one file never undo each other's work. A file of root's is
// used by everyone and replaced by root alone.
// Errors: kFailedPrecondition, one line without the path that says what to do; kInvalidArgument for
// what is no regular file. Thread contract: thread-safe.
#ifndef MACE_CACHE_FILE_OWNER_H_
#define MACE_CACHE_FILE_OWNER_H_

#include <optional>
#include <string>

#include "mace/base/atomic_file.h"
#include "mace/base/file_in_folder.h"
#include "mace/base/files.h"
#include "mace/base/status.h"

namespace mace {

// OK when the file belongs to this user or root and neither group nor others may write it: who else
// could have put code into it?
Status CheckCacheFileOwner(const RandomAccessFile& file);

// Why a file cannot be opened, where that is because it is another user's: CheckCacheFileOwner's
// words. OK where the reason is another.
Status CheckUnreadable(const FileInFolder& file);

// OK when a new file may take the place of what stands there: nothing, a file of this user's
// that nobody else may write, or a link of this user's to a file that may be used (the link is
// replaced, not what it leads to). With `allow_shared` a file of any owner and mode may be
// replaced, if it can be read; `*keep` then says whose the new file is to be.
Status CheckReplaceable(const FileInFolder& file, bool allow_shared,
                        std::optional<FileOwnership>* keep);

}  // namespace mace

#endif  // MACE_CACHE_FILE_OWNER_H_
