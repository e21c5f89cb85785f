#include "mace/plan/persistent_kernel.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <string_view>

#include "mace/base/divide.h"
#include "mace/kernel/kernel_source.h"
#include "mace/plan/memory.h"

namespace mace {
namespace {

// Chunks of a launch for each compute unit: enough that no unit waits long for the others at the
// end.
constexpr int64_t kChunksPerUnit = 16;

// Whether the kernel is an ENTRY in its file, which can become a plain function.
bool IsEntry(const KernelInstance& kernel) {
  const KernelSource* source = FindKernelSource(kernel.source);
  if (source == nullptr) return false;
  const std::string_view text(source->text, source->size);
  const size_t begin = text.find("#ifdef USE_" + kernel.base_name + "\n");
  if (begin == std::string_view::npos) return false;
  const size_t end = text.find("\n#ifdef USE_", begin);
  const std::string_view section = text.substr(begin, end == text.npos ? end : end - begin);
  return section.find("\nENTRY void KERNEL(ITEM_IDS") != std::string_view::npos;
}

bool CanBePersistent(const Launch& launch) {
  if (launch.call.has_value() || launch.kernel.storage != Storage::kBuffer) return false;
  // Work-items that share a result use local memory.
  const auto group = launch.kernel.macros.find("GROUP");
  if (group != launch.kernel.macros.end() && group->second != "1") return false;
  const double items = static_cast<double>(launch.global[0]) *
                       static_cast<double>(launch.global[1]) *
                       static_cast<double>(launch.global[2]);
  return items < 1e9 && IsEntry(launch.kernel);
}

int64_t Items(const Launch& launch) {
  return static_cast<int64_t>(launch.global[0] * launch.global[1] * launch.global[2]);
}

// The ints that an argument takes in the table.
int IntsOf(const KernelArgument& argument) {
  const auto* tensor = std::get_if<TensorArgument>(&argument);
  if (tensor == nullptr) return 1;
  const bool described =
      tensor->kind == TensorArgument::Kind::kInput || tensor->kind == TensorArgument::Kind::kOutput;
  return described ? 4 : 1;  // See TENSOR_IN and TENSOR_OUT.
}

// The text that passes this argument to the function; its ints begin at t[at].
std::string ArgumentText(const KernelArgument& argument, int at) {
  const auto value = [](int i) { return "a" + std::to_string(i); };
  if (std::holds_alternative<int32_t>(argument)) return value(at);
  if (std::holds_alternative<float>(argument)) return "as_float(" + value(at) + ")";
  const TensorArgument& tensor = std::get<TensorArgument>(argument);
  const std::string offset = std::to_string(kPersistentOffsetUnit) + "ul * (uint)" + value(at);
  if (tensor.kind == TensorArgument::Kind::kWeights) {
    return "(__global const void *)(weights + " + offset + ")";
  }
  std::string text = "(__global void *)(arena + " + offset + ")";
  for (int i = 1; i < IntsOf(argument); ++i) text += ", " + value(at + i);
  return text;
}

// The text that calls one function for the work-items of a chunk.
std::string CaseText(int number, const Launch& launch) {
  std::string call = PersistentFunctionName(launch.kernel) + "(i0, i1, i2";
  int ints = 0;
  for (const KernelArgument& argument : launch.arguments) {
    call += ", " + ArgumentText(argument, ints);
    ints += IntsOf(argument);
  }
  std::string text = "          case " + std::to_string(number) + ": {\n";
  for (int i = 0; i < ints; ++i) {
    text += "            const int a" + std::to_string(i) + " = t[" + std::to_string(i) + "];\n";
  }
  return text + "            for (; item < end; ++item) {\n              " + call +
         ");\n              MACE_NEXT_ITEM\n            }\n            break;\n          }\n";
}

constexpr char kBegin[] = R"(
#define MACE_NEXT_ITEM     \
  if (++i0 == global0) {   \
    i0 = 0;                \
    if (++i1 == global1) { \
      i1 = 0;              \
      ++i2;                \
    }                      \
  }
__kernel void persistent_kernel(__global uchar *arena, __global const uchar *weights,
                           __global const int *table, __global volatile int *state,
                           int half_of_state, int launches) {
  const int units = get_global_size(0), unit = get_global_id(0);
  const int ints = 16 * (units + 1);
  __global volatile int *done = state + half_of_state * launches * ints;
  __global volatile int *other = state + (1 - half_of_state) * launches * ints;
  for (int launch = 0; launch < launches; ++launch) {
    __global const int *header = table + 8 * launch;
    const int chunks = header[1], size = header[2], items = header[3];
    const int global0 = header[4], global1 = header[5];
    __global const int *t = table + header[7];
    for (int turn = 0; turn < units; ++turn) {
      const int owner = (unit + turn) % units;
      const int first = owner * chunks / units, count = (owner + 1) * chunks / units - first;
      __global volatile int *taken = done + 16 * (owner + 1);
      if (*taken >= count) continue;
      for (int n = atomic_inc(taken); n < count; n = atomic_inc(taken)) {
        if (n == 0) {
          other[0] = 0;
          other[16 * (owner + 1)] = 0;
        }
        int item = (first + n) * size;
        const int end = min(item + size, items);
        int i0 = item % global0, i1 = item / global0 % global1, i2 = item / global0 / global1;
        switch (header[0]) {
)";

// An atomic operation orders the memory accesses before and after it; a volatile read does not.
constexpr char kEnd[] = R"(        }
        atomic_inc(done);
      }
    }
    while (*done < chunks) {
    }
    atomic_add(done, 0);
    done += ints;
    other += ints;
  }
}
#undef MACE_NEXT_ITEM
)";
static_assert(kPersistentHeaderInts == 8 && kPersistentStateInts == 16,
              "as the text above has them");

int32_t OffsetUnits(size_t bytes) { return static_cast<int32_t>(bytes / kPersistentOffsetUnit); }

void AppendArgument(const Plan& plan, const KernelArgument& argument,
                    const std::vector<size_t>& weight_offsets, std::vector<int32_t>* table) {
  if (const auto* number = std::get_if<int32_t>(&argument)) return table->push_back(*number);
  if (const auto* number = std::get_if<float>(&argument)) {
    int32_t bits = 0;
    std::memcpy(&bits, number, sizeof(bits));
    return table->push_back(bits);
  }
  const TensorArgument& named = std::get<TensorArgument>(argument);
  const size_t index = static_cast<size_t>(named.index);
  if (named.kind == TensorArgument::Kind::kWeights) {
    return table->push_back(OffsetUnits(weight_offsets[index]));
  }
  if (named.kind == TensorArgument::Kind::kScratch) {
    return table->push_back(OffsetUnits(plan.regions[index].offset_bytes));
  }
  const DeviceTensor& tensor = plan.tensors[index];
  const MemoryRegion& region = plan.regions[static_cast<size_t>(tensor.region)];
  table->push_back(OffsetUnits(region.offset_bytes));
  if (IntsOf(argument) == 1) return;
  table->push_back(static_cast<int32_t>(tensor.pitch));
  table->push_back(static_cast<int32_t>(tensor.offset));
  table->push_back(static_cast<int32_t>(AsNhwc(tensor.info.shape).w));
}

// Whether the same call text serves both launches: their arguments are read from the table alike.
bool SameKinds(const Launch& a, const Launch& b) {
  return std::equal(a.arguments.begin(), a.arguments.end(), b.arguments.begin(), b.arguments.end(),
                    [](const KernelArgument& x, const KernelArgument& y) {
                      return ArgumentText(x, 0) == ArgumentText(y, 0);
                    });
}

class PersistentLaunchFinder {
 public:
  PersistentLaunchFinder(const DeviceInfo& device, Plan* plan) : plan_(plan) {
    persistent_.units = static_cast<int>(std::max(1u, device.compute_units));
  }

