#include "tools/mace/signed_output.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <utility>

#include "mace/base/files.h"
#include "mace/cache/cache_file.h"
#include "mace/cache/maintain.h"
#include "mace/cache/signing.h"

namespace mace {
namespace {

constexpr char kFolderPrefix[] = "mace-build-";

// The header of a valid file, whoever signed it; else that of a file never written.
CacheFileHeader HeaderOf(const std::string& path) {
  CacheTrust anyone;
  anyone.allow_untrusted = true;
  const StatusOr<std::shared_ptr<const CacheFile>> file = CacheFile::Open(path, anyone);
  return file.ok() ? (*file)->index().header : CacheFileHeader();
}

std::string TemporaryPlace() {
  const char* named = std::getenv("TMPDIR");
  return named == nullptr || *named == '\0' ? "/tmp" : named;
}

}  // namespace

void SigningArguments::AddTo(CLI::App* command) {
  command->add_option("--key", key, "sign the result with this secret key");
  command->add_flag("--unsigned", is_unsigned, "a signed file may lose its signature");
}

StatusOr<RewriteOptions> SigningArguments::ToRewriteOptions() const {
  if (is_unsigned && !key.empty()) {
    return InvalidArgument("--unsigned: expected either a key or no signature, found both");
  }
  RewriteOptions options;
  options.drop_signature = is_unsigned;
  if (!key.empty()) {
    MACE_ASSIGN_OR_RETURN(options.signing_key, ReadSigningKey(key));
  }
  return options;
}

StatusOr<StagedOutput> StagedOutput::Open(const std::string& output,
                                          const SigningArguments& arguments) {
  StagedOutput staged;
  staged.output_ = output;
  staged.path_ = output;
  MACE_ASSIGN_OR_RETURN(staged.options_, arguments.ToRewriteOptions());
  const CacheFileHeader header = HeaderOf(output);
  const bool is_signed = header.is_signed();
  staged.generation_ = header.generation;
  if (is_signed && arguments.key.empty() && !arguments.is_unsigned) {
    return FailedPrecondition(output +
                              ": is signed: expected --key to sign it again, or --unsigned");
  }
  if (!is_signed && arguments.key.empty()) return staged;
  RemoveAbandonedFolders(TemporaryPlace(), kFolderPrefix);
  MACE_ASSIGN_OR_RETURN(staged.folder_, PrivateFolder::Make(TemporaryPlace(), kFolderPrefix));
  staged.path_ = JoinPath(staged.folder_->path(), kCacheFileName);
  if (FileExists(output)) MACE_RETURN_IF_ERROR(MergeCacheFiles({output}, staged.path_));
  return staged;
}

Status StagedOutput::Finish() const {
  if (!FileExists(path_)) return Status();
  if (!folder_.has_value()) return JoinWritings(path_, generation_, options_);
  return MergeCacheFiles({path_}, output_, options_);
}

}  // namespace mace
