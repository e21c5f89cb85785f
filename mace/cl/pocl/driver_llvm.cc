#include "mace/cl/pocl/driver_llvm.h"

#include <dlfcn.h>
#include <link.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

namespace mace {
namespace {

// The used part of LLVM's C interface, which LLVM keeps stable; its headers are not needed.
using LlvmContext = void*;
using LlvmModule = void*;
using LlvmBuffer = void*;
using LlvmBool = int;

struct Llvm {
  LlvmContext (*create_context)() = nullptr;
  void (*dispose_context)(LlvmContext) = nullptr;
  void (*set_diagnostic_handler)(LlvmContext, void (*)(void*, void*), void*) = nullptr;
  LlvmBuffer (*create_buffer)(const char*, size_t, const char*) = nullptr;
  void (*dispose_buffer)(LlvmBuffer) = nullptr;
  const char* (*buffer_start)(LlvmBuffer) = nullptr;
  size_t (*buffer_size)(LlvmBuffer) = nullptr;
  LlvmBool (*parse_bitcode)(LlvmContext, LlvmBuffer, LlvmModule*) = nullptr;
  void (*set_source_file_name)(LlvmModule, const char*, size_t) = nullptr;
  LlvmBuffer (*write_bitcode)(LlvmModule) = nullptr;
  void (*dispose_module)(LlvmModule) = nullptr;
};

template <typename Function>
bool Find(void* library, const char* name, Function* function) {
  *function = reinterpret_cast<Function>(dlsym(library, name));
  return *function != nullptr;
}

// Looks in the library and in those that it needs.
std::optional<Llvm> FindLlvm(void* library) {
  Llvm llvm;
  const bool all =
      Find(library, "LLVMContextCreate", &llvm.create_context) &&
      Find(library, "LLVMContextDispose", &llvm.dispose_context) &&
      Find(library, "LLVMContextSetDiagnosticHandler", &llvm.set_diagnostic_handler) &&
      Find(library, "LLVMCreateMemoryBufferWithMemoryRangeCopy", &llvm.create_buffer) &&
      Find(library, "LLVMDisposeMemoryBuffer", &llvm.dispose_buffer) &&
      Find(library, "LLVMGetBufferStart", &llvm.buffer_start) &&
      Find(library, "LLVMGetBufferSize", &llvm.buffer_size) &&
      Find(library, "LLVMParseBitcodeInContext2", &llvm.parse_bitcode) &&
      Find(library, "LLVMSetSourceFileName", &llvm.set_source_file_name) &&
      Find(library, "LLVMWriteBitcodeToMemoryBuffer", &llvm.write_bitcode) &&
      Find(library, "LLVMDisposeModule", &llvm.dispose_module);
  return all ? std::optional<Llvm>(llvm) : std::nullopt;
}

int AddIfPocl(dl_phdr_info* info, size_t, void* paths) {
  const char* slash = std::strrchr(info->dlpi_name, '/');
  const char* file = slash == nullptr ? info->dlpi_name : slash + 1;
  if (std::strncmp(file, "libpocl", 7) == 0) {
    static_cast<std::vector<std::string>*>(paths)->push_back(info->dlpi_name);
  }
  return 0;
}

std::optional<Llvm> FindDriverLlvm() {
  std::vector<std::string> paths;
  dl_iterate_phdr(&AddIfPocl, &paths);
  for (const std::string& path : paths) {
    void* library = dlopen(path.c_str(), RTLD_LAZY | RTLD_NOLOAD);  // Never closed.
    if (library == nullptr) continue;
    const std::optional<Llvm> llvm = FindLlvm(library);
    if (llvm.has_value()) return llvm;
  }
  return std::nullopt;
}

// Without a handler of its own a context ends the process at an error.
void Ignore(void*, void*) {}

}  // namespace

StatusOr<std::string> WithSourceFileName(std::string_view bitcode, std::string_view name) {
  const std::optional<Llvm> llvm = FindDriverLlvm();
  if (!llvm.has_value()) return Unsupported("PoCL shows no LLVM");
  const auto owned = [](void* object, void (*dispose)(void*)) {
    return std::unique_ptr<void, void (*)(void*)>(object, dispose);
  };
  const auto context = owned(llvm->create_context(), llvm->dispose_context);
  llvm->set_diagnostic_handler(context.get(), &Ignore, nullptr);
  const auto read =
      owned(llvm->create_buffer(bitcode.data(), bitcode.size(), "bitcode"), llvm->dispose_buffer);
  LlvmModule parsed = nullptr;
  if (llvm->parse_bitcode(context.get(), read.get(), &parsed) != 0) {
    return Corruption("PoCL's LLVM cannot read PoCL's bitcode");
  }
  const auto module = owned(parsed, llvm->dispose_module);
  llvm->set_source_file_name(module.get(), name.data(), name.size());
  const auto written = owned(llvm->write_bitcode(module.get()), llvm->dispose_buffer);
  return std::string(llvm->buffer_start(written.get()), llvm->buffer_size(written.get()));
}

}  // namespace mace
