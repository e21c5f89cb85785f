// Small TensorFlow Lite models built in memory, for tests.
#ifndef MACE_TESTING_FORMATS_TEST_TFLITE_H_
#define MACE_TESTING_FORMATS_TEST_TFLITE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mace/formats/import_model.h"
#include "mace/formats/proto/tflite_generated.h"

namespace mace {

// Scales, zero points, and the axis that they belong to where there are several.
struct TestTfliteScales {
  std::vector<float> scales;
  std::vector<int64_t> zero_points;
  int axis = 0;
};

class TestTflite {
 public:
  using Scaled = TestTfliteScales;
  using Dims = std::vector<int32_t>;
  using Options = flatbuffers::Offset<void>;

  TestTflite() { buffers_.push_back(tflite::CreateBuffer(fbb_)); }

  flatbuffers::FlatBufferBuilder& fbb() { return fbb_; }

  // A tensor's place in the subgraph. `signature`: the shape with -1 for what is dynamic.
  int Tensor(const std::string& name, const Dims& dims,
             tflite::TensorType type = tflite::TensorType_FLOAT32, const Scaled& by = {},
             uint32_t buffer = 0, const Dims& signature = {}) {
    const auto shape = fbb_.CreateVector(dims);
    const auto text = fbb_.CreateString(name);
    flatbuffers::Offset<tflite::QuantizationParameters> quantization;
    if (!by.scales.empty()) {
      quantization =
          tflite::CreateQuantizationParametersDirect(fbb_, &by.scales, &by.zero_points, 0, by.axis);
    }
    flatbuffers::Offset<flatbuffers::Vector<int32_t>> said;
    if (!signature.empty()) said = fbb_.CreateVector(signature);
    tensors_.push_back(
        tflite::CreateTensor(fbb_, shape, type, buffer, text, quantization, false, 0, said));
    return static_cast<int>(tensors_.size()) - 1;
  }
  int Input(const std::string& name, const Dims& dims,
            tflite::TensorType type = tflite::TensorType_FLOAT32, const Scaled& by = {}) {
    inputs_.push_back(Tensor(name, dims, type, by));
    return inputs_.back();
  }
  template <typename T>
  int Constant(const std::string& name, const Dims& dims, tflite::TensorType type,
               const std::vector<T>& values, const Scaled& by = {}) {
    fbb_.ForceVectorAlignment(values.size() * sizeof(T), 1, 16);
    const auto data = fbb_.CreateVector(reinterpret_cast<const uint8_t*>(values.data()),
                                        values.size() * sizeof(T));
    buffers_.push_back(tflite::CreateBuffer(fbb_, data));
    return Tensor(name, dims, type, by, static_cast<uint32_t>(buffers_.size()) - 1);
  }
  // A tensor that keeps its elements from run to run, and begins at 0.
  int Variable(const std::string& name, const Dims& dims) {
    tensors_.push_back(tflite::CreateTensorDirect(fbb_, &dims, tflite::TensorType_FLOAT32, 0,
                                                  name.c_str(), 0, /*is_variable=*/true));
    return static_cast<int>(tensors_.size()) - 1;
  }
  int Floats(const std::string& name, const Dims& dims, const std::vector<float>& values) {
    return Constant(name, dims, tflite::TensorType_FLOAT32, values);
  }
  int Ints(const std::string& name, const std::vector<int32_t>& values) {
    return Constant(name, {static_cast<int32_t>(values.size())}, tflite::TensorType_INT32, values);
  }

  // An operator; `options` are a table of the builder that belongs to `type`.
  void Op(tflite::BuiltinOperator code, const std::vector<int32_t>& inputs,
          const std::vector<int32_t>& outputs,
          tflite::BuiltinOptions type = tflite::BuiltinOptions_NONE, Options options = 0) {
    const int8_t old = static_cast<int8_t>(code > 127 ? 127 : code);
    codes_.push_back(tflite::CreateOperatorCode(fbb_, old, 0, 1, code));
    operators_.push_back(tflite::CreateOperatorDirect(
        fbb_, static_cast<uint32_t>(codes_.size()) - 1, &inputs, &outputs, type, options));
  }
  void Output(int tensor) { outputs_.push_back(tensor); }
  // The names of the inputs and outputs, in their order, in a signature.
  void Sign(const std::vector<std::string>& inputs, const std::vector<std::string>& outputs) {
    const auto maps = [&](const std::vector<std::string>& names, const std::vector<int32_t>& at) {
      std::vector<flatbuffers::Offset<tflite::TensorMap>> list;
      for (size_t i = 0; i < names.size(); ++i) {
        list.push_back(
            tflite::CreateTensorMapDirect(fbb_, names[i].c_str(), static_cast<uint32_t>(at[i])));
      }
      return list;
    };
    const auto in = maps(inputs, inputs_), out = maps(outputs, outputs_);
    signatures_.push_back(tflite::CreateSignatureDefDirect(fbb_, &in, &out, "serving_default"));
  }
  void set_version(uint32_t version) { version_ = version; }
  void AddBuffer(flatbuffers::Offset<tflite::Buffer> buffer) { buffers_.push_back(buffer); }

  std::vector<uint8_t> Finish() {
    const auto graph =
        tflite::CreateSubGraphDirect(fbb_, &tensors_, &inputs_, &outputs_, &operators_, "main");
    const std::vector<flatbuffers::Offset<tflite::SubGraph>> graphs = {graph};
    fbb_.Finish(tflite::CreateModelDirect(fbb_, version_, &codes_, &graphs, "test", &buffers_,
                                          &signatures_),
                tflite::ModelIdentifier());
    return {fbb_.GetBufferPointer(), fbb_.GetBufferPointer() + fbb_.GetSize()};
  }
  StatusOr<std::shared_ptr<Graph>> Import(const ImportOptions& options = {}) {
    const std::vector<uint8_t> bytes = Finish();
    return ImportModelBytes("test.tflite", bytes, {}, options);
  }

 private:
  flatbuffers::FlatBufferBuilder fbb_;
  uint32_t version_ = 3;
  std::vector<flatbuffers::Offset<tflite::Buffer>> buffers_;
  std::vector<flatbuffers::Offset<tflite::Tensor>> tensors_;
  std::vector<flatbuffers::Offset<tflite::OperatorCode>> codes_;
  std::vector<flatbuffers::Offset<tflite::Operator>> operators_;
  std::vector<flatbuffers::Offset<tflite::SignatureDef>> signatures_;
  std::vector<int32_t> inputs_;
  std::vector<int32_t> outputs_;
};

}  // namespace mace

#endif  // MACE_TESTING_FORMATS_TEST_TFLITE_H_
