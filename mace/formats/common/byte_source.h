// The bytes of a model, or of its weights, wherever they are: in an open file or in memory. A file
// is never mapped, since another process may cut it short: it is read into memory of ours.
//
// Errors: kCorruption where the bytes end early, kCorruption where the file was changed
// since it was opened, kResourceExhausted where there is no memory, else as files.h.
// Thread contract: thread-safe. Copies are the same source.
#ifndef MACE_FORMATS_COMMON_BYTE_SOURCE_H_
#define MACE_FORMATS_COMMON_BYTE_SOURCE_H_

#include <cstdint>
#include <memory>

#include "mace/base/file_block.h"
#include "mace/base/files.h"
#include "mace/base/span.h"
#include "mace/base/status.h"
#include "mace/graph/tensor.h"

namespace mace {

// Bytes, and what keeps them alive; null: the caller.
struct KeptBytes {
  Bytes bytes;
  std::shared_ptr<const void> owner;
};

class ByteSource {
 public:
  ByteSource() = default;  // No bytes, in memory.
  static ByteSource InMemory(Bytes bytes, std::shared_ptr<const void> owner);
  static ByteSource InFile(std::shared_ptr<const RandomAccessFile> file);

  uint64_t size() const { return file_ == nullptr ? memory_.bytes.size() : file_->size(); }
  bool is_file() const { return file_ != nullptr; }
  // Whether tensors may refer to the bytes after the import: they are a file's, or have an owner.
  bool is_kept() const { return is_file() || memory_.owner != nullptr; }
  // Equal for all copies of one source.
  const void* identity() const {
    return is_file() ? static_cast<const void*>(file_.get()) : memory_.bytes.data();
  }

  Status ReadAt(uint64_t offset, MutableBytes out) const;
  // All of it; a copy where it is a file.
  StatusOr<KeptBytes> ReadAll() const;
  // The elements that begin at `offset`. In a file, few elements are copied, and more become a
  // FileBlock, which is read when the elements are first wanted.
  StatusOr<HostTensor> ReadTensor(TensorInfo info, uint64_t offset) const;
  // How often elements of blocks were wanted and could not be read: zeros were seen in their place.
  uint64_t failed_reads() const;
  Status last_error() const;  // The last of these failures.
  // kCorruption where the file is not what it was when it was opened.
  Status CheckUnchanged() const;

 private:
  struct Kept;

  StatusOr<std::shared_ptr<const FileBlock>> ReadBlock(uint64_t offset, size_t bytes) const;

  KeptBytes memory_;
  std::shared_ptr<const RandomAccessFile> file_;
  std::shared_ptr<Kept> kept_;
};

}  // namespace mace

#endif  // MACE_FORMATS_COMMON_BYTE_SOURCE_H_
