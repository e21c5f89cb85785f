#include "benchmarks/growth_writers.h"

#include "mace/testing/formats/test_net.h"
#include "mace/testing/formats/test_onnx.h"
#include "mace/testing/formats/test_tensorflow.h"

namespace mace {
namespace {

const std::vector<std::string> kNormConstants = {"scale", "offset", "mean", "variance"};

class MaceWriter : public GrowthWriter {
 public:
  void Input(const std::string& name, int channels) override { net_.Input(name, {1, channels}); }
  void ImageInput(const std::string& name, int channels) override {
    net_.Input(name, {1, 1, 1, channels});
  }
  void Constant(const std::string& name, const std::vector<float>& values) override {
    net_.Tensor(name, {static_cast<int64_t>(values.size())}, wire::DT_FLOAT, values);
  }
  void Filter(const std::string& name, int inputs, int outputs) override {
    const std::vector<float> values(static_cast<size_t>(inputs) * outputs, 0.5f);
    net_.Tensor(name, {outputs, inputs, 1, 1}, wire::DT_FLOAT, values);
  }
  void Unary(bool negates, const std::string& name, const std::string& x) override {
    constexpr int64_t kNegate = 6, kAbsolute = 7;
    TestNet::Int(net_.Op("Eltwise", {x}, {name}), "type", negates ? kNegate : kAbsolute);
  }
  void Add(const std::string& name, const std::string& a, const std::string& b) override {
    TestNet::Int(net_.Op("Eltwise", {a, b}, {name}), "type", 0);
  }
  void Concat(const std::string& name, const std::vector<std::string>& parts) override {
    TestNet::Int(net_.Op("Concat", parts, {name}), "axis", 1);
  }
  void Convolution(const std::string& name, const std::string& x,
                   const std::string& filter) override {
    TestNet::Ints(net_.Op("Conv2D", {x, filter}, {name}), "strides", {1, 1});
  }
  void BatchNorm(const std::string& name, const std::string& x) override {
    net_.Op("BatchNorm", {x, kNormConstants[0], kNormConstants[1]}, {name});
  }
  void Split(const std::vector<std::string>& parts, const std::string& x) override {
    TestNet::Int(net_.Op("Split", {x}, parts), "axis", 1);
  }
  void ModelArgument(const std::string& name) override {
    TestNet::SetInt(net_.net().add_arg(), name, 1);
  }
  void InnerInput(const std::string&) override {}
  void Output(const std::string& name, int channels) override { net_.Output(name, {1, channels}); }
  GrowthModel Finish() override {
    return {"growth.pb", net_.model().SerializeAsString(), std::move(net_.data()), {}};
  }

 private:
  TestNet net_{1};
};

class TfWriter : public GrowthWriter {
 public:
  void Input(const std::string& name, int channels) override { tf_.Input(name, {1, channels}); }
  void ImageInput(const std::string& name, int channels) override {
    tf_.Input(name, {1, 1, 1, channels});
  }
  void Constant(const std::string& name, const std::vector<float>& values) override {
    tf_.Floats(name, {static_cast<int64_t>(values.size())}, values);
  }
  void Filter(const std::string& name, int inputs, int outputs) override {
    const std::vector<float> values(static_cast<size_t>(inputs) * outputs, 0.5f);
    tf_.Floats(name, {1, 1, inputs, outputs}, values);
  }
  void Unary(bool negates, const std::string& name, const std::string& x) override {
    tf_.Node(negates ? "Neg" : "Abs", name, {x});
  }
  void Add(const std::string& name, const std::string& a, const std::string& b) override {
    tf_.Node("Add", name, {a, b});
  }
  void Concat(const std::string& name, const std::vector<std::string>& parts) override {
    tf_.Ints("axis", {1});
    std::vector<std::string> inputs = parts;
    inputs.push_back("axis");
    tf_.Node("ConcatV2", name, inputs);
  }
  void Convolution(const std::string& name, const std::string& x,
                   const std::string& filter) override {
    tf::NodeDef* node = tf_.Node("Conv2D", name, {x, filter});
    TestTf::List(node, "strides", {1, 1, 1, 1});
    TestTf::Text(node, "padding", "SAME");
  }
  void BatchNorm(const std::string& name, const std::string& x) override {
    std::vector<std::string> inputs = {x};
    inputs.insert(inputs.end(), kNormConstants.begin(), kNormConstants.end());
    tf_.Node("FusedBatchNorm", name, inputs);
  }
  void Split(const std::vector<std::string>&, const std::string&) override {}
  void ModelArgument(const std::string&) override {}
  void InnerInput(const std::string& name) override { inputs_.push_back(name); }
  void Output(const std::string& name, int) override { outputs_.push_back(name); }
  GrowthModel Finish() override {
    GrowthModel model = {"growth.pb", tf_.def().SerializeAsString(), "", {}};
    model.options.inputs = inputs_;
    model.options.outputs = outputs_;
    return model;
  }

