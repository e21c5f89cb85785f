// The enums and plain structs of the public API of Xiaomi's MACE, with its names and numbers.
//
// Thread contract: plain data, thread-compatible.
#ifndef MACE_COMPAT_TYPES_H_
#define MACE_COMPAT_TYPES_H_

#include <cstdint>
#include <string>
#include <vector>

namespace mace {

// An inline namespace, because the engine has an enum DeviceType inside: programs write
// mace::DeviceType and mace::GPU all the same, and a static link holds both.
inline namespace compat {

// What a config was made for until v1.0. Only CPU and GPU can run.
enum DeviceType { CPU = 0, GPU = 2, HEXAGON = 3, HTA = 4, APU = 5, HTP = 6 };

// What a config is made for since v1.1. Only RT_CPU and RT_OPENCL can run.
enum RuntimeType {
  RT_CPU = 0,
  RT_OPENCL = 2,
  RT_HEXAGON = 3,
  RT_HTA = 4,
  RT_APU = 5,
  RT_HTP = 6,
  RT_NONE = 65534,
  RT_MAX = 65535,
};

// The element type of a MaceTensor. IDT_FLOAT, the default, also stands for int32 where the model
// declares int32, as in versions that had no element types.
enum IDataType {
  IDT_INVALID = 0,
  IDT_FLOAT = 1,
  IDT_UINT8 = 2,
  IDT_HALF = 3,
  IDT_INT32 = 4,
  IDT_FLOAT16 = 5,
  IDT_BFLOAT16 = 6,
  IDT_INT16 = 7,
  IDT_INT8 = 8,
  IDT_END,
};

// Where the elements of a MaceTensor are. Only CPU_BUFFER can be an input or an output.
enum MemoryType { CPU_BUFFER = 0, GPU_BUFFER = 1, GPU_IMAGE = 2, MEMORY_NONE = 10000 };

// The order of the axes of a MaceTensor. Between NHWC and NCHW the elements of tensors of rank 4
// are transposed; the other formats mean that nothing is transposed.
enum class DataFormat {
  NONE = 0,
  DF_NONE = 0,  // The name of NONE in v0.11.
  NHWC = 1,
  NCHW = 2,
  HWOI = 100,
  OIHW = 101,
  HWIO = 102,
  OHWI = 103,
  AUTO = 1000,
};

// Hints without effect here (MaceEngineConfig::SetGPUHints).
enum GPUPerfHint { PERF_DEFAULT = 0, PERF_LOW = 1, PERF_NORMAL = 2, PERF_HIGH = 3 };
enum GPUPriorityHint {
  PRIORITY_DEFAULT = 0,
  PRIORITY_LOW = 1,
  PRIORITY_NORMAL = 2,
  PRIORITY_HIGH = 3,
};
// Policies without effect here (MaceEngineConfig::SetCPUThreadPolicy).
enum CPUAffinityPolicy {
  AFFINITY_NONE = 0,
  AFFINITY_BIG_ONLY = 1,
  AFFINITY_LITTLE_ONLY = 2,
  AFFINITY_HIGH_PERFORMANCE = 3,
  AFFINITY_POWER_SAVE = 4,
};
// Without effect here: the cache is used for exactly the GPU and driver that made it.
enum class OpenCLCacheReusePolicy { REUSE_NONE = 0, REUSE_SAME_GPU = 1 };

// Settings of Qualcomm's and MediaTek's accelerators. The calls that take them are
// MACE_UNSUPPORTED.
enum HexagonNNCornerType {
  HEXAGON_NN_CORNER_RELEASE,
  HEXAGON_NN_CORNER_TURBO,
  HEXAGON_NN_CORNER_NOMPLUS,
  HEXAGON_NN_CORNER_NOMINAL,
  HEXAGON_NN_CORNER_SVSPLUS,
  HEXAGON_NN_CORNER_SVS,
  HEXAGON_NN_CORNER_SVS2,
};
enum HexagonPerformanceType {
  HEXAGON_BURST = 0,
  HEXAGON_SUSTAINED_HIGH_PERFORMANCE = 1,
  HEXAGON_HIGH_PERFORMANCE = 2,
  HEXAGON_BALANCED = 3,
  HEXAGON_LOW_BALANCED = 4,
  HEXAGON_POWER_SAVER = 5,
  HEXAGON_LOW_POWER_SAVER = 6,
  HEXAGON_HIGH_POWER_SAVER = 7,
  HEXAGON_SYSTEM_SETTINGS = 8,
  HEXAGON_INVALID = 0x7FFFFFFF,
};
enum APUCachePolicy { APU_CACHE_NONE = 0, APU_CACHE_STORE = 1, APU_CACHE_LOAD = 2 };
enum AcceleratorCachePolicy {
  ACCELERATOR_CACHE_NONE = 0,
  ACCELERATOR_CACHE_STORE = 1,
  ACCELERATOR_CACHE_LOAD = 2,
  APU_CACHE_LOAD_OR_STORE = 3,
};
enum APUPreferenceHint {
  NEURON_PREFER_LOW_POWER = 0,
  NEURON_PREFER_FAST_SINGLE_ANSWER = 1,
  NEURON_PREFER_SUSTAINED_SPEED = 2,
};

}  // namespace compat

// When something ran, in microseconds since 1970.
struct CallStats {
  int64_t start_micros = 0;
  int64_t end_micros = 0;
};

// The window of a convolution or pooling. Always empty here (RunMetadata says why).
struct ConvPoolArgs {
  std::vector<int> strides;
  int padding_type = 0;
  std::vector<int> paddings;
  std::vector<int> dilations;
  std::vector<int64_t> kernels;
};

struct OperatorStats {
  std::string operator_name;
  std::string type;
  std::vector<std::vector<int64_t>> output_shape;
  ConvPoolArgs args;
  CallStats stats;
};

// What MaceEngine::Run measured. There is one entry, which stands for the whole run: layers are
// fused and run as one program, and the library has no times of single layers. The command
// `mace profile` measures these.
class RunMetadata {
 public:
  std::vector<OperatorStats> op_stats;
};

}  // namespace mace

#endif  // MACE_COMPAT_TYPES_H_
