// `mace cache merge | prune | sign | keygen | extract`: make one cache file from others.
#include <CLI/CLI.hpp>

#include "mace/base/files.h"
#include "mace/cache/cache_file.h"
#include "mace/cache/maintain.h"
#include "tools/mace/cache_commands.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/signed_output.h"
#include "tools/mace/streams.h"

namespace mace {
namespace {

struct FileArguments {
  std::vector<std::string> inputs;
  std::string file;
  std::string output;
  SigningArguments signing;
  uint32_t generation = 0;  // 0: the next one.
  std::string program;      // The first hexadecimal digits of a program key.
  bool allow_shared = false;
  PruneOptions prune;
};

StatusOr<RewriteOptions> ToRewriteOptions(const FileArguments& arguments) {
  MACE_ASSIGN_OR_RETURN(RewriteOptions options, arguments.signing.ToRewriteOptions());
  options.trust.allow_untrusted = arguments.allow_shared;
  return options;
}

// Prints the content of the file that was written.
Status PrintResult(const std::string& path) {
  CacheTrust anyone;
  anyone.allow_untrusted = true;
  MACE_ASSIGN_OR_RETURN(const auto cache, CacheFile::Open(path, anyone));
  const CacheIndex& index = cache->index();
  Print(stdout, "%s: %zu programs, %zu tuning records, %zu devices, %llu bytes, %s\n", path.c_str(),
        index.programs.size(), index.tuning.size(), index.devices.size(),
        static_cast<unsigned long long>(index.header.file_size),
        index.header.is_signed() ? "signed" : "not signed");
  return Status::Ok();
}

Status Merge(const FileArguments& arguments) {
  MACE_ASSIGN_OR_RETURN(const RewriteOptions options, ToRewriteOptions(arguments));
  MACE_RETURN_IF_ERROR(MergeCacheFiles(arguments.inputs, arguments.output, options));
  return PrintResult(arguments.output);
}

Status Prune(const FileArguments& arguments) {
  MACE_ASSIGN_OR_RETURN(const RewriteOptions options, ToRewriteOptions(arguments));
  MACE_ASSIGN_OR_RETURN(const size_t dropped,
                        PruneCacheFile(arguments.file, arguments.prune, options));
  Print(stdout, "%zu programs and tuning records dropped\n", dropped);
  return PrintResult(arguments.file);
}

Status Sign(const FileArguments& arguments) {
  MACE_ASSIGN_OR_RETURN(const SigningKey key, ReadSigningKey(arguments.signing.key));
  MACE_RETURN_IF_ERROR(SignCacheFile(arguments.file, key, arguments.generation));
  return PrintResult(arguments.file);
}

Status Keygen(const FileArguments& arguments) {
  const std::string public_file = arguments.output + ".pub";
  for (const std::string& file : {arguments.output, public_file}) {
    // An existing key must not be overwritten by mistake: files that it signed may be in use.
    if (FileExists(file)) return InvalidArgument(file + ": exists already and is not overwritten");
  }
  MACE_ASSIGN_OR_RETURN(const SigningKey key, GenerateSigningKey());
  MACE_RETURN_IF_ERROR(WriteSigningKey(arguments.output, key));
  MACE_RETURN_IF_ERROR(WritePublicKey(public_file, key.public_key()));
  Print(stdout, "%s: the secret key, keep it to yourself\n%s: the public key\n",
        arguments.output.c_str(), public_file.c_str());
  return Status::Ok();
}

Status Extract(const FileArguments& arguments) {
  MACE_RETURN_IF_ERROR(ExtractProgram(arguments.file, arguments.program, arguments.output));
  Print(stdout, "%s: written\n", arguments.output.c_str());
  return Status::Ok();
}

using FileCommand = Status (*)(const FileArguments&);

}  // namespace

std::vector<Command> AddCacheFileCommands(CLI::App* cache) {
  auto arguments = std::make_shared<FileArguments>();
  std::vector<Command> commands;
  const auto add = [&](const char* name, const char* what, FileCommand work) {
    CLI::App* command = cache->add_subcommand(name, what);
    commands.push_back({command, [arguments, work] { return Report(work(*arguments)); }});
    return command;
  };
  CLI::App* merge = add("merge", "add the programs of files to another file", &Merge);
  merge->add_option("inputs", arguments->inputs, "cache files")->required();
  merge->add_option("--output", arguments->output, "the file, which may be there")->required();
  CLI::App* prune = add("prune", "drop damaged programs and programs not used for long", &Prune);
  prune->add_option("--size-limit", arguments->prune.size_limit,
                    "the most bytes of the file; the least recently used programs are dropped");
  prune->add_option("--max-age", arguments->prune.largest_age,
                    "drop programs that the last so many writes did not use");
  CLI::App* sign = add("sign", "sign a file with an Ed25519 key", &Sign);
  CLI::App* keygen = add("keygen", "make a key: KEY and KEY.pub", &Keygen);
  keygen->add_option("key", arguments->output, "the secret key's file")->required();
  CLI::App* extract = add("extract", "write a program's binary to a file", &Extract);
  extract->add_option("--program", arguments->program,
                      "the key's first hexadecimal digits (default: the only program)");
  extract->add_option("--output", arguments->output, "the binary's file")->required();

  for (CLI::App* command : {prune, sign, extract}) {
    command->add_option("file", arguments->file, "the cache file")->required();
  }
  for (CLI::App* command : {merge, prune}) {
    arguments->signing.AddTo(command);
    command->add_flag("--allow-shared", arguments->allow_shared,
                      "take files that others may write or own");
  }
  sign->add_option("--key", arguments->signing.key, "the secret key's file")->required();
  sign->add_option("--generation", arguments->generation,
                   "the generation of the signed file (default: one above its last)");
  return commands;
}

}  // namespace mace
