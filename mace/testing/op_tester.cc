#include "mace/testing/op_tester.h"

#include <gtest/gtest.h>

#include "mace/base/half.h"
#include "mace/ops/batch.h"
#include "mace/ops/op.h"
#include "mace/testing/test_device.h"
#include "mace/testing/variant_check.h"

namespace mace {
namespace {

HostTensor RoundToHalf(const HostTensor& tensor) {
  HostTensor rounded = *HostTensor::Allocate(tensor.info());
  for (int64_t i = 0; i < tensor.shape().elements(); ++i) {
    rounded.f32()[i] = HalfToFloat(FloatToHalf(tensor.f32()[i]));
  }
  return rounded;
}

const char* PrecisionName(Precision precision) {
  return precision == Precision::kFloat16 ? "float16" : "float32";
}

// The shape of one entry of a batch of this shape.
Shape ShapeOfEntry(const Shape& batch) {
  std::vector<int64_t> dims = batch.dims();
  dims[0] = 1;
  return Shape(std::move(dims));
}

}  // namespace

struct OpTester::Prepared {
  std::shared_ptr<const Op> op;
  std::vector<HostTensor> tensors;  // Activations rounded; absent ones empty.
  std::vector<HostTensor> constants;
  std::vector<OpInput> inputs;  // Point into `constants`.
  std::vector<TensorInfo> outputs;

  StatusOr<std::vector<HostTensor>> Reference() const {
    std::vector<HostTensor> floats;
    for (const HostTensor& tensor : tensors) {
      MACE_ASSIGN_OR_RETURN(HostTensor operand, tensor.ToReferenceOperand());
      floats.push_back(std::move(operand));
    }
    MACE_ASSIGN_OR_RETURN(std::vector<HostTensor> results, AllocateTensors(outputs));
    MACE_RETURN_IF_ERROR(op->Reference(floats, &results));
    return results;
  }
};

OpTester::OpTester(std::string type) {
  node_.name = "tested";
  node_.type = std::move(type);
}

OpTester& OpTester::Set(const std::string& name, Attribute value) {
  node_.attributes.Set(name, std::move(value));
  return *this;
}

OpTester& OpTester::Input(Shape shape, float low, float high) {
  TestInput input;
  input.random = true;
  input.shape = std::move(shape);
  input.low = low;
  input.high = high;
  inputs_.push_back(std::move(input));
  return *this;
}

OpTester& OpTester::Input(HostTensor tensor) {
  TestInput input;
  input.tensor = std::move(tensor);
  inputs_.push_back(std::move(input));
  return *this;
}

OpTester& OpTester::Constant(Shape shape, float low, float high) {
  Input(std::move(shape), low, high);
  inputs_.back().constant = true;
  return *this;
}

OpTester& OpTester::Constant(HostTensor tensor) {
  Input(std::move(tensor));
  inputs_.back().constant = true;
  return *this;
}

OpTester& OpTester::AbsentInput() {
  TestInput input;
  input.present = false;
  inputs_.push_back(std::move(input));
  return *this;
}

OpTester& OpTester::Step(const std::string& type, std::vector<ValueId> inputs,
                         const std::vector<std::pair<std::string, Attribute>>& attributes) {
  Node step;
  step.name = "step" + std::to_string(node_.steps.size());
  step.type = type;
  step.inputs = std::move(inputs);
  for (const auto& [name, value] : attributes) step.attributes.Set(name, value);
  node_.steps.push_back(std::move(step));
  return *this;
}

OpTester& OpTester::Outputs(int count) {
  outputs_ = count;
  return *this;
}

OpTester& OpTester::BatchInAttributes() {
  batch_in_attributes_ = true;
  return *this;
}

OpTester& OpTester::Seed(uint32_t seed) {
  seed_ = seed;
  return *this;
}

OpTester& OpTester::Tolerance(float float32, float float16) {
  tolerance_float32_ = float32;
  tolerance_float16_ = float16;
  return *this;
}

OpTester& OpTester::CpuOnly() {
  cpu_only_ = true;
  return *this;
}

OpTester& OpTester::AsGpu(uint32_t compute_units) {
  gpu_compute_units_ = compute_units;
  return *this;
}

OpTester& OpTester::WithByteProducts(ByteProducts byte_products) {
  byte_products_ = byte_products;
  return *this;
}

OpTester& OpTester::WithFloatWidth(uint32_t width) {
  float_width_ = width;
  return *this;
}

OpTester& OpTester::Only(std::string part) {
  only_ = std::move(part);
  return *this;
}

StatusOr<OpTester::Prepared> OpTester::Prepare(Precision precision) const {
  Node node = node_;
  Prepared prepared;
  prepared.constants.resize(inputs_.size());
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const TestInput& input = inputs_[i];
    node.inputs.push_back(input.present ? static_cast<ValueId>(i) : kNoValue);
    HostTensor tensor = input.tensor;
    if (input.random) {
      const uint32_t seed = seed_ * 1000 + static_cast<uint32_t>(i);
      tensor = RandomTensor(input.shape, seed, input.low, input.high);
    }
    if (precision == Precision::kFloat16 && !input.constant && tensor.dtype() == DType::kFloat32) {
      tensor = RoundToHalf(tensor);
    }
    OpInput seen;
    seen.present = input.present;
    if (input.present) seen.info = tensor.info();
    if (input.constant) {
      prepared.constants[i] = tensor;
      seen.constant = &prepared.constants[i];
    }
    prepared.tensors.push_back(std::move(tensor));
    prepared.inputs.push_back(seen);
  }
  for (int i = 0; i < outputs_; ++i) {
    node.outputs.push_back(static_cast<ValueId>(inputs_.size()) + i);
  }
  MACE_ASSIGN_OR_RETURN(prepared.op, OpOf(node));
  MACE_RETURN_IF_ERROR(prepared.op->Infer(prepared.inputs, &prepared.outputs));
  if (prepared.outputs.size() != static_cast<size_t>(outputs_)) {
    return Internal("inference gives " + std::to_string(prepared.outputs.size()) +
                    " outputs, expected " + std::to_string(outputs_));
  }
  return prepared;
}

