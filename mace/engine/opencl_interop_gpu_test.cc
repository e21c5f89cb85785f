// A model in an app's OpenCL context, with the app's queue, buffers and events.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "mace/api/compiled_model.h"
#include "mace/api/request.h"
#include "mace/engine/model_state.h"
#include "mace/engine/tensor_access.h"
#include "mace/testing/opencl_app.h"
#include "mace/testing/small_model.h"

namespace mace {
namespace {

constexpr size_t kElements = 4 * 4 * 8;  // Elements of one batch entry of the small model.

class OpenClInterop : public testing::Test {
 protected:
  void SetUp() override {
    app_ = OpenClApp::Create();
    if (app_ == nullptr) GTEST_SKIP() << "no OpenCL device";
  }
  CompileOptions Lent(bool with_queue = false) const {
    CompileOptions options;
    options.opencl.context = app_->context();
    options.opencl.device = app_->device();
    if (with_queue) options.opencl.queue = app_->queue();
    return options;
  }
  static StatusOr<CompiledModel> Compile(const CompileOptions& options,
                                         std::shared_ptr<const Graph> graph = MakeSmallModel()) {
    return CompiledModel::Compile(ModelAccess::FromGraph(std::move(graph)), options);
  }
  // Null, and the test fails, if there is no request.
  static std::unique_ptr<Request> NewRequest(const StatusOr<CompiledModel>& compiled) {
    EXPECT_TRUE(compiled.ok()) << compiled.status().message();
    if (!compiled.ok()) return nullptr;
    CompiledModel handle = *compiled;
    StatusOr<Request> request = handle.NewRequest();
    EXPECT_TRUE(request.ok()) << request.status().message();
    return request.ok() ? std::make_unique<Request>(*std::move(request)) : nullptr;
  }
  static std::vector<float> Values(int64_t batch, uint32_t seed = 1) {
    const HostTensor input = SmallInput(batch, seed);
    return std::vector<float>(input.f32(), input.f32() + input.shape().elements());
  }
  static Tensor OfBuffer(void* buffer, int64_t batch, uint64_t offset = 0) {
    const uint64_t size = static_cast<uint64_t>(batch) * kElements * sizeof(float);
    return Tensor::OpenCl(DType::kFloat32, {buffer, offset, size}, {batch, 4, 4, 8});
  }
  static void ExpectAnswer(const std::vector<float>& input, const std::vector<float>& found) {
    ASSERT_EQ(input.size(), found.size());
    for (size_t i = 0; i < input.size(); ++i) {
      ASSERT_NEAR(1 / (1 + std::exp(-std::tanh(input[i]))), found[i], 2e-3f) << i;
    }
  }

