// Random operands of DynamicQuantizeLstm, both directions, for its tests on the CPU and on devices.
#ifndef MACE_TESTING_QUANTIZED_LSTM_CASE_H_
#define MACE_TESTING_QUANTIZED_LSTM_CASE_H_

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "mace/testing/op_tester.h"

namespace mace {

// Weights [2, rows, columns] with a scale and a zero point for each direction and column.
struct QuantizedWeights {
  HostTensor integers, scales, zero_points;

  int At(size_t i) const { return Element(integers, i); }
  int Zero(size_t i) const { return Element(zero_points, i); }

  static int Element(const HostTensor& bytes, size_t i) {
    return bytes.dtype() == DType::kInt8 ? int{bytes.data<int8_t>()[i]}
                                         : int{bytes.data<uint8_t>()[i]};
  }
};

struct QuantizedLstmCase {
  // `dtype`: of the weights, int8 or uint8.
  QuantizedLstmCase(size_t steps, size_t sequences, size_t width, size_t hidden, DType dtype,
                    bool has_zero_points)
      : steps(steps), sequences(sequences), width(width), hidden(hidden) {
    const auto t = static_cast<int64_t>(steps), n = static_cast<int64_t>(sequences),
               i = static_cast<int64_t>(width), h = static_cast<int64_t>(hidden);
    w = Weights({2, i, 4 * h}, dtype, has_zero_points);
    r = Weights({2, h, 4 * h}, dtype, has_zero_points);
    x = RandomTensor({t, n, i}, 1, -2, 3);
    bias = RandomTensor({2, 8 * h}, 2, -1, 1);
    h0 = RandomTensor({2, n, h}, 3, -1, 1);
    c0 = RandomTensor({2, n, h}, 4, -1, 1);
  }

  // h0 and c0 are activations, or else constants.
  OpTester Tester(bool initial_state_travels = true) const {
    OpTester tester("DynamicQuantizeLstm");
    tester.Set("hidden", static_cast<int64_t>(hidden)).Outputs(3);
    tester.Set("direction", std::string("bidirectional")).Input(x);
    tester.Constant(w.integers).Constant(r.integers).Constant(w.scales).Constant(w.zero_points);
    tester.Constant(r.scales).Constant(r.zero_points).Constant(bias);
    for (const HostTensor& state : {h0, c0}) {
      if (initial_state_travels) {
        tester.Input(state);
      } else {
        tester.Constant(state);
      }
    }
    return tester;
  }

  size_t steps, sequences, width, hidden;
  HostTensor x, bias, h0, c0;
  QuantizedWeights w, r;

 private:
  static QuantizedWeights Weights(const Shape& shape, DType dtype, bool has_zero_points) {
    std::mt19937 random(static_cast<uint32_t>(shape.elements()));
    const int64_t places = shape[0] * shape[2];
    std::vector<uint8_t> bytes, zeros;
    for (int64_t k = 0; k < shape.elements(); ++k) bytes.push_back(static_cast<uint8_t>(random()));
    const uint8_t middle = dtype == DType::kInt8 ? 0 : 128;
    for (int64_t k = 0; k < places; ++k) {
      const uint32_t offset = has_zero_points ? random() % 9 : 0;
      zeros.push_back(static_cast<uint8_t>(middle + offset));
    }
    QuantizedWeights result;
    result.integers = HostTensor::FromVector(dtype, shape, std::move(bytes));
    result.zero_points = HostTensor::FromVector(dtype, {2, shape[2]}, std::move(zeros));
    result.scales = RandomTensor({2, shape[2]}, 5, 0.001f, 0.01f);
    return result;
  }
};

}  // namespace mace

#endif  // MACE_TESTING_QUANTIZED_LSTM_CASE_H_