  void Run() {
    for (const Step& step : plan_->steps) {
      if (step.kind == Step::Kind::kLaunch && CanBePersistent(launch(step.index).launch)) {
        persistent_.launches.push_back(step.index);
      } else {
        EndPersistentLaunch();
        steps_.push_back(step);
      }
    }
    EndPersistentLaunch();
    plan_->steps = std::move(steps_);
    NameFunctions();
  }

 private:
  PlannedLaunch& launch(int index) { return plan_->launches[static_cast<size_t>(index)]; }

  void EndPersistentLaunch() {
    if (persistent_.launches.size() == 1)
      steps_.push_back({Step::Kind::kLaunch, persistent_.launches[0]});
    if (persistent_.launches.size() > 1) {
      steps_.push_back(
          {Step::Kind::kPersistent, static_cast<int>(plan_->persistent_launches.size())});
      plan_->persistent_launches.push_back(persistent_);
    }
    persistent_.launches.clear();
  }

  // Sorted by name: the same functions give the same text, and so the same cache key. A function
  // stands there once for each way to read its arguments, such as an operand that is weights in one
  // launch and an activation in another.
  void NameFunctions() {
    std::map<std::pair<std::string, std::string>, std::vector<int>> launches_of;
    for (const PersistentLaunch& persistent : plan_->persistent_launches) {
      for (int index : persistent.launches) {
        const Launch& of = launch(index).launch;
        std::string kinds;
        for (const KernelArgument& argument : of.arguments)
          kinds += ArgumentText(argument, 0) + ",";
        launches_of[{of.kernel.function_name(), kinds}].push_back(index);
      }
    }
    for (const auto& [kind, launches] : launches_of) {
      const int function = static_cast<int>(plan_->persistent_functions.size());
      for (int index : launches) launch(index).persistent_function = function;
      plan_->persistent_functions.push_back(launches.front());
    }
  }

