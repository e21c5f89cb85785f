#include "mace/formats/common/sniff.h"

#include <gtest/gtest.h>

#include <string>

#include "mace/base/coding.h"
#include "mace/formats/import_model.h"
#include "mace/formats/proto/mace.pb.h"
#include "mace/formats/proto/tensorflow.pb.h"

namespace mace {
namespace {

ModelFormat Sniff(const std::string& bytes) {
  const StatusOr<ModelFormat> format =
      SniffModelFormat(ByteSource::InMemory(AsBytes(bytes), nullptr));
  EXPECT_TRUE(format.ok()) << format.status().message();
  return format.ok() ? *format : ModelFormat::kOnnx;
}

TEST(Sniff, MaceMultiNet) {
  wire::MultiNetDef model;
  model.add_net_def()->add_op()->set_type("Relu");
  EXPECT_EQ(Sniff(model.SerializeAsString()), ModelFormat::kMaceMultiNet);
  model.set_version_code(1);
  model.add_input_tensor("x");
  EXPECT_EQ(Sniff(model.SerializeAsString()), ModelFormat::kMaceMultiNet);
}

TEST(Sniff, BareMaceNet) {
  wire::NetDef net;
  net.add_op()->add_arg()->set_name("strides");
  EXPECT_EQ(Sniff(net.SerializeAsString()), ModelFormat::kMaceNet);
  net.mutable_op(0)->clear_arg();
  net.add_tensors()->set_name("w");
  EXPECT_EQ(Sniff(net.SerializeAsString()), ModelFormat::kMaceNet);
}

TEST(Sniff, TensorFlow) {
  tf::GraphDef graph;
  graph.add_node()->set_op("Placeholder");
  EXPECT_EQ(Sniff(graph.SerializeAsString()), ModelFormat::kTensorFlow);
  graph.mutable_versions()->set_producer(27);
  graph.mutable_library()->add_function()->mutable_signature()->set_name("function");
  EXPECT_EQ(Sniff(graph.SerializeAsString()), ModelFormat::kTensorFlow);
}

// ModelProto: ir_version 8, producer_name "torch", graph with nothing in it, opset_import.
const char kOnnx[] = "\x08\x08\x12\x05torch\x3a\x02\x12\x00\x42\x02\x10\x0d";

TEST(Sniff, Onnx) {
  const std::string onnx(kOnnx, sizeof(kOnnx) - 1);
  EXPECT_EQ(Sniff(onnx), ModelFormat::kOnnx);
  const Status status = ImportModelBytes("net.onnx", AsBytes(onnx), {}, {}).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "net.onnx: expected an output, found none");
}

TEST(Sniff, NoModels) {
  for (const std::string& bytes :
       {std::string(), std::string("hello, world"), std::string(1, '\0'), std::string("\x0a"),
        std::string("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), std::string("\x08\x01"),
        std::string("\x0b\x0c")}) {
    EXPECT_EQ(SniffModelFormat(ByteSource::InMemory(AsBytes(bytes), nullptr)).status().code(),
              StatusCode::kCorruption);
  }
}

}  // namespace
}  // namespace mace
