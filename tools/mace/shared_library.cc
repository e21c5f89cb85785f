#include "tools/mace/shared_library.h"

#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>

#include "tools/mace/child_process.h"

namespace mace {
namespace {

constexpr double kSeconds = 20;

// clGetICDLoaderInfoOCLICD of the extension cl_loader_info, which loaders have: its selectors, and
// its type without the headers of OpenCL.
constexpr unsigned kLoaderVersion = 2, kLoaderVendor = 4;
using GetLoaderInfo = int (*)(unsigned selector, size_t size, void* value, size_t* size_found);
using GetExtensionAddress = void* (*)(const char* name);

std::string AskLoader(GetLoaderInfo ask, unsigned selector) {
  char text[256] = {};
  if (ask == nullptr || ask(selector, sizeof(text) - 1, text, nullptr) != 0) return "";
  return text;
}

GetLoaderInfo FindLoaderInfo(void* library) {
  const char* const name = "clGetICDLoaderInfoOCLICD";
  void* found = dlsym(library, name);
  const auto address =
      reinterpret_cast<GetExtensionAddress>(dlsym(library, "clGetExtensionFunctionAddress"));
  if (found != nullptr || address == nullptr) return reinterpret_cast<GetLoaderInfo>(found);
  // The call makes a loader load its drivers and layers, which are looked at one by one elsewhere.
  setenv("OCL_ICD_VENDORS", "/nonexistent", 1);
  for (const char* variable : {"OCL_ICD_FILENAMES", "OPENCL_VENDOR_PATH", "OPENCL_LAYERS"}) {
    unsetenv(variable);
  }
  found = address(name);
  return reinterpret_cast<GetLoaderInfo>(found);
}

std::string Load(const std::string& name, const std::vector<std::string>& symbols) {
  void* const library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return JsonText({{"why_not", dlerror()}}, -1);
  link_map* map = nullptr;
  const bool known = dlinfo(library, RTLD_DI_LINKMAP, &map) == 0 && map != nullptr;
  Json found = Json::array();
  for (const std::string& symbol : symbols) {
    if (dlsym(library, symbol.c_str()) != nullptr) found.push_back(symbol);
  }
  const bool is_loader = dlsym(library, "clGetPlatformIDs") != nullptr;
  const GetLoaderInfo ask = is_loader ? FindLoaderInfo(library) : nullptr;
  return JsonText({{"path", known ? map->l_name : name.c_str()},
                   {"found", found},
                   {"loader_vendor", AskLoader(ask, kLoaderVendor)},
                   {"loader_version", AskLoader(ask, kLoaderVersion)}},
                  -1);
}

}  // namespace

bool LibraryFacts::Has(const std::string& symbol) const {
  return std::find(found.begin(), found.end(), symbol) != found.end();
}

LibraryFacts LoadLibraryInChild(const std::string& name, const std::vector<std::string>& symbols) {
  const ChildResult child = RunInChild([&] { return Load(name, symbols); }, kSeconds);
  LibraryFacts facts;
  const Json json = Json::parse(child.text, nullptr, /*allow_exceptions=*/false);
  if (!child.completed || !json.is_object()) {
    facts.why_not = "when it is loaded, " + child.HowItEnded();
    return facts;
  }
  facts.why_not = json.value("why_not", "");
  facts.loaded = facts.why_not.empty();
  facts.path = json.value("path", "");
  facts.found = json.value("found", std::vector<std::string>());
  facts.loader_vendor = json.value("loader_vendor", "");
  facts.loader_version = json.value("loader_version", "");
  return facts;
}

}  // namespace mace
