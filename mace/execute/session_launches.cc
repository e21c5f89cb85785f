// Makes a plan's programs and binds its launches.
#include <algorithm>
#include <map>
#include <set>

#include "mace/base/clock.h"
#include "mace/base/log.h"
#include "mace/base/start_trace.h"
#include "mace/base/strings.h"
#include "mace/execute/session.h"
#include "mace/plan/persistent_kernel.h"

namespace mace {
namespace {

WorkSize RoundUp(const WorkSize& global, const WorkSize& local) {
  WorkSize rounded = global;
  for (size_t i = 0; i < rounded.size(); ++i) {
    rounded[i] = (global[i] + local[i] - 1) / local[i] * local[i];
  }
  return rounded;
}

// The launch properties for which PoCL specialises a kernel's code: the local size, and whether the
// grid has fewer than 65,535 groups along each axis.
std::string LaunchShape(const Launch& launch) {
  constexpr size_t kLargeGrid = 65535;
  bool large = false;
  for (size_t i = 0; i < 3; ++i) {
    large = large || RoundUp(launch.global, launch.local)[i] / launch.local[i] >= kLargeGrid;
  }
  return std::to_string(launch.local[0]) + "x" + std::to_string(launch.local[1]) + "x" +
         std::to_string(launch.local[2]) + (large ? " large" : "");
}

// The distinct kernels of one of the plan's programs.
std::vector<KernelInstance> InstancesOf(const Plan& plan, int program) {
  std::set<std::string> names;
  std::vector<KernelInstance> kernels;
  for (size_t i = 0; i < plan.launches.size(); ++i) {
    if (plan.launch_program[i] != program || plan.launches[i].is_persistent()) continue;
    const KernelInstance& kernel = plan.launches[i].launch.kernel;
    if (names.insert(kernel.function_name()).second) kernels.push_back(kernel);
  }
  return kernels;
}

// The distinct kernels that the launches use from a program, by name.
std::vector<CachedKernel> KernelsOf(const Plan& plan, int program) {
  std::map<std::string, std::set<std::string>> shapes;
  for (size_t i = 0; i < plan.launches.size(); ++i) {
    if (plan.launch_program[i] != program) continue;
    const Launch& launch = plan.launches[i].launch;
    if (plan.launches[i].is_persistent()) continue;
    shapes[launch.kernel.function_name()].insert(LaunchShape(launch));
  }
  std::vector<CachedKernel> kernels;
  if (!plan.persistent_launches.empty()) kernels.push_back({kPersistentKernel, "1x1x1"});
  for (const auto& [name, set] : shapes) {
    kernels.push_back({name, Join(std::vector<std::string>(set.begin(), set.end()), ", ")});
  }
  return kernels;
}

// A program of some of the kernels of one of the plan's programs.
StatusOr<ProgramRequest> RequestOfKernels(const Plan& plan, int program,
                                          const std::vector<KernelInstance>& kernels) {
  ProgramRequest request;
  MACE_ASSIGN_OR_RETURN(request.source, ComposeProgram(kernels));
  for (const CachedKernel& kernel : KernelsOf(plan, program)) {
    const auto is_this = [&](const KernelInstance& k) { return k.function_name() == kernel.name; };
    if (std::any_of(kernels.begin(), kernels.end(), is_this)) request.kernels.push_back(kernel);
  }
  return request;
}

Status CheckSizes(const Launch& launch, const ClDevice& device, const ClKernel& kernel) {
  size_t group = 1;
  for (size_t i = 0; i < 3; ++i) {
    if (launch.global[i] == 0 || launch.local[i] == 0) {
      return Internal("kernel " + kernel.name() + ": an empty work size");
    }
    group *= launch.local[i];
  }
  MACE_ASSIGN_OR_RETURN(const size_t most, kernel.MaxWorkGroupSize(device));
  if (group <= most) return Status();
  return DeviceError("kernel " + kernel.name() + ": a work-group of " + std::to_string(group) +
                     " where the device allows " + std::to_string(most));
}

}  // namespace

Status Session::BuildPrograms(ProgramCompiler* compiler) {
  ScopedStartPart part("programs");
  if (plan_->launch_program.size() != plan_->launches.size()) {
    return Internal("plan: a launch has no program");
  }
  launch_program_ = plan_->launch_program;
  if (!programs_.empty()) return Status();
  for (size_t i = 0; i < plan_->program_sources.size(); ++i) {
    const int program = static_cast<int>(i);
    ProgramRequest request;
    request.source = plan_->program_sources[i];
    request.kernels = KernelsOf(*plan_, program);
    MACE_RETURN_IF_ERROR(BuildProgram(request, {program, InstancesOf(*plan_, program)}, compiler));
  }
  return Status();
}

Status Session::BuildProgram(const ProgramRequest& request, const ProgramPart& part,
                             ProgramCompiler* compiler) {
  bool reused = false;
  StatusOr<std::shared_ptr<const BuiltProgram>> program = compiler->Build(request, &reused);
  if (!program.ok()) return BuildInParts(program.status(), request, part, compiler);
  if (reused) ++reused_programs_;
  std::set<std::string> names;
  for (const KernelInstance& kernel : part.kernels) names.insert(kernel.function_name());
  for (size_t i = 0; i < plan_->launches.size(); ++i) {
    if (plan_->launch_program[i] != part.of || plan_->launches[i].is_persistent()) continue;
    if (names.count(plan_->launches[i].launch.kernel.function_name()) == 0) continue;
    launch_program_[i] = static_cast<int>(programs_.size());
  }
  programs_.push_back(*std::move(program));
  return Status();
}

std::vector<size_t> Session::RefusedNodes(const Plan& plan, const ProgramCompiler& compiler) {
  std::set<std::string> refused;
  for (size_t i = 0; i < plan.program_sources.size(); ++i) {
    const int program = static_cast<int>(i);
    const std::optional<DriverRecord> whole =
        compiler.RecordOf({plan.program_sources[i], KernelsOf(plan, program)});
    const bool has_crashed = whole && whole->verdict == DriverVerdict::kUseCrashed;
    for (const KernelInstance& kernel : InstancesOf(plan, program)) {
      const std::string name = kernel.function_name();
      const StatusOr<ProgramRequest> alone = RequestOfKernels(plan, program, {kernel});
      const bool is_named = has_crashed && EndsWith(whole->text, " of " + name);
      if (is_named || (alone.ok() && !compiler.CheckUsable(*alone).ok())) refused.insert(name);
    }
  }
  std::set<size_t> nodes;
  for (const PlannedLaunch& planned : plan.launches) {
    if (planned.node < 0 || planned.launch.call.has_value()) continue;
    if (refused.count(planned.launch.kernel.function_name()) > 0) {
      nodes.insert(static_cast<size_t>(planned.node));
    }
  }
  return std::vector<size_t>(nodes.begin(), nodes.end());
}

Status Session::BuildInParts(const Status& whole, const ProgramRequest& request,
                             const ProgramPart& part, ProgramCompiler* compiler) {
  const bool is_error =
      whole.code() == StatusCode::kUnsupported || whole.code() == StatusCode::kDeviceError;
  const size_t count = part.kernels.size();
  // The functions of a persistent kernel stay together.
  if (!is_error || count < 2 || !plan_->persistent_launches.empty()) return whole;
  const std::optional<DriverRecord> record = compiler->RecordOf(request);
  if (record && record->verdict == DriverVerdict::kUseCrashed) return whole;
  // Where one kernel is known to fail by itself, nothing is compiled in vain.
  for (const KernelInstance& kernel : part.kernels) {
    MACE_ASSIGN_OR_RETURN(const ProgramRequest alone, RequestOfKernels(*plan_, part.of, {kernel}));
    MACE_RETURN_IF_ERROR(compiler->CheckUsable(alone));
  }
  const bool has_crashed = record && record->verdict == DriverVerdict::kBuildCrashed;
  const size_t most = has_crashed ? 1 : (count + 1) / 2;
  Log(LogLevel::kInfo,
      "a program of " + std::to_string(count) + " kernels is built in parts: " + whole.message());
  for (size_t begin = 0; begin < count; begin += most) {
    const auto first = part.kernels.begin() + static_cast<ptrdiff_t>(begin);
    const auto end = first + static_cast<ptrdiff_t>(std::min(most, count - begin));
    const ProgramPart smaller = {part.of, std::vector<KernelInstance>(first, end)};
    MACE_ASSIGN_OR_RETURN(const ProgramRequest of_part,
                          RequestOfKernels(*plan_, part.of, smaller.kernels));
    MACE_RETURN_IF_ERROR(BuildProgram(of_part, smaller, compiler));
  }
  return Status();
}

Status Session::FinishLaunch(ClQueue* queue) const {
  if (first_use_ == nullptr || !first_use_->is_announced()) return Status();
  return queue->Finish();
}

Status Session::BindLaunches(const LibraryCache& cache) {
  ScopedStartPart part("kernels");
  const double begin = MonotonicMilliseconds();
  launches_.reserve(plan_->launches.size());
  for (size_t i = 0; i < plan_->launches.size(); ++i) {
    const PlannedLaunch& planned = plan_->launches[i];
    if (planned.is_persistent()) {
      launches_.emplace_back();
      continue;
    }
    const size_t program = static_cast<size_t>(launch_program_[i]);
    const bool is_call = planned.launch.call.has_value();
    if (!is_call && program >= programs_.size()) return Internal("plan: a launch names no program");
    StatusOr<BoundLaunch> bound = is_call ? BindCall(planned, cache) : BindLaunch(planned, program);
    if (!bound.ok()) return bound.status().WithPrefix(NodeName(planned.node));
    launches_.push_back(*std::move(bound));
  }
  MACE_RETURN_IF_ERROR(BindPersistentLaunches());
  for (const Step& step : plan_->steps) {
    if (step.is_launch()) ++launches_per_run_;
  }
  program_ms_ += MonotonicMilliseconds() - begin;
  return Status();
}

StatusOr<Session::BoundLaunch> Session::BindLaunch(const PlannedLaunch& planned,
                                                   size_t program) const {
  const mace::Launch& launch = planned.launch;
  BoundLaunch bound;
  bound.program = static_cast<int>(program);
  NoteFirstUse(bound.program, "creation", launch.kernel.function_name());
  MACE_ASSIGN_OR_RETURN(bound.kernel, ClKernel::Create(programs_[program]->program->get(),
                                                       launch.kernel.function_name()));
  for (const KernelArgument& argument : launch.arguments) {
    MACE_RETURN_IF_ERROR(BindArgument(argument, &bound.kernel));
  }
  MACE_RETURN_IF_ERROR(bound.kernel.CheckComplete());
  MACE_RETURN_IF_ERROR(CheckSizes(launch, *queue_.device(), bound.kernel));
  bound.global = RoundUp(launch.global, launch.local);
  bound.local = launch.local;
  bound.node = planned.node;
  return bound;
}

StatusOr<Session::BoundLaunch> Session::BindCall(const PlannedLaunch& planned,
                                                 const LibraryCache& cache) {
  std::vector<const ClMemory*> operands;
  for (const KernelArgument& argument : planned.launch.arguments) {
    const auto* named = std::get_if<TensorArgument>(&argument);
    if (named == nullptr) return Internal("plan: a library call takes only tensors");
    if (named->kind == TensorArgument::Kind::kWeights) {
      operands.push_back(&weights_->at(named->index));
    } else if (named->kind == TensorArgument::Kind::kScratch) {
      operands.push_back(&memory_.region(named->index));
    } else {
      const DeviceTensor& tensor = plan_->tensors[static_cast<size_t>(named->index)];
      operands.push_back(&memory_.region(tensor.region));
    }
  }
  const NodePlacement& placement = plan_->placements[static_cast<size_t>(planned.node)];
  NoteFirstUse(0, "creation", placement.variant);
  BoundLaunch bound;
  MACE_ASSIGN_OR_RETURN(bound.call, ClLibraryCall::Create(planned.launch, operands,
                                                          placement.variant, cache, &queue_));
  const CacheLayerScope::Counts& built = bound.call->programs();
  library_programs_.hits += built.hits;
  library_programs_.compiled += built.compiled;
  library_programs_.loaded_bytes += built.loaded_bytes;
  bound.node = planned.node;
  return bound;
}

Status Session::BindArgument(const KernelArgument& argument, ClKernel* kernel) const {
  if (const auto* number = std::get_if<int32_t>(&argument)) return kernel->AddInt(*number);
  if (const auto* number = std::get_if<float>(&argument)) return kernel->AddFloat(*number);
  using Kind = TensorArgument::Kind;
  const auto& named = std::get<TensorArgument>(argument);
  if (named.kind == Kind::kWeights) return kernel->AddMemory(weights_->at(named.index));
  if (named.kind == Kind::kScratch) return kernel->AddMemory(memory_.region(named.index));
  const DeviceTensor& tensor = plan_->tensors[static_cast<size_t>(named.index)];
  MACE_RETURN_IF_ERROR(kernel->AddMemory(memory_.region(tensor.region)));
  if (named.kind == Kind::kRawInput || named.kind == Kind::kRawOutput) return Status();
  // Pitch and offset follow the tensor, as TENSOR_IN and TENSOR_OUT of kernel_prologue.clh declare.
  MACE_RETURN_IF_ERROR(kernel->AddInt(static_cast<int32_t>(tensor.pitch)));
  MACE_RETURN_IF_ERROR(kernel->AddInt(static_cast<int32_t>(tensor.offset)));
  return kernel->AddInt(static_cast<int32_t>(AsNhwc(tensor.info.shape).w));
}

}  // namespace mace
