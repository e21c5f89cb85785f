#include "mace/ops/recurrent/lstm_functions.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace mace {
namespace {

// Horner's rule; the coefficient of the highest power comes first.
template <size_t count>
float Polynomial(const float (&coefficients)[count], float x) {
  float result = coefficients[0];
  for (size_t i = 1; i < count; ++i) result = std::fma(x, result, coefficients[i]);
  return result;
}

// The coefficients of x^9 to x, and of x^10 to 1.
constexpr float kLogisticTop[] = {4.37031012579801e-11f, 1.15627324459942e-07f,
                                  6.08574864600143e-05f, 8.51377133304701e-03f,
                                  2.48287947061529e-01f};
constexpr float kLogisticBottom[] = {6.10247389755681e-13f, 5.76102136993427e-09f,
                                     6.29106785017040e-06f, 1.70198817374094e-03f,
                                     1.16817656904453e-01f, 9.93151921023180e-01f};
// The coefficients of x^13 to x, and of x^6 to 1.
constexpr float kTanhTop[] = {-2.76076847742355e-16f, 2.00018790482477e-13f, -8.60467152213735e-11f,
                              5.12229709037114e-08f,  1.48572235717979e-05f, 6.37261928875436e-04f,
                              4.89352455891786e-03f};
constexpr float kTanhBottom[] = {1.19825839466702e-06f, 1.18534705686654e-04f,
                                 2.26843463243900e-03f, 4.89352518554385e-03f};

}  // namespace

float LstmLogistic(float x) {
  x = std::clamp(x, -18.0f, 18.0f);
  const float square = x * x;
  const float top = Polynomial(kLogisticTop, square) * x;
  return std::clamp(top / Polynomial(kLogisticBottom, square) + 0.5f, 0.0f, 1.0f);
}

float LstmTanh(float x) {
  x = std::clamp(x, -9.0f, 9.0f);
  const float square = x * x;
  return Polynomial(kTanhTop, square) * x / Polynomial(kTanhBottom, square);
}

}  // namespace mace
