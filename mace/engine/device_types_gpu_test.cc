// Bools and integers between kernels and between host and device.
#include <gtest/gtest.h>

#include "mace/execute/device_elements.h"
#include "mace/testing/compiled_graph.h"
#include "mace/testing/op_tester.h"

namespace mace {
namespace {

class GraphMaker {
 public:
  GraphMaker() : graph_(std::make_shared<Graph>()) {}

  ValueId Input(const char* name, DType dtype, const Shape& shape) {
    const ValueId id = Value(name, dtype, shape);
    AddIo(id, &graph_->inputs);
    return id;
  }
  ValueId Constant(const char* name, const HostTensor& tensor) {
    return graph_->AddConstant(name, tensor);
  }
  // A node with one output of the same name.
  ValueId Node(const char* type, const char* name, std::vector<ValueId> inputs, const TensorInfo& y,
               AttributeMap attributes = {}) {
    mace::Node node;
    node.type = type;
    node.name = name;
    node.inputs = std::move(inputs);
    node.attributes = std::move(attributes);
    node.outputs = {Value(name, y.dtype, y.shape)};
    graph_->nodes.push_back(node);
    return node.outputs[0];
  }
  // Adds a second output to the last node.
  ValueId SecondOutput(const char* name, const TensorInfo& y) {
    graph_->nodes.back().outputs.push_back(Value(name, y.dtype, y.shape));
    return graph_->nodes.back().outputs.back();
  }
  void Output(ValueId id) { AddIo(id, &graph_->outputs); }
  std::shared_ptr<Graph> graph() { return graph_; }

 private:
  ValueId Value(const char* name, DType dtype, const Shape& shape) {
    const ValueId id = graph_->AddValue(name);
    graph_->value(id).info = {dtype, shape};
    graph_->value(id).shape_known = true;
    return id;
  }
  void AddIo(ValueId id, std::vector<IoInfo>* infos) {
    IoInfo io;
    io.name = graph_->value(id).name;
    io.value = id;
    io.dtype = graph_->value(id).info.dtype;
    infos->push_back(std::move(io));
  }

