// LinearAttention beside its recurrence, CausalConvWithState beside its sums, SwiGLU.
#include <gtest/gtest.h>

#include <cmath>

#include "mace/testing/formats/test_evaluate.h"
#include "mace/testing/formats/test_numbers.h"
#include "mace/testing/formats/test_onnx.h"

namespace mace {
namespace {

constexpr double kTolerance = 4e-6;
constexpr double kLargest = 0.5;

// Two batches, three tokens, two heads of keys and values, four of queries, keys of 3 and values of
// 5 elements.
constexpr int64_t kBatch = 2, kSteps = 3, kHeads = 2, kGroup = 2, kKeys = 3, kValues = 5;

struct Recurrence {
  std::string rule;
  int64_t decay_size = 1;  // Decays of a head and token: 1, or kKeys.
  HostTensor q = SineNumbers({kBatch, kSteps, kHeads* kGroup* kKeys}, 1, kLargest);
  HostTensor k = SineNumbers({kBatch, kSteps, kHeads* kKeys}, 2, kLargest);
  HostTensor v = SineNumbers({kBatch, kSteps, kHeads* kValues}, 3, kLargest);
  HostTensor state = SineNumbers({kBatch, kHeads, kKeys, kValues}, 4, kLargest);
  HostTensor decay, beta;

