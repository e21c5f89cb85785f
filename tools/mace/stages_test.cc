// `mace profile` and `mace inspect` on a model whose shapes depend on values that only a run gives,
// on the CPU.
#include <gtest/gtest.h>

#include <string>

#include "mace/testing/formats/test_onnx.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

// y: the elements of x that are above 0.
std::string MakeModel(const std::string& folder) {
  TestOnnx test;
  test.Input("x", {6});
  test.Floats("zero", {}, {0});
  test.Node("Greater", {"x", "zero"}, {"above"});
  test.Node("NonZero", {"above"}, {"places"});
  test.Ints("axis", {0});
  test.Node("Squeeze", {"places", "axis"}, {"indices"});
  test.Node("Gather", {"x", "indices"}, {"y"});
  test.Output("y");
  WriteText(folder + "/model.onnx", test.Bytes());
  return folder + "/model.onnx";
}

TEST(Stages, AreProfiledTogether) {
  const std::string folder = FreshFolder("stages_profile");
  const CommandResult result =
      RunMace({"profile", MakeModel(folder), "--device", "cpu", "--iterations", "2", "--html",
               folder + "/profile.html", "--trace", folder + "/trace.json", "--json", "-"});
  ASSERT_EQ(result.exit_code, kExitDone) << result.err;
  const Json json = result.OutJson();
  EXPECT_EQ(json["stages"], 2);
  EXPECT_EQ(json["ops"].front()["stage"], 0);
  EXPECT_EQ(json["ops"].back()["stage"], 1);
  EXPECT_NE(result.err.find("stages"), std::string::npos) << result.err;
  EXPECT_FALSE(ReadText(folder + "/profile.html").empty());
  EXPECT_FALSE(ReadText(folder + "/trace.json").empty());
}

TEST(Stages, AreInspectedWithInputs) {
  const std::string folder = FreshFolder("stages_inspect");
  const std::string model = MakeModel(folder);
  const CommandResult shown = RunMace({"inspect", model, "--random-inputs", "--json", "-"});
  ASSERT_EQ(shown.exit_code, kExitDone) << shown.err;
  EXPECT_EQ(shown.OutJson()["ops"]["NonZero"], 1);
  EXPECT_EQ(shown.OutJson()["ops"]["Gather"], 1);
  const CommandResult text = RunMace(
      {"inspect", model, "--random-inputs", "--stage", "graph", "--html", folder + "/graph.html"});
  ASSERT_EQ(text.exit_code, kExitDone) << text.err;
  EXPECT_NE(text.out.find("stage 1 of 2:"), std::string::npos) << text.out;
  EXPECT_NE(ReadText(folder + "/graph.html").find("NonZero"), std::string::npos);
}

TEST(Stages, WithoutInputsOnlyInputsAndOutputsAreKnown) {
  const std::string model = MakeModel(FreshFolder("stages_specs"));
  const CommandResult specs = RunMace({"inspect", model, "--json", "-"});
  ASSERT_EQ(specs.exit_code, kExitDone) << specs.err;
  EXPECT_TRUE(specs.OutJson()["ops"].is_null());
  EXPECT_EQ(specs.OutJson()["inputs"][0]["name"], "x");
  ExpectRefused(RunMace({"inspect", model, "--stage", "plan"}), kExitBadModelOrInput,
                "--random-inputs");
}

}  // namespace
}  // namespace mace
