// The engine of Xiaomi's MACE, over mace::CompiledModel and mace::Request.
#ifndef MACE_COMPAT_ENGINE_H_
#define MACE_COMPAT_ENGINE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "mace/compat/compile.h"
#include "mace/compat/config.h"
#include "mace/compat/status.h"
#include "mace/compat/tensor.h"
#include "mace/compat/tensor_conversion.h"
#include "mace/mace.h"

namespace mace {

// A model on a device. An engine is made by CreateMaceEngineFromProto.
//
// Thread contract: thread-safe; runs of one engine happen one after the other. An engine on a
// device belongs to the process that made it: in a forked child a run is MACE_RUNTIME_ERROR.
class MaceEngine {
 public:
  explicit MaceEngine(const MaceEngineConfig& config)
      : runtime_(config.runtime_type()), context_(config.gpu_context()) {}
  MaceEngine(const MaceEngine&) = delete;
  MaceEngine& operator=(const MaceEngine&) = delete;

  // Computes the outputs that `outputs` names.
  //
  // `inputs` has a tensor for each input of the model, of the declared rank. Other extents than the
  // declared ones need a plan of their own, which the first run with them makes.
  // A tensor of `outputs` brings the memory for the result and gets the result's shape. The memory
  // must have room for the result: MACE_INVALID_ARGS, with both sizes, if it has not.
  // MACE_INVALID_ARGS for a name that the model does not have, a missing input, a null pointer, or
  // a shape that does not fit; MACE_UNSUPPORTED for memory that is not a CPU_BUFFER and for an
  // element type that the engine lacks; MACE_OUT_OF_RESOURCES; MACE_RUNTIME_ERROR if the driver
  // fails. After an error the contents of the outputs are unspecified.
  MaceStatus Run(const std::map<std::string, MaceTensor>& inputs,
                 std::map<std::string, MaceTensor>* outputs) {
    return Run(inputs, outputs, nullptr);
  }
  // Runs as the function above does. `run_metadata`, which may be null, gets one entry with the
  // time of the run.
  MaceStatus Run(const std::map<std::string, MaceTensor>& inputs,
                 std::map<std::string, MaceTensor>* outputs, RunMetadata* run_metadata) {
    if (outputs == nullptr) {
      return MaceStatus(MaceStatus::MACE_INVALID_ARGS,
                        "outputs: expected a map, found a null pointer");
    }
    using std::chrono::duration_cast;
    using std::chrono::microseconds;
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto wall_clock = std::chrono::system_clock::now().time_since_epoch();
    const auto begin = std::chrono::steady_clock::now();
    const Status status = RunOnce(inputs, outputs);
    const auto took = std::chrono::steady_clock::now() - begin;
    // The request lets go of the memory of the caller.
    for (const TensorSpec& output : compiled_.outputs()) {
      MACE_RETURN_IF_ERROR(request_.SetOutput(output.name, Tensor()));
    }
    if (!status.ok() || run_metadata == nullptr) return status;
    OperatorStats stats;
    stats.operator_name = "run";
    stats.type = "Run";
    for (const auto& output : *outputs) stats.output_shape.push_back(output.second.shape());
    stats.stats.start_micros = duration_cast<microseconds>(wall_clock).count();
    stats.stats.end_micros = stats.stats.start_micros + duration_cast<microseconds>(took).count();
    run_metadata->op_stats.assign(1, stats);
    return MaceStatus();
  }

  // MACE_UNSUPPORTED: the memory of activations belongs to the plan as long as the engine lives.
  MaceStatus ReleaseIntermediateBuffer() {
    return compat_internal::NotSupported("ReleaseIntermediateBuffer",
                                         "the memory is kept as long as the engine lives");
  }
  // The one runtime of the engine.
  std::vector<RuntimeType> GetRuntimeTypes() { return {runtime_}; }

  // What the engine is made of here, for its statistics and for a step-by-step move to mace/mace.h.
  CompiledModel& compiled_model() { return compiled_; }

 private:
  friend MaceStatus CreateMaceEngineFromModel(const Model& model,
                                              const std::vector<std::string>& input_nodes,
                                              const std::vector<std::string>& output_nodes,
                                              const MaceEngineConfig& config,
                                              std::shared_ptr<MaceEngine>* engine);

  Status Init(const Model& model, const std::vector<std::string>& input_nodes,
              const std::vector<std::string>& output_nodes) {
    MACE_RETURN_IF_ERROR(compat_internal::CheckNames(model, input_nodes, output_nodes));
    MACE_ASSIGN_OR_RETURN(compiled_, compat_internal::Compile(model, runtime_, context_.get()));
    MACE_ASSIGN_OR_RETURN(request_, compiled_.NewRequest());
    if (output_nodes.size() == compiled_.outputs().size()) return Status();
    // Nodes that serve other outputs alone are not computed, in a plan that is made here already.
    MACE_RETURN_IF_ERROR(compiled_.Prepare(DimsByName(), output_nodes));
    return request_.SelectOutputs(output_nodes);
  }

  Status RunOnce(const std::map<std::string, MaceTensor>& inputs,
                 std::map<std::string, MaceTensor>* outputs) {
    MACE_RETURN_IF_ERROR(SetInputs(inputs));
    MACE_RETURN_IF_ERROR(SetOutputs(*outputs));
    MACE_RETURN_IF_ERROR(request_.Run());
    return GetOutputs(outputs);
  }

