// `mace validate` over folders with a manifest.
#include <gtest/gtest.h>

#include <filesystem>

#include "tools/mace/reference_cases.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

// Makes a folder with one case: a network made by the build, its input and its output.
std::string MakeFolder(const std::string& limit, const std::string& model = "squeezenet.pb") {
  const std::string folder = FreshFolder("validate");
  for (const char* file :
       {"squeezenet.pb", "squeezenet.data", "squeezenet_input.npy", "squeezenet_expected.npy"}) {
    std::filesystem::copy_file(MadeModel(file), folder + "/" + file);
  }
  WriteText(folder + "/manifest.json",
            R"([{"name": "one", "format": "mace", "max_abs_err": )" + limit + R"(, "model": [")" +
                model + R"(", "squeezenet.data"], "sets": [{)" +
                R"("inputs": {"input": {"file": "squeezenet_input.npy"}},)" +
                R"("outputs": {"output": {"file": "squeezenet_expected.npy"}}}]}])");
  return folder;
}

CommandResult Validate(const std::string& folder, const std::string& filter = "") {
  return RunMace({"validate", folder, "--device", "cpu", "--filter", filter, "--json", "-"});
}

TEST(ValidateTest, PassesFailsAndRefuses) {
  const CommandResult good = Validate(MakeFolder("1e-4"));
  EXPECT_EQ(good.exit_code, 0) << good.err;
  EXPECT_EQ(good.OutJson()["passed"], 1);
  EXPECT_NE(good.err.find("1 passed, 0 failed, 0 refused"), std::string::npos) << good.err;
  const CommandResult cosine = Validate(MakeFolder("\"compare by cosine >= 0.99\""));
  EXPECT_EQ(cosine.exit_code, 0) << cosine.err;
  const CommandResult bad = Validate(MakeFolder("1e-30"));
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_EQ(bad.OutJson()["cases"][0]["verdict"], "failed");
  const CommandResult refused = Validate(MakeFolder("1e-4", "squeezenet.data"));
  EXPECT_EQ(refused.exit_code, 1);
  const Json row = refused.OutJson()["cases"][0];
  EXPECT_EQ(row["verdict"], "refused");
  EXPECT_NE(row["why"].get<std::string>().find("squeezenet.data"), std::string::npos) << row;
}

TEST(ValidateTest, ABadManifestIsOneLine) {
  const std::string folder = FreshFolder("validate");
  ExpectRefused(Validate(folder), 3, "manifest.json");
  for (const auto& [text, part] : std::vector<std::pair<std::string, std::string>>{
           {"{}", "expected a JSON list of cases"},
           {"[1", "expected a JSON list of cases"},
           {"[1]", "entry 0: name: expected a text"},
           {R"([{"name": "a"}])", "entry 0: format: expected a text"},
           {R"([{"name": "a", "format": "mace"}])", "case 'a': model: expected a list of files"},
           {R"([{"name": "a", "format": "mace", "model": [1]}])", "case 'a': model"},
           {R"([{"name": "a", "format": "mace", "model": ["m"]}])", "case 'a': sets"},
           {R"([{"name": "a", "format": "mace", "model": ["m"], "sets": [1]}])",
            "case 'a': inputs"},
           {R"([{"name": "a", "format": "mace", "model": ["m"],
                 "sets": [{"inputs": {"x": {}}, "outputs": {}}]}])",
            "case 'a': inputs: x: file: expected a text"},
           {R"([{"name": "a", "format": "mace", "model": ["m"], "max_abs_err": "little",
                 "sets": [{"inputs": {}, "outputs": {}}]}])",
            "case 'a': max_abs_err: expected a number"}}) {
    WriteText(folder + "/manifest.json", text);
    ExpectRefused(Validate(folder), 3, part);
  }
  ExpectRefused(Validate(MakeFolder("1"), "none of that name"), 2, "--filter");
}

TEST(ValidateTest, TheReferenceFolder) {
  if (SharedFolder().empty()) GTEST_SKIP() << "no reference models at hand";
  const CommandResult result = Validate(SharedFolder() + "/models", "kws");
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

}  // namespace
}  // namespace mace
