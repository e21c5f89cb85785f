// Checkpoints and SavedModels that the tests write themselves, whole and damaged.
#include "mace/formats/tensorflow/bundle.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "mace/base/coding.h"
#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_tensorflow.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

std::string Fixed32(uint32_t value) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(value >> shift & 0xFF);
  return bytes;
}

std::string Varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7F) | 0x80);
  return bytes + static_cast<char>(value);
}

using Entries = std::vector<std::pair<std::string, std::string>>;

// A block without shared bytes of keys, and its trailer.
std::string BlockOf(const Entries& entries) {
  std::string block;
  for (const auto& [key, value] : entries) {
    block += Varint(0) + Varint(key.size()) + Varint(value.size()) + key + value;
  }
  block += Fixed32(0) + Fixed32(1);  // One restart point, at 0.
  block += '\0';                     // Not compressed.
  return block + Fixed32(MaskedCrc32c(AsBytes(block)));
}

std::string HandleOf(size_t offset, const std::string& block) {
  return Varint(offset) + Varint(block.size() - 5);
}

std::string TableOf(const Entries& entries) {
  const std::string data = BlockOf(entries);
  const std::string index = BlockOf({{"~", HandleOf(0, data)}});
  std::string footer = Varint(0) + Varint(0) + HandleOf(data.size(), index);
  footer.resize(40);
  footer += Fixed32(0x8b80fb57u) + Fixed32(0xdb477524u);
  return data + index + footer;
}

TEST(TfBundle, Crc32cOfTheStandardsExample) {
  EXPECT_EQ(Crc32c(AsBytes(std::string("123456789"))), 0xE3069283u);
}

TEST(TfBundle, ATableIsRead) {
  const std::string table = TableOf({{"", "header"}, {"a/b", "one"}, {"a/c", ""}});
  const auto entries = ReadTable(AsBytes(table));
  ASSERT_TRUE(entries.ok()) << entries.status().message();
  EXPECT_EQ(entries->size(), 3u);
  EXPECT_EQ(entries->at("a/b"), "one");
}

// Whatever byte is changed, the table is refused or the same: each byte is one of a block with a
// checksum, or of the footer.
TEST(TfBundle, ADamagedTableIsRefused) {
  const Entries entries = {{"", "header"}, {"a", "one"}};
  const std::string table = TableOf(entries);
  for (size_t i = 0; i < table.size(); ++i) {
    for (int change : {0x01, 0x80, 0xff}) {
      std::string changed = table;
      changed[i] = static_cast<char>(changed[i] ^ change);
      const auto read = ReadTable(AsBytes(changed));
      if (read.ok()) {
        EXPECT_EQ(read->at("a"), "one") << "byte " << i;
      }
    }
    EXPECT_FALSE(ReadTable(AsBytes(table.substr(0, i))).ok()) << "cut at " << i;
  }
}

// y = x + w, where the checkpoint has w = [10, 20] under the key "weights".
class SavedModelTest : public testing::Test {
 protected:
  SavedModelTest() {
    const float weights[] = {10, 20};
    data_.assign(reinterpret_cast<const char*>(weights), sizeof(weights));
    entry_.set_dtype(tf::DT_FLOAT);
    entry_.mutable_shape()->add_dim()->set_size(2);
    entry_.set_size(sizeof(weights));
    entry_.set_crc32c(MaskedCrc32c(AsBytes(data_)));
  }

  void AddGraph() {
    TestTf test;
    test.Input("serving_x", {2});
    test.Node("VarHandleOp", "w", {});
    test.Node("ReadVariableOp", "read", {"w"});
    test.Node("AddV2", "sum", {"serving_x", "read"});
    test.Node("NoSuchOp", "unused", {"sum"});
    tf::TensorProto* keys = test.Const("keys", {1}, tf::DT_STRING);
    keys->add_string_val("weights");
    test.Node("RestoreV2", "restore", {"keys", "keys", "keys"});
    test.Node("AssignVariableOp", "assign", {"w", "restore"});
    tf::MetaGraphDef* graph = model_.add_meta_graphs();
    graph->mutable_meta_info_def()->add_tags("serve");
    *graph->mutable_graph_def() = test.def();
    tf::SignatureDef& signature = (*graph->mutable_signature_def())["serving_default"];
    (*signature.mutable_inputs())["x"].set_name("serving_x:0");
    (*signature.mutable_outputs())["y"].set_name("sum:0");
    model_.set_saved_model_schema_version(1);
  }

  Status Write() {
    AddGraph();
    return WriteFiles();
  }

  Status WriteFiles() {
    std::filesystem::create_directory(folder_.At("variables"));
    tf::BundleHeaderProto header;
    header.set_num_shards(1);
    std::ofstream(folder_.At("saved_model.pb"), std::ios::binary) << model_.SerializeAsString();
    std::ofstream(folder_.At("variables/variables.index"), std::ios::binary)
        << TableOf({{"", header.SerializeAsString()}, {"weights", entry_.SerializeAsString()}});
    std::ofstream(folder_.At("variables/variables.data-00000-of-00001"), std::ios::binary) << data_;
    return Status::Ok();
  }

