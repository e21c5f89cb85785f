// Model::Save: the written model computes the same as the saved one, and models that the format
// cannot hold are refused.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "mace/api/compiled_model.h"
#include "mace/api/model.h"
#include "mace/base/log.h"
#include "mace/testing/cpu_answer.h"
#include "mace/testing/formats/test_onnx.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

const std::string kFolder = "models/digits/";

uint64_t SizeOf(const std::string& path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0 ? static_cast<uint64_t>(info.st_size) : 0;
}

TEST(SaveModel, WritesWhatLoadsAgain) {
  const TemporaryFolder folder;
  for (const char* name : {"digits.pb", "digits.onnx", "digits_frozen.pb"}) {
    const StatusOr<Model> model = Model::Load(kFolder + name);
    ASSERT_TRUE(model.ok()) << model.status().message();
    const std::string path = folder.At("saved.pb");
    const StatusOr<SaveReport> saved = model->Save(path);
    ASSERT_TRUE(saved.ok()) << name << ": " << saved.status().message();
    EXPECT_EQ(folder.At("saved.data"), saved->data_path);
    EXPECT_EQ(SizeOf(path), saved->model_bytes);
    EXPECT_EQ(SizeOf(saved->data_path), saved->data_bytes);
    EXPECT_GT(saved->nodes, 3u);
    const StatusOr<Model> again = Model::Load(path);
    ASSERT_TRUE(again.ok()) << name << ": " << again.status().message();
    EXPECT_EQ("mace", again->format());
    const std::vector<float> expected = CpuAnswer(*model), found = CpuAnswer(*again);
    ASSERT_EQ(expected.size(), found.size()) << name;
    for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(expected[i], found[i], 1e-5) << name;
  }
}

TEST(SaveModel, HalvesTheWeightsAndNamesTheirFile) {
  const TemporaryFolder folder;
  LoadOptions load;
  load.input_dims["input"] = {3, 8, 8, 1};
  const StatusOr<Model> model = Model::Load(kFolder + "digits.pb", load);
  ASSERT_TRUE(model.ok()) << model.status().message();
  const std::string path = folder.At("half.pb");
  const StatusOr<SaveReport> whole = model->Save(path);
  ASSERT_TRUE(whole.ok()) << whole.status().message();
  SaveOptions options;
  options.half_weights = true;
  options.data_path = folder.At("weights");
  const StatusOr<SaveReport> halves = model->Save(path, options);
  ASSERT_TRUE(halves.ok()) << halves.status().message();
  EXPECT_EQ(options.data_path, halves->data_path);
  EXPECT_LT(halves->data_bytes, whole->data_bytes * 6 / 10);
  load = LoadOptions();
  load.data_path = options.data_path;
  const StatusOr<Model> again = Model::Load(path, load);
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ((std::vector<int64_t>{3, 8, 8, 1}), again->inputs()[0].dims);
  EXPECT_EQ(30u, CpuAnswer(*again).size());
}

// A model may be saved over its own files. The model that was loaded from them does not change.
TEST(SaveModel, OverTheFilesThatItWasLoadedFrom) {
  const TemporaryFolder folder;
  const std::string path = folder.At("model.pb");
  const StatusOr<Model> model = Model::Load(kFolder + "digits.pb");
  ASSERT_TRUE(model.ok() && model->Save(path).ok());
  const StatusOr<Model> loaded = Model::Load(path);
  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  SaveOptions options;
  options.half_weights = true;
  const StatusOr<SaveReport> saved = loaded->Save(path, options);
  ASSERT_TRUE(saved.ok()) << saved.status().message();
  EXPECT_EQ(CpuAnswer(*model), CpuAnswer(*loaded));
}

