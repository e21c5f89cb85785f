// Conversion of whole models: what is written gives the reference outputs of what it was made from.
#include <gtest/gtest.h>

#include "tools/mace/reference_cases.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

class ConvertTest : public testing::TestWithParam<ReferenceCase> {};

std::string OutputOf(const ReferenceCase& reference) {
  return testing::TempDir() + "converted_" + reference.name + ".pb";
}

TEST_P(ConvertTest, ReadsBackToTheReferenceOutputs) {
  ReferenceCase reference = GetParam();
  const std::string output = OutputOf(reference);
  const CommandResult result = RunMace({"convert", reference.model, "--output", output});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("read back, largest difference"), std::string::npos) << result.out;
  reference.model = output;
  CompileOptions cpu;
  cpu.device = "cpu";
  CheckCase(reference, cpu);
}

TEST_P(ConvertTest, HalvesTheWeights) {
  const ReferenceCase& reference = GetParam();
  const std::string output = OutputOf(reference);
  const CommandResult result =
      RunMace({"convert", reference.model, "--output", output, "--weights", "fp16"});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

std::string NameOf(const testing::TestParamInfo<ReferenceCase>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Own, ConvertTest, testing::ValuesIn(OwnCases()), NameOf);
INSTANTIATE_TEST_SUITE_P(Shared, ConvertTest, testing::ValuesIn(SharedCases()), NameOf);

TEST(ConvertUseTest, BadUseIsOneLine) {
  const std::string model = OwnCases().front().model;
  ExpectRefused(RunMace({"convert", model}), 2, "--output");
  ExpectRefused(RunMace({"convert", model, "--output", "x.txt"}), 2, "ends in .pb");
  ExpectRefused(RunMace({"convert", model, "--output", ".pb"}), 2, "ends in .pb");
  ExpectRefused(RunMace({"convert", model, "--output", "x.pb", "--weights", "fp8"}), 2,
                "--weights");
  ExpectRefused(RunMace({"convert", model, "--output", "x.pb", "--input-shape", "x"}), 2,
                "--input-shape");
  ExpectRefused(RunMace({"convert", "no-such-model.pb", "--output", "x.pb"}), 3,
                "no-such-model.pb");
  ExpectRefused(RunMace({"convert", model, "--output", FreshFolder("convert") + "/no/x.pb"}), 3,
                "/no/x.data");
}

}  // namespace
}  // namespace mace
