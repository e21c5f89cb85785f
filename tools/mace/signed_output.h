// How `mace cache` writes files that may be signed. A signature is never lost by mistake.
#ifndef TOOLS_MACE_SIGNED_OUTPUT_H_
#define TOOLS_MACE_SIGNED_OUTPUT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "mace/base/private_folder.h"
#include "mace/base/status.h"
#include "mace/cache/rewrite.h"

namespace CLI {
class App;
}  // namespace CLI

namespace mace {

// The options for the signature of the file to be written.
struct SigningArguments {
  std::string key;           // A secret key file made by keygen; empty: none.
  bool is_unsigned = false;  // The signature may be dropped.

  // Declares --key and --unsigned.
  void AddTo(CLI::App* command);
  // kInvalidArgument if both are given; else the errors of reading the key file.
  StatusOr<RewriteOptions> ToRewriteOptions() const;
};

// Where engines, which cannot sign, write their programs for an output file: the output itself, or
// a private copy that is signed when it is copied back.
class StagedOutput {
 public:
  // kFailedPrecondition for a signed output without a key and without permission to drop its
  // signature.
  static StatusOr<StagedOutput> Open(const std::string& output, const SigningArguments& arguments);

  const std::string& path() const { return path_; }
  // Copies the content of path() into the output, which counts as one writing.
  Status Finish() const;

 private:
  std::string output_;
  std::string path_;
  uint32_t generation_ = 0;  // The output's when it was opened; 0: it was no file to be used.
  RewriteOptions options_;
  std::optional<PrivateFolder> folder_;  // None: path() is the output itself.
};

}  // namespace mace

#endif  // TOOLS_MACE_SIGNED_OUTPUT_H_
