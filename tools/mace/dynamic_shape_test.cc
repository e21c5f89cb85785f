// How input data given to the command affects the model: dynamic extents, inputs inside the graph,
// inputs without data.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "mace/testing/formats/test_onnx.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

// y = exp(r), r = OP(x), where x has a dynamic extent and an extent of 4.
std::string MakeModel(const std::string& folder, const std::string& op) {
  TestOnnx model;
  model.Input("x", {-1, 4});
  model.Node(op, {"x"}, {"r"});
  model.Node("Exp", {"r"}, {"y"});
  model.Output("y");
  WriteText(folder + "/model.onnx", model.Bytes());
  return folder + "/model.onnx";
}

std::string MakeData(const std::string& folder, const Shape& shape) {
  std::vector<float> values(static_cast<size_t>(shape.elements()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = 0.25f * static_cast<float>(i) - 1;
  SaveFloats(folder + "/data.npy", HostTensor::FromVector(DType::kFloat32, shape, values));
  return folder + "/data.npy";
}

CommandResult RunOnCpu(const std::string& model, const std::vector<std::string>& more) {
  std::vector<std::string> words = {"run", model, "--device", "cpu"};
  words.insert(words.end(), more.begin(), more.end());
  return RunMace(words);
}

TEST(DynamicShape, TheArraySetsIt) {
  const std::string folder = FreshFolder("open"), model = MakeModel(folder, "Relu");
  const std::string data = MakeData(folder, Shape({3, 4}));
  const CommandResult result = RunOnCpu(model, {"--input", "x=" + data, "--output-dir", folder});
  ASSERT_EQ(result.exit_code, kExitDone) << result.err;
  const HostTensor output = LoadFloats(folder + "/y.npy");
  ASSERT_EQ(output.shape(), Shape({3, 4}));
  EXPECT_FLOAT_EQ(output.f32()[11], std::exp(1.75f));
  EXPECT_EQ(RunMace({"compare", model, "--device", "cpu", "--input", "x=" + data}).exit_code,
            kExitDone);
  EXPECT_EQ(
      RunMace({"convert", model, "--output", folder + "/c.pb", "--input", "x=" + data}).exit_code,
      kExitDone);
}

TEST(InnerInput, BeginsTheGraphThere) {
  // Ops before the named tensor are not checked: NoSuchOp does not exist.
  const std::string folder = FreshFolder("inner"), model = MakeModel(folder, "NoSuchOp");
  EXPECT_EQ(RunOnCpu(model, {}).exit_code, kExitBadModelOrInput);
  const CommandResult result =
      RunOnCpu(model, {"--input", "r=" + MakeData(folder, Shape({2, 4})), "--output-dir", folder});
  ASSERT_EQ(result.exit_code, kExitDone) << result.err;
  const HostTensor output = LoadFloats(folder + "/y.npy");
  ASSERT_EQ(output.shape(), Shape({2, 4}));
  EXPECT_FLOAT_EQ(output.f32()[0], std::exp(-1.0f));
}

TEST(MissingInput, IsRefusedWhereAnotherIsGiven) {
  const std::string folder = FreshFolder("missing");
  TestOnnx model;
  model.Input("a", {4});
  model.Input("b", {4});
  model.Node("Add", {"a", "b"}, {"y"});
  model.Output("y");
  WriteText(folder + "/add.onnx", model.Bytes());
  const std::string path = folder + "/add.onnx", data = MakeData(folder, Shape({4}));
  EXPECT_EQ(RunOnCpu(path, {}).exit_code, kExitDone);
  ExpectRefused(RunOnCpu(path, {"--input", "a=" + data}), kExitBadModelOrInput, "input 'b'");
  EXPECT_EQ(RunOnCpu(path, {"--input", "a=" + data, "--random-inputs"}).exit_code, kExitDone);
  ExpectRefused(RunOnCpu(path, {"--input", "a="}), kExitBadUse, "no file behind 'a='");
}

TEST(Convert, WritesTheShapeThatIsAskedFor) {
  const std::string folder = FreshFolder("convert_shape");
  TestOnnx model;
  model.Input("x", {2, 6});
  model.Node("Relu", {"x"}, {"y"});
  model.Output("y");
  WriteText(folder + "/relu.onnx", model.Bytes());
  const std::string output = folder + "/relu.pb";
  // The file has as many elements as the model declares, but another shape, which must be used.
  const CommandResult result =
      RunMace({"convert", folder + "/relu.onnx", "--output", output, "--input-shape", "x=3,4"});
  ASSERT_EQ(result.exit_code, kExitDone) << result.err;
  const Json report = RunMace({"inspect", output, "--json", "-"}).OutJson();
  EXPECT_EQ(report["inputs"][0]["shape"], Json({3, 4}));
}

TEST(Validate, TakesOpenExtentsAndComparesTypes) {
  const std::string folder = FreshFolder("validate_open");
  MakeModel(folder, "Relu");
  const std::string data = MakeData(folder, Shape({3, 4}));
  ASSERT_EQ(
      RunOnCpu(folder + "/model.onnx", {"--input", "x=" + data, "--output-dir", folder}).exit_code,
      kExitDone);
  const auto validate = [&](const std::string& expected) {
    WriteText(folder + "/manifest.json",
              R"([{"name": "one", "format": "onnx", "max_abs_err": 1e-5, "model": ["model.onnx"],)"
              R"("sets": [{"inputs": {"x": {"file": "data.npy"}},)"
              R"("outputs": {"y": {"file": ")" +
                  expected + R"("}}}]}])");
    return RunMace({"validate", folder, "--device", "cpu", "--json", "-"});
  };
  const CommandResult good = validate("y.npy");
  EXPECT_EQ(good.exit_code, kExitDone) << good.out << good.err;
  std::string integers = ReadText(folder + "/y.npy");
  integers.replace(integers.find("<f4"), 3, "<i4");
  WriteText(folder + "/integers.npy", integers);
  const CommandResult bad = validate("integers.npy");
  EXPECT_EQ(bad.exit_code, kExitComparisonFailed);
  EXPECT_EQ(bad.OutJson()["cases"][0]["why"], "output 'y': expected int32, found float32");
}

}  // namespace
}  // namespace mace
