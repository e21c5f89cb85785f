#include <gtest/gtest.h>

#include <cmath>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_net.h"

namespace mace {
namespace {

using Values = std::vector<float>;

// A net of one op on x [1, 3, 2], frames (1, 2), (3, 4), (5, 6), or of other extents.
struct OneOp {
  explicit OneOp(const std::string& type, std::vector<int> dims = {1, 3, 2}) : shape(dims) {
    net.Input("x", dims);
    net.Output("y", {1});
    op = net.Op(type, {"x"}, {"y"});
  }
  OneOp& Ints(const std::string& name, const std::vector<int64_t>& values) {
    TestNet::Ints(op, name, values);
    return *this;
  }
  OneOp& Int(const std::string& name, int64_t value) {
    TestNet::Int(op, name, value);
    return *this;
  }
  OneOp& Float(const std::string& name, float value) {
    wire::Argument* argument = op->add_arg();
    argument->set_name(name);
    argument->set_f(value);
    return *this;
  }
  OneOp& Floats(const std::string& name, const Values& values) {
    wire::Argument* argument = op->add_arg();
    argument->set_name(name);
    for (float value : values) argument->add_floats(value);
    return *this;
  }
  OneOp& Constant(const std::string& name, const Values& values) {
    net.Tensor<float>(name, {static_cast<int64_t>(values.size())}, wire::DT_FLOAT, values);
    op->add_input(name);
    return *this;
  }

  // x counts up from 1 unless given.
  void Expect(const Shape& expected_shape, const Values& expected, Values x = {}) {
    const StatusOr<std::shared_ptr<Graph>> graph = net.Import();
    ASSERT_TRUE(graph.ok()) << graph.status().message();
    std::vector<HostTensor> inputs;
    for (const IoInfo& io : (*graph)->inputs) {
      HostTensor tensor = *HostTensor::Allocate((*graph)->value(io.value).info);
      for (int64_t i = 0; i < tensor.shape().elements(); ++i) {
        tensor.f32()[i] = x.empty() ? static_cast<float>(i + 1) : x[static_cast<size_t>(i)];
      }
      // The second input is ten times the first.
      for (int64_t i = 0; !inputs.empty() && i < tensor.shape().elements(); ++i) {
        tensor.f32()[i] *= 10;
      }
      inputs.push_back(std::move(tensor));
    }
    const StatusOr<std::vector<HostTensor>> y = EvaluateGraph(**graph, inputs);
    ASSERT_TRUE(y.ok()) << y.status().message();
    ASSERT_EQ((*y)[0].shape(), expected_shape);
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_NEAR((*y)[0].f32()[i], expected[i], 1e-5) << "element " << i;
    }
  }
  void ExpectRefused(const std::string& message) {
    const StatusOr<std::shared_ptr<Graph>> graph = net.Import();
    ASSERT_FALSE(graph.ok());
    EXPECT_NE(graph.status().message().find(message), std::string::npos)
        << graph.status().message();
  }

