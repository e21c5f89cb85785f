#include "mace/formats/onnx/raw_data.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "mace/base/coding.h"
#include "mace/formats/proto/onnx.pb.h"

namespace mace {
namespace {

// Initializers "large", "small", "typed" and "large too", and nodes whose attributes hold tensors: a
// Constant's large and small ones, and another op's.
onnx::ModelProto MakeModel() {
  onnx::ModelProto model;
  model.set_producer_name("test");
  onnx::GraphProto* graph = model.mutable_graph();
  graph->set_name("graph");
  const auto add = [&](const char* name, size_t bytes, char fill) {
    onnx::TensorProto* tensor = graph->add_initializer();
    tensor->set_name(name);
    tensor->add_dims(static_cast<int64_t>(bytes));
    tensor->set_data_type(onnx::TensorProto::UINT8);
    if (bytes > 0) tensor->set_raw_data(std::string(bytes, fill));
  };
  add("large", 5000, 'a');
  add("small", 100, 'b');
  add("typed", 0, ' ');
  graph->mutable_initializer(2)->add_int32_data(7);
  add("large too", 200000, 'c');
  onnx::NodeProto* node = graph->add_node();
  node->set_op_type("Constant");
  node->add_attribute()->set_name("no tensor");
  node->add_attribute()->mutable_t()->set_raw_data(std::string(6000, 'd'));
  node->add_attribute()->mutable_t()->set_raw_data(std::string(60, 'e'));
  node = graph->add_node();
  node->set_op_type("Constanz");
  node->add_attribute()->mutable_t()->set_raw_data(std::string(7000, 'f'));
  return model;
}

bool Cut(const std::string& bytes, std::string* rest, CutRanges* ranges) {
  return CutRawData(ByteSource::InMemory(AsBytes(bytes), nullptr), rest, ranges);
}

std::string Part(const std::string& bytes, const ByteRange& range) {
  return bytes.substr(static_cast<size_t>(range.begin), static_cast<size_t>(range.size()));
}

TEST(CutRawData, LeavesLargeInitializersWhereTheyAre) {
  const std::string bytes = MakeModel().SerializeAsString();
  std::string rest;
  CutRanges ranges;
  ASSERT_TRUE(Cut(bytes, &rest, &ranges));
  const std::vector<ByteRange>& raw = ranges.initializers;
  ASSERT_EQ(raw.size(), 4u);
  EXPECT_EQ(raw[0].size(), 5000u);
  EXPECT_TRUE(raw[1].size() == 0 && raw[2].size() == 0);
  EXPECT_EQ(raw[3].size(), 200000u);
  EXPECT_EQ(Part(bytes, raw[0]), std::string(5000, 'a'));
  EXPECT_EQ(Part(bytes, raw[3]), std::string(200000, 'c'));
  ASSERT_EQ(ranges.attributes.size(), 1u);
  EXPECT_EQ(ranges.attributes[0].first, (std::pair<int, int>(0, 1)));
  EXPECT_EQ(Part(bytes, ranges.attributes[0].second), std::string(6000, 'd'));
  onnx::ModelProto parsed, expected = MakeModel();
  ASSERT_TRUE(parsed.ParseFromString(rest));
  EXPECT_TRUE(parsed.graph().initializer(0).has_raw_data());
  CutTensors tensors;
  ASSERT_TRUE(FindCutTensors(parsed.graph(), ranges, &tensors));
  EXPECT_EQ(tensors.size(), 3u);
  EXPECT_EQ(tensors.count(&parsed.graph().initializer(3)), 1u);
  onnx::TensorProto* const constant =
      parsed.mutable_graph()->mutable_node(0)->mutable_attribute(1)->mutable_t();
  ASSERT_EQ(tensors.count(constant), 1u);
  constant->set_raw_data(Part(bytes, tensors[constant]));
  // Put back, it is the model.
  for (int i : {0, 3}) {
    const std::string cut = Part(bytes, raw[static_cast<size_t>(i)]);
    parsed.mutable_graph()->mutable_initializer(i)->set_raw_data(cut);
  }
  EXPECT_EQ(parsed.SerializeAsString(), expected.SerializeAsString());
}

// A field of a message in protobuf's wire format. REQUIRES: the content has less than 16 KB.
std::string Field(int number, const std::string& content) {
  std::string text(1, static_cast<char>(number << 3 | 2));
  text += static_cast<char>((content.size() & 0x7f) | 0x80);
  text += static_cast<char>(content.size() >> 7);
  return text + content;
}

// Protobuf's rule for fields that come twice: graphs are merged, and the last string counts.
TEST(CutRawData, RepeatedFieldsMeanWhatTheyMeanToProtobuf) {
  onnx::ModelProto second;
  onnx::TensorProto* tensor = second.mutable_graph()->add_initializer();
  tensor->set_raw_data(std::string(4096, 'e'));
  std::string twice = tensor->SerializeAsString();
  tensor->set_raw_data("short");
  twice += tensor->SerializeAsString();
  ASSERT_LT(twice.size(), size_t{1} << 14);
  const std::string bytes = MakeModel().SerializeAsString() + Field(7, Field(5, twice));
  onnx::ModelProto whole, parsed;
  ASSERT_TRUE(whole.ParseFromString(bytes));
  ASSERT_EQ(whole.graph().initializer_size(), 5);
  std::string rest;
  CutRanges ranges;
  ASSERT_TRUE(Cut(bytes, &rest, &ranges));
  ASSERT_TRUE(parsed.ParseFromString(rest));
  ASSERT_EQ(ranges.initializers.size(), 5u);
  EXPECT_EQ(ranges.initializers[4].size(), 0u);
  EXPECT_EQ(parsed.graph().initializer(4).raw_data(), "short");
}

// In protobuf's wire format a tensor that stands twice in an attribute is merged, and an op's type
// may stand behind its attributes.
TEST(CutRawData, AttributesMeanWhatTheyMeanToProtobuf) {
  const std::string type = Field(4, "Constant"), large = Field(9, std::string(5000, 'a'));
  const std::string small = Field(9, "bb");
  const auto model_of = [&](const std::string& node) { return Field(7, Field(1, node)); };
  const struct {
    std::string model;
    size_t cut;
    size_t left;
  } kCases[] = {
      {model_of(type + Field(5, Field(5, large))), 5000, 0},
      {model_of(type + Field(5, Field(5, large) + Field(5, small))), 0, 2},
      {model_of(type + Field(5, Field(5, small) + Field(5, large))), 5000, 0},
      {model_of(Field(5, Field(5, large)) + type), 0, 5000},
      {model_of(type + Field(5, Field(5, large)) + Field(4, "Constanz")), 5000, 0},
  };
  for (const auto& one : kCases) {
    std::string rest;
    CutRanges ranges;
    ASSERT_TRUE(Cut(one.model, &rest, &ranges));
    EXPECT_EQ(ranges.attributes.empty() ? 0 : ranges.attributes[0].second.size(), one.cut);
    onnx::ModelProto parsed;
    ASSERT_TRUE(parsed.ParseFromString(rest));
    EXPECT_EQ(parsed.graph().node(0).attribute(0).t().raw_data().size(), one.left);
    CutTensors tensors;
    const bool is_constant = parsed.graph().node(0).op_type() == "Constant";
    EXPECT_EQ(FindCutTensors(parsed.graph(), ranges, &tensors), is_constant);
  }
}

TEST(CutRawData, BytesCutShortAreRefused) {
  const std::string bytes = MakeModel().SerializeAsString();
  std::string rest;
  CutRanges ranges;
  size_t refused = 0;
  for (size_t size = 1; size < bytes.size(); size += 97) {
    onnx::ModelProto parsed;
    const bool cut = Cut(bytes.substr(0, size), &rest, &ranges);
    // Never more than protobuf takes.
    EXPECT_TRUE(!cut || parsed.ParseFromString(rest)) << size;
    refused += cut ? 0 : 1;
  }
  EXPECT_GT(refused, 1000u);
}

}  // namespace
}  // namespace mace
