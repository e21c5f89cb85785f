#include "mace/formats/onnx/tensor.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "mace/base/atomic_file.h"
#include "mace/base/files.h"
#include "mace/testing/formats/test_onnx.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

using Proto = onnx::TensorProto;

StatusOr<HostTensor> Read(const Proto& proto, std::shared_ptr<ModelFiles> files = nullptr) {
  static GraphBuilder* const builder = new GraphBuilder(ImportOptions(), 0);
  if (files == nullptr) files = ModelFiles::InMemory("model", {}, {});
  auto kept = std::make_shared<Proto>(proto);
  return ReadOnnxTensor(*kept, {kept, {}, files.get(), builder});
}

Proto Tensor(int32_t type, int64_t extent) {
  Proto proto;
  proto.set_data_type(type);
  proto.add_dims(extent);
  return proto;
}

TEST(OnnxTensor, ListsAndRawBytes) {
  Proto listed = Tensor(Proto::FLOAT16, 2);
  listed.add_int32_data(0x3c00);
  listed.add_int32_data(0xc000);
  Proto raw = Tensor(Proto::DOUBLE, 2);
  const double doubles[] = {1, -2};
  raw.set_raw_data(doubles, sizeof(doubles));
  for (const Proto& proto : {listed, raw}) {
    const StatusOr<HostTensor> tensor = Read(proto);
    ASSERT_TRUE(tensor.ok()) << tensor.status().message();
    const HostTensor floats = *tensor->ConvertTo(DType::kFloat32);
    EXPECT_EQ(1, floats.f32()[0]);
    EXPECT_EQ(-2, floats.f32()[1]);
  }
  Proto integers = Tensor(Proto::INT64, 1);
  integers.add_int64_data(int64_t{1} << 40);
  EXPECT_EQ(int64_t{1} << 40, ToInt64Vector(*Read(integers))[0]);
  Proto empty = Tensor(Proto::FLOAT, 0);
  EXPECT_TRUE(Read(empty).ok());
}

TEST(OnnxTensor, SizesThatDisagree) {
  Proto raw = Tensor(Proto::FLOAT, 3);
  raw.set_raw_data("12345678");
  EXPECT_EQ("expected 12 bytes for shape [3], found 8", Read(raw).status().message());
  Proto listed = Tensor(Proto::INT32, 3);
  listed.add_int32_data(1);
  EXPECT_EQ("expected 3 elements for shape [3], found 1", Read(listed).status().message());
  EXPECT_FALSE(Read(Tensor(Proto::FLOAT, -1)).ok());
  EXPECT_FALSE(Read(Tensor(Proto::FLOAT, int64_t{1} << 60)).ok());
  EXPECT_EQ("element type STRING of a constant", Read(Tensor(Proto::STRING, 1)).status().message());
  EXPECT_EQ("element type 99 of a constant", Read(Tensor(99, 1)).status().message());
}

// A folder with a file of four floats, and a file beside it.
class ExternalData : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(MakeDirectories(root_ + "/model/parts").ok());
    const float values[] = {1, 2, 3, 4};
    const Bytes bytes(reinterpret_cast<const uint8_t*>(values), sizeof(values));
    ASSERT_TRUE(WriteFileAtomic(root_ + "/model/parts/weights", bytes).ok());
    ASSERT_TRUE(WriteFileAtomic(root_ + "/secret", bytes).ok());
    ASSERT_TRUE(WriteFileAtomic(root_ + "/model/model", bytes).ok());
    ASSERT_EQ(0, symlink("../secret", (root_ + "/model/link").c_str()));
  }

  static Proto External(const std::string& location, const std::string& offset,
                        const std::string& length) {
    Proto proto = Tensor(Proto::FLOAT, 2);
    proto.set_data_location(Proto::EXTERNAL);
    for (const auto& [key, value] : {std::pair("location", location), std::pair("offset", offset),
                                     std::pair("length", length)}) {
      onnx::StringStringEntry* entry = proto.add_external_data();
      entry->set_key(key);
      entry->set_value(value);
    }
    return proto;
  }
  std::shared_ptr<ModelFiles> Files() const {
    return *ModelFiles::Open(root_ + "/model/model", "");
  }
  std::string Complaint(const Proto& proto) {
    const StatusOr<HostTensor> tensor = Read(proto, Files());
    return tensor.ok() ? "nothing" : tensor.status().message();
  }

  const TemporaryFolder temporary_;
  const std::string root_ = temporary_.path();
};

TEST_F(ExternalData, IsReadFromTheModelsFolder) {
  const StatusOr<HostTensor> tensor = Read(External("parts/weights", "4", "8"), Files());
  ASSERT_TRUE(tensor.ok()) << tensor.status().message();
  EXPECT_EQ(2, tensor->f32()[0]);
  EXPECT_EQ(3, tensor->f32()[1]);
}

TEST_F(ExternalData, NeverLeavesTheFolder) {
  for (const std::string& location : {std::string("../secret"), std::string("parts/../../secret"),
                                      root_ + "/secret", std::string("link"), std::string("")}) {
    EXPECT_NE(Complaint(External(location, "0", "8")).find("below the model's folder"),
              std::string::npos)
        << location << ": " << Complaint(External(location, "0", "8"));
  }
}

TEST_F(ExternalData, OffsetsAreChecked) {
  EXPECT_NE(Complaint(External("parts/weights", "12", "8")).find("found a file of 16"),
            std::string::npos);
  EXPECT_NE(Complaint(External("parts/weights", "18446744073709551615", "8")).find("of 16"),
            std::string::npos);
  EXPECT_NE(Complaint(External("parts/weights", "0", "4")).find("expected 8 bytes"),
            std::string::npos);
  EXPECT_NE(Complaint(External("parts/weights", "-1", "8")).find("expected a number of bytes"),
            std::string::npos);
  EXPECT_NE(Complaint(External("gone", "0", "8")).find("gone"), std::string::npos);
  EXPECT_NE(Read(External("parts/weights", "0", "8")).status().message().find("in memory"),
            std::string::npos);
}

}  // namespace
}  // namespace mace
