// `mace cache import`: shows the content of upstream MACE's key-value cache file and why it cannot
// be used directly; extracts its binaries on request.
#include <CLI/CLI.hpp>

#include "mace/base/atomic_file.h"
#include "mace/base/coding.h"
#include "mace/base/files.h"
#include "mace/base/strings.h"
#include "mace/cache/upstream_file.h"
#include "tools/mace/cache_commands.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/json_output.h"
#include "tools/mace/streams.h"

namespace mace {
namespace {

struct ImportArguments {
  std::string file;
  std::string output_dir;
  std::string json;
};

// Writes each binary as DIR/<number>_<program>.bin, numbered in the file's order. Gives the names;
// empty for an entry without a binary.
StatusOr<std::vector<std::string>> WriteBinaries(const UpstreamCacheFile& upstream,
                                                 const std::string& folder) {
  std::vector<std::string> files(upstream.programs.size());
  if (folder.empty()) return files;
  MACE_RETURN_IF_ERROR(MakeDirectories(folder));
  for (size_t i = 0; i < files.size(); ++i) {
    const UpstreamProgram& program = upstream.programs[i];
    if (program.binary.empty()) continue;
    std::string name = Printable(program.name, 60);
    for (char& c : name) c = c == '/' ? '_' : c;
    files[i] = JoinPath(folder, std::to_string(i) + "_" + name + ".bin");
    MACE_RETURN_IF_ERROR(WriteFileAtomic(files[i], AsBytes(program.binary), 0600));
  }
  return files;
}

void PrintTable(FILE* out, const ImportArguments& arguments, const UpstreamCacheFile& upstream) {
  Print(out, "%s: a key-value file of upstream MACE, its CRC-32 is right\n",
        arguments.file.c_str());
  Print(out, "device    %s\n",
        upstream.device_name.empty() ? "none is named" : Printable(upstream.device_name).c_str());
  Print(out, "platform  %s\n", Printable(upstream.platform_info).c_str());
  for (const UpstreamProgram& program : upstream.programs) {
    Print(out, "program %s\n  binary  %s, %zu bytes\n  hash    %s\n  not used: %s\n",
          Printable(program.Key()).c_str(), BinaryKindName(program.binary), program.binary.size(),
          program.source_hash.empty() ? "none" : Printable(program.source_hash).c_str(),
          program.why.c_str());
  }
  for (const std::string& key : upstream.other_keys) {
    Print(out, "other pair %s\n", Printable(key).c_str());
  }
  Print(out, "%zu programs, 0 can be used: `mace cache build` makes a file\n",
        upstream.programs.size());
}

Json ReportJson(const ImportArguments& arguments, const UpstreamCacheFile& upstream,
                const std::vector<std::string>& files) {
  Json programs = Json::array();
  for (size_t i = 0; i < upstream.programs.size(); ++i) {
    const UpstreamProgram& program = upstream.programs[i];
    programs.push_back({{"name", program.name},
                        {"options", program.options},
                        {"kind", BinaryKindName(program.binary)},
                        {"size", program.binary.size()},
                        {"source_hash", TextOrNull(program.source_hash)},
                        {"used", false},
                        {"why", program.why},
                        {"file", TextOrNull(files[i])}});
  }
  return {{"file", arguments.file},
          {"device", TextOrNull(upstream.device_name)},
          {"platform", TextOrNull(upstream.platform_info)},
          {"programs", programs},
          {"other_keys", upstream.other_keys}};
}

int Import(const ImportArguments& arguments) {
  const StatusOr<UpstreamCacheFile> upstream = ReadUpstreamCacheFile(arguments.file);
  if (!upstream.ok()) return Report(upstream.status());
  const StatusOr<std::vector<std::string>> files = WriteBinaries(*upstream, arguments.output_dir);
  if (!files.ok()) return Report(files.status());
  PrintTable(TableStream(arguments.json), arguments, *upstream);
  return Report(WriteJson(arguments.json, ReportJson(arguments, *upstream, *files)));
}

}  // namespace

Command AddCacheImportCommand(CLI::App* cache) {
  CLI::App* command =
      cache->add_subcommand("import", "show upstream MACE's cache file, and why it is not used");
  auto arguments = std::make_shared<ImportArguments>();
  command->add_option("file", arguments->file, "upstream's mace_cl_compiled_program.bin")
      ->required();
  command->add_option("--output-dir", arguments->output_dir, "write each binary into this folder");
  command->add_option("--json", arguments->json,
                      "write what it holds as JSON to a file, or to stdout with -");
  return {command, [arguments] { return Import(*arguments); }};
}

}  // namespace mace
