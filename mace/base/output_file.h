// Files that a person asked for by name: results, reports, arrays.
//
// Errors: kInvalidArgument for a folder, else as atomic_file.h. Thread contract: thread-safe.
#ifndef MACE_BASE_OUTPUT_FILE_H_
#define MACE_BASE_OUTPUT_FILE_H_

#include <string>

#include "mace/base/span.h"
#include "mace/base/status.h"

namespace mace {

// Writes `pieces`, one after the other, to what `path` names.
//
// A regular file, or a new one, is replaced as WriteFileAtomic does it. Anything else is written
// through and stays what it is: a device, a FIFO (which waits for its reader, as the system does),
// a socket's or a pipe's name below /dev/fd, and a link, whose target gets the bytes. The system's
// own rules for following links hold.
Status WriteOutputFile(const std::string& path, Span<const Bytes> pieces);
Status WriteOutputFile(const std::string& path, Bytes content);

}  // namespace mace

#endif  // MACE_BASE_OUTPUT_FILE_H_
