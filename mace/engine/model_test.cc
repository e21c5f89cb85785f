// Loading models: from paths, memory and descriptors; what they report of themselves; refusals.
#include "mace/api/model.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "mace/api/compiled_model.h"
#include "mace/testing/formats/test_onnx.h"
#include "mace/testing/formats/test_tensorflow.h"

namespace mace {
namespace {

const std::string kFolder = "models/digits/";
const std::string kFormats[] = {"digits.pb", "digits.onnx", "digits_frozen.pb"};

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  EXPECT_FALSE(content.str().empty()) << path;
  return content.str();
}

MemoryBytes Copied(const std::string& bytes) { return {bytes.data(), bytes.size(), nullptr}; }

// The bytes in memory of their own; freeing this memory adds 1 to `released`.
MemoryBytes Borrowed(const std::string& bytes, int* released) {
  auto* const own = new std::string(bytes);
  return {own->data(), own->size(), [own, released] {
            ++*released;
            delete own;
          }};
}

// ONNX puts the channels first.
std::vector<int64_t> DigitDims(const std::string& name, int64_t batch) {
  if (name == "digits.onnx") return {batch, 1, 8, 8};
  return {batch, 8, 8, 1};
}

// The model's answer to zeros, on the CPU.
std::vector<float> Answer(const Model& model) {
  CompileOptions options;
  options.device = "cpu";
  StatusOr<CompiledModel> compiled = CompiledModel::Compile(model, options);
  if (!compiled.ok()) ADD_FAILURE() << compiled.status().message();
  if (!compiled.ok()) return {};
  StatusOr<Request> request = compiled->NewRequest();
  EXPECT_TRUE(request->Set(0, *Tensor::Allocate(DType::kFloat32, model.inputs()[0].dims)).ok());
  EXPECT_TRUE(request->Run().ok());
  const StatusOr<Tensor> output = request->Get(0);
  const float* const data = output.ok() ? output->data<float>() : nullptr;
  return data == nullptr ? std::vector<float>()
                         : std::vector<float>(data, data + output->elements());
}

std::vector<float> ExpectedAnswer() {
  const StatusOr<Model> model = Model::Load(kFolder + "digits.pb");
  return model.ok() ? Answer(*model) : std::vector<float>();
}

// The descriptor of a file that is open for reading; the destructor closes it.
class OpenFile {
 public:
  explicit OpenFile(const std::string& path) : descriptor_(open(path.c_str(), O_RDONLY)) {
    EXPECT_GE(descriptor_, 0) << path;
  }
  ~OpenFile() { close(descriptor_); }
  FileRange Range(uint64_t offset = 0, uint64_t size = 0) const {
    return {descriptor_, offset, size};
  }