  TestNet net{1};
  std::vector<int> shape;
  wire::OperatorDef* op = nullptr;
};

TEST(MaceKaldi, SubsampleAndReplaceIndex) {
  OneOp("Subsample").Ints("forward_indexes", {2, 0}).Expect({1, 2, 2}, {5, 6, 1, 2});
  OneOp("ReplaceIndex", {1, 2}).Ints("forward_indexes", {0, 0}).Expect({2, 2}, {1, 2, 1, 2});
  OneOp("Subsample").Ints("forward_indexes", {3}).ExpectRefused("expected 0 to 2, found 3");
  OneOp("Subsample").Ints("forward_indexes", {-1}).ExpectRefused("expected 0 to 2, found -1");
  OneOp("Subsample", {3}).Ints("forward_indexes", {0}).ExpectRefused("expected an input of rank 2");
}

TEST(MaceKaldi, PadContext) {
  OneOp("PadContext", {2, 1, 2})
      .Int("left_context", 1)
      .Int("right_context", 1)
      .Expect({2, 3, 2}, {1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4});
  OneOp("PadContext").Int("right_context", 2).Expect({1, 5, 2}, {1, 2, 3, 4, 5, 6, 5, 6, 5, 6});
  OneOp("PadContext").Int("left_context", -1).ExpectRefused("left_context and right_context");
}

TEST(MaceKaldi, Splice) {
  OneOp("Splice")
      .Ints("context", {-1, 0})
      .Ints("forward_indexes", {0, 1, 1, 2})
      .Expect({1, 2, 4}, {1, 2, 3, 4, 3, 4, 5, 6});
  // The last feature is not spliced.
  OneOp("Splice")
      .Ints("context", {-1, 0})
      .Int("const_component_dim", 1)
      .Ints("forward_indexes", {0, 1, 1, 2})
      .Ints("forward_const_indexes", {2, 0})
      .Expect({1, 2, 3}, {1, 3, 6, 3, 5, 2});
  OneOp("Splice").Ints("forward_indexes", {0}).ExpectRefused("in context, found 1");
  OneOp("Splice")
      .Ints("context", {0})
      .Ints("forward_indexes", {0})
      .Int("const_component_dim", 2)
      .ExpectRefused("const_component_dim: expected 0 to 1, found 2");
}

TEST(MaceKaldi, IfDefined) {
  OneOp("IfDefined").Ints("forward_indexes", {-1, 0, 1}).Expect({1, 3, 2}, {0, 0, 1, 2, 3, 4});
  // Fewer frames than there are leave zeros.
  OneOp("IfDefined").Ints("forward_indexes", {2}).Expect({1, 3, 2}, {5, 6, 0, 0, 0, 0});
  OneOp cached("IfDefined");
  cached.net.Input("z", {1, 3, 2});
  cached.op->add_input("z");
  cached.Ints("forward_indexes", {-1, 0, 1}).Ints("cache_forward_indexes", {2});
  cached.Expect({1, 3, 2}, {50, 60, 1, 2, 3, 4});
  OneOp("IfDefined").Ints("forward_indexes", {3}).ExpectRefused("forward_indexes: expected");
  OneOp("IfDefined").Ints("forward_indexes", {0, 0, 0, 0}).ExpectRefused("found 4");
}

TEST(MaceKaldi, SumGroup) {
  const auto sum = [](const std::vector<int32_t>& sizes) {
    OneOp op("SumGroup", {2, 6});
    op.net.Tensor<int32_t>("sizes", {static_cast<int64_t>(sizes.size())}, wire::DT_INT32, sizes);
    op.op->add_input("sizes");
    return op;
  };
  sum({3, 3}).Expect({2, 2}, {6, 15, 24, 33});
  sum({1, 3, 2}).Expect({2, 3}, {1, 9, 11, 7, 27, 23});
  sum({2, 2}).Expect({2, 2}, {3, 7, 15, 19});
  sum({4, 3}).ExpectRefused("sizes: expected at least 1 and at most 6 together, found [4, 3]");
  sum({0}).ExpectRefused("sizes: expected at least 1");
}

TEST(MaceKaldi, PNorm) {
  const Values x = {3, -4, 0, 2, 0, 0, 1, 1};
  const auto norm = [](int64_t p) {
    OneOp op("PNorm", {2, 4});
    op.Int("p", p).Int("output_dim", 2);
    return op;
  };
  norm(0).Expect({2, 2}, {2, 1, 0, 2}, x);
  norm(1).Expect({2, 2}, {7, 2, 0, 2}, x);
  norm(2).Expect({2, 2}, {5, 2, 0, std::sqrt(2.0f)}, x);
  norm(3).ExpectRefused("p: expected 0, 1 or 2, found 3");
  OneOp("PNorm").Int("output_dim", 3).ExpectRefused("output_dim: expected a divisor of the 2");
}

TEST(MaceKaldi, TargetRmsNorm) {
  // Roots of the means of squares: 5 and 1.
  const Values x = {5, -5, 1, 1};
  OneOp("TargetRMSNorm", {2, 2}).Float("target_rms", 2).Expect({2, 2}, {2, -2, 2, 2}, x);
  OneOp("TargetRMSNorm", {1, 4})
      .Int("block_dim", 2)
      .Int("add_log_stddev", 1)
      .Expect({1, 6}, {1, -1, std::log(5.0f), 1, 1, 0}, x);
  // The floor: 1 / sqrt(1e-6).
  OneOp("TargetRMSNorm", {1, 2}).Expect({1, 2}, {0.001f, 0}, {1e-6f, 0});
  OneOp("TargetRMSNorm").Int("block_dim", 3).ExpectRefused("block_dim: expected a divisor");
  OneOp("TargetRMSNorm").Float("target_rms", 0).ExpectRefused("target_rms: expected");
}

TEST(MaceKaldi, KaldiBatchNorm) {
  OneOp("KaldiBatchNorm", {3, 2})
      .Int("test_mode", 1)
      .Constant("scale", {2, 3})
      .Constant("offset", {1, -1})
      .Expect({3, 2}, {3, 5, 7, 11, 11, 17});
  // Blocks of one feature: all six numbers are normalised together.
  OneOp("KaldiBatchNorm", {3, 2})
      .Int("test_mode", 1)
      .Int("block_dim", 1)
      .Constant("scale", {2})
      .Constant("offset", {1})
      .Expect({3, 2}, {3, 5, 7, 9, 11, 13});
  // Mean 2 and 4, variance 1 and 4, epsilon 0.25: 3 * 1 / sqrt(1.25), 3 * 2 / sqrt(4.25).
  const float first = 3 / std::sqrt(1.25f), second = 6 / std::sqrt(4.25f);
  OneOp("KaldiBatchNorm", {2, 2})
      .Float("epsilon", 0.25f)
      .Float("target_rms", 3)
      .Expect({2, 2}, {-first, second, first, -second}, {1, 6, 3, 2});
  OneOp("KaldiBatchNorm").Int("test_mode", 1).ExpectRefused("test_mode: expected a scale");
}

TEST(MaceKaldi, ExtractPooling) {
  // Frames 0 to 3 and 1 to 3: means (3, 4) and (4, 5), variances 8 / 3 and 1.
  const float three = std::log(3.0f), two = std::log(2.0f), deviation = std::sqrt(8.0f / 3);
  OneOp all("ExtractPooling");
  all.Int("include_variance", 1).Int("num_log_count", 1).Ints("forward_indexes", {0, 3, 1, 3});
  all.Floats("counts", {3, 2});
  all.Expect({1, 2, 5}, {three, 3, 4, deviation, deviation, two, 4, 5, 1, 1});
  OneOp("ExtractPooling", {2, 3, 1})
      .Ints("forward_indexes", {0, 2})
      .Floats("counts", {2})
      .Int("num_log_count", 2)
      .Expect({2, 1, 3}, {two, two, 1.5f, two, two, 4.5f});
  // One frame has no variance: the floor.
  OneOp("ExtractPooling")
      .Ints("forward_indexes", {1, 2})
      .Floats("counts", {1})
      .Int("include_variance", 1)
      .Float("variance_floor", 0.25f)
      .Expect({1, 1, 4}, {3, 4, 0.5f, 0.5f});
  OneOp("ExtractPooling")
      .Ints("forward_indexes", {0, 4})
      .Floats("counts", {4})
      .ExpectRefused("forward_indexes: expected pairs in 0 to 3");
  OneOp("ExtractPooling").Ints("forward_indexes", {0, 2}).ExpectRefused("counts: expected one");
}

}  // namespace
}  // namespace mace
