// What a request promises to callers on several threads, and how it treats their tensors.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "mace/testing/compiled_graph.h"
#include "mace/testing/small_model.h"

namespace mace {
namespace {

// A view of elements that `owner` keeps alive until the last copy of the tensor is destroyed.
HostTensor Owned(const HostTensor& tensor, std::weak_ptr<const void>* owner) {
  auto copy = std::make_shared<HostTensor>(tensor);
  *owner = copy;
  return HostTensor::View(tensor.info(), tensor.bytes(), std::move(copy));
}

class RequestCallers : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    CompileOptions options;
    options.device = GetParam();
    compiled_ = CompileOrFail(MakeSmallModel(), options);
    StatusOr<Request> request = compiled_.NewRequest();
    ASSERT_TRUE(request.ok()) << request.status().message();
    request_ = *std::move(request);
  }

  CompiledModel compiled_;
  Request request_;
};

// Both threads set the same inputs, because it is not known whose call succeeds.
TEST_P(RequestCallers, TwoThreadsGetAnAnswerOrARefusal) {
  std::atomic<int> answered{0}, refused{0}, wrong{0}, begun{0};
  const HostTensor input = SmallInput(1);
  ASSERT_TRUE(request_.Set(0, TensorAccess::FromHost(input)).ok());
  const auto work = [&] {
    ++begun;
    while (begun < 2) std::this_thread::yield();
    for (int run = 0; run < 200; ++run) {
      const Status status = request_.Run();
      if (status.ok()) {
        ++answered;
      } else {
        status.code() == StatusCode::kFailedPrecondition ? ++refused : ++wrong;
      }
    }
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(answered, 0);
  EXPECT_EQ(answered + refused, 400);
  EXPECT_TRUE(IsSmallAnswer(input, {TensorAccess::ToHost(*request_.Get(0))}));
}

// A run within a tuner's callback has certainly begun. Two free threads might miss each other.
TEST(RequestTurns, ASecondThreadIsRefusedWhileARunPlans) {
  CompileOptions options;
  CompiledModel compiled;
  Request request;
  std::atomic<bool> ready{false};
  int asked = 0;
  Status of_run, of_set;
  Statistics seen;
  options.tuning = CompileOptions::Tuning::kFast;
  options.tuning_progress = [&](const CompileOptions::TuningProgress&) {
    if (!ready || ++asked > 1) return true;
    std::thread other([&] {
      of_run = request.Run();
      of_set = request.Set(0, TensorAccess::FromHost(SmallInput(1)));
      seen = compiled.statistics();  // Does not wait for the run.
      EXPECT_EQ(compiled.note(), "");
    });
    other.join();
    return true;
  };
  compiled = CompileOrFail(MakeSmallModel(), options);
  StatusOr<Request> made = compiled.NewRequest();
  ASSERT_TRUE(made.ok()) << made.status().message();
  request = *std::move(made);
  ready = true;
  const HostTensor input = SmallInput(2);
  const auto outputs = RunRequest(&request, {input});
  ASSERT_TRUE(outputs.ok()) << outputs.status().message();
  EXPECT_TRUE(IsSmallAnswer(input, *outputs));
  ASSERT_GT(asked, 0);
  for (const Status& status : {of_run, of_set}) {
    EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition) << status.message();
    EXPECT_NE(status.message().find("is at work"), std::string::npos) << status.message();
  }
  EXPECT_FALSE(seen.device.empty());
  EXPECT_TRUE(RunRequest(&request, {SmallInput(1)}).ok());
}

TEST_P(RequestCallers, StatisticsAreReadWhileARunPlans) {
  std::atomic<bool> done{false};
  std::thread reader([&] {
    while (!done) {
      EXPECT_FALSE(compiled_.statistics().device.empty());
      EXPECT_EQ(compiled_.note(), "");
    }
  });
  for (int64_t batch = 1; batch <= 4; ++batch) {
    EXPECT_TRUE(RunRequest(&request_, {SmallInput(batch)}).ok());
  }
  done = true;
  reader.join();
}

TEST_P(RequestCallers, AnInputIsLetGoWhenAnotherOneIsSet) {
  std::weak_ptr<const void> owner;
  ASSERT_TRUE(RunRequest(&request_, {Owned(SmallInput(1), &owner)}).ok());
  EXPECT_FALSE(owner.expired());  // The input stays set.
  ASSERT_TRUE(RunRequest(&request_, {SmallInput(1)}).ok());
  EXPECT_TRUE(owner.expired());
  ASSERT_TRUE(RunRequest(&request_, {Owned(SmallInput(1), &owner)}).ok());
  request_ = Request();
  EXPECT_TRUE(owner.expired());
}

// One tensor is both the input and the output of a request.
TEST_P(RequestCallers, AnInputIsNotWrittenThoughItIsTheOutputToo) {
  const HostTensor input = SmallInput(1, 2);
  const Tensor both = TensorAccess::FromHost(input);
  ASSERT_TRUE(request_.Set(0, both).ok());
  ASSERT_TRUE(request_.SetOutput(0, both).ok());
  ASSERT_TRUE(request_.Run().ok());
  EXPECT_TRUE(IsSmallAnswer(SmallInput(1, 2), {TensorAccess::ToHost(*request_.Get(0))}));
  EXPECT_EQ(input.f32()[0], SmallInput(1, 2).f32()[0]);
}

INSTANTIATE_TEST_SUITE_P(Devices, RequestCallers, testing::Values("gpu", "cpu"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace mace
