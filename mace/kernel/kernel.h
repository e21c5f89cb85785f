// The parts of a GPU variant of an op: plain data that the planner composes into programs and the
// session enqueues. There is no OpenCL here, so a variant is planned, keyed and tested without a
// device.
#ifndef MACE_KERNEL_KERNEL_H_
#define MACE_KERNEL_KERNEL_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "mace/base/span.h"
#include "mace/kernel/layout.h"

namespace mace {

// One kernel of a .cl file with its macro values. Two instances of equal function_name() are the
// same code, so a plan compiles it once. A .cl file holds each kernel as
//   #ifdef USE_<base_name>
//   ENTRY void KERNEL(ITEM_IDS ...) { ... }
//   #endif
// where KERNEL expands to the instance's unique name; helper functions are named FUNCTION(f) for
// the same reason, and common text such as fused_activation.clh is taken in by `#include
// "fused_activation.clh"`, which the planner resolves among the embedded files. kernel_prologue.clh
// describes the macros for tensors.
struct KernelInstance {
  std::string source;     // Name of the embedded file, such as "softmax.cl".
  std::string base_name;  // The name in USE_<base_name>, such as "softmax_channels".
  // Macro values seen by the text. The planner adds STORAGE_IMAGE (0, 1) and HALF_STORAGE (0, 1)
  // from the two below.
  std::map<std::string, std::string> macros;
  Storage storage = Storage::kBuffer;         // All TENSOR_* arguments have it.
  Precision precision = Precision::kFloat32;  // Activations, scratch and weights have it.

  // IN_BLOCK and OUT_BLOCK (kernel_prologue.clh): what lies in blocks of the tensors that the
  // kernel reads, and of those that it writes.
  void SetBlocks(Layout in, Layout out);

  // A valid OpenCL identifier, equal for equal instances: base name, storage, precision and a hash
  // of the macros. The hash is computed at each call, unless StoreName was called before.
  std::string function_name() const;
  // Computes the name once for this instance and for its later copies. REQUIRES: no member of the
  // instance or of a copy changes afterwards.
  void StoreName();

