#include "mace/cache/cache_file.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "mace/base/coding.h"
#include "mace/base/files.h"
#include "mace/cache/file_owner.h"
#include "mace/cache/signing.h"

namespace mace {
namespace {

std::string TuningKey(uint32_t device, const std::string& key) {
  std::string whole;
  PutFixed32(&whole, device);
  return whole + key;
}

Status CheckSignature(const CacheIndex& index, const PublicKey& key) {
  if (!index.header.is_signed()) return InvalidArgument("not signed, and a key is required");
  // The file's own key is only a hint; what is checked against is the caller's.
  if (index.trailer.public_key != key) return InvalidArgument("signed with another key");
  if (!IndexSignatureFits(index.trailer.index_digest, index.trailer.signature, key)) {
    return Corruption("wrong signature");
  }
  return Status::Ok();
}

}  // namespace

StatusOr<std::shared_ptr<const CacheFile>> CacheFile::Open(const FileInFolder& file,
                                                           const CacheTrust& trust) {
  StatusOr<std::unique_ptr<RandomAccessFile>> opened = RandomAccessFile::Open(file);
  if (!opened.ok()) {
    MACE_RETURN_IF_ERROR(CheckUnreadable(file).WithPrefix(file.path));
    return opened.status();
  }
  return OpenFile(*std::move(opened), trust);
}

StatusOr<std::shared_ptr<const CacheFile>> CacheFile::OpenFile(
    std::unique_ptr<RandomAccessFile> file, const CacheTrust& trust) {
  std::shared_ptr<CacheFile> made(new CacheFile);
  made->name_ = file->path();
  made->file_ = std::move(file);
  return Judge(std::move(made), trust);
}

StatusOr<std::shared_ptr<const CacheFile>> CacheFile::OpenMemory(const std::string& name,
                                                                 Bytes bytes,
                                                                 std::shared_ptr<const void> owner,
                                                                 const CacheTrust& trust) {
  std::shared_ptr<CacheFile> made(new CacheFile);
  made->name_ = name;
  made->memory_ = bytes;
  made->owner_ = std::move(owner);
  return Judge(std::move(made), trust);
}

StatusOr<std::shared_ptr<const CacheFile>> CacheFile::Judge(std::shared_ptr<CacheFile> file,
                                                            const CacheTrust& trust) {
  const Status status = file->Load(trust);
  if (!status.ok()) {
    const std::string& name = file->name_;
    const bool names_it = status.message().compare(0, name.size(), name) == 0;
    return names_it ? status : status.WithPrefix(name);
  }
  return std::shared_ptr<const CacheFile>(std::move(file));
}

Status CacheFile::ReadAt(uint64_t offset, MutableBytes out) const {
  if (file_ != nullptr) return file_->ReadAt(offset, out);
  if (offset > memory_.size() || out.size() > memory_.size() - offset) {
    return Corruption(name_ + ": ends after " + std::to_string(memory_.size()) +
                      " bytes, expected " + std::to_string(out.size()) + " at offset " +
                      std::to_string(offset));
  }
  if (!out.empty()) std::memcpy(out.data(), memory_.data() + offset, out.size());
  return Status();
}

Status CacheFile::Load(const CacheTrust& trust) {
  if (!trust.allow_untrusted && file_ != nullptr) {
    MACE_RETURN_IF_ERROR(CheckCacheFileOwner(*file_));
  }
  const uint64_t file_size = size();
  if (file_size == 0) return Corruption("empty");

  // One page nearly always holds both headers.
  std::vector<uint8_t> head(static_cast<size_t>(std::min<uint64_t>(file_size, kSectionAlignment)));
  MACE_RETURN_IF_ERROR(ReadAt(0, head));
  CacheFileHeader header;
  ByteReader reader((Bytes(head)));
  MACE_RETURN_IF_ERROR(header.DecodeFrom(&reader));
  MACE_RETURN_IF_ERROR(header.Validate(file_size));
  const size_t known = std::min<size_t>(head.size(), header.header_size);
  head.resize(header.header_size);
  MACE_RETURN_IF_ERROR(ReadAt(known, MutableBytes(head.data() + known, head.size() - known)));

  std::vector<uint8_t> tail(static_cast<size_t>(file_size - header.table_offset));
  MACE_RETURN_IF_ERROR(ReadAt(header.table_offset, tail));
  MACE_RETURN_IF_ERROR(index_.DecodeFrom(header, head, tail));
  if (trust.public_key) MACE_RETURN_IF_ERROR(CheckSignature(index_, *trust.public_key));
  if (header.generation < trust.min_generation) {
    return FailedPrecondition("is of generation " + std::to_string(header.generation) +
                              ", expected at least " + std::to_string(trust.min_generation) +
                              ": an older file");
  }

  for (uint32_t i = 0; i < index_.devices.size(); ++i) {
    devices_.emplace(EncodeDevice(index_.devices[i]), i);
  }
  tuning_.reserve(index_.tuning.size());
  for (uint32_t i = 0; i < index_.tuning.size(); ++i) {
    tuning_.emplace(TuningKey(index_.tuning[i].device, index_.tuning[i].key), i);
  }
  return Status::Ok();
}

StatusOr<std::vector<uint8_t>> CacheFile::ReadSection(const KernelEntry& entry) const {
  // The size lies within the file's own, so a hostile one cannot ask for more memory than the file
  // has bytes.
  std::vector<uint8_t> bytes(static_cast<size_t>(entry.section_size));
  MACE_RETURN_IF_ERROR(ReadAt(entry.section_offset, bytes));
  if (Sha256(bytes) != entry.section_digest) {
    return Corruption(name_ + ": hash mismatch in the section at offset " +
                      std::to_string(entry.section_offset));
  }
  return bytes;
}

std::vector<CachedKernel> CacheFile::KernelsOf(const std::vector<uint32_t>& kernels) const {
  std::vector<CachedKernel> result;
  for (uint32_t i : kernels) {
    const KernelEntry& entry = index_.kernels[i];
    // The one entry of a program whose kernels nobody named.
    if (kernels.size() == 1 && entry.name.empty()) break;
    result.push_back(CachedKernel{entry.name, entry.launch_shapes});
  }
  return result;
}

const std::string* CacheFile::FindTuning(const DeviceIdentity& device,
                                         const std::string& key) const {
  const auto at = devices_.find(EncodeDevice(device));
  if (at == devices_.end()) return nullptr;
  const auto found = tuning_.find(TuningKey(at->second, key));
  return found == tuning_.end() ? nullptr : &index_.tuning[found->second].value;
}

CacheContents CacheFile::ReadContents(size_t* damaged) const {
  CacheContents contents;
  contents.generation = index_.header.generation;
  *damaged = 0;
  using SharedBytes = std::shared_ptr<const std::vector<uint8_t>>;
  std::map<uint64_t, SharedBytes> sections;  // By offset; null: damaged.
  for (uint32_t i = 0; i < index_.kernels.size(); ++i) {
    const KernelEntry& entry = index_.kernels[i];
    const std::vector<uint32_t>& kernels = index_.programs.at(entry.program_key);
    if (kernels[0] != i) continue;  // Not the first entry of its program.
    const auto [section, is_new] = sections.emplace(entry.section_offset, nullptr);
    if (is_new) {
      StatusOr<std::vector<uint8_t>> bytes = ReadSection(entry);
      if (bytes.ok()) {
        section->second = std::make_shared<const std::vector<uint8_t>>(*std::move(bytes));
      }
    }
    if (section->second == nullptr) {
      ++*damaged;
      continue;
    }
    ProgramRecord program;
    program.key = entry.program_key;
    program.source_hash = entry.source_hash;
    program.device = index_.devices[entry.device];
    program.kind = entry.kind;
    program.kernels = KernelsOf(kernels);
    program.bytes = section->second;
    program.last_used = entry.last_used;
    contents.programs.push_back(std::move(program));
  }
  for (const TuningRecord& record : index_.tuning) {
    contents.tuning.push_back(
        TuningEntry{index_.devices[record.device], record.key, record.value, record.last_used});
  }
  return contents;
}

}  // namespace mace
