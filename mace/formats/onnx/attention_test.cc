// Attention ops beside loops that compute them as their definitions say.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_numbers.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

constexpr double kTolerance = 2e-6;

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

// Queries [b, n, s, h], keys [b, m, t, h], values [b, m, t, v].
struct Heads {
  HostTensor q, k, v;
  double scale = 0;
  // What is added to the product of query i and key j of batch b and head n.
  std::function<double(int64_t b, int64_t n, int64_t i, int64_t j)> bias;
  double softcap = 0;
};

double Dot(const Heads& heads, int64_t b, int64_t n, int64_t i, int64_t j) {
  const Shape &q = heads.q.shape(), &k = heads.k.shape();
  const int64_t m = n / (q[1] / k[1]);
  double sum = 0;
  for (int64_t e = 0; e < q[3]; ++e) {
    sum += double{heads.q.f32()[((b * q[1] + n) * q[2] + i) * q[3] + e]} *
           double{heads.k.f32()[((b * k[1] + m) * k[2] + j) * k[3] + e]};
  }
  const double scaled = sum * heads.scale;
  return heads.softcap == 0 ? scaled : heads.softcap * std::tanh(scaled / heads.softcap);
}

// [b, n, s, v]; a query that sees nothing gets zeros.
std::vector<double> Attend(const Heads& heads) {
  const Shape &q = heads.q.shape(), &v = heads.v.shape();
  std::vector<double> result;
  for (int64_t row = 0; row < q[0] * q[1] * q[2]; ++row) {
    const int64_t b = row / (q[1] * q[2]), n = row / q[2] % q[1], i = row % q[2];
    std::vector<double> weights;
    double sum = 0;
    for (int64_t j = 0; j < v[2]; ++j) {
      const double bias = heads.bias ? heads.bias(b, n, i, j) : 0;
      weights.push_back(std::exp(Dot(heads, b, n, i, j) + bias));
      sum += weights.back();
    }
    const float* values = heads.v.f32() + (b * v[1] + n / (q[1] / v[1])) * v[2] * v[3];
    for (int64_t e = 0; e < v[3]; ++e) {
      double value = 0;
      for (int64_t j = 0; j < v[2]; ++j) {
        value += weights[static_cast<size_t>(j)] * double{values[j * v[3] + e]};
      }
      result.push_back(sum == 0 ? 0 : value / sum);
    }
  }
  return result;
}

Heads SomeHeads() {
  Heads heads;
  heads.q = SineNumbers({2, 4, 3, 6}, 1);
  heads.k = SineNumbers({2, 2, 5, 6}, 2);
  heads.v = SineNumbers({2, 2, 5, 3}, 3);
  heads.scale = 1 / std::sqrt(6.0);
  return heads;
}

TestOnnx AttentionOf(const Heads& heads, int64_t opset = 24) {
  TestOnnx test(opset);
  test.Input("q", heads.q.shape().dims());
  test.Input("k", heads.k.shape().dims());
  test.Input("v", heads.v.shape().dims());
  test.Output("y");
  return test;
}

TEST(OnnxAttention, SharedHeadsCausalSoftcap) {
  Heads heads = SomeHeads();
  TestOnnx test = AttentionOf(heads);
  onnx::NodeProto* node = test.Node("Attention", {"q", "k", "v"}, {"y"});
  TestOnnx::SetInt(node, "is_causal", 1);
  TestOnnx::SetFloat(node, "softcap", 0.5f);
  TestOnnx::SetFloat(node, "scale", 0.3f);
  heads.bias = [](int64_t, int64_t, int64_t i, int64_t j) { return j <= i ? 0 : kMinusInfinity; };
  heads.softcap = 0.5;
  heads.scale = double{0.3f};
  ExpectNear(Attend(heads), ExpectOutputs(test.Import(), {heads.q, heads.k, heads.v})[0],
             kTolerance);
}

// A mask of bools, shorter than the keys, under which one query sees nothing.
TEST(OnnxAttention, MaskOfBools) {
  Heads heads = SomeHeads();
  TestOnnx test = AttentionOf(heads);
  test.Input("m", {3, 4}, onnx::TensorProto::BOOL);
  test.Node("Attention", {"q", "k", "v", "m"}, {"y"});
  const std::vector<uint8_t> seen = {1, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0};
  heads.bias = [&](int64_t, int64_t, int64_t i, int64_t j) {
    return j < 4 && seen[static_cast<size_t>(4 * i + j)] != 0 ? 0 : kMinusInfinity;
  };
  const HostTensor mask = HostTensor::FromVector(DType::kBool, {3, 4}, seen);
  ExpectNear(Attend(heads), ExpectOutputs(test.Import(), {heads.q, heads.k, heads.v, mask})[0],
             kTolerance);
}