  bool decays() const { return rule.find("gated") == 0; }
  bool deltas() const { return rule.find("delta") != std::string::npos; }
};

struct Expected {
  std::vector<double> output = std::vector<double>(kBatch * kSteps * kHeads * kGroup * kValues);
  std::vector<double> state;
};

Expected RunRecurrence(const Recurrence& r, double scale) {
  Expected expected;
  std::vector<double>& s = expected.state;
  s.assign(r.state.f32(), r.state.f32() + r.state.shape().elements());
  for (int64_t b = 0; b < kBatch; ++b) {
    for (int64_t t = 0; t < kSteps; ++t) {
      for (int64_t h = 0; h < kHeads; ++h) {
        const int64_t token = (b * kSteps + t) * kHeads + h;
        double* const held = s.data() + (b * kHeads + h) * kKeys * kValues;
        for (int64_t i = 0; r.decays() && i < kKeys * kValues; ++i) {
          const int64_t key = r.decay_size == 1 ? 0 : i / kValues;
          held[i] *= std::exp(double{r.decay.f32()[token * r.decay_size + key]});
        }
        for (int64_t e = 0; e < kValues; ++e) {
          double value = r.v.f32()[token * kValues + e];
          for (int64_t i = 0; r.deltas() && i < kKeys; ++i) {
            value -= r.k.f32()[token * kKeys + i] * held[i * kValues + e];
          }
          if (r.deltas()) value *= r.beta.f32()[token];
          for (int64_t i = 0; i < kKeys; ++i) {
            held[i * kValues + e] += r.k.f32()[token * kKeys + i] * value;
          }
          for (int64_t g = 0; g < kGroup; ++g) {
            double sum = 0;
            for (int64_t i = 0; i < kKeys; ++i) {
              sum += r.q.f32()[(token * kGroup + g) * kKeys + i] * held[i * kValues + e];
            }
            expected.output[static_cast<size_t>((token * kGroup + g) * kValues + e)] = scale * sum;
          }
        }
      }
    }
  }
  return expected;
}

TestOnnx ModelOf(const Recurrence& r, std::vector<HostTensor>* inputs) {
  TestOnnx test(27);
  std::vector<std::string> names = {"q", "k", "v", "s"};
  *inputs = {r.q, r.k, r.v, r.state};
  names.push_back(r.decays() ? "g" : "");
  if (r.decays()) inputs->push_back(r.decay);
  if (r.deltas()) names.push_back("b");
  if (r.deltas()) inputs->push_back(r.beta);
  size_t next = 0;
  for (const std::string& name : names) {
    if (!name.empty()) test.Input(name, (*inputs)[next++].shape().dims());
  }
  onnx::NodeProto* node = test.Node("LinearAttention", names, {"y", "state"});
  TestOnnx::SetInt(node, "q_num_heads", kHeads * kGroup);
  TestOnnx::SetInt(node, "kv_num_heads", kHeads);
  TestOnnx::SetString(node, "update_rule", r.rule);
  test.Output("y");
  test.Output("state");
  return test;
}

TEST(OnnxLinearAttention, EveryRule) {
  for (const char* rule : {"linear", "gated", "delta", "gated_delta"}) {
    for (const int64_t decay_size : {int64_t{1}, kKeys}) {
      SCOPED_TRACE(std::string(rule) + ", decays of " + std::to_string(decay_size));
      Recurrence r;
      r.rule = rule;
      r.decay_size = decay_size;
      r.decay = SineNumbers({kBatch, kSteps, kHeads * decay_size}, 5, kLargest);
      r.beta = SineNumbers({kBatch, kSteps, kHeads}, 6, kLargest);
      std::vector<HostTensor> inputs;
      TestOnnx test = ModelOf(r, &inputs);
      const std::vector<HostTensor> found = ExpectOutputs(test.Import(), inputs);
      const Expected expected = RunRecurrence(r, 1 / std::sqrt(double{kKeys}));
      ExpectNear(expected.output, found[0], kTolerance);
      ExpectNear(expected.state, found[1], kTolerance);
      EXPECT_EQ(found[0].shape(), (Shape{kBatch, kSteps, kHeads * kGroup * kValues}));
    }
  }
}

TEST(OnnxLinearAttention, RefusesWhatDoesNotFit) {
  Recurrence r;
  r.rule = "gated";
  r.decay = SineNumbers({kBatch, kSteps, kHeads + 1}, 5, kLargest);
  std::vector<HostTensor> inputs;
  TestOnnx decay = ModelOf(r, &inputs);
  EXPECT_NE(decay.Complaint().find("decay: expected [2, 3, 2 or 6], found [2, 3, 3]"),
            std::string::npos)
      << decay.Complaint();
  r.rule = "linear";
  r.state = SineNumbers({kBatch, kHeads, kValues, kKeys}, 4, kLargest);
  TestOnnx state = ModelOf(r, &inputs);
  EXPECT_NE(state.Complaint().find("past_state: expected [2, 2, 3, 5], found [2, 2, 5, 3]"),
            std::string::npos)
      << state.Complaint();
}

TEST(OnnxCausalConv, SeesWhatCameBefore) {
  constexpr int64_t kChannels = 3, kLength = 4, kTaps = 3;
  const HostTensor x = SineNumbers({2, kChannels, kLength}, 1, kLargest),
                   w = SineNumbers({kChannels, 1, kTaps}, 2, kLargest);
  const HostTensor past = SineNumbers({2, kChannels, kTaps - 1}, 3, kLargest),
                   bias = SineNumbers({kChannels}, 4, kLargest);
  for (const bool has_past : {false, true}) {
    TestOnnx test(27);
    test.Input("x", x.shape().dims());
    test.Input("w", w.shape().dims());
    test.Input("b", bias.shape().dims());
    if (has_past) test.Input("p", past.shape().dims());
    onnx::NodeProto* node =
        test.Node("CausalConvWithState", {"x", "w", "b", has_past ? "p" : ""}, {"y", "state"});
    TestOnnx::SetString(node, "activation", "silu");
    test.Output("y");
    test.Output("state");
    std::vector<HostTensor> inputs = {x, w, bias};
    if (has_past) inputs.push_back(past);
    const std::vector<HostTensor> found = ExpectOutputs(test.Import(), inputs);
    std::vector<double> y, state;
    for (int64_t row = 0; row < 2 * kChannels; ++row) {
      const auto seen = [&](int64_t place) {
        if (place >= 0) return double{x.f32()[row * kLength + place]};
        return has_past ? double{past.f32()[row * (kTaps - 1) + kTaps - 1 + place]} : 0;
      };
      for (int64_t place = 0; place < kLength; ++place) {
        double sum = bias.f32()[row % kChannels];
        for (int64_t tap = 0; tap < kTaps; ++tap) {
          sum += w.f32()[row % kChannels * kTaps + tap] * seen(place + tap - kTaps + 1);
        }
        y.push_back(sum / (1 + std::exp(-sum)));
      }
      for (int64_t place = kLength - kTaps + 1; place < kLength; ++place) {
        state.push_back(seen(place));
      }
    }
    ExpectNear(y, found[0], kTolerance);
    ExpectNear(state, found[1], kTolerance);
  }
}

TEST(OnnxSwiGlu, IsSwishOfTheGateTimesTheValue) {
  const HostTensor a = SineNumbers({2, 5}, 1, kLargest), b = SineNumbers({2, 5}, 2, kLargest);
  TestOnnx test(28);
  test.Input("a", {2, 5});
  test.Input("b", {2, 5});
  TestOnnx::SetFloat(test.Node("SwiGLU", {"a", "b"}, {"y"}), "alpha", 1.5f);
  test.Output("y");
  std::vector<double> expected;
  for (int64_t i = 0; i < 10; ++i) {
    const double gate = a.f32()[i];
    expected.push_back(gate / (1 + std::exp(-1.5 * gate)) * b.f32()[i]);
  }
  ExpectNear(expected, ExpectOutputs(test.Import(), {a, b})[0], kTolerance);
}

}  // namespace
}  // namespace mace
