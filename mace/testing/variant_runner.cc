#include "mace/testing/variant_runner.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>
#include <string>

#include "mace/base/half.h"
#include "mace/cl/library_call.h"
#include "mace/testing/device_placement.h"
#include "mace/testing/test_device.h"
#include "mace/testing/unoptimized.h"

namespace mace {
namespace {

// A buffer between two guards, or an image.
class GuardedMemory {
 public:
  static StatusOr<GuardedMemory> MakeBuffer(TestDevice* device, const std::vector<uint8_t>& bytes,
                                            std::string name) {
    GuardedMemory memory;
    memory.name_ = std::move(name);
    memory.bytes_ = bytes.size();
    memory.guard_ = std::max<size_t>(4096, device->device().info().memory_base_address_align_bytes);
    std::vector<uint8_t> all(memory.guard_ * 2 + bytes.size(), 0xFF);
    std::copy(bytes.begin(), bytes.end(), all.begin() + static_cast<ptrdiff_t>(memory.guard_));
    MACE_ASSIGN_OR_RETURN(memory.parent_,
                          ClMemory::CreateBuffer(device->device(), all.size(), memory.name_));
    MACE_RETURN_IF_ERROR(device->queue().Write(memory.parent_, all, memory.name_));
    MACE_ASSIGN_OR_RETURN(memory.part_, ClMemory::CreateSubBuffer(memory.parent_, memory.guard_,
                                                                  bytes.size(), memory.name_));
    return memory;
  }

  static StatusOr<GuardedMemory> Make(TestDevice* device, const DevicePlacement& placement,
                                      const std::vector<uint8_t>& bytes, std::string name) {
    if (placement.format.storage == Storage::kBuffer) {
      return MakeBuffer(device, bytes, std::move(name));
    }
    GuardedMemory memory;
    memory.name_ = std::move(name);
    memory.bytes_ = bytes.size();
    MACE_ASSIGN_OR_RETURN(
        memory.part_,
        ClMemory::CreateImage(device->device(), placement.image_width, placement.image_height,
                              placement.format.precision, memory.name_));
    MACE_RETURN_IF_ERROR(device->queue().WriteImage(memory.part_, bytes, memory.name_));
    return memory;
  }

  // kInternal where a guard was written.
  StatusOr<std::vector<uint8_t>> Read(TestDevice* device) const {
    std::vector<uint8_t> bytes(bytes_);
    if (part_.is_image()) {
      MACE_RETURN_IF_ERROR(device->queue().ReadImage(part_, bytes, name_));
      return bytes;
    }
    std::vector<uint8_t> all(guard_ * 2 + bytes_);
    MACE_RETURN_IF_ERROR(device->queue().Read(parent_, all, name_));
    for (size_t i = 0; i < all.size(); ++i) {
      const bool inside = i >= guard_ && i < guard_ + bytes_;
      if (inside) {
        bytes[i - guard_] = all[i];
      } else if (all[i] != 0xFF) {
        return Internal(name_ + ": a kernel wrote " +
                        (i < guard_
                             ? std::to_string(guard_ - i) + " bytes before its start"
                             : std::to_string(i - guard_ - bytes_) + " bytes after its end"));
      }
    }
    return bytes;
  }

  const ClMemory& memory() const { return part_; }

