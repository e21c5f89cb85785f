// Processes that fork before and after the first use of OpenCL.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <vector>

#include "mace/cl/device.h"
#include "mace/testing/compiled_graph.h"
#include "mace/testing/small_model.h"

namespace mace {
namespace {

constexpr unsigned kSecondsOfChild = 60;

pid_t Fork(const std::function<bool()>& child) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  alarm(kSecondsOfChild);  // A signal ends a child that hangs.
  _exit(child() ? 0 : 1);
}

std::string EndOf(pid_t pid) {
  int status = 0;
  if (waitpid(pid, &status, 0) != pid) return "no child";
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return "exit " + std::to_string(WEXITSTATUS(status));
}

std::string EndOfChild(const std::function<bool()>& child) { return EndOf(Fork(child)); }

bool IsRefusal(const Status& status) {
  return status.code() == StatusCode::kFailedPrecondition &&
         status.message().find("fork") != std::string::npos;
}

bool Works(const std::string& device) {
  CompileOptions options;
  options.device = device;
  const auto compiled = CompileGraph(MakeSmallModel(), options);
  if (!compiled.ok()) return false;
  const HostTensor input = SmallInput(1);
  const auto outputs = RunOn(*compiled, {input});
  return outputs.ok() && IsSmallAnswer(input, *outputs);
}

// In one test, because the order matters.
TEST(Fork, ChildrenWorkBeforeOpenClIsUsedAndAreRefusedAfterwards) {
  std::vector<pid_t> workers;
  for (int i = 0; i < 3; ++i) workers.push_back(Fork([] { return Works("gpu"); }));
  for (pid_t worker : workers) EXPECT_EQ(EndOf(worker), "exit 0") << "a worker forked first";

  CompiledModel compiled = CompileOrFail(MakeSmallModel());
  const HostTensor input = SmallInput(1);
  StatusOr<Request> made_request = compiled.NewRequest();
  ASSERT_TRUE(made_request.ok()) << made_request.status().message();
  Request request = *std::move(made_request);
  ASSERT_TRUE(RunRequest(&request, {input}).ok());
  CompileOptions options;
  options.device = "cpu";
  const CompiledModel on_cpu = CompileOrFail(MakeSmallModel(), options);

  const DimsByName others = {{"x", SmallShape(2).dims()}};
  EXPECT_EQ(EndOfChild([&] { return IsRefusal(compiled.Prepare(others)); }), "exit 0");
  EXPECT_EQ(EndOfChild([&] { return IsRefusal(compiled.NewRequest().status()); }), "exit 0");
  EXPECT_EQ(EndOfChild([&] { return IsRefusal(request.Run()); }), "exit 0");
  EXPECT_EQ(EndOfChild([&] { return IsRefusal(request.Wait()); }), "exit 0");
  EXPECT_EQ(EndOfChild([&] { return IsRefusal(compiled.SaveCache()); }), "exit 0");
  EXPECT_EQ(EndOfChild([&] { return IsRefusal(CompileGraph(MakeSmallModel()).status()); }),
            "exit 0");
  EXPECT_EQ(EndOfChild([&] { return IsRefusal(ListClDevices().status()); }), "exit 0");
  EXPECT_EQ(EndOfChild([&] { return Works("cpu") && RunOn(on_cpu, {input}).ok(); }), "exit 0");
  EXPECT_EQ(EndOfChild([&] {
              request = Request();
              compiled = CompiledModel();
              return true;
            }),
            "exit 0")
      << "destructors in a child";

  const auto outputs = RunOn(compiled, {input});
  ASSERT_TRUE(outputs.ok()) << outputs.status().message();
  EXPECT_TRUE(IsSmallAnswer(input, *outputs));
  const auto answer = RunRequest(&request, {input});
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  EXPECT_TRUE(IsSmallAnswer(input, *answer));
}

}  // namespace
}  // namespace mace
