#include "mace/testing/failing_allocator/every_allocation.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/files.h"
#include "mace/base/npy.h"

namespace mace {
namespace {

// A model in use, as far as it came.
struct Life {
  CompiledModel compiled;
  std::optional<Request> request;  // With its input.
};

// A call whose allocations fail in turn.
struct Phase {
  const char* name;
  // The steps before the phase, and the phase itself.
  std::function<Status(Life*)> before;
  std::function<Status(Life*)> call;
  // Whether the same object is used again after a failure, or a new one for each.
  bool reuses = false;
};

bool SameElements(const Tensor& a, const Tensor& b) {
  return a.bytes() == b.bytes() && std::memcmp(a.data(), b.data(), a.bytes()) == 0;
}

class Trier {
 public:
  Trier(const AllocationCase& with, Failures failures, const Coverage& coverage)
      : with_(with),
        failures_(failures),
        coverage_(coverage),
        output_path_(JoinPath(testing::TempDir(),
                              "every_allocation." + std::to_string(getpid()) + ".npy")) {}

  void TryAll() {
    FindExpected();
    if (testing::Test::HasFailure()) return;
    const auto nothing = [](Life*) { return Status(); };
    const auto create = [this](Life* life) { return Create(life); };
    const auto run = [](Life* life) { return Run(life); };
    const auto save = [this](Life* life) { return Save(life); };
    const auto create_and_run = [this](Life* life) -> Status {
      MACE_RETURN_IF_ERROR(Create(life));
      return Run(life);
    };
    Try({"load and plan", nothing, create});
    Try({"first run", create, run});
    Try({"second run", create_and_run, run, true});
    Try({"saving", create_and_run, save, true});
  }

 private:
  void FindExpected() {
    Life life;
    const Status created = Create(&life);
    ASSERT_TRUE(created.ok()) << created.message();
    const Status run = Run(&life);
    ASSERT_TRUE(run.ok()) << run.message();
    const Status saved = Save(&life);
    ASSERT_TRUE(saved.ok()) << saved.message();
    const StatusOr<Tensor> output = life.request->Get(0);
    ASSERT_TRUE(output.ok()) << output.status().message();
    expected_ = *output;
  }

  // The three allocate nothing of the test's own, which would throw here.
  Status Create(Life* life) const {
    MACE_ASSIGN_OR_RETURN(life->compiled,
                          CompiledModel::Load(with_.model, LoadOptions(), with_.options));
    MACE_ASSIGN_OR_RETURN(Request request, life->compiled.NewRequest());
    // The picture in the layout that the model declares: its elements are the same.
    MACE_RETURN_IF_ERROR(CatchExhaustion([&] {
      // Statistics for which there is no memory are empty.
      const Statistics known = life->compiled.statistics();
      if (known.input_dims.empty()) return ResourceExhausted("no memory for the statistics");
      return request.Set(0, Tensor::View(with_.input.f32(), known.input_dims[0]));
    }));
    life->request = std::move(request);
    return Status();
  }
  static Status Run(Life* life) { return life->request->Run(); }
  Status Save(Life* life) const {
    MACE_ASSIGN_OR_RETURN(const Tensor output, life->request->Get(0));
    const Bytes bytes(static_cast<const uint8_t*>(output.data()), output.bytes());
    // The command does the same.
    MACE_RETURN_IF_ERROR(
        CatchExhaustion([&] { return WriteNpy(output_path_, descr_, output.dims(), bytes); }));
    return life->compiled.SaveCache();
  }

  uint64_t Next(uint64_t n) const { return n < coverage_.first ? n + 1 : n + coverage_.stride; }

  void Try(const Phase& phase) {
    SCOPED_TRACE(phase.name);
    uint64_t tried = 0, total = 0;
    Life life;
    for (uint64_t n = 1;; n = Next(n)) {
      SCOPED_TRACE("allocation " + std::to_string(n));
      if (!life.request.has_value() || !phase.reuses) {
        life = Life();
        const Status before = phase.before(&life);
        ASSERT_TRUE(before.ok()) << before.message();
      }
      const Status status = Fail(phase, n, &life, &total);
      Judge(phase, status, &life);
      if (testing::Test::HasFailure()) return;
      if (total < n) break;
      ++tried;
    }
    std::printf("%s, %s: %zu of %zu allocations\n", with_.model.c_str(), phase.name,
                static_cast<size_t>(tried), static_cast<size_t>(total));
  }

  Status Fail(const Phase& phase, uint64_t n, Life* life, uint64_t* total) const {
    Status status;
    {
      const FailingAllocation failing(n, failures_);
      status = phase.call(life);
      *total = FailingAllocation::count();
    }
    return status;
  }

  // The call's answer, and that of the next attempt.
  void Judge(const Phase& phase, const Status& status, Life* life) const {
    if (!status.ok()) {
      EXPECT_EQ(StatusCode::kResourceExhausted, status.code()) << status.message();
      EXPECT_FALSE(status.message().empty());
      if (!life->request.has_value()) *life = Life();
      const Status again = phase.call(life);
      ASSERT_TRUE(again.ok()) << "the next attempt: " << again.message();
    }
    ASSERT_TRUE(life->request.has_value());
    if (!life->request->Get(0).ok()) {
      const Status run = Run(life);
      ASSERT_TRUE(run.ok()) << "the run after: " << run.message();
    }
    const StatusOr<Tensor> output = life->request->Get(0);
    ASSERT_TRUE(output.ok()) << output.status().message();
    EXPECT_TRUE(SameElements(expected_, *output));
  }

  const std::string descr_ = "<f4";
  const AllocationCase& with_;
  const Failures failures_;
  const Coverage coverage_;
  const std::string output_path_;
  Tensor expected_;
};

}  // namespace

AllocationCase DigitsCase(const std::string& model, const CompileOptions& options) {
  AllocationCase with;
  with.model = "models/digits/" + model;
  with.options = options;
  const StatusOr<NpyArray> picture = ReadNpy("models/digits/samples/digit_3.npy");
  EXPECT_TRUE(picture.ok()) << picture.status().message();
  if (!picture.ok()) return with;
  std::vector<float> values(picture->data.size() / sizeof(float));
  std::memcpy(values.data(), picture->data.data(), picture->data.size());
  with.input = HostTensor::FromVector(DType::kFloat32, Shape(picture->shape), std::move(values));
  return with;
}

void TryEveryAllocation(const AllocationCase& with, Failures failures, const Coverage& coverage) {
  SCOPED_TRACE(with.model);
  Trier(with, failures, coverage).TryAll();
}

}  // namespace mace
