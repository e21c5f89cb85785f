// The numbers that arguments of MACE models have, and what they stand for.
#ifndef MACE_FORMATS_MACE_ARGUMENT_VALUES_H_
#define MACE_FORMATS_MACE_ARGUMENT_VALUES_H_

#include <cstdint>

namespace mace {

// What data_format says in a net, in an op and in InputOutputInfo.
inline constexpr int kFormatNone = 0;
inline constexpr int kFormatNhwc = 1;
inline constexpr int kFormatNchw = 2;

// What filter_format says in a net.
inline constexpr int64_t kFilterOihw = 101;
inline constexpr int64_t kFilterOhwi = 103;

// What framework_type says in a net and in an op.
inline constexpr int64_t kFrameworkTensorFlow = 0;
inline constexpr int64_t kFrameworkOnnx = 2;

}  // namespace mace

#endif  // MACE_FORMATS_MACE_ARGUMENT_VALUES_H_