StatusOr<std::vector<HostTensor>> OpTester::Reference() {
  MACE_ASSIGN_OR_RETURN(Prepared prepared, Prepare(Precision::kFloat32));
  return prepared.Reference();
}

// The variants that the op offers in one precision on the device at hand.
struct OpTester::Offer {
  Prepared prepared;
  std::vector<HostTensor> expected;  // In the form that the runner gives.
  DeviceInfo device;
  std::vector<LoweringRequest> requests;             // By storage.
  std::vector<std::vector<KernelVariant>> variants;  // By request.
  std::vector<std::vector<bool>> wanted;
  int found = 0;

  // Calls the function with each variant that is to run, and its request.
  template <typename Function>
  void ForEachWanted(const Function& function) const {
    for (size_t i = 0; i < requests.size(); ++i) {
      for (size_t j = 0; j < variants[i].size(); ++j) {
        if (wanted[i][j]) function(variants[i][j], requests[i]);
      }
    }
  }
};

StatusOr<std::unique_ptr<OpTester::Offer>> OpTester::MakeOffer(Precision precision) const {
  auto offer = std::make_unique<Offer>();
  MACE_ASSIGN_OR_RETURN(offer->prepared, Prepare(precision));
  MACE_ASSIGN_OR_RETURN(offer->expected, offer->prepared.Reference());
  const bool half = precision == Precision::kFloat16;
  for (HostTensor& tensor : offer->expected) {
    // An output above half's range is an infinity there.
    if (half && tensor.dtype() == DType::kFloat32) tensor = RoundToHalf(tensor);
    MACE_ASSIGN_OR_RETURN(tensor, tensor.ConvertTo(DType::kFloat32));
  }
  MACE_ASSIGN_OR_RETURN(const DeviceInfo* device, TestDeviceInfo());
  offer->device = *device;
  if (gpu_compute_units_ > 0) {
    offer->device.kind = DeviceKind::kGpu;
    offer->device.compute_units = gpu_compute_units_;
    offer->device.local_memory_is_emulated = false;
  }
  offer->device.byte_products = byte_products_.value_or(offer->device.byte_products);
  if (float_width_ > 0) {
    offer->device.kind = DeviceKind::kCpu;
    offer->device.preferred_float_width = float_width_;
  }
  for (Storage storage : {Storage::kBuffer, Storage::kImage}) {
    if (storage == Storage::kImage && !(device->images && (!half || device->half_images))) continue;
    LoweringRequest request;
    request.inputs = offer->prepared.inputs;
    request.outputs = offer->prepared.outputs;
    request.device = &offer->device;
    request.precision = precision;
    request.storage = storage;
    std::vector<KernelVariant> variants = offer->prepared.op->Lower(request);
    const auto is_other = [&](const KernelVariant& variant) {
      return variant.name.find(only_) == std::string::npos;
    };
    variants.erase(std::remove_if(variants.begin(), variants.end(), is_other), variants.end());
    std::vector<bool> wanted;
    for (KernelVariant& variant : variants) {
      SetPrecision(request, &variant);
      wanted.push_back(IsWanted(variant));
    }
    offer->found += static_cast<int>(variants.size());
    offer->requests.push_back(std::move(request));
    offer->variants.push_back(std::move(variants));
    offer->wanted.push_back(std::move(wanted));
  }
  return offer;
}

void OpTester::Check(const Offer& offer) const {
  offer.ForEachWanted([&](const KernelVariant& variant, const LoweringRequest& request) {
    const bool half = request.precision == Precision::kFloat16;
    SCOPED_TRACE(variant.name + ", " + StorageName(request.storage) + ", " +
                 PrecisionName(request.precision) + ", seed " + std::to_string(seed_));
    VariantRun run;
    run.variant = &variant;
    run.request = &request;
    for (const HostTensor& tensor : offer.prepared.tensors) {
      const bool present = tensor.dtype() != DType::kInvalid;
      run.inputs.push_back(present ? *tensor.ConvertTo(DType::kFloat32) : tensor);
    }
    CheckVariant(run, offer.expected, half ? tolerance_float16_ : tolerance_float32_);
  });
}

