// A model's files: where they may be, and what others may do to them meanwhile.
#include "mace/formats/common/model_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "mace/base/atomic_file.h"
#include "mace/graph/constant_pins.h"
#include "mace/testing/formats/test_net.h"
#include "mace/testing/formats/test_onnx.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

constexpr int64_t kCount = 50000;

class ModelFilesTest : public testing::Test {
 protected:
  std::string At(const std::string& name) const { return root_.At(name); }
  void Put(const std::string& name, const std::string& content) const {
    ASSERT_TRUE(MakeDirectories(DirectoryName(At(name))).ok());
    ASSERT_TRUE(WriteFileAtomic(At(name), AsBytes(content)).ok()) << name;
    // An old file: a change is seen by its time.
    const timespec old[2] = {{1000000000, 0}, {1000000000, 0}};
    ASSERT_EQ(0, utimensat(AT_FDCWD, At(name).c_str(), old, 0));
  }
  void Link(const std::string& target, const std::string& name) const {
    ASSERT_TRUE(MakeDirectories(DirectoryName(At(name))).ok());
    ASSERT_EQ(0, symlink(target.c_str(), At(name).c_str())) << name;
  }
  // `count` floats from 0 on.
  static std::string Floats(int64_t count) {
    std::vector<float> values(static_cast<size_t>(count));
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
    return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  }
  // y = x + w, with w in `location`.
  static std::string External(const std::string& location, int64_t count = kCount) {
    TestOnnx test;
    test.Input("x", {1});
    onnx::TensorProto* w = test.graph().add_initializer();
    w->set_name("w");
    w->set_data_type(onnx::TensorProto::FLOAT);
    w->add_dims(count);
    w->set_data_location(onnx::TensorProto::EXTERNAL);
    onnx::StringStringEntry* entry = w->add_external_data();
    entry->set_key("location");
    entry->set_value(location);
    test.Node("Add", {"x", "w"}, {"y"});
    test.Output("y");
    return test.Bytes();
  }
  // The model y = x + w with the elements of w inside the file.
  static std::string Whole() {
    TestOnnx test;
    test.Input("x", {1});
    onnx::TensorProto* w = test.graph().add_initializer();
    w->set_name("w");
    w->set_data_type(onnx::TensorProto::FLOAT);
    w->add_dims(kCount);
    w->set_raw_data(Floats(kCount));
    test.Node("Add", {"x", "w"}, {"y"});
    test.Output("y");
    return test.Bytes();
  }
  // Whether constant "w" has the right elements; reads them again where they were released.
  static std::string LookAt(const StatusOr<std::shared_ptr<Graph>>& graph) {
    if (!graph.ok()) return graph.status().message();
    for (const Value& value : (*graph)->values) {
      if (!value.constant.has_value()) continue;
      const StatusOr<HostTensor> elements = PinConstant(*value.constant);
      if (!elements.ok()) return elements.status().message();
      const std::string expected = Floats(elements->shape().elements());
      const Bytes found = elements->bytes();
      if (std::memcmp(found.data(), expected.data(), found.size()) != 0) return "wrong elements";
      return "right";
    }
    return "no constant";
  }

  const TemporaryFolder root_;
};

TEST_F(ModelFilesTest, TheLayoutOfModelHubs) {
  const std::string hash(64, 'f');
  Put("blobs/" + hash, External("model.onnx_data"));
  Put("blobs/b2", Floats(kCount));
  Link("../../blobs/" + hash, "snapshots/1/model.onnx");
  Link("../../blobs/b2", "snapshots/1/model.onnx_data");
  Link("../../../blobs/" + hash, "snapshots/1/onnx/model.onnx");
  Link("../../../blobs/b2", "snapshots/1/onnx/model.onnx_data");
  EXPECT_EQ("right", LookAt(ImportModel(At("snapshots/1/model.onnx"), {})));
  EXPECT_EQ("right", LookAt(ImportModel(At("snapshots/1/onnx/model.onnx"), {})));
}

TEST_F(ModelFilesTest, WeightsElsewhereAreRefused) {
  Put("secret", Floats(kCount));
  Link("../secret", "model/link");
  for (const std::string& location : {std::string("../secret"), At("secret"), std::string("link"),
                                      std::string("link\0x", 6), std::string("/dev/zero")}) {
    Put("model/m.onnx", External(location));
    const Status status = ImportModel(At("model/m.onnx"), {}).status();
    EXPECT_EQ(StatusCode::kInvalidArgument, status.code()) << location;
    EXPECT_NE(status.message().find("below the model's folder"), std::string::npos)
        << status.message();
  }
}

