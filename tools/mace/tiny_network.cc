#include "tools/mace/tiny_network.h"

#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

namespace mace {
namespace {

using Names = std::vector<std::string>;
using Numbers = std::vector<int64_t>;

// A message in the wire format of protobuf, as the schema of ONNX numbers its fields. The command
// has no access to the schema's classes, which are known to mace/formats alone.
class Message {
 public:
  Message& Number(int field, uint64_t value) {
    AddVarint(static_cast<uint64_t>(field) << 3);
    AddVarint(value);
    return *this;
  }
  Message& Text(int field, const std::string& text) {
    AddVarint(static_cast<uint64_t>(field) << 3 | 2);
    AddVarint(text.size());
    bytes_ += text;
    return *this;
  }
  Message& Texts(int field, const Names& texts) {
    for (const std::string& text : texts) Text(field, text);
    return *this;
  }
  Message& Nested(int field, const Message& message) { return Text(field, message.bytes_); }
  const std::string& bytes() const { return bytes_; }

 private:
  void AddVarint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

constexpr int kFloat = 1;                   // TensorProto.DataType.
constexpr int kIntsType = 7, kIntType = 2;  // AttributeProto.AttributeType.

// AttributeProto: name 1, i 3, ints 8, type 20.
Message Ints(const std::string& name, const Numbers& numbers) {
  Message attribute;
  attribute.Text(1, name);
  for (const int64_t number : numbers) attribute.Number(8, static_cast<uint64_t>(number));
  return attribute.Number(20, kIntsType);
}

Message Int(const std::string& name, int64_t number) {
  return Message().Text(1, name).Number(3, static_cast<uint64_t>(number)).Number(20, kIntType);
}

// NodeProto: input 1, output 2, name 3, op_type 4, attribute 5.
Message Node(const std::string& type, const Names& inputs, const std::string& output,
             const std::vector<Message>& attributes = {}) {
  Message node;
  node.Texts(1, inputs).Text(2, output).Text(3, output).Text(4, type);
  for (const Message& attribute : attributes) node.Nested(5, attribute);
  return node;
}

// ValueInfoProto: name 1, type 2; TypeProto: tensor_type 1; Tensor: elem_type 1, shape 2;
// TensorShapeProto: dim 1; Dimension: dim_value 1.
Message Value(const std::string& name, const Numbers& dims) {
  Message shape;
  for (const int64_t dim : dims) shape.Nested(1, Message().Number(1, static_cast<uint64_t>(dim)));
  const Message tensor = Message().Number(1, kFloat).Nested(2, shape);
  return Message().Text(1, name).Nested(2, Message().Nested(1, tensor));
}

// TensorProto: dims 1, data_type 2, name 8, raw_data 9. Numbers of a seed, small enough that sums
// over a filter stay near 1.
Message Weights(const std::string& name, const Numbers& dims, float scale) {
  Message tensor;
  size_t count = 1;
  for (const int64_t dim : dims) {
    tensor.Number(1, static_cast<uint64_t>(dim));
    count *= static_cast<size_t>(dim);
  }
  std::mt19937 generator(static_cast<uint32_t>(count));
  std::string bytes(count * sizeof(float), '\0');
  for (size_t i = 0; i < count; ++i) {
    const float value =
        scale * (static_cast<float>(generator() >> 8) / static_cast<float>(1 << 23) - 1.0f);
    std::memcpy(&bytes[i * sizeof(float)], &value, sizeof(value));
  }
  return tensor.Number(2, kFloat).Text(8, name).Text(9, bytes);
}

// GraphProto: node 1, name 2, initializer 5, input 11, output 12.
Message Network() {
  Message graph;
  for (const Message& node : std::vector<Message>{
           Node("Conv", {"x", "w1", "b1"}, "conv_3x3", {Ints("pads", {1, 1, 1, 1})}),
           Node("Relu", {"conv_3x3"}, "relu"),
           Node("MaxPool", {"relu"}, "max_pool",
                {Ints("kernel_shape", {2, 2}), Ints("strides", {2, 2})}),
           Node("Conv", {"max_pool", "w2", "b2"}, "conv_1x1"),
           Node("Sigmoid", {"conv_1x1"}, "sigmoid"),
           Node("GlobalAveragePool", {"sigmoid"}, "average"), Node("Flatten", {"average"}, "flat"),
           Node("Gemm", {"flat", "w3", "b3"}, "product", {Int("transB", 1)}),
           Node("Softmax", {"product"}, "y", {Int("axis", 1)})}) {
    graph.Nested(1, node);
  }
  graph.Text(2, "tiny");
  for (const Message& weights :
       std::vector<Message>{Weights("w1", {8, 3, 3, 3}, 0.4f), Weights("b1", {8}, 0.1f),
                            Weights("w2", {12, 8, 1, 1}, 0.8f), Weights("b2", {12}, 0.1f),
                            Weights("w3", {10, 12}, 4.0f), Weights("b3", {10}, 1.0f)}) {
    graph.Nested(5, weights);
  }
  return graph.Nested(11, Value("x", {1, 3, 24, 24})).Nested(12, Value("y", {1, 10}));
}

}  // namespace

std::string TinyNetwork() {
  // ModelProto: ir_version 1, graph 7, opset_import 8; OperatorSetIdProto: version 2.
  return Message()
      .Number(1, 8)
      .Nested(7, Network())
      .Nested(8, Message().Text(1, "").Number(2, 13))
      .bytes();
}

}  // namespace mace
