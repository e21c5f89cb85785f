#include "mace/base/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

#include "mace/base/clock.h"
#include "mace/base/strings.h"

namespace mace {
namespace {

// What a temporary file's name has between the target's name and "PID.COUNTER".
constexpr std::string_view kTemporaryMark = ".tmp.";

Status SystemError(const std::string& path, const char* what, int error) {
  const std::string message = path + ": " + what + ": " + std::generic_category().message(error);
  return error == ENOENT ? NotFound(message) : IoError(message);
}

// One read of more is cut by some kernels and file systems.
constexpr size_t kLargestTransfer = size_t{1} << 30;

int OpenRetrying(const std::string& path, int flags, uint32_t mode = 0) {
  int fd;
  do {
    fd = open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

Status WriteAll(int fd, const std::string& path, Bytes bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const size_t count = std::min(bytes.size() - done, kLargestTransfer);
    const ssize_t written = write(fd, bytes.data() + done, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError(path, "write", errno);
    if (written == 0) return IoError(path + ": write: nothing was taken");
    done += static_cast<size_t>(written);
  }
  return Status::Ok();
}

Status SyncDirectory(const std::string& path) {
  const int fd = OpenRetrying(path, O_RDONLY | O_DIRECTORY);
  if (fd < 0) return SystemError(path, "open", errno);
  // Some file systems cannot sync a folder and need not.
  const bool good = fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP;
  const int error = errno;
  close(fd);
  return good ? Status::Ok() : SystemError(path, "fsync", error);
}

// A new, empty file beside `path`; its name goes to `*temporary`.
StatusOr<int> CreateTemporary(const std::string& path, uint32_t mode, std::string* temporary) {
  static std::atomic<uint32_t> counter{0};
  // Another process of the same number (another container, an old crash) may have left the name
  // behind.
  constexpr int kAttempts = 100;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    *temporary = path + std::string(kTemporaryMark) + std::to_string(getpid()) + "." +
                 std::to_string(counter.fetch_add(1));
    const int fd = OpenRetrying(*temporary, O_WRONLY | O_CREAT | O_EXCL, mode);
    if (fd >= 0) return fd;
    if (errno != EEXIST) break;
  }
  const int error = errno;
  // A missing folder is trouble with writing, not a file that was looked for.
  return IoError(SystemError(*temporary, "create", error).message());
}

}  // namespace

StatusOr<std::unique_ptr<RandomAccessFile>> RandomAccessFile::Open(const std::string& path) {
  // O_NONBLOCK: opening a FIFO without a writer would otherwise wait for ever.
  const int fd = OpenRetrying(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return SystemError(path, "open", errno);
  std::unique_ptr<RandomAccessFile> file(new RandomAccessFile(path, fd));
  struct stat info = {};
  if (fstat(fd, &info) != 0) return SystemError(path, "fstat", errno);
  if (S_ISDIR(info.st_mode)) return InvalidArgument(path + ": is a directory");
  if (S_ISFIFO(info.st_mode)) return InvalidArgument(path + ": is a FIFO");
  if (!S_ISREG(info.st_mode)) return InvalidArgument(path + ": is not a regular file");
  file->size_ = static_cast<uint64_t>(info.st_size);
  file->owner_ = info.st_uid;
  file->mode_ = info.st_mode & 07777;
  return file;
}

RandomAccessFile::~RandomAccessFile() { close(fd_); }

Status RandomAccessFile::ReadAt(uint64_t offset, MutableBytes out) const {
  constexpr uint64_t kLargestOffset = INT64_MAX;
  if (offset > kLargestOffset || out.size() > kLargestOffset - offset) {
    return InvalidArgument(path_ + ": read at an impossible offset");
  }
  size_t done = 0;
  while (done < out.size()) {
    const size_t count = std::min(out.size() - done, kLargestTransfer);
    const ssize_t got = pread(fd_, out.data() + done, count, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError(path_, "read", errno);
    if (got == 0) {
      return Corruption(path_ + ": ends at " + std::to_string(offset + done) + ", expected " +
                        std::to_string(offset + out.size()) + " bytes");
    }
    done += static_cast<size_t>(got);
  }
  return Status::Ok();
}

StatusOr<std::string> ReadFile(const std::string& path, size_t limit) {
  MACE_ASSIGN_OR_RETURN(auto file, RandomAccessFile::Open(path));
  if (file->size() > limit) {
    return InvalidArgument(path + ": has " + std::to_string(file->size()) +
                           " bytes, the limit is " + std::to_string(limit));
  }
  std::string content(static_cast<size_t>(file->size()), '\0');
  MACE_RETURN_IF_ERROR(
      file->ReadAt(0, MutableBytes(reinterpret_cast<uint8_t*>(content.data()), content.size())));
  return content;
}

Status WriteFileAtomic(const std::string& path, const std::function<Status(const FileSink&)>& write,
                       uint32_t mode) {
  std::string temporary;
  MACE_ASSIGN_OR_RETURN(const int fd, CreateTemporary(path, mode, &temporary));
  Status status = write([&](Bytes bytes) { return WriteAll(fd, temporary, bytes); });
  if (status.ok() && fsync(fd) != 0) status = SystemError(temporary, "fsync", errno);
  if (close(fd) != 0 && status.ok()) status = SystemError(temporary, "close", errno);
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) {
    status = SystemError(path, "rename", errno);
  }
  if (!status.ok()) {
    unlink(temporary.c_str());
    return status;
  }
  return SyncDirectory(DirectoryName(path));
}

Status WriteFileAtomic(const std::string& path, Span<const Bytes> pieces, uint32_t mode) {
  return WriteFileAtomic(
      path,
      [pieces](const FileSink& sink) {
        for (const Bytes& piece : pieces) MACE_RETURN_IF_ERROR(sink(piece));
        return Status::Ok();
      },
      mode);
}

Status WriteFileAtomic(const std::string& path, Bytes content, uint32_t mode) {
  return WriteFileAtomic(path, Span<const Bytes>(&content, 1), mode);
}

void RemoveStaleTemporaries(const std::string& path) {
  const std::string folder = DirectoryName(path);
  const size_t slash = path.rfind('/');
  const std::string prefix =
      path.substr(slash == std::string::npos ? 0 : slash + 1) + std::string(kTemporaryMark);
  DIR* entries = opendir(folder.c_str());
  if (entries == nullptr) return;
  while (const dirent* entry = readdir(entries)) {
    const std::string_view name = entry->d_name;
    if (!StartsWith(name, prefix)) continue;
    // Only names that CreateTemporary makes: digits, a point, digits.
    if (name.find_first_not_of("0123456789.", prefix.size()) != std::string_view::npos) continue;
    unlinkat(dirfd(entries), entry->d_name, 0);
  }
  closedir(entries);
}

StatusOr<FileLock> FileLock::Acquire(const std::string& path, int wait_milliseconds) {
  const int fd = OpenRetrying(path, O_RDONLY | O_CREAT | O_NONBLOCK | O_NOFOLLOW, 0600);
  if (fd < 0) return IoError(SystemError(path, "open", errno).message());
  FileLock lock(fd);
  struct stat info = {};
  if (fstat(fd, &info) != 0) return SystemError(path, "fstat", errno);
  if (!S_ISREG(info.st_mode)) return InvalidArgument(path + ": is not a regular file");
  const double deadline = MonotonicMilliseconds() + wait_milliseconds;
  // Polling, since a blocking flock can only be given up by a signal.
  for (int pause = 1; flock(fd, LOCK_EX | LOCK_NB) != 0; pause = std::min(pause * 2, 20)) {
    if (errno != EWOULDBLOCK && errno != EINTR) return SystemError(path, "flock", errno);
    if (MonotonicMilliseconds() >= deadline) {
      return IoError(path + ": locked by another writer for more than " +
                     std::to_string(wait_milliseconds) + " ms");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(pause));
  }
  return lock;
}

FileLock::~FileLock() {
  if (fd_ >= 0) close(fd_);
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

namespace {

// The files that are mapped, by their first byte.
struct MappedRanges {
  std::mutex mutex;
  std::map<const uint8_t*, size_t> sizes;
};

MappedRanges& Mapped() {
  static MappedRanges* const ranges = new MappedRanges;
  return *ranges;
}

}  // namespace

void ReleaseMappedPages(Bytes part) {
  const uintptr_t page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t first = (reinterpret_cast<uintptr_t>(part.data()) + page - 1) / page * page;
  const uintptr_t end = reinterpret_cast<uintptr_t>(part.data() + part.size()) / page * page;
  if (end <= first) return;
  MappedRanges& ranges = Mapped();
  std::lock_guard<std::mutex> lock(ranges.mutex);
  auto found = ranges.sizes.upper_bound(part.data());
  if (found == ranges.sizes.begin()) return;
  --found;
  if (part.data() + part.size() > found->first + found->second) return;
  // A wish: what fails costs memory alone.
  madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED);
}

StatusOr<std::shared_ptr<const MappedFile>> MappedFile::Open(const std::string& path) {
  MACE_ASSIGN_OR_RETURN(auto file, RandomAccessFile::Open(path));
  std::shared_ptr<MappedFile> mapped(new MappedFile);
  const size_t size = static_cast<size_t>(file->size());
  if (size > 0) {
    void* address = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file->fd_, 0);
    if (address == MAP_FAILED) return SystemError(path, "mmap", errno);
    mapped->bytes_ = Bytes(static_cast<const uint8_t*>(address), size);
    std::lock_guard<std::mutex> lock(Mapped().mutex);
    Mapped().sizes[mapped->bytes_.data()] = size;
  }
  return std::shared_ptr<const MappedFile>(std::move(mapped));
}

MappedFile::~MappedFile() {
  if (bytes_.empty()) return;
  std::lock_guard<std::mutex> lock(Mapped().mutex);
  Mapped().sizes.erase(bytes_.data());
  munmap(const_cast<uint8_t*>(bytes_.data()), bytes_.size());
}

Status MakeDirectories(const std::string& path, uint32_t mode) {
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (!part.empty() && mkdir(part.c_str(), mode) != 0) {
      const int error = errno;
      struct stat info = {};
      // EROFS and EACCES can come before EEXIST.
      if (stat(part.c_str(), &info) != 0) return SystemError(part, "mkdir", error);
      if (!S_ISDIR(info.st_mode)) return SystemError(part, "mkdir", ENOTDIR);
    }
    if (end == std::string::npos) return Status::Ok();
  }
}

bool FileExists(const std::string& path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0;
}

std::string JoinPath(std::string_view folder, std::string_view name) {
  if (folder.empty() || StartsWith(name, "/")) return std::string(name);
  std::string path(folder);
  if (path.back() != '/') path += '/';
  return path.append(name);
}

std::string DirectoryName(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

}  // namespace mace