  std::string Refusal() {
    const Status written = Write();
    if (!written.ok()) return "";
    return ImportModel(folder_.path(), {}).status().message();
  }

  TemporaryFolder folder_;
  tf::SavedModel model_;
  tf::BundleEntryProto entry_;
  std::string data_;
};

TEST_F(SavedModelTest, TheDefaultSignatureIsServed) {
  ASSERT_TRUE(Write().ok());
  const auto graph = ImportModel(folder_.path(), {});
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  ASSERT_EQ((*graph)->inputs.size(), 1u);
  EXPECT_EQ((*graph)->inputs[0].name, "x");
  EXPECT_EQ((*graph)->outputs[0].name, "y");
  const auto y =
      ExpectOutputs(graph, {HostTensor::FromVector<float>(DType::kFloat32, Shape{2}, {1, 2})});
  EXPECT_EQ(ToFloatVector(y[0]), (std::vector<float>{11, 22}));
}

// Gives the graph of the model another signature, whose output is the variable itself.
void AddSignature(tf::SavedModel* model, const std::string& name) {
  tf::SignatureDef& signature = (*model->mutable_meta_graphs(0)->mutable_signature_def())[name];
  (*signature.mutable_outputs())["weights"].set_name("read:0");
}

TEST_F(SavedModelTest, ASignatureIsServedByItsName) {
  AddGraph();
  AddSignature(&model_, "show");
  ASSERT_TRUE(WriteFiles().ok());
  ImportOptions options;
  options.signature = "show";
  const auto graph = ImportModel(folder_.path(), options);
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_TRUE((*graph)->inputs.empty());
  EXPECT_EQ((*graph)->outputs[0].name, "weights");
  EXPECT_EQ(ToFloatVector(ExpectOutputs(graph, {})[0]), (std::vector<float>{10, 20}));
  options.signature = "serving_default";
  const auto served = ImportModel(folder_.path(), options);
  ASSERT_TRUE(served.ok()) << served.status().message();
  EXPECT_EQ((*served)->outputs[0].name, "y");
}

TEST_F(SavedModelTest, ARefusalListsTheSignatures) {
  AddGraph();
  AddSignature(&model_, "show");
  ASSERT_TRUE(WriteFiles().ok());
  ImportOptions options;
  options.signature = "predict";
  const Status unknown = ImportModel(folder_.path(), options).status();
  EXPECT_EQ(unknown.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(unknown.message().find(
                "expected a signature named 'predict', found 'serving_default', 'show'"),
            std::string::npos)
      << unknown.message();
  options.signature = "show";
  options.outputs = {"sum"};
  EXPECT_NE(ImportModel(folder_.path(), options).status().message().find("found both"),
            std::string::npos);
}

TEST_F(SavedModelTest, WithoutADefaultOneOfSeveralMustBeNamed) {
  AddGraph();
  AddSignature(&model_, "show");
  AddSignature(&model_, "again");
  model_.mutable_meta_graphs(0)->mutable_signature_def()->erase("serving_default");
  ASSERT_TRUE(WriteFiles().ok());
  EXPECT_NE(ImportModel(folder_.path(), {}).status().message().find("found 'again', 'show'"),
            std::string::npos);
}

TEST_F(SavedModelTest, OtherFormatsHaveNoSignatures) {
  ImportOptions options;
  options.signature = "serving_default";
  const Status refused = ImportModel("models/digits/digits_frozen.pb", options).status();
  EXPECT_EQ(refused.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(refused.message().find("signature 'serving_default': expected a SavedModel"),
            std::string::npos)
      << refused.message();
}

TEST_F(SavedModelTest, AnOffsetOutsideIsRefused) {
  entry_.set_offset(int64_t{1} << 60);
  EXPECT_NE(Refusal().find("expected bytes within the 8 of the data file"), std::string::npos);
}

TEST_F(SavedModelTest, ANegativeSizeIsRefused) {
  entry_.set_size(-8);
  EXPECT_NE(Refusal().find("expected bytes within"), std::string::npos);
}

TEST_F(SavedModelTest, OtherBytesThanThoseOfTheChecksumAreRefused) {
  data_[3] ^= 1;
  EXPECT_NE(Refusal().find("checksum"), std::string::npos);
}

TEST_F(SavedModelTest, AShapeThatTheBytesDoNotFillIsRefused) {
  entry_.mutable_shape()->mutable_dim(0)->set_size(3);
  EXPECT_NE(Refusal().find("expected 12 bytes"), std::string::npos);
}

TEST_F(SavedModelTest, AFileThatIsNotThereIsRefused) {
  entry_.set_shard_id(5);
  EXPECT_NE(Refusal().find("a data file below 1"), std::string::npos);
}

}  // namespace
}  // namespace mace