  std::unique_ptr<OpenClApp> app_;
};

TEST_F(OpenClInterop, BuffersAreInputsAndOutputs) {
  for (const bool with_queue : {false, true}) {
    const auto compiled = Compile(Lent(with_queue));
    const auto request = NewRequest(compiled);
    ASSERT_NE(nullptr, request);
    // The offset suits no sub-buffer alignment; the room behind the elements must stay unchanged.
    constexpr size_t kOffset = 12;
    void* const in = app_->CreateBuffer(kOffset + 3 * kElements * sizeof(float));
    void* const out = app_->CreateBuffer(kOffset + 3 * kElements * sizeof(float));
    for (const int64_t batch : {1, 2, 1}) {
      const size_t count = static_cast<size_t>(batch) * kElements;
      const std::vector<float> values = Values(batch, static_cast<uint32_t>(count));
      app_->Write(in, kOffset, values);
      app_->Write(out, 0, std::vector<float>(3 + 3 * kElements, -7));
      const Status in_set = request->Set("x", OfBuffer(in, batch, kOffset));
      ASSERT_TRUE(in_set.ok()) << in_set.message();
      const Status out_set = request->SetOutput("y", OfBuffer(out, batch, kOffset));
      ASSERT_TRUE(out_set.ok()) << out_set.message();
      const Status run = request->Run();
      ASSERT_TRUE(run.ok()) << run.message();
      ExpectAnswer(values, app_->Read(out, kOffset, count));
      EXPECT_EQ(std::vector<float>(3, -7), app_->Read(out, 0, 3));
      EXPECT_EQ(-7, app_->Read(out, kOffset + count * sizeof(float), 1)[0]);
      const StatusOr<Tensor> got = request->Get("y");
      ASSERT_TRUE(got.ok()) << got.status().message();
      EXPECT_EQ(out, got->opencl_buffer().buffer);
      EXPECT_EQ(kOffset, got->opencl_buffer().offset);
      EXPECT_EQ(nullptr, got->data());
    }
    // Only the output is in a buffer.
    ASSERT_TRUE(request->Set("x", TensorAccess::FromHost(SmallInput(1, 5))).ok());
    ASSERT_TRUE(request->SetOutput("y", OfBuffer(out, 1)).ok());
    ASSERT_TRUE(request->Run().ok());
    ExpectAnswer(Values(1, 5), app_->Read(out, 0, kElements));
    app_->Write(in, 0, Values(1, 6));
    ASSERT_TRUE(request->Set("x", OfBuffer(in, 1)).ok());
    ASSERT_TRUE(request->SetOutput("y", Tensor()).ok());
    ASSERT_TRUE(request->Run().ok());
    const float* const found = request->Get("y")->data<float>();
    ASSERT_NE(nullptr, found);
    ExpectAnswer(Values(1, 6), std::vector<float>(found, found + kElements));
  }
}

TEST_F(OpenClInterop, PlansOfOtherLayoutsConvertOnTheDevice) {
  for (const auto storage : {CompileOptions::Storage::kImage, CompileOptions::Storage::kBuffer}) {
    for (const auto precision :
         {CompileOptions::Precision::kFloat32, CompileOptions::Precision::kFloat16}) {
      CompileOptions options = Lent();
      options.storage = storage;
      options.precision = precision;
      const auto request = NewRequest(Compile(options));
      ASSERT_NE(nullptr, request);
      void* const in = app_->CreateBuffer(kElements * sizeof(float));
      void* const out = app_->CreateBuffer(kElements * sizeof(float));
      app_->Write(in, 0, Values(1));
      ASSERT_TRUE(request->Set(0, OfBuffer(in, 1)).ok());
      ASSERT_TRUE(request->SetOutput(0, OfBuffer(out, 1)).ok());
      ASSERT_TRUE(request->Run().ok());
      ExpectAnswer(Values(1), app_->Read(out, 0, kElements));
    }
  }
}

// The host converts the elements of a float16 input or output: slower, but right.
TEST_F(OpenClInterop, TypesThatTheHostConverts) {
  auto graph = std::make_shared<Graph>(*MakeSmallModel());
  graph->inputs[0].dtype = DType::kFloat16;
  graph->outputs[0].dtype = DType::kFloat64;
  const auto request = NewRequest(Compile(Lent(), graph));
  ASSERT_NE(nullptr, request);
  const HostTensor halves = *SmallInput(1).ConvertTo(DType::kFloat16);
  void* const in = app_->CreateBuffer(kElements * 2);
  void* const out = app_->CreateBuffer(kElements * sizeof(double));
  const auto* const words = reinterpret_cast<const float*>(halves.bytes().data());
  app_->Write(in, 0, std::vector<float>(words, words + kElements / 2));
  const auto of = [](DType dtype, void* buffer) {
    return Tensor::OpenCl(dtype, {buffer, 0, kElements * DTypeSize(dtype)}, {1, 4, 4, 8});
  };
  ASSERT_TRUE(request->Set(0, of(DType::kFloat16, in)).ok());
  ASSERT_TRUE(request->SetOutput(0, of(DType::kFloat64, out)).ok());
  const Status run = request->Run();
  ASSERT_TRUE(run.ok()) << run.message();
  const std::vector<float> found = app_->Read(out, 0, 2 * kElements);
  const auto* const doubles = reinterpret_cast<const double*>(found.data());
  ExpectAnswer(Values(1), std::vector<float>(doubles, doubles + kElements));
}

TEST_F(OpenClInterop, TheBufferIsHeldAsLongAsATensorIs) {
  void* const buffer = app_->CreateBuffer(kElements * sizeof(float));
  EXPECT_EQ(1u, OpenClApp::ReferencesOf(buffer));
  {
    const Tensor tensor = OfBuffer(buffer, 1);
    const Tensor copy = tensor;
    EXPECT_EQ(2u, OpenClApp::ReferencesOf(buffer));
  }
  EXPECT_EQ(1u, OpenClApp::ReferencesOf(buffer));
}

TEST_F(OpenClInterop, WhatDoesNotFitIsRefused) {
  const auto compiled = Compile(Lent());
  const auto request = NewRequest(compiled);
  ASSERT_NE(nullptr, request);
  void* const buffer = app_->CreateBuffer(kElements * sizeof(float));
  const auto expect_message = [](const Status& status, const std::string& part) {
    EXPECT_EQ(StatusCode::kInvalidArgument, status.code());
    EXPECT_NE(std::string::npos, status.message().find(part)) << status.message();
  };
  expect_message(OfBuffer(buffer, 2).status(), "found a buffer of 512 bytes");
  expect_message(OfBuffer(buffer, 1, 4).status(), "at offset 4");
  expect_message(Tensor::OpenCl(DType::kFloat32, {buffer, 0, 4}, {1, 4, 4, 8}).status(),
                 "expected a size of 512 bytes");
  expect_message(OfBuffer(nullptr, 1).status(), "found null");
  expect_message(OfBuffer(app_->CreateImage(), 1).status(), "found an image");
  expect_message(request->Set(0, OfBuffer(buffer, 2)), "found a buffer of 512 bytes");
  // The buffer belongs to another context.
  const std::unique_ptr<OpenClApp> other = OpenClApp::Create();
  void* const foreign = other->CreateBuffer(kElements * sizeof(float));
  expect_message(request->Set(0, OfBuffer(foreign, 1)), "found one of another context");
  expect_message(request->SetOutput(0, OfBuffer(foreign, 1)), "found one of another context");
  // The buffer is for a result with other dims.
  ASSERT_TRUE(request->Set(0, TensorAccess::FromHost(SmallInput(2))).ok());
  ASSERT_TRUE(request->SetOutput(0, OfBuffer(buffer, 1)).ok());
  expect_message(request->Run(), "expected an OpenCL buffer of float32 [2, 4, 4, 8]");
  // A model on the CPU has no device.
  CompileOptions on_cpu;
  on_cpu.device = "cpu";
  const auto reference = NewRequest(Compile(on_cpu));
  expect_message(reference->Set(0, OfBuffer(buffer, 1)), "expected a tensor in host memory");
  EXPECT_EQ(StatusCode::kFailedPrecondition, reference->SetWaitEvents({}).code());
}

TEST_F(OpenClInterop, HandlesThatDoNotBelongTogetherAreRefused) {
  const std::unique_ptr<OpenClApp> other = OpenClApp::Create();
  const auto expect = [](const CompileOptions& options, const std::string& part) {
    const auto compiled = Compile(options);
    EXPECT_EQ(StatusCode::kInvalidArgument, compiled.status().code());
    EXPECT_NE(std::string::npos, compiled.status().message().find(part))
        << compiled.status().message();
  };
  CompileOptions options = Lent(true);
  options.opencl.queue = other->queue();
  expect(options, "found one of another context");
  options = Lent();
  options.device = "cpu";
  expect(options, "expected \"gpu\" with an OpenCL context");
  options = Lent();
  options.opencl.context = nullptr;
  expect(options, "found null");
  options = Lent();
  options.opencl.queue = app_->unordered_queue();
  if (options.opencl.queue != nullptr) expect(options, "found one that runs out of order");
  // A context's only device need not be named.
  options = Lent();
  options.opencl.device = nullptr;
  EXPECT_TRUE(Compile(options).ok());
}

TEST_F(OpenClInterop, ARunWaitsForEventsAndSignalsOne) {
  for (const bool with_queue : {false, true}) {
    const auto request = NewRequest(Compile(Lent(with_queue)));
    ASSERT_NE(nullptr, request);
    void* const in = app_->CreateBuffer(kElements * sizeof(float));
    void* const out = app_->CreateBuffer(kElements * sizeof(float));
    ASSERT_TRUE(request->Set(0, OfBuffer(in, 1)).ok());
    ASSERT_TRUE(request->SetOutput(0, OfBuffer(out, 1)).ok());
    void* const start = app_->CreateUserEvent();
    void* const written = app_->WriteLater(in, Values(1, 9), start);
    void* const done = app_->CreateUserEvent();
    ASSERT_TRUE(request->SetWaitEvents({written}).ok());
    ASSERT_TRUE(request->SetSignalEvent(done).ok());
    ASSERT_TRUE(request->Start().ok());
    EXPECT_EQ(StatusCode::kDeadlineExceeded, request->Wait(std::chrono::milliseconds(50)).code());
    EXPECT_GT(OpenClApp::StatusOf(done), 0);
    app_->Complete(start);
    const Status status = request->Wait();
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(0, OpenClApp::StatusOf(done));
    ExpectAnswer(Values(1, 9), app_->Read(out, 0, kElements));
    // Events belong to one run only.
    ASSERT_TRUE(request->Run().ok());
  }
}

TEST_F(OpenClInterop, EventsThatCannotBeUsedAreRefused) {
  const auto request = NewRequest(Compile(Lent()));
  ASSERT_NE(nullptr, request);
  const std::unique_ptr<OpenClApp> other = OpenClApp::Create();
  void* const in = app_->CreateBuffer(kElements * sizeof(float));
  void* const written = app_->WriteLater(in, Values(1), nullptr);
  EXPECT_EQ(StatusCode::kInvalidArgument,
            request->SetWaitEvents({other->CreateUserEvent()}).code());
  EXPECT_EQ(StatusCode::kInvalidArgument, request->SetWaitEvents({nullptr}).code());
  EXPECT_EQ(StatusCode::kInvalidArgument, request->SetSignalEvent(written).code());
  void* const done = app_->CreateUserEvent();
  app_->Complete(done);
  EXPECT_EQ(StatusCode::kInvalidArgument, request->SetSignalEvent(done).code());
  EXPECT_TRUE(request->SetSignalEvent(nullptr).ok());
  // A run that fails sets its event to an error.
  void* const failed = app_->CreateUserEvent();
  ASSERT_TRUE(request->SetSignalEvent(failed).ok());
  EXPECT_EQ(StatusCode::kFailedPrecondition, request->Run().code());  // No input is set.
  EXPECT_LT(OpenClApp::StatusOf(failed), 0);
}

TEST_F(OpenClInterop, EventsThatFailOrNeverEndDoNotHoldARun) {
  const auto compiled = Compile(Lent());
  auto request = NewRequest(compiled);
  ASSERT_NE(nullptr, request);
  ASSERT_TRUE(request->Set(0, TensorAccess::FromHost(SmallInput(1))).ok());
  void* const failed = app_->CreateUserEvent();
  app_->Fail(failed);
  void* const never = app_->CreateUserEvent();
  const auto expect_failure = [](const Status& status) {
    EXPECT_EQ(StatusCode::kFailedPrecondition, status.code());
    EXPECT_NE(std::string::npos, status.message().find("wait event 0")) << status.message();
  };
  ASSERT_TRUE(request->SetWaitEvents({failed}).ok());
  expect_failure(request->Run());
  EXPECT_TRUE(request->Run().ok());
  // A deadline and Cancel end the wait.
  ASSERT_TRUE(request->SetWaitEvents({never}).ok());
  EXPECT_EQ(StatusCode::kDeadlineExceeded, request->Run(std::chrono::milliseconds(20)).code());
  EXPECT_TRUE(request->Run().ok());
  ASSERT_TRUE(request->SetWaitEvents({never}).ok());
  ASSERT_TRUE(request->Start().ok());
  request->Cancel();
  EXPECT_EQ(StatusCode::kCancelled, request->Wait().code());
  EXPECT_TRUE(request->Run().ok());
  // A failure while the run waits.
  void* const fails_later = app_->CreateUserEvent();
  ASSERT_TRUE(request->SetWaitEvents({fails_later}).ok());
  ASSERT_TRUE(request->Start().ok());
  EXPECT_EQ(StatusCode::kDeadlineExceeded, request->Wait(std::chrono::milliseconds(20)).code());
  app_->Fail(fails_later);
  expect_failure(request->Wait());
  // The end of a request does not wait for the event either.
  ASSERT_TRUE(request->SetWaitEvents({never}).ok());
  ASSERT_TRUE(request->Start().ok());
  request.reset();
  app_->Complete(never);
}

TEST_F(OpenClInterop, RequestsOfOneQueueAndContextRunAtOnce) {
  const auto compiled = Compile(Lent(true));
  std::vector<std::unique_ptr<Request>> requests;
  std::vector<void*> outputs;
  for (uint32_t i = 0; i < 4; ++i) {
    requests.push_back(NewRequest(compiled));
    ASSERT_NE(nullptr, requests.back());
    void* const in = app_->CreateBuffer(kElements * sizeof(float));
    outputs.push_back(app_->CreateBuffer(kElements * sizeof(float)));
    app_->Write(in, 0, Values(1, i));
    ASSERT_TRUE(requests[i]->Set(0, OfBuffer(in, 1)).ok());
    ASSERT_TRUE(requests[i]->SetOutput(0, OfBuffer(outputs[i], 1)).ok());
  }
  for (int run = 0; run < 10; ++run) {
    for (const auto& request : requests) ASSERT_TRUE(request->Start().ok());
    for (const auto& request : requests) ASSERT_TRUE(request->Wait().ok());
  }
  for (uint32_t i = 0; i < 4; ++i) {
    ExpectAnswer(Values(1, i), app_->Read(outputs[i], 0, kElements));
  }
}

}  // namespace
}  // namespace mace
