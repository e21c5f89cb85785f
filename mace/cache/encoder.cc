#include "mace/cache/encoder.h"

#include <limits>
#include <map>

#include "mace/base/coding.h"
#include "mace/cache/index.h"

namespace mace {
namespace {

Bytes ZeroPadding(uint64_t size) {
  static constexpr uint8_t kZeros[kSectionAlignment] = {};
  return Bytes(kZeros, static_cast<size_t>(size));
}

// The entries of one program, without a place for its section.
std::vector<KernelEntry> EntriesOf(const ProgramRecord& program) {
  KernelEntry common;
  common.program_key = program.key;
  common.source_hash = program.source_hash;
  common.section_size = program.bytes->size();
  common.kind = program.kind;
  common.last_used = program.last_used;
  std::vector<KernelEntry> entries;
  for (const CachedKernel& kernel : program.kernels) {
    common.name = kernel.name;
    common.launch_shapes = kernel.launch_shapes;
    entries.push_back(common);
  }
  if (entries.empty()) entries.push_back(common);
  return entries;
}

}  // namespace

struct EncodedCacheFile::Layout {
  uint64_t header_size = 0;
  uint64_t table_offset = 0;
  uint64_t total_binary_size = 0;
  uint64_t kernel_count = 0;
  uint64_t table_size = 0;
  uint64_t tuning_size = 0;

  bool WithinLimits() const {
    return header_size <= kLargestHeader && table_size <= kLargestTable &&
           tuning_size <= kLargestTuning &&
           table_offset <= std::numeric_limits<uint32_t>::max();  // total_binary_size is too, then.
  }
};

EncodedCacheFile::Layout EncodedCacheFile::EncodeEntries(const CacheContents& contents,
                                                         DeviceTable* devices) {
  Layout layout;
  layout.header_size = kMinimumHeaderSize + devices->Encode().size();
  layout.table_offset = layout.header_size;
  std::map<Sha256Digest, uint64_t> places;  // Section digest → offset: equal bytes stand once.
  for (const ProgramRecord& program : contents.programs) {
    const Bytes bytes(*program.bytes);
    const Sha256Digest digest = Sha256(bytes);
    const auto [place, is_new] = places.emplace(digest, AlignSection(layout.table_offset));
    if (is_new) {
      sections_.push_back(bytes);
      layout.table_offset = place->second + bytes.size();
      layout.total_binary_size += bytes.size();
    }
    for (KernelEntry& entry : EntriesOf(program)) {
      entry.section_digest = digest;
      entry.section_offset = place->second;
      entry.device = devices->IndexOf(program.device);
      entry.EncodeTo(&tail_);
      ++layout.kernel_count;
    }
  }
  layout.table_size = tail_.size();
  for (const TuningEntry& entry : contents.tuning) {
    TuningRecord record{devices->IndexOf(entry.device), entry.last_used, entry.key, entry.value};
    record.EncodeTo(&tail_);
  }
  layout.tuning_size = tail_.size() - layout.table_size;
  return layout;
}

StatusOr<EncodedCacheFile> EncodedCacheFile::Encode(const CacheContents& contents,
                                                    const std::optional<SigningKey>& key) {
  for (const ProgramRecord& program : contents.programs) {
    if (program.bytes == nullptr || program.bytes->empty()) return Internal("cache: empty program");
  }
  EncodedCacheFile file;
  DeviceTable devices = CollectDevices(contents);
  const Layout layout = file.EncodeEntries(contents, &devices);
  if (!layout.WithinLimits()) {
    return InvalidArgument("cache: the contents are above a limit of the format");
  }

  CacheFileHeader header;
  header.kernel_count = static_cast<uint32_t>(layout.kernel_count);
  header.total_binary_size = static_cast<uint32_t>(layout.total_binary_size);
  header.table_offset = static_cast<uint32_t>(layout.table_offset);
  header.header_size = static_cast<uint32_t>(layout.header_size);
  header.flags = key ? kFlagSigned : 0;
  header.generation = contents.generation;
  header.table_size = static_cast<uint32_t>(layout.table_size);
  header.tuning_size = static_cast<uint32_t>(layout.tuning_size);
  header.tuning_count = static_cast<uint32_t>(contents.tuning.size());
  header.device_count = static_cast<uint32_t>(devices.devices().size());
  header.file_size =
      layout.table_offset + layout.table_size + layout.tuning_size + header.trailer_size();
  file.size_ = header.file_size;
  header.EncodeTo(&file.head_);
  file.head_ += devices.Encode();

  CacheTrailer trailer;
  trailer.index_digest = IndexDigest(AsBytes(file.head_), AsBytes(file.tail_));
  if (key) {
    trailer.public_key = key->public_key();
    trailer.signature = SignIndex(trailer.index_digest, *key);
  }
  Sha256Hasher hasher;
  for (const Bytes& piece : file.Pieces()) hasher.Update(piece);
  hasher.Update(DigestBytes(trailer.index_digest));
  trailer.file_digest = hasher.Finish();
  trailer.EncodeTo(&file.tail_, header.is_signed());
  return file;
}

std::vector<Bytes> EncodedCacheFile::Pieces() const {
  std::vector<Bytes> pieces = {AsBytes(head_)};
  uint64_t offset = head_.size();
  for (const Bytes& section : sections_) {
    pieces.push_back(ZeroPadding(AlignSection(offset) - offset));
    pieces.push_back(section);
    offset = AlignSection(offset) + section.size();
  }
  pieces.push_back(AsBytes(tail_));
  return pieces;
}

}  // namespace mace
