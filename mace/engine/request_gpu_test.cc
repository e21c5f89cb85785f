// What models, compiled models and requests promise their callers, on the CPU and on a device.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <future>
#include <thread>

#include "mace/api/compiled_model.h"
#include "mace/api/request.h"
#include "mace/engine/model_state.h"
#include "mace/engine/tensor_access.h"
#include "mace/testing/small_model.h"

namespace mace {
namespace {

class Requests : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    CompileOptions options;
    options.device = GetParam();
    const auto made = CompiledModel::Compile(ModelAccess::FromGraph(MakeSmallModel()), options);
    ASSERT_TRUE(made.ok()) << made.status().message();
    compiled_ = *made;
  }
  Request NewRequest() const {
    CompiledModel compiled = compiled_;
    StatusOr<Request> request = compiled.NewRequest();
    EXPECT_TRUE(request.ok()) << request.status().message();
    return *std::move(request);
  }
  static Tensor Input(int64_t batch, uint32_t seed = 1) {
    return TensorAccess::FromHost(SmallInput(batch, seed));
  }
  static bool IsAnswer(const Request& request, int64_t batch, uint32_t seed = 1) {
    const StatusOr<Tensor> output = request.Get(0);
    return output.ok() && IsSmallAnswer(SmallInput(batch, seed), {TensorAccess::ToHost(*output)});
  }

  CompiledModel compiled_;
};

TEST_P(Requests, AnswerByIndexAndByName) {
  Request request = NewRequest();
  EXPECT_EQ(StatusCode::kFailedPrecondition, request.Get(0).status().code());
  EXPECT_EQ(StatusCode::kFailedPrecondition, request.Run().code());  // No input is set yet.
  ASSERT_TRUE(request.Set(compiled_.inputs()[0].name, Input(1)).ok());
  ASSERT_TRUE(request.Run().ok());
  EXPECT_TRUE(IsAnswer(request, 1));
  EXPECT_TRUE(request.Get(compiled_.outputs()[0].name).ok());
  EXPECT_EQ(StatusCode::kNotFound, request.Set("no such", Input(1)).code());
  EXPECT_EQ(StatusCode::kNotFound, request.Set(7, Input(1)).code());
  EXPECT_EQ(StatusCode::kNotFound, request.Get("no such").status().code());
  EXPECT_EQ(StatusCode::kNotFound, request.Get(7).status().code());
  EXPECT_EQ(StatusCode::kNotFound, request.SetOutput(7, Tensor()).code());
  EXPECT_GT(request.statistics().latency_ms, 0);
  EXPECT_EQ(1u, compiled_.statistics().runs);
}

TEST_P(Requests, RefuseATensorThatDoesNotFit) {
  Request request = NewRequest();
  ASSERT_TRUE(request.Set(0, Input(1)).ok());
  const Tensor of_other_type = *Tensor::Allocate(DType::kInt64, compiled_.inputs()[0].dims);
  EXPECT_EQ(StatusCode::kInvalidArgument, request.Set(0, of_other_type).code());
  EXPECT_EQ(StatusCode::kInvalidArgument, request.Set(0, Tensor()).code());
  EXPECT_EQ(StatusCode::kInvalidArgument,
            request.Set(0, *Tensor::Allocate(DType::kFloat32, {1})).code());
  const Status wrong_dims =
      request.Set(0, Tensor::View(static_cast<const float*>(nullptr), {1, 2}));
  EXPECT_EQ(StatusCode::kInvalidArgument, wrong_dims.code());
  EXPECT_NE(std::string::npos, wrong_dims.message().find("null pointer")) << wrong_dims.message();
  // The tensors of the earlier run are still set.
  ASSERT_TRUE(request.Run().ok());
  EXPECT_TRUE(IsAnswer(request, 1));
  const float readable = 0;
  EXPECT_EQ(StatusCode::kInvalidArgument,
            request.SetOutput(0, Tensor::View(&readable, {1})).code());
}

