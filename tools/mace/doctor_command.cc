// `mace doctor`: says whether this machine can run mace, and what to do where it cannot.
#include <CLI/CLI.hpp>

#include "tools/mace/commands.h"
#include "tools/mace/doctor_checks.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/json_output.h"
#include "tools/mace/streams.h"

namespace mace {
namespace {

struct DoctorArguments {
  std::string cache = "mace-cl-compiled-program.bin";
  std::string json;
  double timeout = 120;
};

int RunDoctor(const DoctorArguments& arguments) {
  FILE* out = TableStream(arguments.json);
  Findings findings(out);
  CheckVersions(&findings);
  CheckHardware(&findings);
  CheckEnvironment(&findings);
  DoctorDevices devices;
  if (CheckLoader(&findings)) {
    const std::vector<std::string> icd_files = CheckDrivers(&findings);
    CheckLayers(&findings);
    devices = CheckDevices(icd_files, arguments.timeout, &findings);
  } else {
    CheckDrivers(&findings);
  }
  CheckClblast(&findings);
  CheckFolders(arguments.cache, &findings);

  const size_t problems = findings.CountOf(Finding::Level::kProblem);
  const size_t warnings = findings.CountOf(Finding::Level::kWarning);
  Print(out, "%zu of %zu devices work; %zu problem(s), %zu warning(s)\n", devices.working,
        devices.json.size(), problems, warnings);
  const Status written = WriteJson(arguments.json, {{"works", devices.working > 0},
                                                    {"problems", problems},
                                                    {"warnings", warnings},
                                                    {"devices", devices.json},
                                                    {"findings", findings.ToJson()}});
  if (!written.ok()) return Report(written);
  if (devices.working > 0) return kExitDone;
  return Report(
      DeviceError("no OpenCL device works: the lines that begin with \"problem\" say why"));
}

}  // namespace

Command AddDoctorCommand(CLI::App* app) {
  CLI::App* command = app->add_subcommand(
      "doctor", "check this machine: loader, drivers, devices, permissions, and what to do");
  auto arguments = std::make_shared<DoctorArguments>();
  command->add_option("--cache", arguments->cache, "the cache file whose folder is checked")
      ->capture_default_str();
  command
      ->add_option("--timeout", arguments->timeout,
                   "the seconds that each test of a device may take")
      ->check(CLI::Range(1.0, 86400.0))
      ->capture_default_str();
  command->add_option("--json", arguments->json,
                      "write the findings as JSON to a file, or to stdout with -");
  return {command, [arguments] { return RunDoctor(*arguments); }};
}

}  // namespace mace
