#include "mace/formats/tensorflow/bundle.h"

#include <array>
#include <cstdio>
#include <vector>

#include "mace/base/coding.h"
#include "mace/base/strings.h"
#include "mace/formats/common/new_message.h"

namespace mace {
namespace {

constexpr char kIndexFile[] = "variables/variables.index";
constexpr size_t kFooterBytes = 48;
constexpr size_t kTrailerBytes = 5;  // Of a block: its compression and its checksum.
constexpr uint64_t kTableMagic = 0xdb4775248b80fb57u;

Status BadTable(const std::string& what) {
  return Corruption("checkpoint index: expected " + what);
}

uint64_t GetFixed64Little(const uint8_t* bytes) {
  return GetFixed32(bytes) | uint64_t{GetFixed32(bytes + 4)} << 32;
}

// Goes through the bytes of a block.
class BlockReader {
 public:
  explicit BlockReader(Bytes bytes) : bytes_(bytes) {}

  bool at_end() const { return at_ == bytes_.size(); }

  Status Varint(uint64_t* value) {
    *value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ >= bytes_.size()) return BadTable("a number, found the end of a block");
      const uint8_t byte = bytes_[at_++];
      *value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return Status::Ok();
    }
    return BadTable("a number of at most 64 bits");
  }

  Status Text(uint64_t size, std::string* text) {
    if (size > bytes_.size() - at_) return BadTable("an entry within its block");
    text->append(reinterpret_cast<const char*>(bytes_.data()) + at_, static_cast<size_t>(size));
    at_ += static_cast<size_t>(size);
    return Status::Ok();
  }

 private:
  const Bytes bytes_;
  size_t at_ = 0;
};

struct BlockHandle {
  uint64_t offset = 0;
  uint64_t size = 0;
};

StatusOr<BlockHandle> ReadHandle(BlockReader* reader) {
  BlockHandle handle;
  MACE_RETURN_IF_ERROR(reader->Varint(&handle.offset));
  MACE_RETURN_IF_ERROR(reader->Varint(&handle.size));
  return handle;
}

// The entries of a block, without its restart points.
StatusOr<Bytes> ReadBlock(Bytes file, const BlockHandle& handle) {
  const uint64_t end = file.size();
  if (handle.offset > end || handle.size > end - handle.offset ||
      end - handle.offset - handle.size < kTrailerBytes) {
    return BadTable("blocks within the file's " + std::to_string(end) + " bytes, found one at " +
                    std::to_string(handle.offset) + " of " + std::to_string(handle.size));
  }
  const uint8_t* const begin = file.data() + handle.offset;
  const size_t size = static_cast<size_t>(handle.size);
  if (GetFixed32(begin + size + 1) != MaskedCrc32c(Bytes(begin, size + 1))) {
    return BadTable("a block with the checksum that is stored, found another one");
  }
  if (begin[size] != 0) {
    return Unsupported("checkpoint index: expected blocks that are not compressed, found type " +
                       std::to_string(begin[size]));
  }
  if (size < 4) return BadTable("a block with restart points");
  const uint64_t restarts = GetFixed32(begin + size - 4);
  if ((restarts + 1) * 4 > size) return BadTable("restart points within a block");
  return Bytes(begin, size - static_cast<size_t>((restarts + 1) * 4));
}

Status ReadEntries(Bytes block, std::map<std::string, std::string>* entries) {
  BlockReader reader(block);
  std::string key;
  while (!reader.at_end()) {
    uint64_t shared = 0, added = 0, size = 0;
    MACE_RETURN_IF_ERROR(reader.Varint(&shared));
    MACE_RETURN_IF_ERROR(reader.Varint(&added));
    MACE_RETURN_IF_ERROR(reader.Varint(&size));
    if (shared > key.size()) return BadTable("a key that shares bytes with the one before");
    key.resize(static_cast<size_t>(shared));
    MACE_RETURN_IF_ERROR(reader.Text(added, &key));
    std::string value;
    MACE_RETURN_IF_ERROR(reader.Text(size, &value));
    if (!entries->emplace(key, std::move(value)).second) return BadTable("each key once");
  }
  return Status::Ok();
}

std::string DataFile(int shard, int shards) {
  char name[64];
  std::snprintf(name, sizeof(name), "variables/variables.data-%05d-of-%05d", shard, shards);
  return name;
}

}  // namespace

uint32_t Crc32c(Bytes bytes) {
  static const std::array<uint32_t, 256> kTable = [] {
    constexpr uint32_t kPolynomial = 0x82F63B78u;
    std::array<uint32_t, 256> table{};
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ (value & 1 ? kPolynomial : 0);
      table[i] = value;
    }
    return table;
  }();
  uint32_t crc = 0xFFFFFFFFu;
  for (uint8_t byte : bytes) crc = (crc >> 8) ^ kTable[(crc ^ byte) & 0xFF];
  return ~crc;
}

uint32_t MaskedCrc32c(Bytes bytes) {
  constexpr uint32_t kMask = 0xa282ead8u;
  const uint32_t crc = Crc32c(bytes);
  return ((crc >> 15) | (crc << 17)) + kMask;
}

