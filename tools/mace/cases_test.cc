// Runs every reference case in the mode of the first two arguments: cpu, image, buffer or auto;
// fp32 or fp16. Each mode is one process, so that a driver is loaded once.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "tools/mace/reference_cases.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

CompileOptions* const options = new CompileOptions();

class CasesTest : public testing::TestWithParam<ReferenceCase> {};

TEST_P(CasesTest, GivesTheReferenceOutputs) {
  if (options->device != "cpu" && !HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  CheckCase(GetParam(), *options);
}

std::string NameOf(const testing::TestParamInfo<ReferenceCase>& info) { return info.param.name; }

// The planner's own choice in float32 runs all cases, every other mode a third of them, each memory
// another one: the kernels' own tests cover both memories and both precisions. MACE_ALL_CASES=1 runs
// all of them in each mode.
std::vector<ReferenceCase> ChosenSharedCases() {
  std::vector<ReferenceCase> all = SharedCases();
  const bool is_main = options->precision == CompileOptions::Precision::kFloat32 &&
                       options->storage == CompileOptions::Storage::kAuto;
  if (is_main || std::getenv("MACE_ALL_CASES") != nullptr) return all;
  const bool images = options->storage == CompileOptions::Storage::kImage;
  std::vector<ReferenceCase> chosen;
  for (size_t i = images ? 1 : 0; i < all.size(); i += 3) chosen.push_back(all[i]);
  return chosen;
}

INSTANTIATE_TEST_SUITE_P(Own, CasesTest, testing::ValuesIn(OwnCases()), NameOf);
INSTANTIATE_TEST_SUITE_P(Shared, CasesTest, testing::ValuesIn(ChosenSharedCases()), NameOf);

bool ParseMode(const std::string& memory, const std::string& precision) {
  if (memory == "cpu") {
    options->device = "cpu";
  } else if (memory == "image") {
    options->storage = CompileOptions::Storage::kImage;
  } else if (memory == "buffer") {
    options->storage = CompileOptions::Storage::kBuffer;
  } else if (memory != "auto") {
    return false;
  }
  if (precision == "fp16") options->precision = CompileOptions::Precision::kFloat16;
  return precision == "fp16" || precision == "fp32";
}

}  // namespace
}  // namespace mace

int main(int argc, char** argv) {
  // The mode must be known before GoogleTest asks for its cases. GoogleTest's own words begin with
  // "--".
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    if (argv[i][0] != '-') words.emplace_back(argv[i]);
  }
  const bool known = words.size() == 2 && mace::ParseMode(words[0], words[1]);
  testing::InitGoogleTest(&argc, argv);
  if (!known) {
    std::fprintf(stderr, "usage: %s cpu|image|buffer|auto fp32|fp16\n", argv[0]);
    return 2;
  }
  const std::string shared = mace::SharedFolder();
  std::printf("mode: %s; reference models: %s\n", mace::DescribeMode(*mace::options).c_str(),
              shared.empty() ? "none at hand, only this project's own" : shared.c_str());
  return RUN_ALL_TESTS();
}
