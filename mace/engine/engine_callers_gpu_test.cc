// What an engine promises its callers: about threads, about their tensors, and after a failure.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "mace/engine/engine.h"
#include "mace/testing/run_request.h"
#include "mace/testing/small_model.h"

namespace mace {
namespace {

// A view of elements that `owner` keeps; when the last copy of the tensor is gone, so are they.
HostTensor Owned(const HostTensor& tensor, std::weak_ptr<const void>* owner) {
  auto copy = std::make_shared<HostTensor>(tensor);
  *owner = copy;
  return HostTensor::View(tensor.info(), tensor.bytes(), std::move(copy));
}

class EngineCallers : public testing::TestWithParam<const char*> {
 protected:
  std::unique_ptr<Engine> Make(const std::string& device = GetParam()) const {
    Options options;
    options.device = device;
    StatusOr<std::unique_ptr<Engine>> engine = Engine::Create(MakeSmallModel(), options);
    EXPECT_TRUE(engine.ok()) << engine.status().message();
    return engine.ok() ? *std::move(engine) : nullptr;
  }
};

TEST_P(EngineCallers, TwoThreadsGetAnAnswerOrARefusal) {
  const std::unique_ptr<Engine> engine = Make();
  ASSERT_NE(engine, nullptr);
  std::atomic<int> answered{0}, refused{0}, wrong{0}, begun{0};
  const auto work = [&](int thread) {
    ++begun;
    while (begun < 2) std::this_thread::yield();
    for (int run = 0; run < 200; ++run) {
      const HostTensor input = SmallInput(1 + (run + thread) % 2, static_cast<uint32_t>(run));
      const auto outputs = engine->Run({input});
      if (outputs.ok()) {
        IsSmallAnswer(input, *outputs) ? ++answered : ++wrong;
      } else {
        outputs.status().code() == StatusCode::kFailedPrecondition ? ++refused : ++wrong;
      }
    }
  };
  std::thread other(work, 1);
  work(0);
  other.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(answered, 0);
  EXPECT_EQ(answered + refused, 400);
}

// A run that is within a tuner's or planner's callback is one that has begun: deterministic, unlike
// two threads that may miss each other.
TEST(EngineTurns, ASecondThreadIsRefusedWhileARunPlans) {
  Options options;
  std::unique_ptr<Engine> engine;
  std::atomic<bool> ready{false};
  int asked = 0;
  Status from_other;
  RunStats seen;
  options.tuning.level = TuningLevel::kFast;
  options.tuning.progress = [&](const TuningProgress&) {
    if (!ready || ++asked > 1) return true;
    std::thread other([&] {
      from_other = engine->Run({SmallInput(1)}).status();
      seen = engine->stats();  // Does not wait for the run.
      EXPECT_EQ(engine->note(), "");
    });
    other.join();
    return true;
  };
  StatusOr<std::unique_ptr<Engine>> made = Engine::Create(MakeSmallModel(), options);
  ASSERT_TRUE(made.ok()) << made.status().message();
  engine = *std::move(made);
  ready = true;
  const HostTensor input = SmallInput(2);
  const auto outputs = engine->Run({input});
  ASSERT_TRUE(outputs.ok()) << outputs.status().message();
  EXPECT_TRUE(IsSmallAnswer(input, *outputs));
  ASSERT_GT(asked, 0);
  EXPECT_EQ(from_other.code(), StatusCode::kFailedPrecondition) << from_other.message();
  EXPECT_NE(from_other.message().find("another thread is using it"), std::string::npos);
  EXPECT_FALSE(seen.device.empty());
  EXPECT_TRUE(engine->Run({SmallInput(1)}).ok());
}

TEST_P(EngineCallers, StatisticsAreReadWhileARunPlans) {
  const std::unique_ptr<Engine> engine = Make();
  ASSERT_NE(engine, nullptr);
  std::atomic<bool> done{false};
  std::thread reader([&] {
    while (!done) {
      EXPECT_FALSE(engine->stats().device.empty());
      EXPECT_EQ(engine->note(), "");
    }
  });
  for (int64_t batch = 1; batch <= 4; ++batch) EXPECT_TRUE(engine->Run({SmallInput(batch)}).ok());
  done = true;
  reader.join();
}

TEST_P(EngineCallers, InputsAreLetGoWhenARunReturns) {
  const std::unique_ptr<Engine> engine = Make();
  ASSERT_NE(engine, nullptr);
  std::weak_ptr<const void> owner;
  ASSERT_TRUE(engine->Run({Owned(SmallInput(1), &owner)}).ok());
  EXPECT_TRUE(owner.expired());
  std::vector<HostTensor> outputs;
  RunTimes times;
  ASSERT_TRUE(engine->RunTimed({Owned(SmallInput(1), &owner)}, &outputs, &times).ok());
  EXPECT_TRUE(owner.expired());
  CompiledModel compiled = engine->compiled_model();
  StatusOr<Request> request = compiled.NewRequest();
  ASSERT_TRUE(request.ok()) << request.status().message();
  ASSERT_TRUE(RunRequest(&*request, {Owned(SmallInput(1), &owner)}, 1).ok());
  EXPECT_FALSE(owner.expired());  // It stays set.
  ASSERT_TRUE(RunRequest(&*request, {SmallInput(1)}, 1).ok());
  EXPECT_TRUE(owner.expired());
}

TEST_P(EngineCallers, AnOutputThatMayNotBeWrittenIsRefused) {
  const std::unique_ptr<Engine> engine = Make();
  ASSERT_NE(engine, nullptr);
  const std::vector<uint8_t> constant(SmallShape(1).elements() * sizeof(float), 7);
  std::vector<HostTensor> outputs = {
      HostTensor::View({DType::kFloat32, SmallShape(1)}, constant, nullptr)};
  const Status status = engine->RunInto({SmallInput(1)}, &outputs);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("output 'y'"), std::string::npos) << status.message();
  EXPECT_EQ(constant, std::vector<uint8_t>(constant.size(), 7));
}

TEST_P(EngineCallers, CopiesOfAnOutputKeepWhatTheyShow) {
  const std::unique_ptr<Engine> engine = Make();
  ASSERT_NE(engine, nullptr);
  const HostTensor first = SmallInput(1, 1), second = SmallInput(1, 2);
  std::vector<HostTensor> outputs;
  ASSERT_TRUE(engine->RunInto({first}, &outputs).ok());
  const std::vector<HostTensor> kept = outputs;
  ASSERT_TRUE(engine->RunInto({second}, &outputs).ok());
  EXPECT_TRUE(IsSmallAnswer(first, kept));
  EXPECT_TRUE(IsSmallAnswer(second, outputs));
  // The same tensor as input and output.
  outputs = {second};
  ASSERT_TRUE(engine->RunInto({second}, &outputs).ok());
  EXPECT_TRUE(IsSmallAnswer(second, outputs));
}

TEST_P(EngineCallers, ATensorThatNobodyElseHoldsIsWrittenInPlace) {
  const std::unique_ptr<Engine> engine = Make();
  ASSERT_NE(engine, nullptr);
  const HostTensor input = SmallInput(1);
  std::vector<HostTensor> outputs;
  ASSERT_TRUE(engine->RunInto({input}, &outputs).ok());
  const uint8_t* const before = outputs[0].bytes().data();
  ASSERT_TRUE(engine->RunInto({input}, &outputs).ok());
  EXPECT_EQ(outputs[0].bytes().data(), before);
  std::vector<float> mine(static_cast<size_t>(SmallShape(1).elements()), -1.0f);
  const MutableBytes bytes(reinterpret_cast<uint8_t*>(mine.data()), mine.size() * sizeof(float));
  outputs = {HostTensor::MutableView({DType::kFloat32, SmallShape(1)}, bytes, nullptr)};
  ASSERT_TRUE(engine->RunInto({input}, &outputs).ok());
  EXPECT_TRUE(IsSmallAnswer(input, outputs));
  EXPECT_GT(mine[0], 0);
}

INSTANTIATE_TEST_SUITE_P(Devices, EngineCallers, testing::Values("gpu", "cpu"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace mace