TEST(OnnxAttention, LengthsMoveTheOrderOfTime) {
  Heads heads = SomeHeads();
  TestOnnx test = AttentionOf(heads);
  test.Input("n", {2}, onnx::TensorProto::INT64);
  onnx::NodeProto* node = test.Node("Attention", {"q", "k", "v", "", "", "", "n"}, {"y"});
  TestOnnx::SetInt(node, "is_causal", 1);
  const std::vector<int64_t> lengths = {5, 3};
  heads.bias = [&](int64_t b, int64_t, int64_t i, int64_t j) {
    const int64_t length = lengths[static_cast<size_t>(b)];
    return j < length && j <= i + length - 3 ? 0 : kMinusInfinity;
  };
  const HostTensor count = HostTensor::FromVector(DType::kInt64, {2}, lengths);
  ExpectNear(Attend(heads), ExpectOutputs(test.Import(), {heads.q, heads.k, heads.v, count})[0],
             kTolerance);
}

TEST(OnnxAttention, PastComesFirst) {
  Heads heads = SomeHeads();
  TestOnnx test(23);
  for (const char* name : {"q", "k", "v"}) {
    const Shape& shape = name[0] == 'q'   ? heads.q.shape()
                         : name[0] == 'k' ? heads.k.shape()
                                          : heads.v.shape();
    std::vector<int64_t> dims = shape.dims();
    if (name[0] != 'q') dims[2] = 3;
    test.Input(name, dims);
  }
  test.Input("pk", {2, 2, 2, 6});
  test.Input("pv", {2, 2, 2, 3});
  onnx::NodeProto* node = test.Node("Attention", {"q", "k", "v", "", "pk", "pv"}, {"y", "present"});
  TestOnnx::SetInt(node, "is_causal", 1);
  test.Output("y");
  test.Output("present");
  const auto rows = [](const HostTensor& x, int64_t begin, int64_t end) {
    const Shape& shape = x.shape();
    std::vector<float> values;
    for (int64_t head = 0; head < shape[0] * shape[1]; ++head) {
      const float* from = x.f32() + head * shape[2] * shape[3];
      values.insert(values.end(), from + begin * shape[3], from + end * shape[3]);
    }
    return HostTensor::FromVector(DType::kFloat32, {shape[0], shape[1], end - begin, shape[3]},
                                  std::move(values));
  };
  heads.bias = [](int64_t, int64_t, int64_t i, int64_t j) {
    return j <= i + 2 ? 0 : kMinusInfinity;
  };
  const std::vector<HostTensor> y =
      ExpectOutputs(test.Import(), {heads.q, rows(heads.k, 2, 5), rows(heads.v, 2, 5),
                                    rows(heads.k, 0, 2), rows(heads.v, 0, 2)});
  ExpectNear(Attend(heads), y[0], kTolerance);
  EXPECT_EQ(ToFloatVector(heads.k), ToFloatVector(y[1]));
}

TEST(OnnxAttention, Refusals) {
  const Heads heads = SomeHeads();
  TestOnnx past = AttentionOf(heads);
  past.Input("p", {2, 2, 2, 6});
  past.Node("Attention", {"q", "k", "v", "", "p"}, {"y"});
  EXPECT_NE(past.Complaint().find("expected past_key and past_value, found one"),
            std::string::npos);
  TestOnnx mask = AttentionOf(heads);
  mask.Input("m", {3, 6});
  mask.Node("Attention", {"q", "k", "v", "m"}, {"y"});
  EXPECT_NE(mask.Complaint().find("that of 5 keys, found [3, 6]"), std::string::npos)
      << mask.Complaint();
}

