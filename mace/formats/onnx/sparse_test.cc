// Sparse tensors: as initializers and as values of Constant, with both forms of indices.
#include "mace/formats/onnx/sparse.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

// The values 1, 2, ... at `indices`, of the dims of `shape`.
void Fill(onnx::SparseTensorProto* sparse, const std::string& name,
          const std::vector<int64_t>& dims, const std::vector<int64_t>& indices,
          const std::vector<int64_t>& shape) {
  onnx::TensorProto* values = sparse->mutable_values();
  values->set_name(name);
  values->set_data_type(onnx::TensorProto::FLOAT);
  const int64_t count = shape.empty() ? 0 : shape[0];
  values->add_dims(count);
  for (int64_t i = 1; i <= count; ++i) values->add_float_data(static_cast<float>(i));
  onnx::TensorProto* at = sparse->mutable_indices();
  at->set_data_type(onnx::TensorProto::INT64);
  for (int64_t extent : shape) at->add_dims(extent);
  for (int64_t index : indices) at->add_int64_data(index);
  for (int64_t extent : dims) sparse->add_dims(extent);
}

TestOnnx Plus(const std::vector<int64_t>& dims, const std::vector<int64_t>& indices,
              const std::vector<int64_t>& shape) {
  TestOnnx test;
  test.Input("x", dims);
  Fill(test.graph().add_sparse_initializer(), "w", dims, indices, shape);
  test.Node("Add", {"x", "w"}, {"y"});
  test.Output("y");
  return test;
}

TEST(OnnxSparse, BothFormsOfIndices) {
  const HostTensor x =
      HostTensor::FromVector<float>(DType::kFloat32, Shape{2, 3}, {10, 20, 30, 40, 50, 60});
  const std::vector<float> expected = {10, 21, 30, 42, 50, 63};
  EXPECT_EQ(expected, ToFloatVector(ExpectOutputs(Plus({2, 3}, {1, 3, 5}, {3}).Import(), {x})[0]));
  EXPECT_EQ(expected, ToFloatVector(ExpectOutputs(Plus({2, 3}, {0, 1, 1, 0, 1, 2}, {3, 2}).Import(),
                                                  {x})[0]));
  // No value at all.
  EXPECT_EQ((std::vector<float>{10, 20, 30, 40, 50, 60}),
            ToFloatVector(ExpectOutputs(Plus({2, 3}, {}, {0}).Import(), {x})[0]));
}

TEST(OnnxSparse, AConstantOfHalvesInABranch) {
  TestOnnx branch;
  onnx::NodeProto* node = branch.Node("Constant", {}, {"c"});
  onnx::SparseTensorProto* sparse =
      TestOnnx::Attribute(node, "sparse_value", onnx::AttributeProto::SPARSE_TENSOR)
          ->mutable_sparse_tensor();
  Fill(sparse, "", {4}, {2}, {1});
  sparse->mutable_values()->clear_float_data();
  sparse->mutable_values()->set_data_type(onnx::TensorProto::FLOAT16);
  sparse->mutable_values()->add_int32_data(0x3e00);  // 1.5.
  Fill(branch.graph().add_sparse_initializer(), "w", {4}, {0, 3}, {2});
  branch.Node("Add", {"x", "w"}, {"a"});
  branch.Node("CastLike", {"c", "x"}, {"f"});
  branch.Node("Add", {"a", "f"}, {"out"});
  branch.Output("out");
  TestOnnx test;
  test.Input("x", {4});
  test.Small("yes", {}, onnx::TensorProto::BOOL, {1});
  onnx::NodeProto* choice = test.Node("If", {"yes"}, {"y"});
  TestOnnx::SetGraph(choice, "then_branch", branch);
  TestOnnx::SetGraph(choice, "else_branch", branch);
  test.Output("y");
  const HostTensor x = HostTensor::FromVector<float>(DType::kFloat32, Shape{4}, {10, 20, 30, 40});
  EXPECT_EQ((std::vector<float>{11, 20, 31.5f, 42}),
            ToFloatVector(ExpectOutputs(test.Import(), {x})[0]));
}

TEST(OnnxSparse, Refusals) {
  const auto expect = [](const TestOnnx& test, const std::string& complaint) {
    EXPECT_EQ("test.onnx: initializer 'w': " + complaint, test.Complaint());
  };
  expect(Plus({2, 3}, {1, 6}, {2}), "indices: expected 0 to 5, found 6");
  expect(Plus({2, 3}, {-1, 2}, {2}), "indices: expected 0 to 5, found -1");
  expect(Plus({2, 3}, {0, 3, 1, 0}, {2, 2}), "indices: expected 0 to 2, found 3");
  expect(Plus({2, 3}, {2, 1}, {2}), "indices: expected that they ascend, found element 1 behind 2");
  expect(Plus({2, 3}, {1, 1}, {2}), "indices: expected that they ascend, found element 1 behind 1");
  expect(Plus({2, 3}, {0, 0, 0}, {1, 3}),
         "indices: expected int64 [1] or [1, 2], found int64 [1, 3]");
  TestOnnx large = Plus({1 << 20, 1 << 10}, {1}, {1});
  EXPECT_NE(large.Complaint().find("initializer 'w': a sparse tensor: expected at most"),
            std::string::npos)
      << large.Complaint();
  TestOnnx twice = Plus({2, 3}, {1}, {1});
  twice.Floats("w", {1}, {1});
  EXPECT_NE(twice.Complaint().find("tensor 'w': expected one source"), std::string::npos);
}

}  // namespace
}  // namespace mace
