#include "mace/base/file_scratch.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/divide.h"
#include "mace/base/file_memory.h"

namespace mace {
namespace {

// Where copies begin, whatever the alignment of their part in the file: a cache line.
constexpr size_t kAlignment = 64;

thread_local FileScratch* scratch_of_thread = nullptr;

size_t BytesOfCopy(const Bytes& part) { return AlignUp(part.size(), kAlignment); }

}  // namespace

size_t FileScratch::RoomFor(const std::vector<Bytes>& parts) {
  size_t bytes = 0;
  for (const Bytes& part : parts) bytes += BytesOfCopy(part);
  return bytes;
}

FileScratch::FileScratch(size_t expected_bytes)
    : previous_(scratch_of_thread), expected_bytes_(expected_bytes) {
  scratch_of_thread = this;
}

FileScratch::~FileScratch() { scratch_of_thread = previous_; }

void FileScratch::Begin(const std::vector<Bytes>& parts) {
  copies_.clear();
  bytes_ = 0;
  for (const Bytes& part : parts) {
    if (part.empty()) continue;
    copies_.push_back({part, bytes_, false});
    bytes_ += BytesOfCopy(part);
  }
}

Status FileScratch::MakeRoom() {
  if (bytes_ <= block_.bytes().size()) return Status::Ok();
  block_ = PageBlock();
  StatusOr<PageBlock> block = PageBlock::Allocate(std::max(bytes_, expected_bytes_));
  if (!block.ok()) block = PageBlock::Allocate(bytes_);
  MACE_ASSIGN_OR_RETURN(block_, std::move(block));
  return Status::Ok();
}

Status FileScratch::Read(Copy* copy, MutableBytes to) {
  const std::shared_ptr<FileMemory> memory = FileMemory::Find(copy->part);
  if (memory == nullptr) return Internal("a part of no file is to be read");
  copy->is_read = true;
  return memory->ReadInto(memory->offset(copy->part.data()), to);
}

const uint8_t* FileScratch::Find(Bytes part) noexcept {
  FileScratch* const scratch = scratch_of_thread;
  if (scratch == nullptr) return nullptr;
  for (Copy& copy : scratch->copies_) {
    if (copy.part.data() != part.data() || copy.part.size() < part.size()) continue;
    Status status = CatchExhaustion([&] { return scratch->MakeRoom(); });
    const bool has_room = status.ok();
    const MutableBytes to(scratch->block_.bytes().data() + copy.offset,
                          has_room ? copy.part.size() : 0);
    if (has_room && !copy.is_read) {
      status = CatchExhaustion([&] { return scratch->Read(&copy, to); });
      if (!status.ok()) std::fill(to.begin(), to.end(), uint8_t{0});
    }
    if (scratch->status_.ok()) scratch->status_ = std::move(status);
    return has_room ? to.data() : nullptr;
  }
  return nullptr;
}

}  // namespace mace
