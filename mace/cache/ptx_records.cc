#include "mace/cache/ptx_records.h"

#include <memory>
#include <utility>

#include "mace/base/hash.h"
#include "mace/cache/program_key.h"

namespace mace {

Sha256Digest PtxKey(const Sha256Digest& key) {
  Sha256Hasher hasher;
  hasher.UpdateField(std::string(key.begin(), key.end()));
  hasher.UpdateField("ptx");
  return hasher.Finish();
}

std::vector<ProgramRecord> MakePtxRecords(ProgramRecord ptx, const std::string& cubin,
                                          const std::string& source,
                                          const std::string& build_options) {
  ProgramRecord machine_code = ptx;
  machine_code.kind = SectionKind::kCubin;
  machine_code.bytes = std::make_shared<const std::vector<uint8_t>>(cubin.begin(), cubin.end());
  ptx.kind = SectionKind::kPtx;
  ptx.key = PtxKey(ptx.key);
  // A source of its own: neither pushes the other out as stale, and each goes with its own.
  ptx.source_hash = SourceHash(source + "\n// PTX", build_options);
  return {std::move(machine_code), std::move(ptx)};
}

}  // namespace mace
