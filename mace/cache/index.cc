#include "mace/cache/index.h"

#include <algorithm>

namespace mace {
namespace {

Status DecodeEntry(ByteReader* reader, DeviceIdentity* device) {
  return DecodeDevice(reader, device);
}
template <typename Entry>
Status DecodeEntry(ByteReader* reader, Entry* entry) {
  return entry->DecodeFrom(reader);
}

// Decodes `count` entries. The count was checked against the bytes there are.
template <typename Entry>
Status DecodeEntries(ByteReader* reader, size_t count, std::vector<Entry>* entries) {
  entries->clear();
  for (size_t i = 0; i < count; ++i) {
    entries->emplace_back();
    MACE_RETURN_IF_ERROR(DecodeEntry(reader, &entries->back()));
  }
  return Status::Ok();
}

Status CheckKernel(const CacheFileHeader& header, const KernelEntry& kernel) {
  if (kernel.device >= header.device_count) return Corruption("a kernel names no device");
  if (kernel.section_size == 0 || kernel.section_offset % kSectionAlignment != 0 ||
      kernel.section_offset < header.header_size || kernel.section_size > header.table_offset ||
      kernel.section_offset > header.table_offset - kernel.section_size) {
    return Corruption("a section lies outside its place");
  }
  return Status::Ok();
}

bool SameProgram(const KernelEntry& a, const KernelEntry& b) {
  return a.section_offset == b.section_offset && a.section_size == b.section_size &&
         a.section_digest == b.section_digest && a.source_hash == b.source_hash &&
         a.kind == b.kind && a.device == b.device;
}

Status CheckSections(const CacheFileHeader& header, const std::vector<KernelEntry>& kernels) {
  uint64_t total = 0;
  const KernelEntry* previous = nullptr;
  for (const KernelEntry* section : DistinctSections(kernels)) {
    if (previous != nullptr &&
        previous->section_offset + previous->section_size > section->section_offset) {
      return Corruption("two sections overlap");
    }
    total += section->section_size;
    previous = section;
  }
  if (total != header.total_binary_size) {
    return Corruption("sections of " + std::to_string(total) + " bytes, its header says " +
                      std::to_string(header.total_binary_size));
  }
  return Status::Ok();
}

}  // namespace

Sha256Digest IndexDigest(Bytes head, Bytes table_and_tuning) {
  Sha256Hasher hasher;
  hasher.Update(head);
  hasher.Update(table_and_tuning);
  return hasher.Finish();
}

std::vector<const KernelEntry*> DistinctSections(const std::vector<KernelEntry>& kernels) {
  std::vector<const KernelEntry*> sections;
  sections.reserve(kernels.size());
  for (const KernelEntry& kernel : kernels) sections.push_back(&kernel);
  const auto order = [](const KernelEntry* a, const KernelEntry* b) {
    if (a->section_offset != b->section_offset) return a->section_offset < b->section_offset;
    if (a->section_size != b->section_size) return a->section_size < b->section_size;
    return a->section_digest < b->section_digest;
  };
  const auto same = [&order](const KernelEntry* a, const KernelEntry* b) {
    return !order(a, b) && !order(b, a);
  };
  std::sort(sections.begin(), sections.end(), order);
  sections.erase(std::unique(sections.begin(), sections.end(), same), sections.end());
  return sections;
}

Status CacheIndex::DecodeFrom(const CacheFileHeader& checked, Bytes head, Bytes tail) {
  header = checked;
  const size_t entries_size = size_t{header.table_size} + header.tuning_size;
  if (head.size() != header.header_size || tail.size() != entries_size + header.trailer_size()) {
    return Internal("index: got other parts of the file than its header names");
  }
  ByteReader trailer_reader(Bytes(tail.data() + entries_size, tail.size() - entries_size));
  MACE_RETURN_IF_ERROR(trailer.DecodeFrom(&trailer_reader, header.is_signed()));
  if (IndexDigest(head, Bytes(tail.data(), entries_size)) != trailer.index_digest) {
    return Corruption("hash mismatch in header, table or tuning records");
  }

  ByteReader head_reader(head);
  if (!head_reader.Skip(kMinimumHeaderSize)) return Corruption("truncated header");
  MACE_RETURN_IF_ERROR(DecodeEntries(&head_reader, header.device_count, &devices));
  ByteReader table_reader(Bytes(tail.data(), header.table_size));
  MACE_RETURN_IF_ERROR(DecodeEntries(&table_reader, header.kernel_count, &kernels));
  ByteReader tuning_reader(Bytes(tail.data() + header.table_size, header.tuning_size));
  MACE_RETURN_IF_ERROR(DecodeEntries(&tuning_reader, header.tuning_count, &tuning));
  if (!table_reader.empty() || !tuning_reader.empty()) {
    return Corruption("bytes are left over behind the last kernel or tuning record");
  }

  programs.clear();
  for (uint32_t i = 0; i < kernels.size(); ++i) {
    MACE_RETURN_IF_ERROR(CheckKernel(header, kernels[i]));
    std::vector<uint32_t>& program = programs[kernels[i].program_key];
    if (!program.empty() && !SameProgram(kernels[program[0]], kernels[i])) {
      return Corruption("two kernels contradict each other about their program");
    }
    program.push_back(i);
  }
  for (const TuningRecord& record : tuning) {
    if (record.device >= header.device_count) return Corruption("a tuning record names no device");
  }
  return CheckSections(header, kernels);
}

}  // namespace mace