TEST_P(Requests, OtherDimsAreOtherPlans) {
  Request request = NewRequest();
  ASSERT_TRUE(compiled_.Prepare({{compiled_.inputs()[0].name, Input(3).dims()}}).ok());
  EXPECT_EQ(2u, compiled_.statistics().plans);
  for (const int64_t batch : {1, 3, 2, 3}) {
    ASSERT_TRUE(request.Set(0, Input(batch)).ok());
    ASSERT_TRUE(request.Run().ok());
    EXPECT_TRUE(IsAnswer(request, batch));
    EXPECT_EQ(batch == 2, request.statistics().made_plan);
  }
  EXPECT_EQ(3u, compiled_.statistics().plans);
  EXPECT_EQ(StatusCode::kNotFound, compiled_.Prepare({{"no such", {1}}}).code());
  EXPECT_EQ(StatusCode::kInvalidArgument,
            compiled_.Prepare({{compiled_.inputs()[0].name, {-1}}}).code());
}

TEST_P(Requests, OutputsAreTheCallersWhereTheyFit) {
  Request request = NewRequest();
  ASSERT_TRUE(request.Set(0, Input(1)).ok());
  ASSERT_TRUE(request.Run().ok());
  const Tensor first = *request.Get(0);
  std::vector<float> memory(static_cast<size_t>(first.elements()), -1);
  ASSERT_TRUE(request.SetOutput(0, Tensor::MutableView(memory.data(), first.dims())).ok());
  ASSERT_TRUE(request.Set(0, Input(1, 5)).ok());
  ASSERT_TRUE(request.Run().ok());
  EXPECT_EQ(memory.data(), request.Get(0)->data<float>());
  EXPECT_TRUE(IsAnswer(request, 1, 5));
  // The copy of the earlier result is unchanged.
  EXPECT_TRUE(IsSmallAnswer(SmallInput(1, 1), {TensorAccess::ToHost(first)}));
  // The request makes a new tensor for the other dims.
  ASSERT_TRUE(request.Set(0, Input(2)).ok());
  ASSERT_TRUE(request.Run().ok());
  EXPECT_NE(memory.data(), request.Get(0)->data<float>());
  EXPECT_TRUE(IsAnswer(request, 2));
}

TEST_P(Requests, AResultThatNobodyKeepsIsWrittenAgain) {
  Request request = NewRequest();
  ASSERT_TRUE(request.Set(0, Input(1)).ok());
  ASSERT_TRUE(request.Run().ok());
  const void* const address = request.Get(0)->data();
  ASSERT_TRUE(request.Run().ok());
  EXPECT_EQ(address, request.Get(0)->data());
  const Tensor kept = *request.Get(0);
  ASSERT_TRUE(request.Run().ok());
  EXPECT_NE(address, request.Get(0)->data());
  EXPECT_EQ(address, kept.data());
}

TEST_P(Requests, RunOnTheirOwnThread) {
  Request request = NewRequest();
  ASSERT_TRUE(request.Set(0, Input(1)).ok());
  std::atomic<int> called{0};
  for (int run = 1; run <= 20; ++run) {
    ASSERT_TRUE(
        request.Start([&](const Status& status) { called += status.ok() ? 1 : 1000; }).ok());
    ASSERT_TRUE(request.Wait().ok());
    EXPECT_EQ(run, called);
  }
  EXPECT_TRUE(IsAnswer(request, 1));
  ASSERT_TRUE(request.Start().ok());
  while (request.Wait(std::chrono::milliseconds(1)).code() == StatusCode::kDeadlineExceeded) {
  }
  EXPECT_TRUE(IsAnswer(request, 1));
}

TEST_P(Requests, ACallbackMayStartTheNextRun) {
  Request request = NewRequest();
  ASSERT_TRUE(request.Set(0, Input(1)).ok());
  std::atomic<int> runs{0};
  std::promise<void> done;
  std::function<void(const Status&)> next = [&](const Status& status) {
    EXPECT_TRUE(status.ok()) << status.message();
    EXPECT_TRUE(IsAnswer(request, 1, static_cast<uint32_t>(runs + 1)));
    if (++runs == 5) return done.set_value();
    EXPECT_TRUE(request.Set(0, Input(1, static_cast<uint32_t>(runs + 1))).ok());
    EXPECT_TRUE(request.Start(next).ok());
    EXPECT_EQ(StatusCode::kFailedPrecondition, request.Wait().code());  // On the run's own thread.
  };
  ASSERT_TRUE(request.Start(next).ok());
  done.get_future().wait();
  EXPECT_TRUE(request.Wait().ok());
}

