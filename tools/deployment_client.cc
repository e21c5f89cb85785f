// An app around the library that makes the situations of deployment which the command cannot make:
// many dims in one process, another current folder, forks before and after the first OpenCL call.
// Scripts outside of the project run it too: CASE MODEL CACHE [ARGUMENT] and the words that it
// prints are theirs. The model is models/digits.
//
//   shapes MODEL CACHE N       runs batches of 1 to N: "built B hits H"
//   chdir MODEL CACHE FOLDER   compiles, goes to the folder, runs and saves the cache
//   fork_same MODEL CACHE      a child uses the parent's request: "child exit C, parent works"
//   fork_new MODEL CACHE       a child makes a compiled model of its own: "child exit C"
//   fork_first MODEL CACHE N   N children do so before their parent does: "F of N workers fail"
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "mace/mace.h"

namespace {

constexpr unsigned kSecondsOfChild = 10;
constexpr unsigned kSecondsOfWorker = 40;
constexpr int kRefused = 9;  // Exit code of a child that got an error.

struct App {
  mace::CompiledModel compiled;
  mace::Request request;

  mace::Status Open(const std::string& model, const std::string& cache) {
    mace::CompileOptions options;
    options.cache.path = cache;
    MACE_ASSIGN_OR_RETURN(compiled, mace::CompiledModel::Load(model, mace::LoadOptions(), options));
    MACE_ASSIGN_OR_RETURN(request, compiled.NewRequest());
    return mace::Status();
  }
  mace::Status Run(int64_t batch) {
    MACE_ASSIGN_OR_RETURN(mace::Tensor digits,
                          mace::Tensor::Allocate(mace::DType::kFloat32, {batch, 8, 8, 1}));
    MACE_RETURN_IF_ERROR(request.Set(0, std::move(digits)));
    return request.Run();
  }
};

int Report(const mace::Status& status) {
  if (status.ok()) return 0;
  std::printf("%s\n", status.message().c_str());
  return 1;
}

pid_t Fork(unsigned seconds, const std::function<bool()>& child) {
  std::fflush(stdout);
  const pid_t pid = fork();
  if (pid != 0) return pid;
  alarm(seconds);
  _exit(child() ? 0 : kRefused);
}

std::string EndOf(pid_t pid) {
  int status = 0;
  if (waitpid(pid, &status, 0) != pid) return "no child";
  if (!WIFSIGNALED(status)) return "exit " + std::to_string(WEXITSTATUS(status));
  return WTERMSIG(status) == SIGALRM ? "hangs" : "signal " + std::to_string(WTERMSIG(status));
}

bool IsAnswerOrError(const std::string& end) {
  return end == "exit 0" || end == "exit " + std::to_string(kRefused);
}

mace::Status RunShapes(App* app, int count) {
  for (int batch = 1; batch <= count; ++batch) MACE_RETURN_IF_ERROR(app->Run(batch));
  MACE_RETURN_IF_ERROR(app->compiled.SaveCache());
  const mace::CacheStatistics cache = app->compiled.statistics().cache;
  std::printf("built %zu hits %zu\n", cache.built_from_source, cache.hits);
  return mace::Status();
}

mace::Status RunElsewhere(App* app, const std::string& folder) {
  if (chdir(folder.c_str()) != 0) return mace::NotFound("no folder " + folder);
  MACE_RETURN_IF_ERROR(app->Run(1));
  return app->compiled.SaveCache();
}

int ForkAndUse(App* app) {
  const std::string end = EndOf(Fork(kSecondsOfChild, [&] { return app->Run(1).ok(); }));
  const bool works = app->Run(1).ok();
  std::printf("child %s, parent %s\n", end.c_str(), works ? "works" : "fails");
  return works && IsAnswerOrError(end) ? 0 : 1;
}

int ForkAndOpen(const std::string& model, const std::string& cache) {
  const std::string end = EndOf(Fork(kSecondsOfChild, [&] {
    App own;
    return own.Open(model, cache).ok() && own.Run(1).ok();
  }));
  std::printf("child %s\n", end.c_str());
  return IsAnswerOrError(end) ? 0 : 1;
}

int ForkFirst(const std::string& model, const std::string& cache, int count) {
  std::vector<pid_t> workers;
  while (static_cast<int>(workers.size()) < count) {
    workers.push_back(Fork(kSecondsOfWorker, [&] {
      App own;
      return own.Open(model, cache).ok() && own.Run(1).ok() && own.compiled.SaveCache().ok();
    }));
  }
  int failed = 0;
  for (const pid_t worker : workers) failed += EndOf(worker) == "exit 0" ? 0 : 1;
  std::printf("%d of %d workers fail\n", failed, count);
  return failed;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const std::string name = argv[1], model = argv[2], cache = argv[3];
  const std::string argument = argc > 4 ? argv[4] : "";
  const int count = std::atoi(argument.c_str());
  if (name == "fork_first") return ForkFirst(model, cache, count);
  App app;
  const mace::Status opened = app.Open(model, cache);
  if (!opened.ok()) return Report(opened);
  if (name == "shapes") return Report(RunShapes(&app, count));
  if (name == "chdir") return Report(RunElsewhere(&app, argument));
  const mace::Status ran = app.Run(1);
  if (!ran.ok()) return Report(ran);
  if (name == "fork_same") return ForkAndUse(&app);
  if (name == "fork_new") return ForkAndOpen(model, cache);
  return 2;
}
