// `mace compare --per-layer` on whole models.
#include <gtest/gtest.h>

#include <filesystem>

#include "tools/mace/reference_cases.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

class PerLayerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  }
};

TEST_F(PerLayerTest, NoNodeOfTheDigitsModelDeparts) {
  const CommandResult result =
      RunMace({"compare", ProjectFile("models/digits/digits.pb"), "--per-layer", "--json", "-"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json report = result.OutJson();
  EXPECT_TRUE(report["passed"]);
  const Json& layers = report["per_layer"]["layers"];
  ASSERT_GE(layers.size(), 5u);
  size_t compared = 0;
  for (const Json& layer : layers) {
    if (layer["own"].is_null()) continue;
    ++compared;
    EXPECT_TRUE(layer["variant"].is_string()) << layer;
    EXPECT_LT(layer["own"]["max_abs_error"], 1e-4 * layer["own"]["range"].get<double>() + 1e-6);
    EXPECT_GT(layer["carried"]["cosine"], 0.9999);
  }
  EXPECT_GE(compared, 5u);
  EXPECT_TRUE(report["per_layer"]["first_departing"].is_null());
  EXPECT_NE(result.err.find("no node departs by itself"), std::string::npos) << result.err;
}

// Halves round more than this limit allows: the first node that does is written, and alone it
// departs as well.
TEST_F(PerLayerTest, TheFirstThatDepartsIsWrittenAsAModel) {
  const std::string folder = FreshFolder("departed");
  const CommandResult result =
      RunMace({"compare", ProjectFile("models/digits/digits.pb"), "--per-layer", "--precision",
               "fp16", "--rtol", "1e-6", "--reproduce", folder, "--json", "-"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  const Json report = result.OutJson();
  ASSERT_TRUE(report["per_layer"]["first_departing"].is_string()) << report;
  EXPECT_NE(result.err.find("DEPARTS"), std::string::npos) << result.err;
  const std::string command = report["per_layer"]["reproduction"];
  EXPECT_NE(command.find("mace compare " + folder + "/op.pb"), std::string::npos) << command;
  EXPECT_TRUE(std::filesystem::exists(folder + "/op.data"));
  const size_t at = command.find("--input '");
  ASSERT_NE(at, std::string::npos) << command;
  const std::string input = command.substr(at + 9, command.size() - at - 10);
  const CommandResult alone = RunMace(
      {"compare", folder + "/op.pb", "--precision", "fp16", "--input", input, "--json", "-"});
  EXPECT_EQ(alone.exit_code, 0) << alone.err;  // Within what halves promise,
  const Json outputs = alone.OutJson()["outputs"];
  ASSERT_EQ(outputs.size(), 1u);
  EXPECT_GT(outputs[0]["range"], 0);
}

TEST_F(PerLayerTest, NeedsADevice) {
  ExpectRefused(RunMace({"compare", ProjectFile("models/digits/digits.pb"), "--per-layer",
                         "--device", "cpu"}),
                2, "--per-layer");
}

}  // namespace
}  // namespace mace
