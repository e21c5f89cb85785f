// System calls that the sources of mace/base which open, write and lock files share. Only for
// mace/base.
#ifndef MACE_BASE_FILE_CALLS_H_
#define MACE_BASE_FILE_CALLS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "mace/base/file_in_folder.h"
#include "mace/base/span.h"
#include "mace/base/status.h"

namespace mace {

// "path: what: strerror's text": kNotFound for ENOENT, else kIoError.
Status SystemError(const std::string& path, const char* what, int error);

// openat(2) with O_CLOEXEC, again when a signal interrupts it. -1 with errno set.
int OpenRetrying(const FileInFolder& file, int flags, uint32_t mode = 0);

// One read or write of more is cut by some kernels and file systems.
inline constexpr size_t kLargestTransfer = size_t{1} << 30;

// write(2) until all is written. A limit of the file's size is an error, as a full disk is, whatever
// the process does with SIGXFSZ.
Status WriteAll(int fd, const std::string& path, Bytes bytes);

}  // namespace mace

#endif  // MACE_BASE_FILE_CALLS_H_
