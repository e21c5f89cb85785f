// Small MACE models built in memory, for tests.
#ifndef MACE_TESTING_FORMATS_TEST_NET_H_
#define MACE_TESTING_FORMATS_TEST_NET_H_

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "mace/base/coding.h"
#include "mace/formats/import_model.h"
#include "mace/formats/proto/mace.pb.h"

namespace mace {

// The values of the argument data_format.
inline constexpr int kTestNchw = 2;
inline constexpr int kTestAuto = 1000;

class TestNet {
 public:
  // `source_format`: 1 for a model born NHWC (TensorFlow), 2 for NCHW (ONNX).
  explicit TestNet(int source_format) {
    net_ = model_.add_net_def();
    SetInt(net_->add_arg(), "data_format", source_format);
    SetInt(net_->add_arg(), "framework_type", source_format == 1 ? 0 : 2);
  }

  wire::MultiNetDef& model() { return model_; }
  wire::NetDef& net() { return *net_; }
  std::string& data() { return data_; }

  static void SetInt(wire::Argument* argument, const std::string& name, int64_t value) {
    argument->set_name(name);
    argument->set_i(value);
  }

  void EngineIo(wire::InputOutputInfo* info, const std::string& name,
                const std::vector<int>& dims) {
    info->set_name(name);
    for (int extent : dims) info->add_dims(extent);
    info->set_data_format(dims.size() == 4 ? 1 : 0);
  }
  void Input(const std::string& name, const std::vector<int>& dims) {
    EngineIo(net_->add_input_info(), name, dims);
    model_.add_input_tensor(name);
  }
  void Output(const std::string& name, const std::vector<int>& dims) {
    EngineIo(net_->add_output_info(), name, dims);
    model_.add_output_tensor(name);
  }

  // Elements as they are to lie in the data file.
  template <typename T>
  wire::ConstTensor* Tensor(const std::string& name, const std::vector<int64_t>& dims,
                            wire::DataType type, const std::vector<T>& values) {
    wire::ConstTensor* tensor = net_->add_tensors();
    tensor->set_name(name);
    for (int64_t extent : dims) tensor->add_dims(extent);
    tensor->set_data_type(type);
    tensor->set_offset(static_cast<int64_t>(data_.size()));
    tensor->set_data_size(static_cast<int64_t>(values.size()));
    data_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
    return tensor;
  }

  // An op named like its first output. data_format is AUTO unless told.
  wire::OperatorDef* Op(const std::string& type, const std::vector<std::string>& inputs,
                        const std::vector<std::string>& outputs, int data_format = kTestAuto) {
    wire::OperatorDef* op = net_->add_op();
    op->set_type(type);
    op->set_name(outputs[0]);
    for (const std::string& input : inputs) op->add_input(input);
    for (const std::string& output : outputs) op->add_output(output);
    SetInt(op->add_arg(), "data_format", data_format);
    return op;
  }
  static void Ints(wire::OperatorDef* op, const std::string& name,
                   const std::vector<int64_t>& values) {
    wire::Argument* argument = op->add_arg();
    argument->set_name(name);
    for (int64_t value : values) argument->add_ints(value);
  }
  static void Int(wire::OperatorDef* op, const std::string& name, int64_t value) {
    SetInt(op->add_arg(), name, value);
  }
  static void Text(wire::OperatorDef* op, const std::string& name, const std::string& value) {
    wire::Argument* argument = op->add_arg();
    argument->set_name(name);
    argument->set_s(value);
  }

  StatusOr<std::shared_ptr<Graph>> Import(const ImportOptions& options = {}) const {
    return ImportModelBytes("test.pb", AsBytes(model_.SerializeAsString()), AsBytes(data_),
                            options);
  }

 private:
  wire::MultiNetDef model_;
  wire::NetDef* net_ = nullptr;
  std::string data_;
};

// The types of all nodes in order, separated by blanks.
inline std::string NodeTypes(const Graph& graph) {
  std::string types;
  for (const Node& node : graph.nodes) types += (types.empty() ? "" : " ") + node.type;
  return types;
}

inline const Node* FindNode(const Graph& graph, const std::string& name) {
  for (const Node& node : graph.nodes) {
    if (node.name == name) return &node;
  }
  return nullptr;
}

}  // namespace mace

#endif  // MACE_TESTING_FORMATS_TEST_NET_H_
