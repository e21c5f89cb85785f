// The numbers that arguments of MACE models have, and what they stand for.
#ifndef MACE_FORMATS_MACE_ARGUMENT_VALUES_H_
#define MACE_FORMATS_MACE_ARGUMENT_VALUES_H_

#include <cstdint>

namespace mace {

// Of data_format, of a net or of an op, and of InputOutputInfo::data_format.
inline constexpr int kFormatNone = 0;
inline constexpr int kFormatNhwc = 1;
inline constexpr int kFormatNchw = 2;

// Of the net's filter_format.
inline constexpr int64_t kFilterOihw = 101;
inline constexpr int64_t kFilterOhwi = 103;

// Of framework_type, of a net or of an op.
inline constexpr int64_t kFrameworkTensorFlow = 0;
inline constexpr int64_t kFrameworkOnnx = 2;

}  // namespace mace

#endif  // MACE_FORMATS_MACE_ARGUMENT_VALUES_H_