Status OpTester::TakesEntry(Prepared* entry, const std::vector<HostTensor>& whole) {
  MACE_RETURN_IF_ERROR(entry->op->Infer(entry->inputs, &entry->outputs));
  for (size_t i = 0; i < whole.size(); ++i) {
    const Shape expected = ShapeOfEntry(whole[i].shape());
    if (entry->outputs[i].shape == expected) continue;
    return Internal("expected shape " + expected.ToString() + ", found " +
                    entry->outputs[i].shape.ToString());
  }
  return Status::Ok();
}

Status OpTester::CheckBatch() const {
  MACE_ASSIGN_OR_RETURN(Prepared whole, Prepare(Precision::kFloat32));
  int64_t entries = 0;
  std::vector<bool> batched;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const Shape& shape = whole.inputs[i].info.shape;
    const bool activation = inputs_[i].present && !inputs_[i].constant && shape.rank() > 0;
    if (activation && entries == 0) entries = shape[0];
    batched.push_back(activation && shape[0] == entries);
  }
  if (entries < 2 || !SplitsAlongBatch(*whole.op, whole.inputs, batched)) return Status::Ok();
  MACE_ASSIGN_OR_RETURN(const std::vector<HostTensor> expected, whole.Reference());
  const std::vector<HostTensor> tensors = std::move(whole.tensors);
  for (int64_t n = 0; n < entries; ++n) {
    whole.tensors = tensors;
    for (size_t i = 0; i < tensors.size(); ++i) {
      if (!batched[i]) continue;
      whole.tensors[i] = ViewBatchSlice(tensors[i], ShapeOfEntry(tensors[i].shape()), n);
      whole.inputs[i].info = whole.tensors[i].info();
    }
    const Status taken = TakesEntry(&whole, expected);
    if (batch_in_attributes_ != !taken.ok()) {
      return taken.ok() ? Internal("an entry alone has its shape: no batch is in the attributes")
                        : taken.WithPrefix("entry " + std::to_string(n));
    }
    if (!taken.ok()) return Status::Ok();
    MACE_ASSIGN_OR_RETURN(const std::vector<HostTensor> found, whole.Reference());
    for (size_t i = 0; i < found.size(); ++i) {
      const std::string errors = DescribeErrors(
          *ViewBatchSlice(expected[i], found[i].shape(), n).ConvertTo(DType::kFloat32),
          *found[i].ConvertTo(DType::kFloat32), 1e-6f);
      if (!errors.empty()) return Internal("entry " + std::to_string(n) + ": " + errors);
    }
  }
  return Status::Ok();
}

void OpTester::Run() {
  SCOPED_TRACE(node_.type + ", seed " + std::to_string(seed_));
  StatusOr<std::vector<HostTensor>> reference = Reference();
  ASSERT_TRUE(reference.ok()) << reference.status().message();
  const Status batch = CheckBatch();
  EXPECT_TRUE(batch.ok()) << "a batch cut into its entries: " << batch.message();
  if (cpu_only_) return;
  std::vector<std::unique_ptr<Offer>> offers;
  std::vector<const KernelVariant*> wanted;
  for (Precision precision : {Precision::kFloat32, Precision::kFloat16}) {
    StatusOr<std::unique_ptr<Offer>> offer = MakeOffer(precision);
    ASSERT_TRUE(offer.ok()) << offer.status().message();
    (*offer)->ForEachWanted(
        [&](const KernelVariant& variant, const LoweringRequest&) { wanted.push_back(&variant); });
    offers.push_back(*std::move(offer));
  }
  EXPECT_GT(offers[0]->found, 0) << "no variant; CpuOnly() says that this is meant";
  StatusOr<TestDevice*> device = TestDevice::Get();
  ASSERT_TRUE(device.ok()) << device.status().message();
  const Status compiled = (*device)->Compile(wanted, offers[0]->device);
  ASSERT_TRUE(compiled.ok()) << compiled.message();
  for (const std::unique_ptr<Offer>& offer : offers) Check(*offer);
}

void OpTester::ExpectNone() {
  for (Precision precision : {Precision::kFloat32, Precision::kFloat16}) {
    StatusOr<std::unique_ptr<Offer>> offer = MakeOffer(precision);
    ASSERT_TRUE(offer.ok()) << offer.status().message();
    EXPECT_EQ((*offer)->found, 0) << "variants with " << only_ << " in their names";
  }
}

void OpTester::ExpectRefused(const std::string& message_part) {
  StatusOr<Prepared> prepared = Prepare(Precision::kFloat32);
  ASSERT_FALSE(prepared.ok()) << node_.type << " was expected to refuse: " << message_part;
  EXPECT_NE(std::string::npos, prepared.status().message().find(message_part))
      << prepared.status().message();
}

}  // namespace mace
