// Every reference case in one mode, named by the first two arguments: cpu, image, buffer or auto;
// fp32 or fp16. One process a mode, so that a driver is loaded once.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "tools/mace/reference_cases.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

Options* const options = new Options();

class CasesTest : public testing::TestWithParam<ReferenceCase> {};

TEST_P(CasesTest, GivesTheReferenceOutputs) {
  if (options->device != "cpu" && !HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  CheckCase(GetParam(), *options);
}

std::string NameOf(const testing::TestParamInfo<ReferenceCase>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Own, CasesTest, testing::ValuesIn(OwnCases()), NameOf);
INSTANTIATE_TEST_SUITE_P(Shared, CasesTest, testing::ValuesIn(SharedCases()), NameOf);

bool ParseMode(const std::string& memory, const std::string& precision) {
  if (memory == "cpu") {
    options->device = "cpu";
  } else if (memory == "image") {
    options->memory = MemoryChoice::kImage;
  } else if (memory == "buffer") {
    options->memory = MemoryChoice::kBuffer;
  } else if (memory != "auto") {
    return false;
  }
  if (precision == "fp16") options->precision = Precision::kFloat16;
  return precision == "fp16" || precision == "fp32";
}

}  // namespace
}  // namespace mace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc != 3 || !mace::ParseMode(argv[1], argv[2])) {
    std::fprintf(stderr, "usage: %s cpu|image|buffer|auto fp32|fp16\n", argv[0]);
    return 2;
  }
  const std::string shared = mace::SharedFolder();
  std::printf("mode: %s; reference models: %s\n", mace::DescribeMode(*mace::options).c_str(),
              shared.empty() ? "none at hand, only this project's own" : shared.c_str());
  return RUN_ALL_TESTS();
}