 private:
  std::string name_;
  size_t bytes_ = 0;
  size_t guard_ = 0;
  ClMemory parent_;
  ClMemory part_;
};

struct PlacedTensor {
  DevicePlacement placement;
  std::shared_ptr<GuardedMemory> memory;
  bool launched = false;  // Whether a launch reads or writes it.
};

struct RunState {
  TestDevice* device = nullptr;
  std::vector<PlacedTensor> inputs;
  std::vector<PlacedTensor> outputs;
  std::vector<GuardedMemory> weights;
  std::vector<GuardedMemory> scratch;
};

// Packs weights as the engine does, and checks that pack fills all elements that it promised.
StatusOr<std::vector<uint8_t>> PackWeights(const PackedWeights& weights, Precision precision) {
  constexpr uint32_t kUntouched = 0x7FC0DEADu;
  std::vector<float> floats(weights.elements);
  for (float& value : floats) std::memcpy(&value, &kUntouched, sizeof(value));
  MACE_RETURN_IF_ERROR(weights.pack(floats.data()));
  for (size_t i = 0; i < floats.size(); ++i) {
    if (std::memcmp(&floats[i], &kUntouched, sizeof(float)) == 0) {
      return Internal("weights " + weights.name + ": pack left element " + std::to_string(i) +
                      " of " + std::to_string(floats.size()) + " unset");
    }
  }
  const bool half = precision == Precision::kFloat16 && !weights.keep_float32;
  std::vector<uint8_t> bytes(floats.size() * (half ? 2 : 4));
  if (half) {
    std::vector<uint16_t> halves(floats.size());
    FloatsToHalves(floats, halves);
    std::memcpy(bytes.data(), halves.data(), bytes.size());
  } else {
    std::memcpy(bytes.data(), floats.data(), bytes.size());
  }
  return bytes;
}

// Which inputs and outputs the launches name.
Status MarkLaunched(const KernelVariant& variant, RunState* state) {
  using Kind = TensorArgument::Kind;
  for (const Launch& launch : variant.launches) {
    for (const KernelArgument& argument : launch.arguments) {
      const auto* tensor = std::get_if<TensorArgument>(&argument);
      if (tensor == nullptr) continue;
      const bool input = tensor->kind == Kind::kInput || tensor->kind == Kind::kRawInput;
      const bool output = tensor->kind == Kind::kOutput || tensor->kind == Kind::kRawOutput;
      if (!input && !output) continue;
      std::vector<PlacedTensor>& tensors = input ? state->inputs : state->outputs;
      if (tensor->index < 0 || static_cast<size_t>(tensor->index) >= tensors.size()) {
        return Internal("an argument names tensor " + std::to_string(tensor->index) + " of " +
                        std::to_string(tensors.size()));
      }
      tensors[static_cast<size_t>(tensor->index)].launched = true;
    }
  }
  return Status();
}

// A tensor whose elements are the bits of int32.
HostTensor BitsOfNumbers(const HostTensor& numbers) {
  HostTensor bits = *HostTensor::Allocate(numbers.info());
  for (int64_t i = 0; i < numbers.shape().elements(); ++i) {
    const int32_t number = static_cast<int32_t>(numbers.f32()[i]);
    std::memcpy(bits.f32() + i, &number, sizeof(number));
  }
  return bits;
}

Status PlaceInputs(const VariantRun& run, RunState* state) {
  const KernelVariant& variant = *run.variant;
  for (size_t i = 0; i < state->inputs.size(); ++i) {
    PlacedTensor& input = state->inputs[i];
    if (!input.launched) continue;
    if (i >= variant.inputs.size()) return Internal("no format for input " + std::to_string(i));
    if (run.request->inputs[i].constant != nullptr || !run.request->inputs[i].present) {
      return Internal("a launch reads input " + std::to_string(i) + ", which is no activation");
    }
    input.placement = DevicePlacement::Make(run.inputs[i].shape(), variant.inputs[i], run.slices);
    const bool integers =
        DeviceElementOf(run.request->inputs[i].info.dtype) == DeviceElement::kInteger;
    const HostTensor tensor = integers ? BitsOfNumbers(run.inputs[i]) : run.inputs[i];
    MACE_ASSIGN_OR_RETURN(GuardedMemory memory, GuardedMemory::Make(state->device, input.placement,
                                                                    input.placement.Pack(tensor),
                                                                    "input " + std::to_string(i)));
    input.memory = std::make_shared<GuardedMemory>(std::move(memory));
  }
  return Status();
}

Status PlaceOutputs(const VariantRun& run, RunState* state) {
  const KernelVariant& variant = *run.variant;
  for (size_t i = 0; i < state->outputs.size(); ++i) {
    PlacedTensor& output = state->outputs[i];
    if (i >= variant.outputs.size()) return Internal("no format for output " + std::to_string(i));
    if (!output.launched) return Internal("no launch writes output " + std::to_string(i));
    output.placement =
        DevicePlacement::Make(run.request->outputs[i].shape, variant.outputs[i], run.slices);
    if (i == 0 && run.in_place) {
      output.memory = state->inputs[static_cast<size_t>(variant.in_place)].memory;
      continue;
    }
    const std::vector<uint8_t> empty(output.placement.bytes(), 0xFF);
    MACE_ASSIGN_OR_RETURN(
        GuardedMemory memory,
        GuardedMemory::Make(state->device, output.placement, empty, "output " + std::to_string(i)));
    output.memory = std::make_shared<GuardedMemory>(std::move(memory));
  }
  return Status();
}

Status PlaceWeightsAndScratch(const VariantRun& run, RunState* state) {
  for (const PackedWeights& weights : run.variant->weights) {
    MACE_ASSIGN_OR_RETURN(std::vector<uint8_t> bytes, PackWeights(weights, run.variant->precision));
    MACE_ASSIGN_OR_RETURN(
        GuardedMemory memory,
        GuardedMemory::MakeBuffer(state->device, bytes, "weights " + weights.name));
    state->weights.push_back(std::move(memory));
  }
  for (const ScratchBuffer& scratch : run.variant->scratch) {
    const std::vector<uint8_t> bytes(ScratchBytes(scratch, run.variant->precision),
                                     scratch.zeros ? 0 : 0xFF);
    MACE_ASSIGN_OR_RETURN(GuardedMemory memory,
                          GuardedMemory::MakeBuffer(state->device, bytes, "scratch"));
    state->scratch.push_back(std::move(memory));
  }
  return Status();
}

Status AddActivation(const TensorArgument& argument, const Launch& launch, RunState* state,
                     ClKernel* kernel) {
  using Kind = TensorArgument::Kind;
  const bool input = argument.kind == Kind::kInput || argument.kind == Kind::kRawInput;
  const bool raw = argument.kind == Kind::kRawInput || argument.kind == Kind::kRawOutput;
  const PlacedTensor& tensor =
      (input ? state->inputs : state->outputs)[static_cast<size_t>(argument.index)];
  const TensorFormat& format = tensor.placement.format;
  const bool conversion =
      launch.kernel.source.rfind("convert", 0) == 0;  // Sees any dense buffer either way.
  if (raw != (format.layout == Layout::kRowMajor) && !conversion) {
    return Internal(kernel->name() + ": a raw argument and a row-major format go together");
  }
  const bool bytes = format.precision == Precision::kInt8;  // Beside images too.
  if (!raw && !bytes && format.storage != launch.kernel.storage) {
    return Internal(kernel->name() + ": the kernel's storage differs from the tensor's format");
  }
  MACE_RETURN_IF_ERROR(kernel->AddMemory(tensor.memory->memory()));
  if (raw) return Status();
  MACE_RETURN_IF_ERROR(kernel->AddInt(static_cast<int32_t>(tensor.placement.pitch)));
  MACE_RETURN_IF_ERROR(kernel->AddInt(static_cast<int32_t>(tensor.placement.offset)));
  return kernel->AddInt(static_cast<int32_t>(tensor.placement.view.w));
}

Status AddArgument(const KernelArgument& argument, const Launch& launch, RunState* state,
                   ClKernel* kernel) {
  if (const auto* number = std::get_if<int32_t>(&argument)) return kernel->AddInt(*number);
  if (const auto* number = std::get_if<float>(&argument)) return kernel->AddFloat(*number);
  const auto& tensor = std::get<TensorArgument>(argument);
  const bool weights = tensor.kind == TensorArgument::Kind::kWeights;
  if (!weights && tensor.kind != TensorArgument::Kind::kScratch) {
    return AddActivation(tensor, launch, state, kernel);
  }
  std::vector<GuardedMemory>& list = weights ? state->weights : state->scratch;
  if (tensor.index < 0 || static_cast<size_t>(tensor.index) >= list.size()) {
    return Internal(kernel->name() + ": an argument names weights or scratch that are not there");
  }
  return kernel->AddMemory(list[static_cast<size_t>(tensor.index)].memory());
}

Status RunCall(const Launch& launch, const std::string& variant, RunState* state) {
  std::vector<const ClMemory*> operands;
  for (const KernelArgument& argument : launch.arguments) {
    const auto* tensor = std::get_if<TensorArgument>(&argument);
    if (tensor == nullptr) return Internal(variant + ": a library call takes only tensors");
    const size_t index = static_cast<size_t>(tensor->index);
    if (tensor->kind == TensorArgument::Kind::kWeights) {
      if (index >= state->weights.size()) return Internal(variant + ": weights that are not there");
      operands.push_back(&state->weights[index].memory());
    } else if (tensor->kind == TensorArgument::Kind::kRawInput) {
      operands.push_back(&state->inputs[index].memory->memory());
    } else if (tensor->kind == TensorArgument::Kind::kRawOutput) {
      operands.push_back(&state->outputs[index].memory->memory());
    } else {
      return Internal(variant + ": a library's call takes row-major tensors and weights alone");
    }
  }
  // Not the library's kernels are under test. Creating the call runs it.
  const Unoptimized unoptimized(state->device->device().info().kind == DeviceKind::kCpu);
  return ClLibraryCall::Create(launch, operands, variant, {}, &state->device->queue()).status();
}

Status RunLaunch(const Launch& launch, RunState* state) {
  MACE_ASSIGN_OR_RETURN(ClKernel kernel, state->device->FindKernel(launch.kernel));
  for (const KernelArgument& argument : launch.arguments) {
    MACE_RETURN_IF_ERROR(AddArgument(argument, launch, state, &kernel));
  }
  MACE_RETURN_IF_ERROR(kernel.CheckComplete());
  WorkSize global = launch.global;
  size_t group = 1;
  for (size_t i = 0; i < 3; ++i) {
    if (launch.local[i] == 0 || global[i] == 0) return Internal(kernel.name() + ": an empty size");
    global[i] = (global[i] + launch.local[i] - 1) / launch.local[i] * launch.local[i];
    group *= launch.local[i];
  }
  MACE_ASSIGN_OR_RETURN(const size_t most, kernel.MaxWorkGroupSize(state->device->device()));
  if (group > most) {
    return Internal(kernel.name() + ": a work-group of " + std::to_string(group) +
                    " where the device allows " + std::to_string(most));
  }
  return state->device->queue().Launch(kernel, global, launch.local);
}

// All launches into outputs of their own; the bytes of these.
StatusOr<std::vector<std::vector<uint8_t>>> RunLaunches(const VariantRun& run, RunState* state) {
  MACE_RETURN_IF_ERROR(PlaceOutputs(run, state));
  for (const Launch& launch : run.variant->launches) {
    MACE_RETURN_IF_ERROR(launch.call.has_value() ? RunCall(launch, run.variant->name, state)
                                                 : RunLaunch(launch, state));
  }
  MACE_RETURN_IF_ERROR(state->device->queue().Finish());
  std::vector<std::vector<uint8_t>> outputs;
  for (const PlacedTensor& output : state->outputs) {
    MACE_ASSIGN_OR_RETURN(std::vector<uint8_t> bytes, output.memory->Read(state->device));
    outputs.push_back(std::move(bytes));
  }
  return outputs;
}

// The numbers of a tensor whose elements are the bits of int32.
void NumbersOfBits(HostTensor* tensor) {
  for (int64_t i = 0; i < tensor->shape().elements(); ++i) {
    int32_t number = 0;
    std::memcpy(&number, tensor->f32() + i, sizeof(number));
    tensor->f32()[i] = static_cast<float>(number);
  }
}

}  // namespace

bool IsWanted(const KernelVariant& variant) {
  const char* variable = std::getenv("MACE_TEST_KERNELS");
  const std::string kernels = variable == nullptr ? "all" : variable;
  if (kernels == "all") return true;
  static auto* const launched = new std::set<std::string>;
  bool wanted = variant.launches.empty();  // A view, which is checked and launches nothing.
  for (const Launch& launch : variant.launches) {
    if (launch.call.has_value()) return false;
  }
  for (const Launch& launch : variant.launches) {
    // Without its macro values: one size of a tile is as good as another.
    const std::string name = launch.kernel.function_name();
    const bool is_new = launched->insert(name.substr(0, name.rfind('_'))).second;
    wanted = wanted || is_new || kernels == "own";
  }
  return wanted;
}

StatusOr<std::vector<HostTensor>> RunVariant(const VariantRun& run) {
  RunState state;
  MACE_ASSIGN_OR_RETURN(state.device, TestDevice::Get());
  MACE_RETURN_IF_ERROR(state.device->Compile({run.variant}, *run.request->device));
  state.inputs.resize(run.inputs.size());
  state.outputs.resize(run.request->outputs.size());
  MACE_RETURN_IF_ERROR(MarkLaunched(*run.variant, &state));
  MACE_RETURN_IF_ERROR(PlaceInputs(run, &state));
  MACE_RETURN_IF_ERROR(PlaceWeightsAndScratch(run, &state));
  MACE_ASSIGN_OR_RETURN(const std::vector<std::vector<uint8_t>> bytes, RunLaunches(run, &state));
  if (run.again) {
    MACE_ASSIGN_OR_RETURN(const std::vector<std::vector<uint8_t>> second, RunLaunches(run, &state));
    if (second != bytes) return Internal("a second run gives other bits than the first one");
  }
  std::vector<HostTensor> outputs;
  for (size_t i = 0; i < state.outputs.size(); ++i) {
    const PlacedTensor& output = state.outputs[i];
    MACE_ASSIGN_OR_RETURN(HostTensor tensor,
                          output.placement.Unpack(bytes[i], run.request->outputs[i].shape));
    if (DeviceElementOf(run.request->outputs[i].dtype) == DeviceElement::kInteger)
      NumbersOfBits(&tensor);
    outputs.push_back(std::move(tensor));
  }
  for (const GuardedMemory& memory : state.scratch) {
    MACE_RETURN_IF_ERROR(memory.Read(state.device).status());
  }
  return outputs;
}

}  // namespace mace