TEST_P(Requests, ACancelledRunEndsAndTheRequestGoesOn) {
  Request request = NewRequest();
  request.Cancel();  // Without a run nothing happens.
  bool was_cancelled = false;
  for (int64_t batch = 1; batch < 400 && !was_cancelled; ++batch) {
    // A new plan takes long enough that the run is still at work.
    ASSERT_TRUE(request.Set(0, Input(batch)).ok());
    ASSERT_TRUE(request.Start().ok());
    request.Cancel();
    const Status status = request.Wait();
    was_cancelled = status.code() == StatusCode::kCancelled;
    EXPECT_TRUE(status.ok() || was_cancelled) << status.message();
    EXPECT_EQ(status.ok(), request.Get(0).ok());
  }
  EXPECT_TRUE(was_cancelled);
  ASSERT_TRUE(request.Run().ok());
  EXPECT_TRUE(request.Get(0).ok());
}

TEST_P(Requests, ADeadlineEndsARun) {
  Request request = NewRequest();
  ASSERT_TRUE(request.Set(0, Input(1)).ok());
  EXPECT_EQ(StatusCode::kDeadlineExceeded, request.Run(std::chrono::milliseconds(0)).code());
  ASSERT_TRUE(request.Run(std::chrono::hours(1)).ok());
  EXPECT_TRUE(IsAnswer(request, 1));
}

// Eight threads with a request each, a ninth that cancels, a tenth that prepares new dims.
TEST_P(Requests, OfOneModelOverlap) {
  std::atomic<int> wrong{0}, cancelled{0}, answered{0};
  std::atomic<bool> ending{false};
  std::vector<std::thread> threads;
  for (uint32_t t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      Request request = NewRequest();
      for (uint32_t run = 0; run < 30; ++run) {
        const int64_t batch = 1 + (run + t) % 3;
        if (!request.Set(0, Input(batch, run)).ok() || !request.Run().ok()) ++wrong;
        IsAnswer(request, batch, run) ? ++answered : ++wrong;
      }
    });
  }
  std::thread canceller([&] {
    Request request = NewRequest();
    for (uint32_t run = 0; !ending; ++run) {
      if (!request.Set(0, Input(1, run)).ok() || !request.Start().ok()) ++wrong;
      request.Cancel();
      const Status status = request.Wait();
      if (status.code() == StatusCode::kCancelled) {
        ++cancelled;
      } else if (!status.ok() || !IsAnswer(request, 1, run)) {
        ++wrong;
      }
    }
  });
  std::thread preparer([&] {
    for (int64_t batch = 4; !ending && batch < 40; ++batch) {
      CompiledModel compiled = compiled_;
      if (!compiled.Prepare({{compiled.inputs()[0].name, Input(batch).dims()}}).ok()) ++wrong;
    }
  });
  for (std::thread& thread : threads) thread.join();
  ending = true;
  canceller.join();
  preparer.join();
  EXPECT_EQ(0, wrong);
  EXPECT_EQ(8 * 30, answered);
  EXPECT_GE(compiled_.statistics().runs, 8u * 30);
}

TEST_P(Requests, OutliveTheirModelAndEndWhileTheyRun) {
  Request request = NewRequest();
  compiled_ = CompiledModel();
  ASSERT_TRUE(request.Set(0, Input(1)).ok());
  ASSERT_TRUE(request.Run().ok());
  EXPECT_TRUE(IsAnswer(request, 1));
  ASSERT_TRUE(request.Start().ok());
  // The callback of a request may destroy it.
  auto* const another = new Request(std::move(request));
  ASSERT_TRUE(another->Wait().ok());
  std::promise<void> gone;
  ASSERT_TRUE(another
                  ->Start([&](const Status&) {
                    delete another;
                    gone.set_value();
                  })
                  .ok());
  gone.get_future().wait();
}

TEST_P(Requests, ThatDoNotExistSaySo) {
  Request none;
  EXPECT_EQ(StatusCode::kFailedPrecondition, none.Run().code());
  EXPECT_EQ(StatusCode::kFailedPrecondition, none.Set(0, Tensor()).code());
  EXPECT_EQ(StatusCode::kFailedPrecondition, none.Get(0).status().code());
  none.Cancel();
  CompiledModel no_model;
  EXPECT_EQ(StatusCode::kFailedPrecondition, no_model.NewRequest().status().code());
  EXPECT_EQ(StatusCode::kFailedPrecondition, no_model.SaveCache().code());
  EXPECT_EQ(StatusCode::kFailedPrecondition, CompiledModel::Compile(Model()).status().code());
}

INSTANTIATE_TEST_SUITE_P(Devices, Requests, testing::Values("cpu", "gpu"));

}  // namespace
}  // namespace mace
