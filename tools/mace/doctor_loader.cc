// `mace doctor`: the OpenCL loader, the drivers that it finds, layers, CLBlast.
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "mace/base/files.h"
#include "mace/base/strings.h"
#include "tools/mace/doctor_checks.h"
#include "tools/mace/shared_library.h"

namespace mace {
namespace {

constexpr char kDefaultVendors[] = "/etc/OpenCL/vendors";
constexpr size_t kMaxIcdBytes = 1 << 16;
constexpr char kHowToGetADriver[] =
    "install one: pocl-opencl-icd (any CPU), intel-opencl-icd (Intel's GPUs), mesa-opencl-icd or "
    "rocm-opencl-runtime (AMD's), nvidia-opencl-icd (NVIDIA's; in a container, begin it with "
    "--gpus all and NVIDIA_DRIVER_CAPABILITIES=compute,utility)";

std::string Variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Where the package of a driver is known by its library's name.
std::string PackageOf(const std::string& library) {
  const struct {
    const char* part;
    const char* package;
  } known[] = {{"pocl", "pocl-opencl-icd"},
               {"nvidia-opencl", "nvidia-opencl-icd, or NVIDIA's own driver"},
               {"igdrcl", "intel-opencl-icd"},
               {"intelocl", "Intel's CPU runtime for OpenCL"},
               {"Mesa", "mesa-opencl-icd"},
               {"Rusticl", "mesa-opencl-icd"},
               {"amdocl", "rocm-opencl-runtime"},
               {"oclgrind", "oclgrind"}};
  for (const auto& entry : known) {
    if (library.find(entry.part) != std::string::npos) return entry.package;
  }
  return "";
}

std::vector<std::string> IcdFilesIn(const std::string& folder, std::string* why_none) {
  std::vector<std::string> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".icd") files.push_back(entry->path().string());
  }
  if (error) *why_none = error.message();
  std::sort(files.begin(), files.end());
  return files;
}

// The library that an .icd file names on its first line.
StatusOr<std::string> LibraryOf(const std::string& icd_file) {
  MACE_ASSIGN_OR_RETURN(const std::string text, ReadFile(icd_file, kMaxIcdBytes));
  std::string line = Split(text, '\n')[0];
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  return line;
}

// `named_by`: the .icd file, or the variable.
void CheckDriver(const std::string& named_by, const std::string& library, Findings* findings) {
  if (library.empty()) {
    findings->Problem("driver", named_by + " names no library",
                      "reinstall the driver's package, or remove this file");
    return;
  }
  const LibraryFacts facts = LoadLibraryInChild(
      library, {"clIcdGetPlatformIDsKHR", "clGetExtensionFunctionAddress", "clGetPlatformIDs"});
  if (!facts.loaded) {
    const std::string package = PackageOf(library);
    findings->Problem(
        "driver", named_by + ": " + library + " does not load: " + facts.why_not,
        (package.empty() ? "install the package of this driver" : "install " + package) +
            ", or what the message names, or remove " + named_by);
    return;
  }
  if (facts.found.empty()) {
    findings->Problem("driver", named_by + ": " + facts.path + " is no OpenCL driver",
                      "name the driver's library in this file");
    return;
  }
  findings->Ok("driver", named_by + ": " + facts.path + " loads");
}

// What OCL_ICD_VENDORS or OPENCL_VENDOR_PATH name in place of the system's folder.
struct VendorPlace {
  std::string named_by;  // Empty: the system's folder.
  std::string path = kDefaultVendors;
};

VendorPlace FindVendorPlace() {
  for (const char* name : {"OCL_ICD_VENDORS", "OPENCL_VENDOR_PATH"}) {
    const std::string value = Variable(name);
    if (!value.empty()) return {name, value};
  }
  return {};
}

}  // namespace

bool CheckLoader(Findings* findings) {
  const LibraryFacts facts = LoadLibraryInChild("libOpenCL.so.1", {"clGetPlatformIDs"});
  if (!facts.loaded) {
    findings->Problem("loader", "the OpenCL loader does not load: " + facts.why_not,
                      "install it: ocl-icd-libopencl1 (Debian, Ubuntu), ocl-icd (Fedora, Arch); "
                      "--device cpu works without it");
    return false;
  }
  if (!facts.Has("clGetPlatformIDs")) {
    findings->Problem("loader", facts.path + " is no OpenCL loader: it has no clGetPlatformIDs",
                      "look which package or variable (LD_LIBRARY_PATH) puts it there");
    return false;
  }
  const std::string name =
      facts.loader_vendor.empty() ? "it does not say whose" : facts.loader_vendor;
  findings->Ok("loader", facts.path + " (" + name +
                             (facts.loader_version.empty() ? "" : " " + facts.loader_version) +
                             ")");
  return true;
}

std::vector<std::string> CheckDrivers(Findings* findings) {
  const VendorPlace place = FindVendorPlace();
  std::vector<std::string> files;
  std::string why_none;
  struct stat info = {};
  const bool is_folder = stat(place.path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
  if (is_folder || place.named_by.empty()) {
    files = IcdFilesIn(place.path, &why_none);
  } else if (EndsWith(place.path, ".icd")) {
    files = {place.path};
  } else {
    CheckDriver(place.named_by, place.path, findings);
  }
  for (const std::string& file : files) {
    const StatusOr<std::string> library = LibraryOf(file);
    if (library.ok()) {
      CheckDriver(file, *library, findings);
    } else {
      findings->Problem("driver", library.status().message(),
                        "make the file readable for everyone");
    }
  }
  const std::string more = Variable("OCL_ICD_FILENAMES");
  if (!more.empty()) {
    for (const std::string& name : Split(more, ':')) {
      CheckDriver("OCL_ICD_FILENAMES", name, findings);
    }
  }
  const bool none_named = files.empty() && more.empty() && (is_folder || place.named_by.empty());
  if (none_named) {
    findings->Problem(
        "driver",
        "no driver is installed: " + place.path + " has no .icd file" +
            (why_none.empty() ? "" : " (" + why_none + ")"),
        place.named_by.empty() ? kHowToGetADriver : "correct " + place.named_by + ", or unset it");
  }
  return files;
}

void CheckLayers(Findings* findings) {
  const std::string layers = Variable("OPENCL_LAYERS");
  if (layers.empty()) {
    findings->Ok("layer", "no loader layer is in force (OPENCL_LAYERS is not set)");
    return;
  }
  for (const std::string& name : Split(layers, ':')) {
    if (name.empty()) continue;
    const LibraryFacts facts = LoadLibraryInChild(name, {"clGetLayerInfo", "clInitLayer"});
    if (!facts.loaded) {
      findings->Problem("layer", name + " does not load: " + facts.why_not,
                        "correct OPENCL_LAYERS, or unset it");
    } else if (!facts.Has("clInitLayer")) {
      findings->Problem("layer", facts.path + " is no layer: it has no clInitLayer",
                        "correct OPENCL_LAYERS, or unset it");
    } else {
      findings->Note("layer", facts.path + " sees every OpenCL call (OPENCL_LAYERS)");
    }
  }
}

void CheckClblast(Findings* findings) {
  const LibraryFacts facts = LoadLibraryInChild("libclblast.so.1", {"CLBlastSgemm"});
  if (facts.loaded && facts.Has("CLBlastSgemm")) {
    findings->Ok("library", "CLBlast: " + facts.path);
    return;
  }
  const std::string why = facts.loaded ? "it has no CLBlastSgemm" : facts.why_not;
  findings->Note(
      "library", "CLBlast is not used: " + why,
      "only for --tuning, which then also tries its matrix products: install libclblast1");
}

}  // namespace mace