  std::shared_ptr<Graph> graph_;
};

AttributeMap With(const char* name, Attribute value) {
  AttributeMap attributes;
  attributes.Set(name, std::move(value));
  return attributes;
}

// Outputs: masked = where(x > 0 and mask, x, -1); the two largest values of each line; their
// indices; the rows of a table at these indices; the indices as floats.
std::shared_ptr<Graph> MakeSelection() {
  const Shape lines({3, 7}), two({3, 2});
  GraphMaker make;
  const ValueId x = make.Input("x", DType::kFloat32, lines);
  const ValueId mask = make.Input("mask", DType::kBool, Shape({7}));
  AttributeMap above = With("type", int64_t{18});
  above.Set("scalar_input", 0.0);
  const ValueId positive = make.Node("Eltwise", "positive", {x}, {DType::kBool, lines}, above);
  const ValueId both = make.Node("Eltwise", "both", {positive, mask}, {DType::kBool, lines},
                                 With("type", int64_t{20}));
  const ValueId low =
      make.Constant("low", HostTensor::FromVector<float>(DType::kFloat32, Shape(), {-1}));
  const ValueId masked = make.Node("Where", "masked", {both, x, low}, {DType::kFloat32, lines});
  const ValueId largest =
      make.Node("TopK", "largest", {masked}, {DType::kFloat32, two}, With("k", int64_t{2}));
  const ValueId places = make.SecondOutput("places", {DType::kInt64, two});
  const ValueId flat = make.Node("Reshape", "flat", {places}, {DType::kInt64, Shape({6})},
                                 With("dim", std::vector<int64_t>{6}));
  const ValueId table = make.Constant("table", RandomTensor({7, 5}, 9));
  const ValueId rows = make.Node("Gather", "rows", {table, flat}, {DType::kFloat32, Shape({6, 5})});
  const ValueId numbers = make.Node("Cast", "numbers", {places}, {DType::kFloat32, two},
                                    With("dtype", std::string("float32")));
  for (ValueId id : {both, masked, largest, places, rows, numbers}) make.Output(id);
  return make.graph();
}

using Storage = CompileOptions::Storage;
using Precision = CompileOptions::Precision;

CompileOptions On(const char* device, Storage storage = Storage::kAuto,
                  Precision precision = Precision::kFloat32) {
  CompileOptions options;
  options.device = device;
  options.storage = storage;
  options.precision = precision;
  return options;
}

TEST(DeviceTypes, StayOnTheDevice) {
  const HostTensor x = RandomTensor({3, 7}, 5);
  const HostTensor mask =
      HostTensor::FromVector<uint8_t>(DType::kBool, Shape({7}), {1, 1, 0, 1, 1, 0, 1});
  const auto reference = RunOn(CompileOrFail(MakeSelection(), On("cpu")), {x, mask});
  ASSERT_TRUE(reference.ok()) << reference.status().message();
  const std::vector<HostTensor>& expected = *reference;
  for (Storage storage : {Storage::kImage, Storage::kBuffer}) {
    for (Precision precision : {Precision::kFloat32, Precision::kFloat16}) {
      const CompiledModel compiled = CompileOrFail(MakeSelection(), On("gpu", storage, precision));
      EXPECT_EQ(0u, compiled.statistics().cpu_nodes);
      const auto found = RunOn(compiled, {x, mask});
      ASSERT_TRUE(found.ok()) << found.status().message();
      const std::vector<HostTensor>& outputs = *found;
      ASSERT_EQ(expected.size(), outputs.size());
      for (size_t i = 0; i < expected.size(); ++i) {
        ASSERT_EQ(expected[i].dtype(), outputs[i].dtype());
        const HostTensor a = *expected[i].ConvertTo(DType::kFloat32);
        const HostTensor b = *outputs[i].ConvertTo(DType::kFloat32);
        // Every node computes in float32, whatever the type of its output.
        for (int64_t k = 0; k < a.shape().elements(); ++k) {
          EXPECT_NEAR(a.f32()[k], b.f32()[k], i == 4 && precision == Precision::kFloat16 ? 5e-4 : 0)
              << "output " << i << " at " << k;
        }
      }
    }
  }
}

// A device computes int64 as int32; a run whose inputs are beyond that goes to the CPU.
TEST(DeviceTypes, IntegersThatTheDeviceCannotHoldAreComputedOnTheCpu) {
  GraphMaker make;
  const ValueId x = make.Input("x", DType::kInt64, Shape({2, 2}));
  const ValueId y = make.Node("Reshape", "y", {x}, {DType::kInt64, Shape({4})},
                              With("dim", std::vector<int64_t>{4}));
  make.Output(make.Node("Cast", "z", {y}, {DType::kInt32, Shape({4})},
                        With("dtype", std::string("int32"))));
  make.Output(y);
  const std::vector<int64_t> values = {1, int64_t{1} << 40, -5, (int64_t{1} << 32) + 7};
  const HostTensor given = HostTensor::FromVector(DType::kInt64, Shape({2, 2}), values);
  for (const char* device : {"gpu", "cpu"}) {
    const auto outputs = RunOn(CompileOrFail(make.graph(), On(device)), {given});
    ASSERT_TRUE(outputs.ok()) << outputs.status().message();
    EXPECT_EQ(values, ToInt64Vector((*outputs)[1]));
    EXPECT_EQ((std::vector<int64_t>{1, 0, -5, 7}), ToInt64Vector((*outputs)[0]));
  }
}

TEST(DeviceTypes, ElementsTravel) {
  const std::vector<int64_t> wide = {0, -1, INT32_MAX, INT32_MIN};
  std::vector<uint8_t> device(16);
  EXPECT_EQ(-1, ToDeviceElements(HostTensor::FromVector(DType::kInt64, Shape({4}), wide), device));
  const std::vector<int64_t> wider = {0, int64_t{INT32_MIN} - 1, 1, int64_t{1} << 40};
  EXPECT_EQ(1, ToDeviceElements(HostTensor::FromVector(DType::kInt64, Shape({4}), wider), device));
  ToDeviceElements(HostTensor::FromVector(DType::kInt64, Shape({4}), wide), device);
  HostTensor back = *HostTensor::Allocate({DType::kInt64, Shape({4})});
  FromDeviceElements(device, &back);
  EXPECT_EQ((std::vector<int64_t>{0, -1, INT32_MAX, INT32_MIN}), ToInt64Vector(back));
  const std::vector<int8_t> bytes = {-128, 127, -1, 0};
  for (DType dtype : {DType::kInt8, DType::kUInt8}) {
    const HostTensor given = HostTensor::FromVector(dtype, Shape({4}), bytes);
    EXPECT_EQ(-1, ToDeviceElements(given, device));
    back = *HostTensor::Allocate({dtype, Shape({4})});
    FromDeviceElements(device, &back);
    EXPECT_EQ(ToInt64Vector(given), ToInt64Vector(back)) << DTypeName(dtype);
  }
  const std::vector<uint8_t> bools = {1, 0, 0, 1};
  ToDeviceElements(HostTensor::FromVector(DType::kBool, Shape({4}), bools), device);
  back = *HostTensor::Allocate({DType::kBool, Shape({4})});
  FromDeviceElements(device, &back);
  EXPECT_EQ((std::vector<int64_t>{1, 0, 0, 1}), ToInt64Vector(back));
}

}  // namespace
}  // namespace mace