 private:
  std::string stored_name_;  // Empty: the name was not computed yet.
};

// A kernel argument, in the order of the kernel's parameters.
struct TensorArgument {
  enum class Kind : uint8_t {
    kInput,     // Activation in channels4 or blocks: (memory, int pitch, int offset, int width), as
                // TENSOR_IN declares.
    kOutput,    // An output, with the parameters of kInput, as TENSOR_OUT declares.
    kScratch,   // Index into KernelVariant::scratch; a plain `__global` pointer.
    kWeights,   // Index into KernelVariant::weights; a plain `__global const` pointer.
    kRawInput,  // kRowMajor activation: a plain `__global const` pointer of the storage type.
    kRawOutput,  // kRowMajor output: a plain pointer that is written.
  };
  Kind kind;
  int index = 0;  // Into the op's inputs, outputs, scratch or weights.
};
using KernelArgument = std::variant<TensorArgument, int32_t, float>;

inline KernelArgument InputArgument(int index) {
  return TensorArgument{TensorArgument::Kind::kInput, index};
}
inline KernelArgument OutputArgument(int index) {
  return TensorArgument{TensorArgument::Kind::kOutput, index};
}
inline KernelArgument RawInputArgument(int index) {
  return TensorArgument{TensorArgument::Kind::kRawInput, index};
}
inline KernelArgument RawOutputArgument(int index) {
  return TensorArgument{TensorArgument::Kind::kRawOutput, index};
}
inline KernelArgument ScratchArgument(int index) {
  return TensorArgument{TensorArgument::Kind::kScratch, index};
}
inline KernelArgument WeightsArgument(int index) {
  return TensorArgument{TensorArgument::Kind::kWeights, index};
}

using WorkSize = std::array<size_t, 3>;

// A library's routine in place of a kernel, which mace/cl makes: plain data like the rest.
struct LibraryCall {
  // kGemm (CLBlast): y[i] = a[i] * b[i] for dense row-major matrices in buffers. The launch's
  // arguments are a, b and y.
  enum class Routine : uint8_t { kGemm };
  Routine routine = Routine::kGemm;
  int64_t rows = 0, columns = 0, depth = 0;
  // a is stored as [depth, rows], b as [columns, depth].
  bool transpose_a = false, transpose_b = false;
  // Where the operands of each product begin, in elements; those of y lie one behind the other.
  std::vector<int64_t> a_offsets, b_offsets;
};

// One enqueue. The global size need not be a multiple of the local one: the session rounds it up,
// so every kernel checks its indices against the extents it is given as arguments.
struct Launch {
  KernelInstance kernel;
  // A library's routine that runs in place of the kernel; the kernel then only has a name for
  // messages and a precision, and there are no sizes.
  std::optional<LibraryCall> call;
  std::vector<KernelArgument> arguments;
  WorkSize global = {1, 1, 1};
  WorkSize local = {1, 1, 1};                // Always explicit: PoCL compiles again for NULL.
  std::vector<WorkSize> local_alternatives;  // What a tuner may try instead.
};

// Constant data that a kernel reads, packed for it once at plan time.
struct PackedWeights {
  std::string name;  // For messages and memory reports.
  size_t elements = 0;
  // Fills `elements` floats, which the engine converts to half for a half-precision kernel. Fails
  // where the constants behind the weights cannot be read: no memory, a file that was cut short.
  std::function<Status(float* destination)> pack;
  // True for biases and scales, which stay float in half precision; the planner also sets it for
  // all weights of float32 kernels.
  bool keep_float32 = false;
  // Names what `pack` makes (PackingIdentity in lowering_support.h): weights of one model with
  // equal identities, as many elements and the same keep_float32 have equal elements, and plans
  // share them. Null, or an empty answer: shared with nobody.
  std::function<std::string()> identity;
};

// Memory that is alive only during the op's own launches.
struct ScratchBuffer {
  size_t elements = 0;
  bool keep_float32 = false;  // Floats also where the storage type is half.
  // Zero-initialised once and never shared with other data, for counters: the op's kernels must
  // leave zeros behind. (A fault record, ops/fault_record.h, is cleared by the session.)
  bool zeros = false;
};

// The precision of the elements of a scratch buffer in a variant of this precision.
inline Precision ScratchPrecision(const ScratchBuffer& scratch, Precision precision) {
  return scratch.keep_float32 ? Precision::kFloat32 : precision;
}
inline size_t ScratchBytes(const ScratchBuffer& scratch, Precision precision) {
  return scratch.elements * ElementBytes(ScratchPrecision(scratch, precision));
}

// The two numbers of a roofline estimate.
struct Cost {
  double flops = 0;  // Multiply and add count as two.
  double bytes = 0;  // Read and written, weights included.
};

// Which integers a variant reads and writes.
enum class Integers : uint8_t {
  kUnknown,      // None.
  kFromKernels,  // Those that are known to fit an int32 (plan/host_integers.h).
  kAny,          // All: an index that does not fit is wrong for the op, too.
};

// One kernel variant: how an op may run on a GPU, bound to shapes.
struct KernelVariant {
  std::string name;  // "<op>_<variant>", such as "conv2d_1x1".
  // The precision of the scratch, of the weights that do not keep float32, and of all formats; set
  // by the planner.
  Precision precision = Precision::kFloat32;
  // One for each non-constant input that the launches read; other entries are ignored.
  std::vector<TensorFormat> inputs;
  std::vector<TensorFormat> outputs;
  std::vector<PackedWeights> weights;
  std::vector<ScratchBuffer> scratch;
  std::vector<Launch> launches;
  // Estimated milliseconds relative to the op's other variants on this device; the smallest wins
  // without tuning.
  double estimate_ms = 0;
  // The time in milliseconds that a tuner measured for all launches on this device, in place of the
  // estimate; below 0: not measured.
  double measured_ms = -1;
  // The variant is not chosen unless it was measured: a library's call, whose speed depends on
  // tables that know this device or do not, or kernels whose estimate is not good enough.
  bool needs_measurement = false;
  // The output shares the memory of this input and there is no launch (Reshape, Identity); -1:
  // none.
  int alias_input = -1;
  // Concat without a copy: output 0 (channels4 or blocks) is made of slices along its channels,
  // input i at channel input_slices[i], a multiple of 4, or of a block's channels; the planner lets
  // the producers write there, or copies. No launches.
  std::vector<int64_t> input_slices;
  // Split without a copy: output i (channels4 or blocks) is the slice of input 0 that begins at
  // channel output_slices[i], a multiple of 4, or of a block's channels, and so is its channel
  // count or it is the last. No launches.
  std::vector<int64_t> output_slices;
  // Where an operand holds integers (DeviceElement::kInteger) the variant is offered if it knows them:
  // the arguments of such inputs and outputs are `__global int` pointers, their formats row-major
  // buffers.
  Integers integers = Integers::kUnknown;
  // The input whose memory output 0 may take over, where it has the same shape and format and
  // nobody reads it afterwards: no work-item reads an element of it that another one has written.
  // -1: none.
  int in_place = -1;
};

}  // namespace mace

#endif  // MACE_KERNEL_KERNEL_H_
