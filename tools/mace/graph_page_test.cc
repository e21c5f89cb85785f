// `mace inspect --html` without an OpenCL device: the page's data, names that attack, bad use.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "mace/testing/formats/test_onnx.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

std::string Digits() { return ProjectFile("models/digits/digits.pb"); }

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// The data of a page, which loads nothing.
Json DataOf(const std::string& page) {
  EXPECT_EQ(page.rfind("<!DOCTYPE html>", 0), 0u);
  EXPECT_EQ(Count(page, "<script"), 2u);
  EXPECT_EQ(Count(page, "</script>"), 2u);
  const std::string begin = "<script id=\"data\" type=\"application/json\">", end = "</script>";
  const size_t from = page.find(begin) + begin.size();
  const size_t to = page.find(end, from);
  const std::string around = page.substr(0, from) + page.substr(to);
  EXPECT_EQ(around.find("@LAYOUT@"), std::string::npos);
  for (const char* outside : {"src=", "href=", "@import", "url(", "fetch(", "http"}) {
    EXPECT_EQ(around.find(outside), std::string::npos) << "the page loads something: " << outside;
  }
  // Text becomes a part of the page as text alone.
  for (const char* parser : {"innerHTML", "outerHTML", "document.write", "insertAdjacentHTML"}) {
    EXPECT_EQ(around.find(parser), std::string::npos) << parser;
  }
  Json data = Json::parse(page.substr(from, to - from), nullptr, false);
  EXPECT_FALSE(data.is_discarded());
  return data;
}

Json DataOfModel(const std::string& model, const std::vector<std::string>& more = {}) {
  const std::string file = FreshFolder("page") + "/graph.html";
  std::vector<std::string> words = {"inspect", model, "--html", file};
  words.insert(words.end(), more.begin(), more.end());
  const CommandResult result = RunMace(words);
  EXPECT_EQ(result.exit_code, kExitDone) << result.err;
  return DataOf(ReadText(file));
}

// Every index of the data exists, and a value is made before it is read.
void ExpectGraph(const Json& data) {
  const size_t values = data["values"].size();
  std::set<int> made;
  for (const Json& input : data["inputs"]) made.insert(input[1].get<int>());
  ASSERT_FALSE(data["nodes"].empty());
  for (const Json& node : data["nodes"]) {
    EXPECT_EQ(node.size(), 13u) << node;
    for (const Json& id : node["inputs"]) {
      if (id == -1) continue;
      ASSERT_LT(id.get<size_t>(), values);
      EXPECT_TRUE(data["values"][id.get<size_t>()]["constant"] == true || made.count(id) > 0)
          << node["name"];
    }
    for (const Json& id : node["outputs"]) {
      ASSERT_LT(id.get<size_t>(), values);
      made.insert(id.get<int>());
    }
  }
  for (const Json& output : data["outputs"]) EXPECT_EQ(made.count(output[1].get<int>()), 1u);
}

TEST(GraphPage, HoldsTheGraphAfterThePasses) {
  const Json data = DataOfModel(Digits());
  ExpectGraph(data);
  EXPECT_EQ(data["device"], "cpu reference");
  EXPECT_TRUE(data["iterations"].is_null());
  EXPECT_EQ(data["errors"], false);
  bool found = false;
  for (const Json& node : data["nodes"]) {
    EXPECT_EQ(node["place"], "cpu");
    EXPECT_TRUE(node["ms"].is_null());
    if (node["name"] != "conv_1/Relu6") continue;
    found = true;
    EXPECT_EQ(node["type"], "Conv2D");
    EXPECT_EQ(node["fused"], Json::array({"activation RELUX"}));
    const size_t output = node["outputs"][0];
    EXPECT_EQ(data["values"][output]["dims"], Json::array({1, 8, 8, 16}));
    bool has_strides = false;
    for (const Json& pair : node["attributes"]) has_strides |= pair[0] == "strides";
    EXPECT_TRUE(has_strides) << node;
  }
  EXPECT_TRUE(found);
}

TEST(GraphPage, HasTheTimesOfTheNodes) {
  const Json data = DataOfModel(Digits(), {"--iterations", "2"});
  EXPECT_EQ(data["iterations"], 2);
  double sum = 0;
  for (const Json& node : data["nodes"]) sum += node["ms"].get<double>();
  EXPECT_GT(sum, 0);
  EXPECT_NEAR(sum, data["ops_ms"].get<double>(), 1e-6 + 1e-9 * sum);
}

// Names are data: none ends the script or becomes an element, and none takes the place of a part of
// the page.
TEST(GraphPage, TakesNoNameForAPartOfThePage) {
  const std::string attack =
      "</script><img src=x onerror=alert(1)><!--@DATA@ @LAYOUT@ \xff\"'`${1}";
  TestOnnx onnx;
  onnx.Input("x" + attack, {1, 4});
  onnx.Node("Relu", {"x" + attack}, {"y" + attack})->set_name("node" + attack);
  onnx.Output("y" + attack);
  const std::string folder = FreshFolder("attack");
  WriteText(folder + "/model.onnx", onnx.Bytes());
  const std::string file = folder + "/graph.html";
  ASSERT_EQ(RunMace({"inspect", folder + "/model.onnx", "--html", file}).exit_code, kExitDone);
  const std::string page = ReadText(file);
  EXPECT_EQ(page.find("<img"), std::string::npos);
  EXPECT_EQ(page.find("<!--"), std::string::npos);
  const Json data = DataOf(page);
  ExpectGraph(data);
  EXPECT_NE(data["inputs"][0][0].get<std::string>().find("onerror=alert(1)"), std::string::npos);
}

TEST(GraphPage, RefusesBadUse) {
  const std::string file = FreshFolder("use") + "/graph.html";
  ExpectRefused(RunMace({"inspect", Digits(), "--html", "-"}), kExitBadUse, "--html");
  ExpectRefused(RunMace({"inspect", Digits(), "--errors"}), kExitBadUse, "--html");
  ExpectRefused(RunMace({"inspect", Digits(), "--iterations", "3"}), kExitBadUse, "--html");
  ExpectRefused(RunMace({"inspect", Digits(), "--html", file, "--errors"}), kExitBadUse,
                "--errors");
  ExpectRefused(RunMace({"inspect", Digits(), "--html", file, "--iterations", "0"}), kExitBadUse,
                "--iterations");
  ExpectRefused(RunMace({"inspect", Digits(), "--html", file + "/below/it"}), kExitBadModelOrInput,
                "graph.html");
}

}  // namespace
}  // namespace mace