StatusOr<std::map<std::string, std::string>> ReadTable(Bytes file) {
  if (file.size() < kFooterBytes) return BadTable("48 bytes or more");
  const uint8_t* const footer = file.data() + file.size() - kFooterBytes;
  if (GetFixed64Little(footer + kFooterBytes - 8) != kTableMagic) {
    return BadTable("the magic number of a table at its end");
  }
  BlockReader reader(Bytes(footer, kFooterBytes - 8));
  MACE_RETURN_IF_ERROR(ReadHandle(&reader).status());  // Of the blocks that describe the table.
  MACE_ASSIGN_OR_RETURN(const BlockHandle index, ReadHandle(&reader));
  MACE_ASSIGN_OR_RETURN(const Bytes index_block, ReadBlock(file, index));
  std::map<std::string, std::string> blocks, entries;
  MACE_RETURN_IF_ERROR(ReadEntries(index_block, &blocks));
  uint64_t total = 0;
  for (const auto& [last_key, value] : blocks) {
    BlockReader handle_reader(AsBytes(value));
    MACE_ASSIGN_OR_RETURN(const BlockHandle handle, ReadHandle(&handle_reader));
    MACE_ASSIGN_OR_RETURN(const Bytes block, ReadBlock(file, handle));
    // Blocks that lie on each other would make many entries of few bytes.
    total += handle.size;
    if (total > file.size()) return BadTable("blocks that do not overlap");
    MACE_RETURN_IF_ERROR(ReadEntries(block, &entries));
  }
  return entries;
}

StatusOr<std::unique_ptr<TfBundle>> TfBundle::Open(ModelFiles* files) {
  std::unique_ptr<TfBundle> bundle(new TfBundle(files));
  MACE_ASSIGN_OR_RETURN(const ByteSource index, files->External(kIndexFile));
  MACE_ASSIGN_OR_RETURN(const KeptBytes whole, index.ReadAll());
  MACE_ASSIGN_OR_RETURN(bundle->entries_, ReadTable(whole.bytes));
  const auto header_entry = bundle->entries_.find("");
  tf::BundleHeaderProto header;
  if (header_entry == bundle->entries_.end() || !header.ParseFromString(header_entry->second)) {
    return BadTable("a header");
  }
  constexpr int kMaxShards = 99999;
  if (header.num_shards() < 1 || header.num_shards() > kMaxShards) {
    return BadTable("1 to 99999 data files, found " + std::to_string(header.num_shards()));
  }
  if (header.endianness() != 0) {
    return Unsupported("checkpoint: expected little-endian numbers, found big-endian ones");
  }
  bundle->num_shards_ = header.num_shards();
  return bundle;
}

StatusOr<std::pair<ByteSource, tf::BundleEntryProto>> TfBundle::Locate(const std::string& key) {
  const auto found = entries_.find(key);
  if (key.empty() || found == entries_.end()) {
    return NotFound("checkpoint: expected the key '" + Printable(key) + "', found none");
  }
  tf::BundleEntryProto entry;
  if (!entry.ParseFromString(found->second)) return BadTable("an entry of a tensor");
  if (entry.slices_size() > 0) {
    return Unsupported("checkpoint: '" + Printable(key) + "' is stored in slices");
  }
  if (entry.shard_id() < 0 || entry.shard_id() >= num_shards_) {
    return BadTable("a data file below " + std::to_string(num_shards_) + ", found " +
                    std::to_string(entry.shard_id()));
  }
  MACE_ASSIGN_OR_RETURN(const ByteSource source,
                        files_->External(DataFile(entry.shard_id(), num_shards_)));
  const uint64_t offset = static_cast<uint64_t>(entry.offset());
  const uint64_t size = static_cast<uint64_t>(entry.size());
  if (entry.offset() < 0 || entry.size() < 0 || offset > source.size() ||
      size > source.size() - offset) {
    return Corruption("checkpoint: '" + Printable(key) + "': expected bytes within the " +
                      std::to_string(source.size()) + " of the data file, found " +
                      std::to_string(entry.size()) + " at " + std::to_string(entry.offset()));
  }
  return std::pair<ByteSource, tf::BundleEntryProto>(source, entry);
}

StatusOr<std::shared_ptr<const tf::TensorProto>> TfBundle::Read(const std::string& key) {
  MACE_ASSIGN_OR_RETURN(const auto located, Locate(key));
  const auto& [source, entry] = located;
  auto tensor = std::make_shared<tf::TensorProto>();
  tensor->set_dtype(entry.dtype());
  *tensor->mutable_tensor_shape() = entry.shape();
  std::string* const content = tensor->mutable_tensor_content();
  content->resize(static_cast<size_t>(entry.size()));
  const MutableBytes bytes(reinterpret_cast<uint8_t*>(content->data()), content->size());
  MACE_RETURN_IF_ERROR(source.ReadAt(static_cast<uint64_t>(entry.offset()), bytes));
  if (MaskedCrc32c(AsBytes(*content)) != entry.crc32c()) {
    return Corruption("checkpoint: '" + Printable(key) +
                      "': expected bytes with the checksum that is stored, found another one");
  }
  return std::shared_ptr<const tf::TensorProto>(std::move(tensor));
}

}  // namespace mace