 private:
  const int descriptor_;
};

// A file that the destructor deletes.
class ScratchFile {
 public:
  explicit ScratchFile(const std::string& bytes) : path_(testing::TempDir() + "/model_test.bin") {
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  ~ScratchFile() { unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

TEST(Models, SayWhatTheirFilesDeclare) {
  const std::string names[] = {"mace", "onnx", "tensorflow"};
  for (size_t i = 0; i < 3; ++i) {
    const StatusOr<Model> model = Model::Load(kFolder + kFormats[i]);
    ASSERT_TRUE(model.ok()) << model.status().message();
    EXPECT_EQ(names[i], model->format());
    ASSERT_EQ(1u, model->inputs().size());
    ASSERT_EQ(1u, model->outputs().size());
    EXPECT_EQ("input", model->inputs()[0].name);
    EXPECT_EQ(DType::kFloat32, model->inputs()[0].dtype);
    EXPECT_EQ(DigitDims(kFormats[i], 1), model->inputs()[0].dims) << kFormats[i];
    EXPECT_EQ(i == 1 ? "NCHW" : "NHWC", model->inputs()[0].layout);
    EXPECT_EQ("output", model->outputs()[0].name);
    EXPECT_EQ("float32 [1, 10]", model->outputs()[0].ToString()) << kFormats[i];
  }
}

TEST(Models, ThatAreNotThere) {
  EXPECT_EQ(StatusCode::kInvalidArgument, Model::Load("").status().code());
  const StatusOr<Model> none = Model::Load("no/such/model.pb");
  EXPECT_EQ(StatusCode::kNotFound, none.status().code());
  EXPECT_NE(std::string::npos, none.status().message().find("no/such/model.pb"));
  EXPECT_FALSE(Model::Load(kFolder).ok());                          // A folder.
  EXPECT_FALSE(Model::Load(kFolder + "samples/digit_0.npy").ok());  // Not a model.
  LoadOptions options;
  options.data_path = "no/such/weights.data";
  EXPECT_EQ(StatusCode::kNotFound, Model::Load(kFolder + "digits.pb", options).status().code());
  EXPECT_TRUE(Model().inputs().empty());
  EXPECT_EQ("", Model().format());
}

TEST(Models, FromBytesThatAreCopied) {
  std::string bytes = ReadAll(kFolder + "digits.pb");
  std::string weights = ReadAll(kFolder + "digits.data");
  const StatusOr<Model> model = Model::FromBytes(Copied(bytes), Copied(weights));
  ASSERT_TRUE(model.ok()) << model.status().message();
  bytes.assign(bytes.size(), '\0');
  weights.assign(weights.size(), '\0');
  EXPECT_EQ(ExpectedAnswer(), Answer(*model));
}

TEST(Models, FromBytesThatAreBorrowed) {
  int released = 0, released_weights = 0;
  {
    StatusOr<Model> model =
        Model::FromBytes(Borrowed(ReadAll(kFolder + "digits.pb"), &released),
                         Borrowed(ReadAll(kFolder + "digits.data"), &released_weights));
    ASSERT_TRUE(model.ok()) << model.status().message();
    const Model copy = *model;
    *model = Model();
    EXPECT_EQ(0, released_weights);
    EXPECT_EQ(ExpectedAnswer(), Answer(copy));
  }
  EXPECT_EQ(1, released);
  EXPECT_EQ(1, released_weights);
  // A model that is a single file.
  released = 0;
  for (const char* file : {"digits.onnx", "digits_frozen.pb"}) {
    EXPECT_TRUE(Model::FromBytes(Borrowed(ReadAll(kFolder + file), &released)).ok());
  }
  EXPECT_EQ(2, released);
}

TEST(Models, GiveBorrowedBytesBackWhereLoadingFails) {
  int released = 0, released_weights = 0;
  const auto load = [&](const std::string& bytes, const LoadOptions& options = LoadOptions()) {
    released = released_weights = 0;
    const Status status = Model::FromBytes(Borrowed(bytes, &released),
                                           Borrowed("no weights", &released_weights), options)
                              .status();
    EXPECT_EQ(1, released);
    EXPECT_EQ(1, released_weights);
    return status.code();
  };
  const std::string onnx = ReadAll(kFolder + "digits.onnx");
  EXPECT_EQ(StatusCode::kCorruption, load("this is no model"));
  EXPECT_EQ(StatusCode::kCorruption, load(onnx.substr(0, onnx.size() / 2)));
  EXPECT_NE(StatusCode::kOk,
            load(ReadAll(kFolder + "digits.pb")));  // The weights have the wrong size.
  LoadOptions options;
  options.values["no tensor"] = Tensor();
  EXPECT_EQ(StatusCode::kInvalidArgument, load(onnx, options));
  released = 0;
  EXPECT_EQ(StatusCode::kInvalidArgument,
            Model::FromBytes({nullptr, 5, [&] { ++released; }}).status().code());
  EXPECT_EQ(1, released);
  EXPECT_FALSE(Model::FromBytes(MemoryBytes()).ok());
}

TEST(Models, FromDescriptorsThatAreClosedAfterwards) {
  for (const std::string& name : kFormats) {
    StatusOr<Model> model = Model();
    {
      const OpenFile file(kFolder + name), weights(kFolder + "digits.data");
      const bool has_weights = name == "digits.pb";
      model = Model::FromDescriptor(file.Range(), has_weights ? weights.Range() : FileRange());
    }
    ASSERT_TRUE(model.ok()) << name << ": " << model.status().message();
    EXPECT_EQ(10u, Answer(*model).size()) << name;
  }
}

// Model and weights are parts of one archive, like an app's resources.
TEST(Models, FromPartsOfOneFile) {
  const std::string bytes = ReadAll(kFolder + "digits.pb");
  const std::string weights = ReadAll(kFolder + "digits.data");
  const std::string before = "before", between = "between";
  const ScratchFile archive(before + bytes + between + weights);
  const OpenFile file(archive.path());
  const FileRange range = file.Range(before.size(), bytes.size());
  // The weights extend to the end of the file.
  const uint64_t at = before.size() + bytes.size() + between.size();
  for (const uint64_t size : {uint64_t{0}, uint64_t{weights.size()}}) {
    const StatusOr<Model> model = Model::FromDescriptor(range, file.Range(at, size));
    ASSERT_TRUE(model.ok()) << model.status().message();
    EXPECT_EQ(ExpectedAnswer(), Answer(*model));
  }
  const FileRange beyond[] = {file.Range(at + weights.size() + 1),
                              file.Range(at, weights.size() + 1), file.Range(1, UINT64_MAX),
                              file.Range(UINT64_MAX, 1)};
  for (const FileRange& part : beyond) {
    EXPECT_EQ(StatusCode::kInvalidArgument, Model::FromDescriptor(part).status().code());
    EXPECT_EQ(StatusCode::kInvalidArgument, Model::FromDescriptor(range, part).status().code());
  }
}

TEST(Models, FromDescriptorsThatAreNone) {
  EXPECT_EQ(StatusCode::kInvalidArgument, Model::FromDescriptor(FileRange()).status().code());
  int closed;
  {
    const OpenFile file(kFolder + "digits.onnx");
    closed = file.Range().descriptor;
  }
  EXPECT_EQ(StatusCode::kIoError, Model::FromDescriptor({closed, 0, 0}).status().code());
  int pipe_ends[2];
  ASSERT_EQ(0, pipe(pipe_ends));
  EXPECT_FALSE(Model::FromDescriptor({pipe_ends[0], 0, 0}).ok());
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

TEST(Models, TakeOtherInputDims) {
  for (const std::string& name : kFormats) {
    const std::vector<int64_t> dims = DigitDims(name, 3);
    LoadOptions options;
    options.input_dims["input"] = dims;
    const StatusOr<Model> model = Model::Load(kFolder + name, options);
    ASSERT_TRUE(model.ok()) << name << ": " << model.status().message();
    EXPECT_EQ(dims, model->inputs()[0].dims) << name;
    EXPECT_EQ(30u, Answer(*model).size()) << name;
    options.input_dims = {{"no such", {1}}};
    EXPECT_EQ(StatusCode::kNotFound, Model::Load(kFolder + name, options).status().code()) << name;
    options.input_dims = {{"input", {-5, 8, 8, 1}}};
    EXPECT_EQ(StatusCode::kInvalidArgument, Model::Load(kFolder + name, options).status().code())
        << name;
  }
}

TEST(Models, RefuseAValueThatIsNone) {
  const float number = 1;
  LoadOptions options;
  options.values["x"] = Tensor();
  StatusOr<Model> model = Model::Load(kFolder + "digits.onnx", options);
  EXPECT_EQ(StatusCode::kInvalidArgument, model.status().code());
  EXPECT_NE(std::string::npos, model.status().message().find("'x'")) << model.status().message();
  options.values["x"] = Tensor::View(&number, {-1});
  EXPECT_EQ(StatusCode::kInvalidArgument,
            Model::Load(kFolder + "digits.onnx", options).status().code());
  options.values["x"] = Tensor::View(&number, {1});  // Not an input of the model.
  EXPECT_EQ(StatusCode::kNotFound, Model::Load(kFolder + "digits.onnx", options).status().code());
}

TEST(Models, ShowWhichExtentsOfOutputsAreDynamic) {
  TestTf tf;
  tf.Input("x", {-1, 4});
  tf.Node("Relu", "y", {"x"});
  tf.Ints("axis", {0});
  tf.Node("Mean", "mean", {"y", "axis"});
  const std::string bytes = tf.def().SerializeAsString();
  LoadOptions options;
  options.outputs = {"y", "mean"};
  const StatusOr<Model> model = Model::FromBytes(Copied(bytes), MemoryBytes(), options);
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ((std::vector<int64_t>{-1, 4}), model->inputs()[0].dims);
  EXPECT_EQ((std::vector<int64_t>{-1, 4}), model->outputs()[0].dims);
  EXPECT_EQ((std::vector<int64_t>{4}), model->outputs()[1].dims);
  CompileOptions on_cpu;
  on_cpu.device = "cpu";
  const StatusOr<CompiledModel> compiled = CompiledModel::Compile(*model, on_cpu);
  ASSERT_TRUE(compiled.ok()) << compiled.status().message();
  EXPECT_EQ((std::vector<int64_t>{-1, 4}), compiled->outputs()[0].dims);
  // Once all dims are given, no extent is dynamic.
  options.input_dims["x"] = {3, 4};
  const StatusOr<Model> fixed = Model::FromBytes(Copied(bytes), MemoryBytes(), options);
  ASSERT_TRUE(fixed.ok()) << fixed.status().message();
  EXPECT_EQ((std::vector<int64_t>{3, 4}), fixed->outputs()[0].dims);
}

TEST(Models, ShowTheNamesOfExtents) {
  TestOnnx test;
  test.Input("x", {-1, 4});
  test.NameDim(0, "batch");
  test.Node("Relu", {"x"}, {"y"});
  test.Output("y");
  const std::string bytes = test.Bytes();
  LoadOptions options;
  for (const int64_t batch : {int64_t{-1}, int64_t{3}}) {
    if (batch > 0) options.input_dims["x"] = {batch, 4};
    const StatusOr<Model> model = Model::FromBytes(Copied(bytes), MemoryBytes(), options);
    ASSERT_TRUE(model.ok()) << model.status().message();
    EXPECT_EQ((std::vector<int64_t>{batch, 4}), model->inputs()[0].dims);
    EXPECT_EQ((std::vector<std::string>{"batch", ""}), model->inputs()[0].dim_names);
    // The file declares no dims of it.
    EXPECT_EQ((std::vector<std::string>{"", ""}), model->outputs()[0].dim_names);
  }
  TestTf tf;
  tf.Input("x", {-1, 4});
  (*tf.def().mutable_node(0)->mutable_attr())["shape"].mutable_shape()->mutable_dim(0)->set_name(
      "rows");
  tf.Node("Relu", "y", {"x"});
  const std::string frozen = tf.def().SerializeAsString();
  const StatusOr<Model> named = Model::FromBytes(Copied(frozen));
  ASSERT_TRUE(named.ok()) << named.status().message();
  EXPECT_EQ((std::vector<std::string>{"rows", ""}), named->inputs()[0].dim_names);
}

TEST(Models, HaveALimitOfMemory) {
  LoadOptions options;
  options.host_memory_limit = 100;
  EXPECT_EQ(StatusCode::kResourceExhausted,
            Model::Load(kFolder + "digits_frozen.pb", options).status().code());
}

}  // namespace
}  // namespace mace
