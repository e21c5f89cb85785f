#include <gtest/gtest.h>

#include "mace/ops/convert.h"
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
  EXPECT_EQ(CountOf(*text, "#undef KERNEL\n"), 2u);
  EXPECT_EQ(CountOf(*text, "#undef FUNCTION\n"), 2u);
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

}  // namespace
}  // namespace mace
