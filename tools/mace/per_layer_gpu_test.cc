// `mace compare --per-layer` on whole models.
#include <gtest/gtest.h>

#include <filesystem>

#include "mace/formats/mace/export.h"
#include "tools/mace/reference_cases.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

// Writes a model of one GELU made of elementary ops: gelu.pb and gelu.data in the folder.
void WriteGelu(const std::string& folder) {
  Graph graph;
  const auto add_value = [&](const std::string& name) {
    const ValueId id = graph.AddValue(name);
    graph.value(id).info = {DType::kFloat32, {3, 50}};
    graph.value(id).shape_known = true;
    return id;
  };
  const auto add = [&](const std::string& type, std::vector<ValueId> inputs) {
    Node node;
    node.name = "node" + std::to_string(graph.nodes.size());
    node.type = type;
    node.inputs = std::move(inputs);
    node.outputs = {add_value(node.name)};
    graph.nodes.push_back(std::move(node));
    return &graph.nodes.back();
  };
  const auto scaled = [&](int64_t eltwise_type, ValueId x, double scalar) {
    Node* node = add("Eltwise", {x});
    node->attributes.Set("type", eltwise_type);
    node->attributes.Set("scalar_input", scalar);
    return node->outputs[0];
  };
  constexpr int64_t kSum = 0, kProduct = 2, kQuotient = 3;
  const ValueId x = add_value("x");
  const ValueId quotient = scaled(kQuotient, x, 1.4142135623730951);
  Node* erf = add("Unary", {quotient});
  erf->attributes.Set("function", std::string("erf"));
  const ValueId sum = scaled(kSum, erf->outputs[0], 1);
  Node* product = add("Eltwise", {x, sum});
  product->attributes.Set("type", kProduct);
  const ValueId y = scaled(kProduct, product->outputs[0], 0.5);
  for (const auto& [id, infos] : {std::pair(x, &graph.inputs), std::pair(y, &graph.outputs)}) {
    IoInfo io;
    io.name = graph.value(id).name;
    io.value = id;
    infos->push_back(std::move(io));
  }
  const StatusOr<MaceExport> exported = ExportMace(graph, {});
  ASSERT_TRUE(exported.ok()) << exported.status().message();
  WriteText(folder + "/gelu.pb", exported->model);
  WriteText(folder + "/gelu.data", std::string(exported->data.begin(), exported->data.end()));
}

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
  EXPECT_NE(result.err.find("no node exceeds the limit by itself"), std::string::npos)
      << result.err;
}

// Half precision rounds more than this limit allows. The first node over the limit is written as a
// model, which alone exceeds the limit, too.
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
  EXPECT_EQ(alone.exit_code, 0) << alone.err;  // Half precision's tolerance.
  const Json outputs = alone.OutJson()["outputs"];
  ASSERT_EQ(outputs.size(), 1u);
  EXPECT_GT(outputs[0]["range"], 0);
}

// A fused node is compared as one node and written as the ops that it replaced.
TEST_F(PerLayerTest, AFusedNodeIsWrittenAsItsSteps) {
  const std::string model = MadeModel("transformer.onnx");
  const std::string data = "data=" + MadeModel("transformer_input.npy");
  const CommandResult all =
      RunMace({"compare", model, "--input", data, "--per-layer", "--json", "-"});
  ASSERT_EQ(all.exit_code, 0) << all.err;
  size_t fused = 0;
  const Json compared = all.OutJson();
  for (const Json& layer : compared["per_layer"]["layers"]) {
    fused += layer["type"] == "FusedElementwise" && !layer["own"].is_null() ? 1 : 0;
  }
  EXPECT_GE(fused, 10u);
  // It is the only node, so it is the one over the limit.
  const std::string folder = FreshFolder("fused");
  WriteGelu(folder);
  const CommandResult departed =
      RunMace({"compare", folder + "/gelu.pb", "--per-layer", "--precision", "fp16", "--rtol",
               "1e-9", "--reproduce", folder, "--json", "-"});
  ASSERT_EQ(departed.exit_code, 1) << departed.err;
  const Json report = departed.OutJson();
  const std::string command = report["per_layer"]["reproduction"];
  const size_t at = command.find("--input '");
  ASSERT_NE(at, std::string::npos) << command;
  const CommandResult alone =
      RunMace({"compare", folder + "/op.pb", "--precision", "fp16", "--per-layer", "--input",
               command.substr(at + 9, command.size() - at - 10), "--json", "-"});
  EXPECT_EQ(alone.exit_code, 0) << alone.err;
  const Json again = alone.OutJson();
  const Json& layers = again["per_layer"]["layers"];
  ASSERT_EQ(layers.size(), 1u) << layers;
  EXPECT_EQ(layers[0]["type"], "FusedElementwise");
}

TEST_F(PerLayerTest, NeedsADevice) {
  ExpectRefused(RunMace({"compare", ProjectFile("models/digits/digits.pb"), "--per-layer",
                         "--device", "cpu"}),
                2, "--per-layer");
}

}  // namespace
}  // namespace mace