  // One input as a tensor of the model's dtype and order of axes.
  static StatusOr<Tensor> InputTensor(const MaceTensor& given, const TensorSpec& spec) {
    MACE_RETURN_IF_ERROR(CheckMemory(given, spec));
    const DType held = compat_internal::HeldType(given.data_type_, spec.dtype);
    // The view keeps the memory until the next run sets another tensor.
    Tensor tensor = Tensor::View(held, given.data_.get(), given.shape_, [keep = given.data_] {});
    MACE_RETURN_IF_ERROR(tensor.status());
    const compat_internal::AxisOrder order =
        compat_internal::OrderBeside(given.format_, spec.layout, given.shape_.size());
    if (order != compat_internal::AxisOrder::kSame) {
      const std::vector<int64_t> dims = compat_internal::OtherDims(given.shape_, order);
      MACE_ASSIGN_OR_RETURN(Tensor transposed, Tensor::Allocate(held, dims));
      compat_internal::Transpose(tensor.data(), transposed.mutable_data(), given.shape_, order,
                                 DTypeSize(held));
      tensor = std::move(transposed);
    }
    return held == spec.dtype ? tensor : tensor.ConvertTo(spec.dtype);
  }

  Status SetInputs(const std::map<std::string, MaceTensor>& inputs) {
    for (const auto& input : inputs) {
      if (compat_internal::FindSpec(compiled_.inputs(), input.first) != nullptr) continue;
      return InvalidArgument("input '" + input.first + "': expected one of " +
                             compat_internal::NamesText(compiled_.inputs()));
    }
    for (const TensorSpec& spec : compiled_.inputs()) {
      const auto found = inputs.find(spec.name);
      if (found == inputs.end()) return InvalidArgument("input '" + spec.name + "' is missing");
      StatusOr<Tensor> tensor = InputTensor(found->second, spec);
      if (!tensor.ok()) return tensor.status().WithPrefix("input '" + spec.name + "'");
      MACE_RETURN_IF_ERROR(request_.Set(spec.name, *std::move(tensor)));
    }
    return Status();
  }

  // The memory of an output goes to the request where a result can be written as it is.
  Status SetOutputs(const std::map<std::string, MaceTensor>& outputs) {
    for (const auto& [name, given] : outputs) {
      const TensorSpec* const spec = compat_internal::FindSpec(compiled_.outputs(), name);
      if (spec == nullptr) {
        return InvalidArgument("output '" + name + "': expected one of " +
                               compat_internal::NamesText(compiled_.outputs()));
      }
      const Status checked = CheckMemory(given, *spec);
      if (!checked.ok()) return checked.WithPrefix("output '" + name + "'");
      const bool is_same = compat_internal::OrderBeside(given.format_, spec->layout, 4) ==
                           compat_internal::AxisOrder::kSame;
      const DType held = compat_internal::HeldType(given.data_type_, spec->dtype);
      if (!is_same || held != spec->dtype) continue;
      const auto release = [keep = given.data_] {};
      MACE_RETURN_IF_ERROR(request_.SetOutput(
          name, Tensor::MutableView(held, given.data_.get(), given.shape_, release)));
    }
    return Status();
  }

  // Copies results that the request could not write into the memory of the caller, and sets shapes.
  Status GetOutputs(std::map<std::string, MaceTensor>* outputs) {
    for (auto& [name, given] : *outputs) {
      MACE_ASSIGN_OR_RETURN(Tensor result, request_.Get(name));
      const TensorSpec* const spec = compat_internal::FindSpec(compiled_.outputs(), name);
      const DType held = compat_internal::HeldType(given.data_type_, spec->dtype);
      const Status copied = CopyOutput(std::move(result), held, spec->layout, &given);
      if (!copied.ok()) return copied.WithPrefix("output '" + name + "'");
    }
    return Status();
  }

  static Status CopyOutput(Tensor result, DType held, const std::string& layout,
                           MaceTensor* given) {
    int64_t room = 1;
    for (const int64_t dim : given->shape_) room *= dim;
    if (result.elements() > room) {
      return InvalidArgument("expected memory for " + std::to_string(result.elements()) +
                             " elements " + compat_internal::DimsText(result.dims()) +
                             ", found the shape " + compat_internal::DimsText(given->shape_));
    }
    if (result.dtype() != held) {
      MACE_ASSIGN_OR_RETURN(result, result.ConvertTo(held));
    }
    const DataFormat format = given->format_;
    const std::vector<int64_t>& dims = result.dims();
    using compat_internal::AxisOrder;
    const AxisOrder wanted = compat_internal::OrderBeside(format, layout, dims.size());
    given->shape_ = dims;
    if (wanted != AxisOrder::kSame) {
      const AxisOrder from = wanted == AxisOrder::kChannelsFirst ? AxisOrder::kChannelsLast
                                                                 : AxisOrder::kChannelsFirst;
      compat_internal::Transpose(result.data(), given->data_.get(), dims, from, DTypeSize(held));
      given->shape_ = compat_internal::OtherDims(dims, from);
    } else if (result.bytes() > 0 && result.data() != given->data_.get()) {
      std::memcpy(given->data_.get(), result.data(), result.bytes());
    }
    return Status();
  }

  static Status CheckMemory(const MaceTensor& given, const TensorSpec& spec) {
    if (given.memory_type_ != CPU_BUFFER) {
      return Unsupported("expected a CPU_BUFFER, found a buffer or image of OpenCL");
    }
    if (compat_internal::HeldType(given.data_type_, spec.dtype) == DType::kInvalid) {
      return Unsupported("the element type " + std::to_string(given.data_type_) +
                         " of IDataType is unknown");
    }
    if (given.data_ == nullptr) return InvalidArgument("expected memory, found a null pointer");
    return Status();
  }

  RuntimeType runtime_;
  std::shared_ptr<GPUContext> context_;
  std::mutex mutex_;
  CompiledModel compiled_;
  Request request_;
};

}  // namespace mace

#endif  // MACE_COMPAT_ENGINE_H_
