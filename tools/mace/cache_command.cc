// `mace cache info | verify | hexdump`: shows a compiled-program cache file. The other subcommands
// are in cache_*_command*.cc.
#include <CLI/CLI.hpp>

#include "mace/base/coding.h"
#include "mace/base/hash.h"
#include "mace/cache/hexdump.h"
#include "mace/cache/info.h"
#include "mace/cache/signing.h"
#include "mace/cache/verify.h"
#include "tools/mace/cache_commands.h"
#include "tools/mace/commands.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/json_output.h"
#include "tools/mace/streams.h"

namespace mace {
namespace {

std::string HexOf(const Sha256Digest& digest) { return ToHex(Bytes(digest.data(), digest.size())); }

Json DevicesJson(const CacheFileInfo& info) {
  Json list = Json::array();
  for (const CacheDeviceInfo& entry : info.devices) {
    list.push_back({{"name", entry.device.name},
                    {"vendor", entry.device.vendor_name},
                    {"device_version", entry.device.device_version},
                    {"driver_version", entry.device.driver_version},
                    {"platform", entry.device.platform_name},
                    {"platform_version", entry.device.platform_version},
                    {"programs", entry.programs},
                    {"kernels", entry.kernels},
                    {"tuning_records", entry.tuning_records},
                    {"binary_bytes", entry.binary_bytes}});
  }
  return list;
}

Json ProgramsJson(const CacheFileInfo& info) {
  Json list = Json::array();
  for (const CacheProgramInfo& program : info.programs) {
    Json kernels = Json::array();
    for (const CachedKernel& kernel : program.kernels) {
      kernels.push_back({{"name", kernel.name}, {"launch_shapes", kernel.launch_shapes}});
    }
    list.push_back({{"key", HexOf(program.key)},
                    {"source_hash", HexOf(program.source_hash)},
                    {"device", program.device},
                    {"kind", SectionKindName(program.kind)},
                    {"offset", program.section_offset},
                    {"size", program.section_size},
                    {"last_used", program.last_used},
                    {"kernels", kernels}});
  }
  return list;
}

// Keys are text of the engine. Choices are bytes of the file and may be anything.
Json TuningJson(const CacheFileInfo& info) {
  Json list = Json::array();
  for (const TuningRecord& record : info.tuning) {
    list.push_back({{"device", record.device},
                    {"last_used", record.last_used},
                    {"key", record.key},
                    {"value_hex", ToHex(AsBytes(record.value))}});
  }
  return list;
}

void PrintInfo(FILE* out, const CacheFileInfo& info) {
  Print(out,
        "%s: version %s, %llu bytes, generation %u, %u kernels in %zu programs, %u sections "
        "of %u bytes\n",
        info.path.c_str(), VersionText(info.header.version).c_str(),
        static_cast<unsigned long long>(info.header.file_size), info.header.generation,
        info.header.kernel_count, info.programs.size(), info.sections,
        info.header.total_binary_size);
  if (info.header.is_signed()) {
    const PublicKey& key = info.trailer.public_key;
    Print(out, "  signed with %s\n", ToHex(Bytes(key.data(), key.size())).c_str());
  }
  if (!info.distrust.empty()) Print(out, "  not used by the engine: %s\n", info.distrust.c_str());
  for (size_t i = 0; i < info.devices.size(); ++i) {
    const CacheDeviceInfo& entry = info.devices[i];
    Print(
        out,
        "device %zu: %s (%s, driver %s): %u programs, %u kernels, %llu bytes, %u tuning records\n",
        i, entry.device.name.c_str(), entry.device.platform_name.c_str(),
        entry.device.driver_version.c_str(), entry.programs, entry.kernels,
        static_cast<unsigned long long>(entry.binary_bytes), entry.tuning_records);
  }
  for (const CacheProgramInfo& program : info.programs) {
    Print(out, "program %.16s…: device %u, %s, %llu bytes at 0x%llx, used in generation %u\n",
          HexOf(program.key).c_str(), program.device, SectionKindName(program.kind),
          static_cast<unsigned long long>(program.section_size),
          static_cast<unsigned long long>(program.section_offset), program.last_used);
    for (const CachedKernel& kernel : program.kernels) {
      Print(out, "  %s  %s\n", kernel.name.c_str(), kernel.launch_shapes.c_str());
    }
  }
}

int RunInfo(const std::string& file, const std::string& json) {
  const StatusOr<CacheFileInfo> info = ReadCacheFileInfo(file);
  if (!info.ok()) return Report(info.status());
  PrintInfo(TableStream(json), *info);
  return Report(WriteJson(
      json,
      {{"file", info->path},
       {"version", VersionText(info->header.version)},
       {"file_size", info->header.file_size},
       {"generation", info->header.generation},
       {"kernel_count", info->header.kernel_count},
       {"total_binary_size", info->header.total_binary_size},
       {"sections", info->sections},
       {"public_key", info->header.is_signed() ? Json(ToHex(Bytes(info->trailer.public_key.data(),
                                                                  info->trailer.public_key.size())))
                                               : Json(nullptr)},
       {"distrust", info->distrust.empty() ? Json(nullptr) : Json(info->distrust)},
       {"devices", DevicesJson(*info)},
       {"programs", ProgramsJson(*info)},
       {"tuning", TuningJson(*info)}}));
}

int RunHexdump(const std::string& file) {
  const StatusOr<std::vector<std::string>> lines = HexdumpCacheFile(file);
  if (!lines.ok()) return Report(lines.status());
  for (const std::string& line : *lines) Print(stdout, "%s\n", line.c_str());
  return kExitDone;
}

// Describes a file's signature, and whether it is the expected one.
std::string SignatureText(const CacheFileInfo& info, const std::string& key_file) {
  if (!info.header.is_signed()) return "not signed";
  const PublicKey& key = info.trailer.public_key;
  const std::string text = "generation " + std::to_string(info.header.generation) +
                           ", signed with " + ToHex(Bytes(key.data(), key.size()));
  if (!key_file.empty()) return text + ", the key of " + key_file;
  return text + "; without --public-key that key is not checked";
}

int RunVerify(const std::string& file, const std::string& key_file) {
  std::optional<PublicKey> key;
  if (!key_file.empty()) {
    const StatusOr<PublicKey> read = ReadPublicKey(key_file);
    if (!read.ok()) return Report(read.status());
    key = *read;
  }
  const Status status = VerifyCacheFile(file, key);
  if (!status.ok()) return Report(status);
  const StatusOr<CacheFileInfo> info = ReadCacheFileInfo(file);
  if (!info.ok()) return Report(info.status());
  Print(stdout, "%s: good, %s\n", file.c_str(), SignatureText(*info, key_file).c_str());
  return kExitDone;
}

}  // namespace

std::vector<Command> AddCacheCommands(CLI::App* app) {
  CLI::App* cache =
      app->add_subcommand("cache", "make, show and change compiled-program cache files");
  cache->require_subcommand(1);
  auto file = std::make_shared<std::string>();
  auto json = std::make_shared<std::string>();
  CLI::App* info = cache->add_subcommand("info", "header fields, devices, kernels, sizes");
  info->add_option("--json", *json, "write them as JSON to a file, or to stdout with -");
  CLI::App* verify = cache->add_subcommand("verify", "check every byte; exit code 0 good, 3 bad");
  auto key = std::make_shared<std::string>();
  verify->add_option("--public-key", *key, "the file must be signed with this key");
  CLI::App* hexdump = cache->add_subcommand("hexdump", "the fields with their bytes");
  for (CLI::App* command : {info, verify, hexdump})
    command->add_option("file", *file, "the cache file")->required();
  std::vector<Command> commands = {
      {info, [file, json] { return RunInfo(*file, *json); }},
      {verify, [file, key] { return RunVerify(*file, *key); }},
      {hexdump, [file] { return RunHexdump(*file); }},
      AddCacheBuildCommand(cache),
      AddCacheImportCommand(cache),
  };
  for (Command& command : AddCacheFileCommands(cache)) commands.push_back(std::move(command));
  for (Command& command : AddCacheQuarantineCommands(cache)) commands.push_back(std::move(command));
  return commands;
}

}  // namespace mace
