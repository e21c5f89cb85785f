// Logs, and containers that are no good; tools/mace/same_bytes_gpu_test.cc has PoCL's own.
#include "mace/cl/pocl/reproducible_binary.h"

#include <gtest/gtest.h>

#include "mace/base/coding.h"
#include "mace/cl/pocl/driver_llvm.h"

namespace mace {
namespace {

// A container whose program.bc has `content`, with `behind` for its kernels.
std::string Container(const std::string& content, const std::string& behind) {
  std::string binary("poclbin\0some fields", 19);
  PutFixed64(&binary, 4 + 11 + 4 + content.size());
  PutLengthPrefixed(&binary, "/program.bc");
  PutLengthPrefixed(&binary, content);
  return binary + behind;
}

void ExpectUnknown(const std::string& binary) {
  const StatusOr<std::string> result = ReproduciblePoclBinary(binary);
  EXPECT_EQ(StatusCode::kUnsupported, result.status().code()) << result.status().message();
}

TEST(ReproducibleBinaryTest, KnowsPoclsContainerByItsFirstBytes) {
  EXPECT_TRUE(IsPoclBinary(Container("BC", "")));
  EXPECT_FALSE(IsPoclBinary(""));
  EXPECT_FALSE(IsPoclBinary("poclbin"));
  EXPECT_FALSE(IsPoclBinary("// PTX"));
}

TEST(ReproducibleBinaryTest, AContainerOfAnotherFormIsNotTouched) {
  const std::string good = Container("BC", "");
  for (size_t size = 0; size < good.size(); ++size) {
    SCOPED_TRACE(size);
    ExpectUnknown(good.substr(0, size));
  }
  std::string longer = good;
  ++longer[19];  // The size of the program's file.
  ExpectUnknown(longer);
  ExpectUnknown(std::string("poclbin\0", 8) + std::string(5000, 'x') + good);
}

TEST(ReproducibleBinaryTest, WithoutPoclThereIsNoLlvm) {
  EXPECT_EQ(StatusCode::kUnsupported, WithSourceFileName("BC", "x").status().code());
  ExpectUnknown(Container("BC", ""));
}

TEST(ReproducibleLogTest, ATemporaryFileHasOneName) {
  EXPECT_EQ("", ReproduciblePoclLog(""));
  EXPECT_EQ("error: no file", ReproduciblePoclLog("error: no file"));
  EXPECT_EQ(
      "error: program.cl:3:5: bad\nwarning: program.cl:4:1: odd /a/b\n",
      ReproduciblePoclLog("error: /home/a name/.cache/pocl/kcache/tempfile_aB3xyZ.cl:3:5: bad\n"
                          "warning: /tmp/tempfile_000000.cl:4:1: odd /a/b\n"));
  EXPECT_EQ("program.cl", ReproduciblePoclLog("/tempfile_"));
}

}  // namespace
}  // namespace mace