TEST(SaveModel, RefusesWhatCannotBeWritten) {
  const TemporaryFolder folder;
  const StatusOr<Model> model = Model::Load(kFolder + "digits.pb");
  ASSERT_TRUE(model.ok());
  EXPECT_EQ(StatusCode::kInvalidArgument, model->Save("").status().code());
  EXPECT_EQ(StatusCode::kInvalidArgument, model->Save(folder.At("x.data")).status().code());
  const Status nowhere = model->Save(folder.At("no/x.pb")).status();
  EXPECT_FALSE(nowhere.ok());
  EXPECT_NE(std::string::npos, nowhere.message().find("no/x.data")) << nowhere.message();
  EXPECT_EQ(StatusCode::kFailedPrecondition, Model().Save("x.pb").status().code());
  // The format has one tensor of a name.
  TestOnnx test;
  test.Input("x", {2});
  test.Node("Neg", {"x"}, {"y"});
  test.Output("y");
  test.Output("x");
  const std::string bytes = test.Bytes();
  const StatusOr<Model> named = Model::FromBytes({bytes.data(), bytes.size(), nullptr});
  ASSERT_TRUE(named.ok()) << named.status().message();
  const Status refused = named->Save(folder.At("x.pb")).status();
  EXPECT_EQ(StatusCode::kUnsupported, refused.code());
  EXPECT_NE(std::string::npos, refused.message().find("found two 'x'")) << refused.message();
  EXPECT_EQ(0u, SizeOf(folder.At("x.pb")));
  EXPECT_EQ(0u, SizeOf(folder.At("x.data")));
}

// An input that decides a shape is to be given as a constant.
TEST(SaveModel, WritesAModelInStagesForGivenValues) {
  const TemporaryFolder folder;
  TestOnnx test;
  test.Input("x", {2, 6});
  test.Input("shape", {2}, onnx::TensorProto::INT64);
  test.Node("Reshape", {"x", "shape"}, {"y"});
  test.Output("y");
  const std::string bytes = test.Bytes();
  const StatusOr<Model> open = Model::FromBytes({bytes.data(), bytes.size(), nullptr});
  ASSERT_TRUE(open.ok()) << open.status().message();
  const Status refused = open->Save(folder.At("x.pb")).status();
  EXPECT_EQ(StatusCode::kUnsupported, refused.code());
  EXPECT_NE(std::string::npos, refused.message().find("those of input 'shape' may be given"))
      << refused.message();
  LoadOptions options;
  options.values["shape"] = *Tensor::Allocate(DType::kInt64, {2});
  options.values["shape"].mutable_data<int64_t>()[0] = 4;
  options.values["shape"].mutable_data<int64_t>()[1] = 3;
  const StatusOr<Model> bound =
      Model::FromBytes({bytes.data(), bytes.size(), nullptr}, {}, options);
  ASSERT_TRUE(bound.ok()) << bound.status().message();
  ASSERT_TRUE(bound->Save(folder.At("x.pb")).ok());
  const StatusOr<Model> again = Model::Load(folder.At("x.pb"));
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ(1u, again->inputs().size());
  EXPECT_EQ((std::vector<int64_t>{4, 3}), again->outputs()[0].dims);
}

TEST(SaveModel, NarrowsInt64AndSaysSo) {
  const TemporaryFolder folder;
  TestOnnx test;
  test.Input("x", {2}, onnx::TensorProto::INT64);
  test.Node("Neg", {"x"}, {"y"});
  test.Output("y", onnx::TensorProto::INT64);
  const std::string bytes = test.Bytes();
  const StatusOr<Model> model = Model::FromBytes({bytes.data(), bytes.size(), nullptr});
  ASSERT_TRUE(model.ok()) << model.status().message();
  std::vector<std::string> warnings;
  SetLogSink([&](LogLevel, const std::string& line) { warnings.push_back(line); });
  const StatusOr<SaveReport> saved = model->Save(folder.At("x.pb"));
  SetLogSink(nullptr);
  ASSERT_TRUE(saved.ok()) << saved.status().message();
  ASSERT_EQ(2u, warnings.size());
  EXPECT_EQ(
      "mace: " + folder.At("x.pb") + ": input 'x' is int64 in the model and int32 in the file",
      warnings[0]);
  const StatusOr<Model> again = Model::Load(folder.At("x.pb"));
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ(DType::kInt32, again->inputs()[0].dtype);
  EXPECT_EQ(DType::kInt32, again->outputs()[0].dtype);
}

}  // namespace
}  // namespace mace