// Pairs (x1, x2) turn to (x1 cos - x2 sin, x1 sin + x2 cos).
TEST(OnnxAttention, RotaryEmbedding) {
  for (int64_t interleaved : {0, 1}) {
    TestOnnx test(23);
    test.Input("x", {1, 1, 2, 5});
    test.Floats("c", {3, 2}, {1, 2, 3, 4, 5, 6});
    test.Floats("s", {3, 2}, {10, 20, 30, 40, 50, 60});
    test.Input("p", {1, 2}, onnx::TensorProto::INT64);
    onnx::NodeProto* node = test.Node("RotaryEmbedding", {"x", "c", "s", "p"}, {"y"});
    TestOnnx::SetInt(node, "interleaved", interleaved);
    TestOnnx::SetInt(node, "rotary_embedding_dim", 4);
    test.Output("y");
    const HostTensor x = HostTensor::FromVector<float>(DType::kFloat32, {1, 1, 2, 5},
                                                       {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
    const HostTensor positions = HostTensor::FromVector<int64_t>(DType::kInt64, {1, 2}, {2, 0});
    const std::vector<float> halves = {
        1 * 5 - 3 * 50, 2 * 6 - 4 * 60, 1 * 50 + 3 * 5, 2 * 60 + 4 * 6, 5,
        6 * 1 - 8 * 10, 7 * 2 - 9 * 20, 6 * 10 + 8 * 1, 7 * 20 + 9 * 2, 10};
    const std::vector<float> neighbours = {
        1 * 5 - 2 * 50, 1 * 50 + 2 * 5, 3 * 6 - 4 * 60, 3 * 60 + 4 * 6, 5,
        6 * 1 - 7 * 10, 6 * 10 + 7 * 1, 8 * 2 - 9 * 20, 8 * 20 + 9 * 2, 10};
    const std::vector<HostTensor> y = ExpectOutputs(test.Import(), {x, positions});
    EXPECT_EQ(interleaved != 0 ? neighbours : halves, ToFloatVector(y[0]));
  }
}

// One query of each batch behind its own past: what lies between them in the cache is not seen.
TEST(MicrosoftAttention, GroupQueryWithPastsOfDifferentLength) {
  TestOnnx test;
  test.Input("q", {2, 1, 12});
  test.Input("k", {2, 1, 6});
  test.Input("v", {2, 1, 6});
  test.Input("pk", {2, 2, 4, 3});
  test.Input("pv", {2, 2, 4, 3});
  test.Input("lengths", {2}, onnx::TensorProto::INT32);
  test.Small("total", {}, onnx::TensorProto::INT32, {5});
  onnx::NodeProto* node = test.Node(
      "GroupQueryAttention", {"q", "k", "v", "pk", "pv", "lengths", "total"}, {"y", "present"});
  node->set_domain("com.microsoft");
  TestOnnx::SetInt(node, "num_heads", 4);
  TestOnnx::SetInt(node, "kv_num_heads", 2);
  test.Output("y");
  test.Output("present");
  const HostTensor q = SineNumbers({2, 1, 12}, 1), k = SineNumbers({2, 1, 6}, 2),
                   v = SineNumbers({2, 1, 6}, 3);
  const HostTensor pk = SineNumbers({2, 2, 4, 3}, 4), pv = SineNumbers({2, 2, 4, 3}, 5);
  const std::vector<int64_t> past = {4, 2};
  const HostTensor lengths = HostTensor::FromVector<int32_t>(DType::kInt32, {2}, {4, 2});
  // The keys and values as they are seen, the new one behind the past.
  const auto joined = [&](const HostTensor& cache, const HostTensor& now) {
    std::vector<float> values(2 * 2 * 5 * 3, 0);
    for (int64_t head = 0; head < 4; ++head) {
      const int64_t count = past[static_cast<size_t>(head / 2)];
      for (int64_t e = 0; e < 3; ++e) {
        for (int64_t t = 0; t < count; ++t) {
          values[static_cast<size_t>((head * 5 + t) * 3 + e)] = cache.f32()[(head * 4 + t) * 3 + e];
        }
        values[static_cast<size_t>((head * 5 + count) * 3 + e)] = now.f32()[head * 3 + e];
      }
    }
    return HostTensor::FromVector(DType::kFloat32, {2, 2, 5, 3}, std::move(values));
  };
  Heads heads;
  heads.q = q.Reshaped({2, 4, 1, 3});
  heads.k = joined(pk, k);
  heads.v = joined(pv, v);
  heads.scale = 1 / std::sqrt(3.0);
  heads.bias = [&](int64_t b, int64_t, int64_t, int64_t j) {
    return j <= past[static_cast<size_t>(b)] ? 0 : kMinusInfinity;
  };
  const std::vector<HostTensor> y = ExpectOutputs(test.Import(), {q, k, v, pk, pv, lengths});
  ExpectNear(Attend(heads), y[0], kTolerance);
  EXPECT_EQ(ToFloatVector(heads.k), ToFloatVector(y[1]));
}

}  // namespace
}  // namespace mace
