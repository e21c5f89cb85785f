// Composes kernels into the text of one program. One program compiles faster than many, whatever
// the driver: one start of LLVM, one binary.
#include <map>
#include <set>

#include "mace/kernel/kernel_source.h"
#include "mace/plan/persistent_kernel.h"
#include "mace/plan/plan.h"

namespace mace {
namespace {

constexpr int kMaxIncludeDepth = 8;

StatusOr<std::string_view> EmbeddedText(const std::string& name) {
  const KernelSource* source = FindKernelSource(name);
  if (source == nullptr)
    return Internal("kernel file '" + name + "' is not among the embedded ones");
  return std::string_view(source->text, source->size);
}

// Appends the text of an embedded file, with each `#include "x"` line replaced by the embedded file
// x.
Status AppendResolved(const std::string& name, int depth, std::string* out) {
  if (depth > kMaxIncludeDepth)
    return Internal("kernel file '" + name + "': includes nest too deep");
  MACE_ASSIGN_OR_RETURN(std::string_view text, EmbeddedText(name));
  size_t at = 0;
  while (at < text.size()) {
    size_t end = text.find('\n', at);
    if (end == std::string_view::npos) end = text.size();
    const std::string_view line = text.substr(at, end - at);
    constexpr std::string_view kInclude = "#include \"";
    if (line.substr(0, kInclude.size()) == kInclude) {
      const size_t quote = line.find('"', kInclude.size());
      if (quote == std::string_view::npos)
        return Internal("kernel file '" + name + "': open quote in an #include");
      MACE_RETURN_IF_ERROR(AppendResolved(
          std::string(line.substr(kInclude.size(), quote - kInclude.size())), depth + 1, out));
    } else {
      out->append(line);
      out->push_back('\n');
    }
    at = end + 1;
  }
  return Status::Ok();
}

// A kernel, or a plain function whose first parameters are the ids of a work-item.
enum class EntryKind { kKernel, kFunction };

Status AppendInstance(const KernelInstance& kernel, EntryKind kind, std::string* out) {
  const bool is_function = kind == EntryKind::kFunction;
  const std::string function =
      is_function ? PersistentFunctionName(kernel) : kernel.function_name();
  std::map<std::string, std::string> macros = kernel.macros;
  macros["STORAGE_IMAGE"] = kernel.storage == Storage::kImage ? "1" : "0";
  macros["HALF_STORAGE"] = kernel.precision == Precision::kFloat16 ? "1" : "0";
  macros.emplace("IN_BLOCK", "0");
  macros.emplace("OUT_BLOCK", "0");
  macros["KERNEL"] = function;
  macros["ENTRY"] = is_function ? "" : "__kernel";
  macros["ITEM_IDS"] = is_function ? "int item_0, int item_1, int item_2," : "";
  macros["ITEM_ID(d)"] = is_function ? "item_##d" : "get_global_id(d)";
  macros["FUNCTION(f)"] = "f##_" + function;
  macros["USE_" + kernel.base_name] = "1";
  // A file that stands before this one may have left a macro of its own under such a name, and defining a macro again
  // would make the compiler print a warning.
  for (const auto& [name, value] : macros) {
    *out += "#undef " + name.substr(0, name.find('(')) + "\n";
    *out += "#define " + name + " " + value + "\n";
  }
  MACE_RETURN_IF_ERROR(AppendResolved("kernel_prologue.clh", 0, out));
  MACE_RETURN_IF_ERROR(AppendResolved(kernel.source, 0, out));
  for (const auto& [name, value] : macros)
    *out += "#undef " + name.substr(0, name.find('(')) + "\n";
  return Status::Ok();
}

// Appends each instance once, sorted by name: the same set of kernels gives the same text, and so
// the same cache key.
Status AppendInstances(const std::vector<KernelInstance>& kernels, EntryKind kind,
                       std::string* out) {
  std::map<std::string, const KernelInstance*> distinct;
  for (const KernelInstance& kernel : kernels) distinct.emplace(kernel.function_name(), &kernel);
  for (const auto& [name, kernel] : distinct) {
    MACE_RETURN_IF_ERROR(AppendInstance(*kernel, kind, out));
  }
  return Status::Ok();
}

}  // namespace

StatusOr<std::string> ComposeProgram(const std::vector<KernelInstance>& kernels,
                                     const std::vector<KernelInstance>& functions) {
  std::string text;
  MACE_RETURN_IF_ERROR(AppendResolved("kernel_common.clh", 0, &text));
  MACE_RETURN_IF_ERROR(AppendInstances(kernels, EntryKind::kKernel, &text));
  MACE_RETURN_IF_ERROR(AppendInstances(functions, EntryKind::kFunction, &text));
  return text;
}

}  // namespace mace