TestNet NetWithWeights() {
  TestNet net(1);
  net.Input("x", {1, 4});
  std::vector<float> values(static_cast<size_t>(kCount));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  net.Tensor("w", {kCount}, wire::DT_FLOAT, values);
  net.Op("Identity", {"x"}, {"y"});
  net.Output("y", {1, 4});
  return net;
}

// The `.data` of a MACE model is a file that the model names, too.
TEST_F(ModelFilesTest, TheDataFileOfAMaceModel) {
  TestNet net = NetWithWeights();
  const std::string model = net.model().SerializeAsString();
  Put("plain/m.pb", model);
  Put("plain/m.data", net.data());
  EXPECT_EQ("right", LookAt(ImportModel(At("plain/m.pb"), {})));
  Put("secret", net.data());
  Put("link/m.pb", model);
  Link("../secret", "link/m.data");
  EXPECT_NE(LookAt(ImportModel(At("link/m.pb"), {})).find("leaves it"), std::string::npos);
  // A file that the caller names may be anywhere.
  ImportOptions options;
  options.data_path = At("link/m.data");
  EXPECT_EQ("right", LookAt(ImportModel(At("link/m.pb"), options)));
  Put("blobs/p", model);
  Put("blobs/d", net.data());
  Link("../blobs/p", "hub/m.pb");
  Link("../blobs/d", "hub/m.data");
  EXPECT_EQ("right", LookAt(ImportModel(At("hub/m.pb"), {})));
}

TEST_F(ModelFilesTest, ASecondImportReadsTheFilesOfTheFirst) {
  Put("m.onnx", External("w"));
  Put("w", Floats(kCount));
  const auto files = ModelFiles::Open(At("m.onnx"), "");
  ASSERT_TRUE(files.ok());
  EXPECT_EQ("right", LookAt(ImportModel(*files, {})));
  // Other files take the same names.
  Put("w", std::string(kCount * sizeof(float), 'x'));
  Put("m.onnx", "no model");
  EXPECT_EQ("right", LookAt(ImportModel(*files, {})));
  EXPECT_NE("right", LookAt(ImportModel(At("m.onnx"), {})));
}

TEST_F(ModelFilesTest, ConstantsOfTwoImportsShareTheirMemory) {
  Put("m.onnx", Whole());
  const auto files = ModelFiles::Open(At("m.onnx"), "");
  ASSERT_TRUE(files.ok());
  const auto first = ImportModel(*files, {}), second = ImportModel(*files, {});
  ASSERT_TRUE(first.ok() && second.ok());
  const auto data_of = [](const Graph& graph) {
    for (const Value& value : graph.values) {
      if (value.constant.has_value()) return value.constant->bytes().data();
    }
    return static_cast<const uint8_t*>(nullptr);
  };
  EXPECT_NE(nullptr, data_of(**first));
  EXPECT_EQ(data_of(**first), data_of(**second));
}

// Files that are cut, and written over, after the import: what was read stays; what was given back
// is an error.
TEST_F(ModelFilesTest, FilesThatChangeAfterTheImport) {
  for (const bool external : {false, true}) {
    Put("m.onnx", external ? External("w") : Whole());
    Put("w", Floats(kCount));
    const std::string weights = At(external ? "w" : "m.onnx");
    const auto graph = ImportModel(At("m.onnx"), {});
    ASSERT_EQ("right", LookAt(graph));
    ASSERT_EQ(0, truncate(weights.c_str(), 100));
    EXPECT_EQ("right", LookAt(graph));
    for (const Node& node : (*graph)->nodes) ReleaseConstants(**graph, node);
    EXPECT_NE(LookAt(graph).find(weights + ": was changed"), std::string::npos) << LookAt(graph);
  }
}

TEST_F(ModelFilesTest, CutFilesAreErrors) {
  const std::string whole = Whole(), weights = Floats(kCount);
  for (size_t size = 0; size < whole.size(); size += 5003) {
    Put("m.onnx", whole.substr(0, size));
    EXPECT_NE("right", LookAt(ImportModel(At("m.onnx"), {}))) << size;
  }
  Put("m.onnx", External("w"));
  for (size_t size = 0; size < weights.size(); size += 5003) {
    Put("w", weights.substr(0, size));
    EXPECT_NE("right", LookAt(ImportModel(At("m.onnx"), {}))) << size;
  }
}

// Sparse files of any size cost nothing.
TEST_F(ModelFilesTest, AHugeFileOfWeightsIsReadWhereItIsNeeded) {
  Put("m.onnx", External("w"));
  Put("w", Floats(kCount));
  ASSERT_EQ(0, truncate(At("w").c_str(), off_t{1} << 36));
  EXPECT_EQ("right", LookAt(ImportModel(At("m.onnx"), {})));
}

}  // namespace
}  // namespace mace
