// How `mace cache` writes into a file that may be signed: a signature is never lost by oversight.
#ifndef TOOLS_MACE_SIGNED_OUTPUT_H_
#define TOOLS_MACE_SIGNED_OUTPUT_H_

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "mace/base/private_folder.h"
#include "mace/base/status.h"
#include "mace/cache/rewrite.h"

namespace mace {

// What the command line says of the signature of the file that is written.
struct SigningArguments {
  std::string key;           // A file of keygen's, the secret one; empty: none.
  bool is_unsigned = false;  // The signature may go.

  // Declares --key and --unsigned.
  void AddTo(CLI::App* command);
  // kInvalidArgument where both are given; the key file's own errors.
  StatusOr<RewriteOptions> ToRewriteOptions() const;
};

// Where engines, which cannot sign, put what they compile for an output: the output itself, or a
// private copy that is signed on its way back.
class StagedOutput {
 public:
  // kFailedPrecondition for a signed output without a key and without leave to drop its signature.
  static StatusOr<StagedOutput> Open(const std::string& output, const SigningArguments& arguments);

  const std::string& path() const { return path_; }
  // Brings what was put into path() into the output.
  Status Finish() const;

 private:
  std::string output_;
  std::string path_;
  RewriteOptions options_;
  std::optional<PrivateFolder> folder_;  // Nothing: path() is the output.
};

}  // namespace mace

#endif  // TOOLS_MACE_SIGNED_OUTPUT_H_
