#include "mace/formats/common/byte_source.h"

#include <cstring>
#include <mutex>
#include <string>
#include <utility>

namespace mace {
namespace {

// A smaller tensor is not worth pages of its own, nor the giving back of its memory.
constexpr size_t kLeastBlockBytes = 16384;

}  // namespace

// The file's bytes in memory; made by the first caller that needs them.
struct ByteSource::Kept {
  std::mutex mutex;
  std::shared_ptr<FileMemory> memory;
};

ByteSource ByteSource::InMemory(Bytes bytes, std::shared_ptr<const void> owner) {
  ByteSource source;
  source.memory_ = {bytes, std::move(owner)};
  return source;
}

ByteSource ByteSource::InFile(std::shared_ptr<const RandomAccessFile> file) {
  ByteSource source;
  source.file_ = std::move(file);
  source.kept_ = std::make_shared<Kept>();
  return source;
}

Status ByteSource::ReadAt(uint64_t offset, MutableBytes out) const {
  if (is_file()) return file_->ReadAt(offset, out);
  if (offset > size() || out.size() > size() - offset) {
    return Corruption("expected " + std::to_string(out.size()) + " bytes at offset " +
                      std::to_string(offset) + ", found " + std::to_string(size()) + " in all");
  }
  if (!out.empty()) std::memcpy(out.data(), memory_.bytes.data() + offset, out.size());
  return Status::Ok();
}

StatusOr<KeptBytes> ByteSource::ReadAll() const {
  if (!is_file()) return memory_;
  if (size() == 0) return KeptBytes();
  MACE_ASSIGN_OR_RETURN(std::shared_ptr<const FileBlock> block,
                        ReadBlock(0, static_cast<size_t>(size())));
  MACE_RETURN_IF_ERROR(block->Load());
  const Bytes bytes = block->bytes();
  return KeptBytes{bytes, std::move(block)};
}

StatusOr<HostTensor> ByteSource::ReadTensor(TensorInfo info, uint64_t offset) const {
  const size_t bytes = info.bytes();
  if (offset > size() || bytes > size() - offset) {
    return Corruption("expected " + std::to_string(bytes) + " bytes at offset " +
                      std::to_string(offset) + ", found " + std::to_string(size()) + " in all");
  }
  if (!is_file()) {
    const Bytes part(memory_.bytes.data() + offset, bytes);
    return HostTensor::View(std::move(info), part, memory_.owner);
  }
  if (bytes < kLeastBlockBytes) {
    MACE_ASSIGN_OR_RETURN(HostTensor tensor, HostTensor::Allocate(std::move(info)));
    MACE_RETURN_IF_ERROR(
        file_->ReadAt(offset, MutableBytes(tensor.mutable_data<uint8_t>(), bytes)));
    return tensor;
  }
  MACE_ASSIGN_OR_RETURN(std::shared_ptr<const FileBlock> block, ReadBlock(offset, bytes));
  return HostTensor::OfFile(std::move(info), std::move(block));
}

StatusOr<std::shared_ptr<const FileBlock>> ByteSource::ReadBlock(uint64_t offset,
                                                                 size_t bytes) const {
  std::shared_ptr<FileMemory> memory;
  {
    std::lock_guard<std::mutex> lock(kept_->mutex);
    if (kept_->memory == nullptr) {
      MACE_ASSIGN_OR_RETURN(kept_->memory, FileMemory::Reserve(file_));
    }
    memory = kept_->memory;
  }
  return FileBlock::Find(std::move(memory), offset, bytes);
}

uint64_t ByteSource::failed_reads() const {
  if (!is_file()) return 0;
  std::lock_guard<std::mutex> lock(kept_->mutex);
  return kept_->memory == nullptr ? 0 : kept_->memory->failed_touches();
}

Status ByteSource::last_error() const {
  if (!is_file()) return Status::Ok();
  std::lock_guard<std::mutex> lock(kept_->mutex);
  return kept_->memory == nullptr ? Status::Ok() : kept_->memory->last_error();
}

Status ByteSource::CheckUnchanged() const {
  return is_file() ? file_->CheckUnchanged() : Status::Ok();
}

}  // namespace mace
