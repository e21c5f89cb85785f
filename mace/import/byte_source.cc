#include "mace/import/byte_source.h"

#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace mace {
namespace {

// A smaller tensor is not worth pages of its own, nor the giving back of its memory.
constexpr size_t kLeastBlockBytes = 16384;

}  // namespace

// The file's blocks that somebody keeps, by offset and size.
struct ByteSource::Blocks {
  std::mutex mutex;
  std::map<std::pair<uint64_t, size_t>, std::weak_ptr<const FileBlock>> blocks;
};

ByteSource ByteSource::InMemory(Bytes bytes, std::shared_ptr<const void> owner) {
  ByteSource source;
  source.memory_ = {bytes, std::move(owner)};
  return source;
}

ByteSource ByteSource::InFile(std::shared_ptr<const RandomAccessFile> file) {
  ByteSource source;
  source.file_ = std::move(file);
  source.blocks_ = std::make_shared<Blocks>();
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
                        FileBlock::Read(file_, 0, static_cast<size_t>(size())));
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
  std::lock_guard<std::mutex> lock(blocks_->mutex);
  std::weak_ptr<const FileBlock>& known = blocks_->blocks[{offset, bytes}];
  std::shared_ptr<const FileBlock> block = known.lock();
  if (block == nullptr) {
    MACE_ASSIGN_OR_RETURN(block, FileBlock::Read(file_, offset, bytes));
    known = block;
  }
  const Bytes elements = block->bytes();
  return HostTensor::View(std::move(info), elements, std::move(block));
}

Status ByteSource::CheckUnchanged() const {
  return is_file() ? file_->CheckUnchanged() : Status::Ok();
}

}  // namespace mace
