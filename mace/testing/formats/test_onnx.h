// Small ONNX models built in memory, for tests.
#ifndef MACE_TESTING_FORMATS_TEST_ONNX_H_
#define MACE_TESTING_FORMATS_TEST_ONNX_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mace/base/coding.h"
#include "mace/formats/import_model.h"
#include "mace/formats/proto/onnx.pb.h"

namespace mace {

class TestOnnx {
 public:
  explicit TestOnnx(int64_t opset = 17) {
    model_.set_ir_version(8);
    onnx::OperatorSetId* set = model_.add_opset_import();
    set->set_domain("");
    set->set_version(opset);
    model_.mutable_graph()->set_name("test");
  }

  onnx::ModelProto& model() { return model_; }
  onnx::GraphProto& graph() { return *model_.mutable_graph(); }

  // A negative extent is open.
  static void Describe(onnx::ValueInfoProto* info, const std::string& name,
                       const std::vector<int64_t>& dims, int32_t type) {
    info->set_name(name);
    onnx::TypeProto::Tensor* tensor = info->mutable_type()->mutable_tensor_type();
    tensor->set_elem_type(type);
    for (int64_t extent : dims) {
      auto* dim = tensor->mutable_shape()->add_dim();
      if (extent >= 0) {
        dim->set_dim_value(extent);
      } else {
        dim->set_dim_param("n");
      }
    }
  }
  // Gives an extent of the last input a name.
  void NameDim(int axis, const std::string& name) {
    graph()
        .mutable_input(graph().input_size() - 1)
        ->mutable_type()
        ->mutable_tensor_type()
        ->mutable_shape()
        ->mutable_dim(axis)
        ->set_dim_param(name);
  }
  void Input(const std::string& name, const std::vector<int64_t>& dims,
             int32_t type = onnx::TensorProto::FLOAT) {
    Describe(graph().add_input(), name, dims, type);
  }
  // An input without an axis; Input with no extents leaves the shape open.
  void Scalar(const std::string& name, int32_t type = onnx::TensorProto::FLOAT) {
    Input(name, {}, type);
    graph()
        .mutable_input(graph().input_size() - 1)
        ->mutable_type()
        ->mutable_tensor_type()
        ->mutable_shape();
  }
  // Declares an output; most tests do not look at its type.
  void Output(const std::string& name, int32_t type = onnx::TensorProto::FLOAT) {
    onnx::ValueInfoProto* info = graph().add_output();
    info->set_name(name);
    info->mutable_type()->mutable_tensor_type()->set_elem_type(type);
  }

  onnx::TensorProto* Floats(const std::string& name, const std::vector<int64_t>& dims,
                            const std::vector<float>& values) {
    onnx::TensorProto* tensor = graph().add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(onnx::TensorProto::FLOAT);
    for (int64_t extent : dims) tensor->add_dims(extent);
    for (float value : values) tensor->add_float_data(value);
    return tensor;
  }
  onnx::TensorProto* Ints(const std::string& name, const std::vector<int64_t>& values) {
    onnx::TensorProto* tensor = graph().add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(onnx::TensorProto::INT64);
    tensor->add_dims(static_cast<int64_t>(values.size()));
    for (int64_t value : values) tensor->add_int64_data(value);
    return tensor;
  }

  // Elements of a type of at most 32 bits, each in a field of its own.
  onnx::TensorProto* Small(const std::string& name, const std::vector<int64_t>& dims, int32_t type,
                           const std::vector<int32_t>& values) {
    onnx::TensorProto* tensor = graph().add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(type);
    for (int64_t extent : dims) tensor->add_dims(extent);
    for (int32_t value : values) tensor->add_int32_data(value);
    return tensor;
  }

  onnx::NodeProto* Node(const std::string& op, const std::vector<std::string>& inputs,
                        const std::vector<std::string>& outputs) {
    onnx::NodeProto* node = graph().add_node();
    node->set_op_type(op);
    for (const std::string& input : inputs) node->add_input(input);
    for (const std::string& output : outputs) node->add_output(output);
    return node;
  }
  static onnx::AttributeProto* Attribute(onnx::NodeProto* node, const std::string& name,
                                         onnx::AttributeProto::AttributeType type) {
    onnx::AttributeProto* attribute = node->add_attribute();
    attribute->set_name(name);
    attribute->set_type(type);
    return attribute;
  }
  static void SetInt(onnx::NodeProto* node, const std::string& name, int64_t value) {
    Attribute(node, name, onnx::AttributeProto::INT)->set_i(value);
  }
  static void SetFloat(onnx::NodeProto* node, const std::string& name, float value) {
    Attribute(node, name, onnx::AttributeProto::FLOAT)->set_f(value);
  }
  static void SetString(onnx::NodeProto* node, const std::string& name, const std::string& value) {
    Attribute(node, name, onnx::AttributeProto::STRING)->set_s(value);
  }
  static void SetInts(onnx::NodeProto* node, const std::string& name,
                      const std::vector<int64_t>& values) {
    onnx::AttributeProto* attribute = Attribute(node, name, onnx::AttributeProto::INTS);
    for (int64_t value : values) attribute->add_ints(value);
  }

  // The graph of `body`, of its nodes, inputs, outputs and initializers, as an attribute.
  static void SetGraph(onnx::NodeProto* node, const std::string& name, const TestOnnx& body) {
    *Attribute(node, name, onnx::AttributeProto::GRAPH)->mutable_g() = body.model_.graph();
  }
  // An attribute that refers to one of the function around the node.
  static void SetReference(onnx::NodeProto* node, const std::string& name,
                           const std::string& refers_to, onnx::AttributeProto::AttributeType type) {
    Attribute(node, name, type)->set_ref_attr_name(refers_to);
  }
  // A function of the domain "test" with the inputs, outputs and nodes of `body`, and its op set.
  onnx::FunctionProto* Function(const std::string& name, const TestOnnx& body,
                                const std::vector<std::string>& attributes = {}) {
    onnx::FunctionProto* function = model_.add_functions();
    function->set_domain("test");
    function->set_name(name);
    const onnx::GraphProto& graph = body.model_.graph();
    for (const onnx::ValueInfoProto& input : graph.input()) function->add_input(input.name());
    for (const onnx::ValueInfoProto& output : graph.output()) function->add_output(output.name());
    for (const std::string& attribute : attributes) function->add_attribute(attribute);
    *function->mutable_node() = graph.node();
    *function->mutable_opset_import() = body.model_.opset_import();
    return function;
  }
  // A node that calls a function of the domain "test".
  onnx::NodeProto* Call(const std::string& function, const std::vector<std::string>& inputs,
                        const std::vector<std::string>& outputs) {
    onnx::NodeProto* node = Node(function, inputs, outputs);
    node->set_domain("test");
    return node;
  }

  std::string Bytes() const { return model_.SerializeAsString(); }
  StatusOr<std::shared_ptr<Graph>> Import(const ImportOptions& options = {}) const {
    const std::string bytes = Bytes();
    return ImportModelBytes("test.onnx", AsBytes(bytes), {}, options);
  }
  // The message of the error that Import gives.
  std::string Complaint(const ImportOptions& options = {}) const {
    const StatusOr<std::shared_ptr<Graph>> graph = Import(options);
    return graph.ok() ? "nothing" : graph.status().message();
  }

 private:
  onnx::ModelProto model_;
};

}  // namespace mace

#endif  // MACE_TESTING_FORMATS_TEST_ONNX_H_
