// Models with int64, bool and 8-bit integers as MACE files: there and back, with the same results.
#include "mace/formats/mace/export_integers.h"

#include <gtest/gtest.h>

#include "mace/formats/mace/export.h"
#include "mace/formats/proto/mace.pb.h"
#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

using Integers = std::vector<int64_t>;
constexpr int32_t kInt64 = onnx::TensorProto::INT64;

class ThereAndBack {
 public:
  explicit ThereAndBack(const TestOnnx& model) {
    const StatusOr<std::shared_ptr<Graph>> graph = model.Import();
    if (!graph.ok()) ADD_FAILURE() << graph.status().message();
    if (!graph.ok()) return;
    StatusOr<MaceExport> exported = ExportMace(**graph, {});
    status_ = exported.status();
    if (!exported.ok()) return;
    exported_ = *std::move(exported);
    back_ = ImportModelBytes("back", AsBytes(exported_.model), exported_.data, {});
  }

  const Status& status() const { return status_; }
  const MaceExport& exported() const { return exported_; }
  wire::NetDef net() const {
    wire::MultiNetDef model;
    EXPECT_TRUE(model.ParseFromString(exported_.model));
    return model.net_def(0);
  }
  std::vector<std::string> OpTypes() const {
    std::vector<std::string> types;
    const wire::NetDef written = net();
    for (const wire::OperatorDef& op : written.op()) types.push_back(op.type());
    return types;
  }
  DType InputType() const { return back_.ok() ? (*back_)->inputs[0].dtype : DType::kInvalid; }
  // The first output for an input of integers, which has the type that the file declares.
  StatusOr<HostTensor> Run(const Integers& elements, Shape shape = Shape()) const {
    MACE_RETURN_IF_ERROR(back_.status());
    if (shape.rank() == 0) shape = Shape({static_cast<int64_t>(elements.size())});
    MACE_ASSIGN_OR_RETURN(
        HostTensor input,
        HostTensor::FromVector(DType::kInt64, shape, elements).ConvertTo(InputType()));
    MACE_ASSIGN_OR_RETURN(const std::vector<HostTensor> outputs,
                          EvaluateGraph(**back_, {std::move(input)}));
    return outputs[0];
  }
  Integers Results(const Integers& elements, Shape shape = Shape()) const {
    const StatusOr<HostTensor> output = Run(elements, std::move(shape));
    if (!output.ok()) ADD_FAILURE() << output.status().message();
    return output.ok() ? ToInt64Vector(*output) : Integers();
  }

 private:
  Status status_ = Internal("not exported");
  MaceExport exported_;
  StatusOr<std::shared_ptr<Graph>> back_ = Internal("not exported");
};

// Rows of a table of floats by numbers that are moved and compared, and never computed with.
TEST(MaceInt64Test, NumbersThatAreOnlyMovedAreInt32) {
  TestOnnx model;
  model.Input("ids", {2, 2}, kInt64);
  model.Floats("table", {3}, {10, 20, 30});
  model.Ints("flat", {4});
  model.Ints("more", {2, 0});
  model.Node("Reshape", {"ids", "flat"}, {"row"});
  TestOnnx::SetInt(model.Node("Concat", {"row", "more"}, {"all"}), "axis", 0);
  model.Node("Gather", {"table", "all"}, {"y"});
  model.Output("y");
  const ThereAndBack file(model);
  ASSERT_TRUE(file.status().ok()) << file.status().message();
  EXPECT_EQ(file.exported().narrowed, std::vector<std::string>{"input 'ids'"});
  EXPECT_EQ(file.net().input_info(0).data_type(), wire::DT_INT32);
  for (const std::string& type : file.OpTypes()) EXPECT_NE(type, "Cast");
  EXPECT_EQ(file.InputType(), DType::kInt32);
  EXPECT_EQ(file.Results({0, 1, 2, 1}, {2, 2}), (Integers{10, 20, 30, 20, 30, 10}));
}

// 3 * (2^31 - 1) is beyond int32, and is computed as int64 before it becomes a float.
TEST(MaceInt64Test, ArithmeticStaysInInt64) {
  TestOnnx model;
  model.Input("x", {2}, kInt64);
  model.Ints("three", {3});
  model.Node("Mul", {"x", "three"}, {"product"});
  TestOnnx::SetInt(model.Node("Cast", {"product"}, {"y"}), "to", onnx::TensorProto::FLOAT);
  model.Output("y");
  const ThereAndBack file(model);
  ASSERT_TRUE(file.status().ok()) << file.status().message();
  EXPECT_EQ(file.exported().beyond_upstream.empty(), false);
  EXPECT_EQ(file.Results({INT32_MAX, -7}), (Integers{3 * int64_t{1 << 30} * 2, -21}));
}

TEST(MaceInt64Test, AnOutputThatDoesNotFitFailsTheRun) {
  TestOnnx model;
  model.Input("x", {2}, kInt64);
  model.Node("Add", {"x", "x"}, {"y"});
  model.Output("y", kInt64);
  const ThereAndBack file(model);
  ASSERT_TRUE(file.status().ok()) << file.status().message();
  EXPECT_EQ(file.exported().narrowed, (std::vector<std::string>{"input 'x'", "output 'y'"}));
  EXPECT_EQ(file.net().output_info(0).data_type(), wire::DT_INT32);
  EXPECT_EQ(file.Results({1 << 29, INT32_MIN / 2}), (Integers{1 << 30, INT32_MIN}));
  const StatusOr<HostTensor> wide = file.Run({1, 1 << 30});
  EXPECT_EQ(wide.status().message(),
            "output 'y': expected numbers of int32, found one outside of it");
}

