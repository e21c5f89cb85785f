// A libFuzzer target: bytes as a model, all the way from import through plan to a run on the CPU.
//
// MACE_FUZZ_FORMAT says what the bytes are: mace (four bytes of length, the `.pb`, then the
// `.data`), tensorflow, tflite or onnx. With MACE_FUZZ_SEEDS=FOLDER and MACE_FUZZ_MODELS=FILE:FILE…
// it writes those models there as inputs of this kind before it begins.
//
// What may happen is an error with a message, or an answer, within the limits below. A model whose
// run would be more work than kMaxWork is planned and not run. An input that takes more than
// kMaxSeconds of the processor's time (not of the clock: the machine may be busy) is a failure, as
// a crash is.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "mace/base/coding.h"
#include "mace/base/memory_budget.h"
#include "mace/diagnose.h"
#include "mace/engine/model_state.h"
#include "mace/engine/tensor_access.h"
#include "mace/formats/import_model.h"
#include "tools/fuzz/model_input.h"
#include "tools/fuzz/mutate_message.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace mace {
namespace {

constexpr uint64_t kMaxTensorBytes = uint64_t{64} << 20;
constexpr double kMaxWork = 4e6;  // Operations and bytes, by the ops' own estimates.
constexpr double kMaxSeconds = 2;

// Small limits: what a hostile file asks for must be refused, not granted.
ImportOptions SmallImportLimits() {
  ImportOptions options;
  options.max_model_bytes = size_t{1} << 20;
  options.max_nodes = 2000;
  options.max_expanded_bytes = size_t{16} << 20;
  return options;
}

void Fail(const char* what) {
  std::fprintf(stderr, "rule broken: %s\n", what);
  std::abort();
}

void RequireMessage(const Status& status) {
  if (!status.ok() && status.message().empty()) Fail("an error has no message");
}

// Integers, which may be indices, counts and axes: mostly small, now and then far out of range.
int64_t SomeInteger(std::minstd_rand* random) {
  const auto number = static_cast<int64_t>((*random)() % 64);
  if (number == 63) return INT32_MAX;
  if (number == 62) return INT32_MIN;
  return number % 8 - 2;
}

template <typename T>
void FillWithIntegers(std::minstd_rand* random, HostTensor* tensor) {
  T* const elements = tensor->mutable_data<T>();
  for (int64_t i = 0; i < tensor->shape().elements(); ++i) {
    elements[i] = static_cast<T>(SomeInteger(random));
  }
}

void Fill(std::minstd_rand* random, HostTensor* tensor) {
  const int64_t count = tensor->shape().elements();
  switch (tensor->dtype()) {
    case DType::kFloat32:
      for (int64_t i = 0; i < count; ++i) {
        tensor->f32()[i] = static_cast<float>((*random)() % 4096) / 1024.0f - 2.0f;
      }
      return;
    case DType::kInt32:
      return FillWithIntegers<int32_t>(random, tensor);
    case DType::kInt64:
      return FillWithIntegers<int64_t>(random, tensor);
    case DType::kUInt8:
      return FillWithIntegers<uint8_t>(random, tensor);
    case DType::kInt8:
      return FillWithIntegers<int8_t>(random, tensor);
    case DType::kInt16:
    case DType::kUInt16:
      return FillWithIntegers<uint16_t>(random, tensor);
    case DType::kUInt32:
      return FillWithIntegers<uint32_t>(random, tensor);
    case DType::kUInt64:
      return FillWithIntegers<uint64_t>(random, tensor);
    case DType::kInt4:
    case DType::kUInt4:
    case DType::kInt2:
    case DType::kUInt2:
      return FillWithIntegers<uint8_t>(random, tensor);
    case DType::kBool:
      for (int64_t i = 0; i < count; ++i) {
        tensor->mutable_data<uint8_t>()[i] = static_cast<uint8_t>((*random)() % 2);
      }
      return;
    default:
      return;  // Halves stay zeros.
  }
}

Status RunOnce(const CompiledModel& compiled, Request* request, uint32_t seed) {
  std::minstd_rand random(seed + 1);
  const std::vector<std::vector<int64_t>> dims = compiled.statistics().input_dims;
  for (size_t i = 0; i < dims.size(); ++i) {
    MACE_ASSIGN_OR_RETURN(HostTensor tensor,
                          HostTensor::Allocate({compiled.inputs()[i].dtype, Shape(dims[i])}));
    Fill(&random, &tensor);
    MACE_RETURN_IF_ERROR(request->Set(i, TensorAccess::FromHost(std::move(tensor))));
  }
  MACE_RETURN_IF_ERROR(request->Run());
  // Sanitizers look at what is read.
  volatile uint32_t sum = 0;
  for (size_t i = 0; i < compiled.outputs().size(); ++i) {
    const StatusOr<Tensor> output = request->Get(i);
    if (!output.ok()) Fail("an output is missing");
    const Bytes bytes(static_cast<const uint8_t*>(output->data()), output->bytes());
    for (const uint8_t byte : bytes) sum = sum + byte;
  }
  return Status();
}

Status ImportPlanRun(Bytes bytes) {
  const ScopedMemoryBudget budget(std::make_shared<MemoryBudget>(kMaxTensorBytes));
  const ModelInput input = SplitModelInput(bytes);
  MACE_ASSIGN_OR_RETURN(const std::shared_ptr<Graph> graph,
                        ImportModelBytes("model", input.model, input.weights, SmallImportLimits()));
  if (!ValidateGraph(*graph).ok()) Fail("what the importer takes is no valid graph");
  CompileOptions options;
  options.device = "cpu";
  // LoadOptions have none of the limits above, hence a model of the graph that they let pass.
  MACE_ASSIGN_OR_RETURN(CompiledModel compiled,
                        CompiledModel::Compile(ModelAccess::FromGraph(graph), options));
  MACE_ASSIGN_OR_RETURN(Request request, compiled.NewRequest());
  MACE_ASSIGN_OR_RETURN(const ModelReport report, ReportModel(&request));
  if (report.flops + report.bytes > kMaxWork) return Status();
  return RunOnce(compiled, &request, static_cast<uint32_t>(bytes.size()));
}

void MutateText(std::string* text) {
  const size_t size = text->size();
  text->resize(size + 16);
  text->resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(text->data()), size, text->size()));
}

}  // namespace
}  // namespace mace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* seeds = std::getenv("MACE_FUZZ_SEEDS");
  const char* models = std::getenv("MACE_FUZZ_MODELS");
  if (seeds != nullptr && models != nullptr) mace::WriteModelSeeds(seeds, models);
  return 0;
}

// Messages are changed field by field. One time in four, and for what is no message, libFuzzer's
// own mutations are taken, which know nothing of fields.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  if (!mace::InputsHoldMessages()) return LLVMFuzzerMutate(data, size, max_size);
  std::minstd_rand random(seed + 1);
  const mace::ModelInput input = mace::SplitModelInput(mace::Bytes(data, size));
  auto message = mace::ParseWireMessage(input.model);
  if (random() % 4 == 0 || !message.has_value()) return LLVMFuzzerMutate(data, size, max_size);
  do {
    mace::MutateWireMessage(&random, mace::MutateText, &*message);
  } while (random() % 3 == 0);
  const std::string mutated =
      mace::JoinModelInput(mace::SerializeWireMessage(*message), input.weights);
  if (mutated.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  mutated.copy(reinterpret_cast<char*>(data), mutated.size());
  return mutated.size();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::clock_t start = std::clock();
  mace::RequireMessage(mace::ImportPlanRun(mace::Bytes(data, size)));
  const double took = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  if (took > mace::kMaxSeconds) {
    std::fprintf(stderr, "%.2f s of the processor's time\n", took);
    mace::Fail("an input takes too long");
  }
  return 0;
}
