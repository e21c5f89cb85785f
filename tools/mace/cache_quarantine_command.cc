// `mace cache quarantine list | clear`: the programs that a driver crashed in or refused, and that it
// is not asked for again; and what keeps a user's interrupt from counting as such a crash.
#include <signal.h>

#include <CLI/CLI.hpp>

#include "mace/base/strings.h"
#include "mace/cache/crash_journal.h"
#include "mace/cache/driver_records.h"
#include "tools/mace/cache_commands.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/json_output.h"
#include "tools/mace/signed_output.h"
#include "tools/mace/streams.h"

namespace mace {
namespace {

struct QuarantineArguments {
  std::string file;
  std::string json;
  SigningArguments signing;
};

Status List(const QuarantineArguments& arguments) {
  CacheTrust anyone;
  anyone.allow_untrusted = true;
  MACE_ASSIGN_OR_RETURN(const auto cache, CacheFile::Open(arguments.file, anyone));
  const std::vector<QuarantinedProgram> entries = ListQuarantine(*cache);
  if (!arguments.json.empty()) {
    Json list = Json::array();
    for (const QuarantinedProgram& entry : entries) {
      list.push_back({{"program", ToHex(DigestBytes(entry.program))},
                      {"device", entry.device.name},
                      {"driver_version", entry.device.driver_version},
                      {"verdict", DriverVerdictName(entry.record.verdict)},
                      {"what", entry.record.text}});
    }
    return WriteJson(arguments.json, list);
  }
  for (const QuarantinedProgram& entry : entries) {
    Print(stdout, "%s  %s, driver %s: %s: %s\n",
          ToHex(DigestBytes(entry.program)).substr(0, 16).c_str(),
          Printable(entry.device.name).c_str(), Printable(entry.device.driver_version).c_str(),
          DriverVerdictName(entry.record.verdict), Printable(entry.record.text).c_str());
  }
  Print(stdout, "%zu programs in quarantine\n", entries.size());
  return Status();
}

Status Clear(const QuarantineArguments& arguments) {
  MACE_ASSIGN_OR_RETURN(const RewriteOptions options, arguments.signing.ToRewriteOptions());
  MACE_ASSIGN_OR_RETURN(const size_t removed, ClearQuarantine(arguments.file, options));
  Print(stdout, "%zu records removed\n", removed);
  return Status();
}

}  // namespace

void HandleInterrupts() {
  struct sigaction action = {};
  action.sa_handler = [](int number) {
    CrashJournal::ForgetInterrupted();
    raise(number);  // Handled as if by nobody, once this handler has returned.
  };
  action.sa_flags = SA_RESETHAND;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before = {};
    // A program may be started so that it ignores them.
    if (sigaction(number, nullptr, &before) == 0 && before.sa_handler == SIG_DFL) {
      sigaction(number, &action, nullptr);
    }
  }
}

std::vector<Command> AddCacheQuarantineCommands(CLI::App* cache) {
  auto arguments = std::make_shared<QuarantineArguments>();
  CLI::App* quarantine = cache->add_subcommand(
      "quarantine", "list or clear what a driver crashed in or refused, and is not asked again");
  quarantine->require_subcommand(1);
  CLI::App* list = quarantine->add_subcommand("list", "print the programs and what happened");
  CLI::App* clear = quarantine->add_subcommand("clear", "let the driver be asked again");
  for (CLI::App* command : {list, clear}) {
    command->add_option("file", arguments->file, "the cache file")->required();
  }
  list->add_option("--json", arguments->json, "write them as JSON to a file, or to stdout with -");
  arguments->signing.AddTo(clear);
  return {{list, [arguments] { return Report(List(*arguments)); }},
          {clear, [arguments] { return Report(Clear(*arguments)); }}};
}

}  // namespace mace