// The op gives int64 whatever it is given.
TEST(MaceInt64Test, PlacesOfTheLargestAreInt32) {
  TestOnnx model;
  model.Input("x", {4}, onnx::TensorProto::INT32);
  model.Ints("k", {2});
  TestOnnx::SetInt(model.Node("Cast", {"x"}, {"f"}), "to", onnx::TensorProto::FLOAT);
  model.Node("TopK", {"f", "k"}, {"values", "y"});
  model.Output("y", kInt64);
  const ThereAndBack file(model);
  ASSERT_TRUE(file.status().ok()) << file.status().message();
  for (const std::string& type : file.OpTypes()) EXPECT_NE(type, "Require");
  EXPECT_EQ(file.Results({5, 9, 1, 7}), (Integers{1, 3}));
}

TEST(MaceInt64Test, ConstantsBeyondInt32AreMadeOfParts) {
  const Integers far = {INT64_MAX, INT64_MIN, -1, (int64_t{1} << 33) + 0x12345,
                        -(int64_t{5} << 40)};
  TestOnnx model;
  model.Input("x", {5}, kInt64);
  model.Ints("far", far);
  model.Node("Sub", {"far", "x"}, {"difference"});
  model.Node("Add", {"difference", "x"}, {"again"});
  model.Node("Equal", {"again", "far"}, {"y"});
  model.Output("y", onnx::TensorProto::BOOL);
  model.Node("Less", {"far", "x"}, {"z"});
  model.Output("z", onnx::TensorProto::BOOL);
  const ThereAndBack file(model);
  ASSERT_TRUE(file.status().ok()) << file.status().message();
  EXPECT_EQ(file.Results({7, -7, 0, INT32_MAX, INT32_MIN}), (Integers{1, 1, 1, 1, 1}));
  const StatusOr<std::shared_ptr<Graph>> back =
      ImportModelBytes("back", AsBytes(file.exported().model), file.exported().data, {});
  ASSERT_TRUE(back.ok()) << back.status().message();
  bool found = false;
  for (const Value& value : (*back)->values) {
    found = found || (value.constant.has_value() && value.constant->dtype() == DType::kInt64 &&
                      ToInt64Vector(*value.constant) == far);
  }
  EXPECT_TRUE(found);
}

TEST(MaceInt64Test, AnOutputThatIsAConstantBeyondInt32IsRefusedByName) {
  TestOnnx model;
  model.Input("x", {1}, kInt64);
  model.Ints("far", {int64_t{1} << 33});
  model.Node("Identity", {"x"}, {"y"});
  model.Output("y", kInt64);
  model.Output("far", kInt64);
  const ThereAndBack file(model);
  EXPECT_EQ(file.status().code(), StatusCode::kUnsupported);
  EXPECT_NE(
      file.status().message().find("'far': a MACE file has int32, found a constant beyond it"),
      std::string::npos)
      << file.status().message();
}

TEST(MaceIntegerTest, BoolAndBytesKeepTheirTypes) {
  TestOnnx model;
  model.Input("x", {3}, onnx::TensorProto::UINT8);
  model.Small("two", {}, onnx::TensorProto::UINT8, {2});
  model.Node("Equal", {"x", "two"}, {"y"});
  model.Output("y", onnx::TensorProto::BOOL);
  const ThereAndBack file(model);
  ASSERT_TRUE(file.status().ok()) << file.status().message();
  EXPECT_TRUE(file.exported().narrowed.empty());
  EXPECT_EQ(file.net().input_info(0).data_type(), wire::DT_UINT8);
  EXPECT_EQ(file.net().output_info(0).data_type(), wire::DT_BOOL);
  EXPECT_EQ(file.exported().beyond_upstream[0], "input 'x': uint8");
  const StatusOr<HostTensor> output = file.Run({1, 2, 255});
  ASSERT_TRUE(output.ok()) << output.status().message();
  EXPECT_EQ(output->dtype(), DType::kBool);
  EXPECT_EQ(ToInt64Vector(*output), (Integers{0, 1, 0}));
}

TEST(MaceIntegerTest, CastsToEveryTypeComeBack) {
  for (const int32_t type : {onnx::TensorProto::UINT8, onnx::TensorProto::INT8,
                             onnx::TensorProto::BOOL, onnx::TensorProto::INT32}) {
    TestOnnx model;
    model.Input("x", {3}, onnx::TensorProto::INT32);
    TestOnnx::SetInt(model.Node("Cast", {"x"}, {"c"}), "to", type);
    TestOnnx::SetInt(model.Node("Cast", {"c"}, {"y"}), "to", onnx::TensorProto::FLOAT);
    model.Output("y");
    const ThereAndBack file(model);
    ASSERT_TRUE(file.status().ok()) << file.status().message();
    const Integers expected = type == onnx::TensorProto::UINT8  ? Integers{0, 44, 255}
                              : type == onnx::TensorProto::INT8 ? Integers{0, 44, -1}
                              : type == onnx::TensorProto::BOOL ? Integers{0, 1, 1}
                                                                : Integers{0, 300, -1};
    EXPECT_EQ(file.Results({0, 300, -1}), expected) << type;
  }
}

}  // namespace
}  // namespace mace