 private:
  TestTf tf_;
  std::vector<std::string> inputs_, outputs_;
};

class OnnxWriter : public GrowthWriter {
 public:
  void Input(const std::string& name, int channels) override { onnx_.Input(name, {1, channels}); }
  void ImageInput(const std::string& name, int channels) override {
    onnx_.Input(name, {1, channels, 1, 1});
  }
  void Constant(const std::string& name, const std::vector<float>& values) override {
    onnx_.Floats(name, {static_cast<int64_t>(values.size())}, values);
  }
  void Filter(const std::string& name, int inputs, int outputs) override {
    const std::vector<float> values(static_cast<size_t>(inputs) * outputs, 0.5f);
    onnx_.Floats(name, {outputs, inputs, 1, 1}, values);
  }
  void Unary(bool negates, const std::string& name, const std::string& x) override {
    Node(negates ? "Neg" : "Abs", {x}, name);
  }
  void Add(const std::string& name, const std::string& a, const std::string& b) override {
    Node("Add", {a, b}, name);
  }
  void Concat(const std::string& name, const std::vector<std::string>& parts) override {
    TestOnnx::SetInt(Node("Concat", parts, name), "axis", 1);
  }
  void Convolution(const std::string& name, const std::string& x,
                   const std::string& filter) override {
    Node("Conv", {x, filter}, name);
  }
  void BatchNorm(const std::string& name, const std::string& x) override {
    std::vector<std::string> inputs = {x};
    inputs.insert(inputs.end(), kNormConstants.begin(), kNormConstants.end());
    Node("BatchNormalization", inputs, name);
  }
  void Split(const std::vector<std::string>&, const std::string&) override {}
  void ModelArgument(const std::string&) override {}
  void InnerInput(const std::string& name) override { inputs_.push_back(name); }
  void Output(const std::string& name, int) override { onnx_.Output(name); }
  GrowthModel Finish() override {
    GrowthModel model = {"growth.onnx", onnx_.Bytes(), "", {}};
    model.options.inputs = inputs_;
    return model;
  }

 private:
  onnx::NodeProto* Node(const char* op, const std::vector<std::string>& inputs,
                        const std::string& output) {
    onnx::NodeProto* node = onnx_.Node(op, inputs, {output});
    node->set_name("node");
    return node;
  }

  TestOnnx onnx_;
  std::vector<std::string> inputs_;
};

}  // namespace

std::unique_ptr<GrowthWriter> MakeGrowthWriter(GrowthFormat format) {
  switch (format) {
    case GrowthFormat::kMace:
      return std::make_unique<MaceWriter>();
    case GrowthFormat::kTensorFlow:
      return std::make_unique<TfWriter>();
    case GrowthFormat::kOnnx:
      break;
  }
  return std::make_unique<OnnxWriter>();
}

}  // namespace mace
