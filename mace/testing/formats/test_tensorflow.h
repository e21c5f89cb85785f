// Small TensorFlow graphs built in memory, for tests.
#ifndef MACE_TESTING_FORMATS_TEST_TENSORFLOW_H_
#define MACE_TESTING_FORMATS_TEST_TENSORFLOW_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mace/base/coding.h"
#include "mace/formats/import_model.h"
#include "mace/formats/proto/tensorflow.pb.h"

namespace mace {

class TestTf {
 public:
  tf::GraphDef& def() { return def_; }

  tf::NodeDef* Node(const std::string& op, const std::string& name,
                    const std::vector<std::string>& inputs) {
    tf::NodeDef* node = def_.add_node();
    node->set_op(op);
    node->set_name(name);
    for (const std::string& input : inputs) node->add_input(input);
    return node;
  }
  void Input(const std::string& name, const std::vector<int64_t>& dims,
             tf::DataType type = tf::DT_FLOAT) {
    auto& attributes = *Node("Placeholder", name, {})->mutable_attr();
    attributes["dtype"].set_type(type);
    for (int64_t extent : dims) {
      attributes["shape"].mutable_shape()->add_dim()->set_size(extent);
    }
  }
  tf::TensorProto* Const(const std::string& name, const std::vector<int64_t>& dims,
                         tf::DataType type) {
    tf::TensorProto* tensor = (*Node("Const", name, {})->mutable_attr())["value"].mutable_tensor();
    tensor->set_dtype(type);
    for (int64_t extent : dims) tensor->mutable_tensor_shape()->add_dim()->set_size(extent);
    return tensor;
  }
  void Ints(const std::string& name, const std::vector<int32_t>& values) {
    tf::TensorProto* tensor = Const(name, {static_cast<int64_t>(values.size())}, tf::DT_INT32);
    tensor->set_tensor_content(
        std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(int32_t)));
  }
  void Floats(const std::string& name, const std::vector<int64_t>& dims,
              const std::vector<float>& values) {
    tf::TensorProto* tensor = Const(name, dims, tf::DT_FLOAT);
    for (float value : values) tensor->add_float_val(value);
  }
  static void List(tf::NodeDef* node, const std::string& name, const std::vector<int64_t>& values) {
    for (int64_t value : values) (*node->mutable_attr())[name].mutable_list()->add_i(value);
  }
  static void Text(tf::NodeDef* node, const std::string& name, const std::string& value) {
    (*node->mutable_attr())[name].set_s(value);
  }

  // The type of an attribute.
  static void Type(tf::NodeDef* node, const std::string& name, tf::DataType type) {
    (*node->mutable_attr())[name].set_type(type);
  }

  StatusOr<std::shared_ptr<Graph>> Import(const ImportOptions& options = {}) const {
    return ImportModelBytes("test.pb", AsBytes(def_.SerializeAsString()), {}, options);
  }

 private:
  tf::GraphDef def_;
};

}  // namespace mace

#endif  // MACE_TESTING_FORMATS_TEST_TENSORFLOW_H_