  Plan* const plan_;
  PersistentLaunch persistent_;
  std::vector<Step> steps_;
};

}  // namespace

bool UsesPersistentKernel(const DeviceInfo& device) {
  return device.is_host() && device.vendor == DeviceVendor::kPocl;
}

bool WeightsFitOneBuffer(const Plan& plan, const DeviceInfo& device) {
  const size_t page = std::max<size_t>(4096, device.memory_base_address_align_bytes);
  size_t bytes = page;
  for (const PackedWeights& weights : plan.weights) bytes += WeightBytes(weights) + page;
  return bytes <= device.max_allocation_bytes;
}

std::string PersistentFunctionName(const KernelInstance& kernel) {
  return "persistent_" + kernel.function_name();
}

void FindPersistentLaunches(const DeviceInfo& device, Plan* plan) {
  PersistentLaunchFinder(device, plan).Run();
}

std::vector<KernelInstance> PersistentFunctions(const Plan& plan) {
  std::vector<KernelInstance> kernels;
  for (int launch : plan.persistent_functions) {
    const KernelInstance& kernel = plan.launches[static_cast<size_t>(launch)].launch.kernel;
    // The ways to read the arguments of one kernel follow one another.
    if (!kernels.empty() && kernels.back().function_name() == kernel.function_name()) continue;
    kernels.push_back(kernel);
  }
  return kernels;
}

StatusOr<std::string> PersistentKernelText(const Plan& plan) {
  const auto function_of = [&](const PlannedLaunch& planned) -> const Launch& {
    const int first = plan.persistent_functions[static_cast<size_t>(planned.persistent_function)];
    return plan.launches[static_cast<size_t>(first)].launch;
  };
  for (const PlannedLaunch& planned : plan.launches) {
    if (!planned.is_persistent() || SameKinds(planned.launch, function_of(planned))) continue;
    return Internal("kernel " + planned.launch.kernel.function_name() +
                    ": launches with different kinds of arguments");
  }
  std::string text = kBegin;
  for (size_t i = 0; i < plan.persistent_functions.size(); ++i) {
    const size_t launch = static_cast<size_t>(plan.persistent_functions[i]);
    text += CaseText(static_cast<int>(i), plan.launches[launch].launch);
  }
  return text + kEnd;
}

std::vector<int32_t> PersistentLaunchTable(const Plan& plan, const PersistentLaunch& persistent,
                                           const std::vector<size_t>& weight_offsets) {
  std::vector<int32_t> table(persistent.launches.size() * kPersistentHeaderInts);
  for (size_t i = 0; i < persistent.launches.size(); ++i) {
    const PlannedLaunch& planned = plan.launches[static_cast<size_t>(persistent.launches[i])];
    const Launch& launch = planned.launch;
    const int64_t items = Items(launch);
    const int64_t size = std::max<int64_t>(1, items / (kChunksPerUnit * persistent.units));
    const int32_t header[kPersistentHeaderInts] = {planned.persistent_function,
                                                   static_cast<int32_t>(CeilDivide(items, size)),
                                                   static_cast<int32_t>(size),
                                                   static_cast<int32_t>(items),
                                                   static_cast<int32_t>(launch.global[0]),
                                                   static_cast<int32_t>(launch.global[1]),
                                                   static_cast<int32_t>(launch.global[2]),
                                                   static_cast<int32_t>(table.size())};
    std::copy(header, header + kPersistentHeaderInts, table.begin() + i * kPersistentHeaderInts);
    for (const KernelArgument& argument : launch.arguments) {
      AppendArgument(plan, argument, weight_offsets, &table);
    }
  }
  return table;
}

}  // namespace mace
