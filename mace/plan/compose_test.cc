#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>
#include <string>

#include "mace/kernel/kernel_source.h"
#include "mace/ops/move/convert.h"
#include "mace/plan/plan.h"

namespace mace {
namespace {

KernelInstance Kernel(const std::string& base_name, Storage storage) {
  KernelInstance kernel;
  kernel.source = "convert.cl";
  kernel.base_name = base_name;
  kernel.storage = storage;
  return kernel;
}

size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(ComposeProgram, HoldsEachDistinctKernelOnce) {
  const KernelInstance buffer = Kernel("convert_pack", Storage::kBuffer);
  const KernelInstance image = Kernel("convert_pack", Storage::kImage);
  const StatusOr<std::string> text = ComposeProgram({buffer, image, buffer});
  ASSERT_TRUE(text.ok()) << text.status().message();
  EXPECT_EQ(CountOf(*text, "#define KERNEL " + buffer.function_name() + "\n"), 1u);
  EXPECT_EQ(CountOf(*text, "#define KERNEL " + image.function_name() + "\n"), 1u);
  EXPECT_EQ(CountOf(*text, "#undef KERNEL\n#define KERNEL "), 2u);
  EXPECT_EQ(CountOf(*text, "#undef KERNEL\n"), 4u);
  EXPECT_EQ(CountOf(*text, "#undef FUNCTION\n"), 4u);
}

// The elementwise kernels define a macro DENSE of their own, and a copy is given one of that name.
TEST(ComposeProgram, AMacroOfAnInstanceReplacesTheOneThatAFileBeforeItLeft) {
  KernelInstance copy = Kernel("strided_copy_rows", Storage::kBuffer);
  copy.source = "strided_copy.cl";
  copy.macros["DENSE"] = "1";
  const StatusOr<std::string> text = ComposeProgram({copy});
  ASSERT_TRUE(text.ok()) << text.status().message();
  EXPECT_EQ(CountOf(*text, "#undef DENSE\n#define DENSE 1\n"), 1u);
}

TEST(ComposeProgram, DoesNotDependOnTheOrder) {
  const KernelInstance a = Kernel("convert_pack", Storage::kBuffer),
                       b = Kernel("convert_unpack", Storage::kBuffer);
  const StatusOr<std::string> one = ComposeProgram({a, b}), other = ComposeProgram({b, a, a});
  ASSERT_TRUE(one.ok() && other.ok());
  EXPECT_EQ(*one, *other);
}

TEST(ComposeProgram, NamesTheFileThatIsMissing) {
  KernelInstance kernel = Kernel("nothing", Storage::kBuffer);
  kernel.source = "nothing.cl";
  const StatusOr<std::string> text = ComposeProgram({kernel});
  ASSERT_FALSE(text.ok());
  EXPECT_NE(text.status().message().find("nothing.cl"), std::string::npos);
}

// The bodies of a file's macros by name, and the names that the file undefines.
struct MacrosOfFile {
  std::map<std::string, std::set<std::string>> defined;
  std::set<std::string> undefined;
};

MacrosOfFile FindMacros(const KernelSource& source) {
  const std::string text =
      std::regex_replace(std::string(source.text, source.size), std::regex(R"(\s*\\\n\s*)"), " ");
  static const std::regex kDirective(R"(^[ \t]*#[ \t]*(define|undef)[ \t]+(\w+)([^\n]*))",
                                     std::regex::ECMAScript | std::regex::multiline);
  MacrosOfFile macros;
  for (std::sregex_iterator at(text.begin(), text.end(), kDirective), end; at != end; ++at) {
    const std::smatch& match = *at;
    if (match[1] == "undef") {
      macros.undefined.insert(match[2]);
    } else {
      macros.defined[match[2]].insert(match[3]);
    }
  }
  return macros;
}

// A program may contain a file several times with different macros. Defining a macro again with
// another body would make the compiler print a warning.
TEST(ComposeProgram, AMacroWithSeveralBodiesIsUndefinedWhereItIsDefined) {
  std::map<std::string, MacrosOfFile> files;
  std::map<std::string, std::set<std::string>> bodies;
  for (const KernelSource* source = AllKernelSources(); source->name != nullptr; ++source) {
    const MacrosOfFile& macros = files[source->name] = FindMacros(*source);
    for (const auto& [name, found] : macros.defined)
      bodies[name].insert(found.begin(), found.end());
  }
  size_t several = 0;
  for (const auto& [file, macros] : files) {
    for (const auto& [name, found] : macros.defined) {
      if (bodies[name].size() < 2) continue;
      ++several;
      EXPECT_EQ(macros.undefined.count(name), 1u) << name << " in " << file;
    }
  }
  EXPECT_GE(several, 50u);
}

TEST(KernelInstance, NameTellsInstancesApart) {
  KernelInstance kernel = Kernel("convert_pack", Storage::kBuffer);
  const std::string plain = kernel.function_name();
  kernel.macros["TILE"] = "4";
  const std::string tile4 = kernel.function_name();
  kernel.macros["TILE"] = "8";
  EXPECT_NE(plain, tile4);
  EXPECT_NE(tile4, kernel.function_name());
  kernel.macros["TILE"] = "4";
  EXPECT_EQ(tile4, kernel.function_name());
  kernel.precision = Precision::kFloat16;
  EXPECT_NE(tile4, kernel.function_name());
}

TEST(KernelInstance, AStoredNameIsThatOfItsCopies) {
  KernelInstance kernel = Kernel("convert_pack", Storage::kBuffer);
  kernel.macros["TILE"] = "4";
  const std::string name = kernel.function_name();
  kernel.StoreName();
  const KernelInstance copy = kernel;
  EXPECT_EQ(kernel.function_name(), name);
  EXPECT_EQ(copy.function_name(), name);
}

}  // namespace
}  // namespace mace
