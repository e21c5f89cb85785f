// `mace doctor`: versions, graphics hardware and its device files, environment variables.
#include <gnu/libc-version.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>
#include <vector>

#include "mace/base/files.h"
#include "mace/base/strings.h"
#include "mace/mace.h"
#include "tools/mace/doctor_checks.h"

namespace mace {
namespace {

// The entries of a folder whose names begin with `prefix`, in order; none if it cannot be read.
std::vector<std::string> EntriesOf(const std::string& folder, const std::string& prefix) {
  std::vector<std::string> entries;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (StartsWith(entry->path().filename().string(), prefix)) {
      entries.push_back(entry->path().string());
    }
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

std::string FirstLineOf(const std::string& path) {
  std::FILE* const file = std::fopen(path.c_str(), "re");
  if (file == nullptr) return "";
  char line[256] = {};
  if (std::fgets(line, sizeof(line), file) == nullptr) line[0] = '\0';
  std::fclose(file);
  std::string text = line;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// By the PCI number of the vendor: how many display and compute devices of it there are.
std::map<std::string, int> CountGpus() {
  std::map<std::string, int> counts;
  for (const std::string& device : EntriesOf("/sys/bus/pci/devices", "")) {
    const std::string kind = FirstLineOf(device + "/class");
    // Display controllers (0x03) and processing accelerators (0x12).
    if (!StartsWith(kind, "0x03") && !StartsWith(kind, "0x12")) continue;
    ++counts[FirstLineOf(device + "/vendor")];
  }
  return counts;
}

std::string GroupName(gid_t id) {
  const group* const found = getgrgid(id);
  return found == nullptr ? std::to_string(id) : found->gr_name;
}

std::string UserName() {
  const passwd* const found = getpwuid(geteuid());
  return found == nullptr ? std::to_string(geteuid()) : found->pw_name;
}

// "root:render 0660".
std::string OwnersText(const struct stat& info) {
  const passwd* const owner = getpwuid(info.st_uid);
  char mode[16];
  std::snprintf(mode, sizeof(mode), "%04o", static_cast<unsigned>(info.st_mode & 07777));
  return (owner == nullptr ? std::to_string(info.st_uid) : std::string(owner->pw_name)) + ":" +
         GroupName(info.st_gid) + " " + mode;
}

// Whether this user may open the file for reading and writing, and which group may.
void CheckDeviceFile(const std::string& path, Findings* findings) {
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0 || !S_ISCHR(info.st_mode)) return;
  if (access(path.c_str(), R_OK | W_OK) == 0) {
    findings->Ok("hardware", path + " may be used");
    return;
  }
  const bool by_group = (info.st_mode & 0060) == 0060 && info.st_gid != 0;
  const std::string group = GroupName(info.st_gid);
  findings->Problem(
      "hardware", path + " may not be used by " + UserName() + ": it is " + OwnersText(info),
      by_group ? "sudo usermod -aG " + group + " " + UserName() + ", then log in again (a " +
                     "container: --group-add " + group + ")"
               : "ask the administrator for access; no group gives it (a container: --device " +
                     path + ")");
}

// A vendor's GPU needs a device file, which its kernel module makes.
void CheckVendor(const std::string& vendor, int count, Findings* findings) {
  const struct {
    const char* number;
    const char* name;
    const char* file;
    const char* advice;
  } known[] = {
      {"0x10de", "NVIDIA", "/dev/nvidiactl",
       "install NVIDIA's driver, or load it: sudo modprobe nvidia; in a container: --gpus all"},
      {"0x1002", "AMD", "/dev/kfd",
       "sudo modprobe amdgpu; in a container: --device /dev/kfd "
       "--device /dev/dri"},
      {"0x8086", "Intel", "/dev/dri", "sudo modprobe i915; in a container: --device /dev/dri"}};
  for (const auto& entry : known) {
    if (vendor != entry.number) continue;
    const std::string what = std::to_string(count) + " graphics device(s) of " + entry.name;
    if (FileExists(entry.file)) {
      findings->Ok("hardware", what);
    } else {
      findings->Warn("hardware", what + ", but there is no " + entry.file, entry.advice);
    }
    return;
  }
}

}  // namespace

void CheckVersions(Findings* findings) {
  utsname system = {};
  uname(&system);
  findings->Ok("version", std::string("mace ") + Version() + "; " + system.sysname + " " +
                              system.release + ", " + system.machine + "; glibc " +
                              gnu_get_libc_version());
}

void CheckHardware(Findings* findings) {
  for (const auto& [vendor, count] : CountGpus()) CheckVendor(vendor, count, findings);
  std::vector<std::string> files = EntriesOf("/dev/dri", "renderD");
  const std::vector<std::string> nvidia = EntriesOf("/dev", "nvidia");
  files.insert(files.end(), nvidia.begin(), nvidia.end());
  if (FileExists("/dev/kfd")) files.push_back("/dev/kfd");
  for (const std::string& file : files) CheckDeviceFile(file, findings);
  if (files.empty()) {
    findings->Note("hardware", "no GPU may be used here: /dev has no dri/renderD*, nvidia* or kfd",
                   "nothing, if mace is to run on the CPU; in a container, pass the GPU in");
  }
}

void CheckEnvironment(Findings* findings) {
  // What each changes, in the words of its own documents.
  const std::pair<const char*, const char*> known[] = {
      {"OCL_ICD_VENDORS", "where the loader looks for drivers"},
      {"OPENCL_VENDOR_PATH", "where the loader looks for drivers"},
      {"OCL_ICD_FILENAMES", "more drivers for Khronos's loader"},
      {"OPENCL_LAYERS", "layers of the loader"},
      {"LD_LIBRARY_PATH", "where libraries are looked for first"},
      {"LD_PRELOAD", "libraries that come before all others"},
      {"POCL_CACHE_DIR", "where PoCL keeps compiled programs"},
      {"POCL_KERNEL_CACHE", "0: PoCL keeps no compiled programs"},
      {"POCL_DEVICES", "the devices that PoCL shows"},
      {"POCL_MAX_PTHREAD_COUNT", "the threads of PoCL's CPU device"},
      {"CUDA_VISIBLE_DEVICES", "the devices that NVIDIA's driver shows"},
      {"NVIDIA_DRIVER_CAPABILITIES", "what a container sees of NVIDIA's driver"},
      {"CUDA_CACHE_PATH", "where NVIDIA's driver keeps compiled programs"},
      {"CUDA_CACHE_DISABLE", "1: NVIDIA's driver keeps no compiled programs"},
      {"NEO_CACHE_DIR", "where Intel's GPU driver keeps compiled programs"},
      {"ZE_AFFINITY_MASK", "the devices that Intel's GPU driver shows"},
      {"ROCR_VISIBLE_DEVICES", "the devices that AMD's driver shows"},
      {"RUSTICL_ENABLE", "the devices that Mesa's rusticl shows"},
      {"MACE_LOG", "which messages mace prints"},
      {"MACE_REQUIRE_CACHE", "1: mace compiles nothing that the cache file does not hold"},
      {"MACE_CL_CACHE_FILE", "the cache file of mace's loader layer"}};
  size_t count = 0;
  for (const auto& [name, meaning] : known) {
    const char* const value = std::getenv(name);
    if (value == nullptr) continue;
    ++count;
    findings->Note("environment", std::string(name) + "=" + value + " (" + meaning + ")");
  }
  const char* const capabilities = std::getenv("NVIDIA_DRIVER_CAPABILITIES");
  const std::string given = capabilities == nullptr ? "all" : capabilities;
  if (given.find("compute") == std::string::npos && given.find("all") == std::string::npos) {
    findings->Warn("environment",
                   "NVIDIA_DRIVER_CAPABILITIES leaves out compute, which OpenCL needs",
                   "begin the container with NVIDIA_DRIVER_CAPABILITIES=compute,utility");
  }
  if (count == 0) findings->Ok("environment", "no variable changes what OpenCL or mace do");
}

}  // namespace mace
