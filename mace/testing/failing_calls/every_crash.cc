// Lets the driver end the process, hang, or give an error in each call of a cold start and of a first
// warm start, by the counting layer: a process is lost at most once, the next start answers right,
// and what else the cache file holds stays.
//
// A start is a process of its own: the digits network is loaded and run once. For each call and each
// of "abort", "segfault", "hang" (the process is killed) and the error -5:
//   1. a start in which the driver does that, on a file that holds other entries;
//   2. a start without a fault, which must answer right;
//   3. the other entries are still in the file, and no announcement is left.
// Then the driver goes on to crash in one kernel, in each of a program's build, the kernel's creation
// and its launch: within a few starts (two for a build, else one) answers are right, and stay right.
// Last, two plain warm starts: the second leaves the file as it is and opens no journal.
//
// usage: every_crash [--all] [--layer FILE] [--model FILE]
//   --all   every call of the sites instead of their first ones
// Exit code 1: something went wrong; 2: wrong usage.
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "mace/cache/store.h"
#include "mace/mace.h"
#include "mace/testing/counting_layer/crashes.h"
#include "mace/testing/failing_calls/life.h"

namespace mace {
namespace {

constexpr unsigned kSecondsOfStart = 60;
constexpr int kWrong = 1, kGaveError = 3;
constexpr const char* kActions[] = {"abort", "segfault", "hang", "-5"};
constexpr const char* kSites[] = {"clBuildProgram",         "clCreateProgramWithBinary",
                                  "clCreateKernel",         "clSetKernelArg",
                                  "clEnqueueNDRangeKernel", "clFinish",
                                  "clEnqueueReadBuffer"};

struct Arguments {
  bool all = false;
  std::string layer = "mace/testing/counting_layer/libmace_cl_counting_layer.so";
  std::string model = "models/digits/digits.pb";
};

// How a start ended.
struct Start {
  int code = 0;          // Of the exit: 0: the answer was right.
  bool is_lost = false;  // A signal ended it.
  std::string text;      // What it wrote to stderr.
};

struct Fault {
  std::string text;       // MACE_COUNT_FAIL; empty: none.
  bool separate = false;  // CompileOptions::separate_launches.
};

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// An entry of the file that has nothing to do with the model.
DeviceIdentity OtherDevice() { return {"other", "vendor", "1", "2", "platform", "3"}; }

class EveryCrash {
 public:
  EveryCrash(const Arguments& arguments, const ExpectedAnswers& expected, const std::string& folder)
      : arguments_(arguments), expected_(expected), folder_(folder) {}

  bool TryAll() {
    if (!Prepare()) return false;
    for (const char* phase : {"cold", "warm"}) {
      for (const char* site : kSites) {
        const int last = arguments_.all ? calls_[phase][site] : std::min(1, calls_[phase][site]);
        for (int n = 1; n <= last; ++n) {
          for (const char* action : kActions) TryOnce(phase, site, n, action);
        }
      }
    }
    TryKernel("clBuildProgram", 2);
    TryKernel("clCreateKernel", 1);
    TryKernel("clEnqueueNDRangeKernel", 1);
    TryRefusal();
    TryPlain();
    std::printf("%zu starts, %zu lost, %zu things went wrong\n", starts_, lost_, wrong_);
    return wrong_ == 0;
  }

 private:
  std::string Cache() const { return folder_ + "/cache.bin"; }
  std::string Kept(const std::string& phase) const { return folder_ + "/" + phase + ".kept"; }

  void Complain(const std::string& where, const std::string& what, const Start& start) {
    ++wrong_;
    std::printf("%s: %s: code %d\n%s\n", where.c_str(), what.c_str(), start.code,
                start.text.c_str());
    std::fflush(stdout);
  }

  // The files that starts begin with: one without the model's program, one with it.
  bool Prepare() {
    {
      const auto store = CacheStore::Open(Kept("cold"));
      if (!store->AddTuning(OtherDevice(), "marker", "kept").ok() || !store->Flush().ok()) {
        return false;
      }
    }
    for (const char* phase : {"cold", "warm"}) {
      Begin(phase);
      const Start start = StartOnce(Fault(), /*count=*/true);
      if (start.code != 0) {
        Complain(phase, "without a fault", start);
        return false;
      }
      std::ifstream counts(folder_ + "/counts");
      std::string name;
      for (int count = 0; counts >> name >> count;) calls_[phase][name] = count;
      if (std::strcmp(phase, "cold") == 0) {
        std::filesystem::copy_file(Cache(), Kept("warm"));
      }
    }
    return true;
  }

  void Begin(const std::string& phase) {
    std::error_code ignored;
    for (int i = 0; i < 8; ++i) {
      std::filesystem::remove(Cache() + ".journal." + std::to_string(i), ignored);
    }
    std::filesystem::remove(Cache(), ignored);
    std::filesystem::copy_file(Kept(phase), Cache(), ignored);
  }

  // Whether the other entries are there, and no announcement is.
  void CheckFiles(const std::string& where, const Start& start) {
    const auto store = CacheStore::Open(Cache());
    if (store->FindTuning(OtherDevice(), "marker").value_or("") != "kept") {
      Complain(where, "an entry of the file is lost", start);
    }
    if (HasJournal()) Complain(where, "an announcement is left", start);
  }

  bool HasJournal() const { return std::filesystem::exists(Cache() + ".journal.0"); }

  void TryOnce(const std::string& phase, const char* site, int n, const char* action) {
    const std::string fault = std::string(site) + "=" + action + "@" + std::to_string(n);
    const std::string where = phase + ", " + fault;
    Begin(phase);
    const Start first = StartOnce({fault});
    const bool is_error = std::strcmp(action, "-5") == 0;
    if (first.is_lost == is_error) Complain(where, "not as the driver did", first);
    if (first.code == kWrong) Complain(where, "a wrong answer", first);
    const Start next = StartOnce(Fault());
    if (next.code != 0) Complain(where, "the next start", next);
    CheckFiles(where, next);
  }

  // The name of a kernel of the model, which the layer tells.
  std::string SomeKernel() {
    Begin("cold");
    Fault separate;
    separate.separate = true;
    StartOnce(separate, /*count=*/true);
    std::ifstream counts(folder_ + "/counts");
    std::string name, found;
    for (int count = 0; counts >> name >> count;) {
      if (name.compare(0, 2, "cl") != 0 && name.find("_builds") == std::string::npos) found = name;
    }
    return found;
  }

  // The driver crashes in one kernel for ever.
  void TryKernel(const std::string& site, size_t max_lost) {
    const std::string kernel = SomeKernel();
    Fault fault{site + "=abort@" + kernel, /*separate=*/true};
    Begin("cold");
    size_t lost = 0;
    Start start = StartOnce(fault);
    while (start.is_lost && ++lost < 8) start = StartOnce(fault);
    if (kernel.empty() || lost == 0 || lost > max_lost) {
      Complain(fault.text, std::to_string(lost) + " starts were lost", start);
    }
    for (int i = 0; i < 2; ++i) {
      if (start.code != 0) Complain(fault.text, "a start after those lost", start);
      start = StartOnce(fault);
    }
    CheckFiles(fault.text, start);
  }

  // The driver cannot compile one kernel: no start is lost, and the second one does not try again.
  void TryRefusal() {
    const std::string kernel = SomeKernel();
    const Fault fault{"clBuildProgram=-11@" + kernel, /*separate=*/true};
    Begin("cold");
    for (int i = 0; i < 2; ++i) {
      const Start start = StartOnce(fault, /*count=*/true);
      if (start.code != 0) Complain(fault.text, "a refused kernel", start);
      std::ifstream counts(folder_ + "/counts");
      std::string name;
      for (int count = 0; counts >> name >> count;) {
        if (name == "source_builds" && i == 1 && count > 0) {
          Complain(fault.text, "it compiles again", start);
        }
      }
    }
  }

  // From the second on, warm starts announce and write nothing.
  void TryPlain() {
    Begin("warm");
    Start start = StartOnce(Fault());
    const std::string before = ReadAll(Cache());
    struct stat old_file = {}, new_file = {};
    stat(Cache().c_str(), &old_file);
    start = StartOnce(Fault());
    stat(Cache().c_str(), &new_file);
    if (start.code != 0 || before != ReadAll(Cache()) || old_file.st_ino != new_file.st_ino) {
      Complain("plain", "a warm start writes", start);
    }
    struct stat folder_before = {}, folder_after = {};
    stat(folder_.c_str(), &folder_before);
    start = StartOnce(Fault());
    stat(folder_.c_str(), &folder_after);
    // A file that was made and removed has changed the folder's time.
    if (folder_before.st_mtim.tv_sec != folder_after.st_mtim.tv_sec ||
        folder_before.st_mtim.tv_nsec != folder_after.st_mtim.tv_nsec) {
      Complain("plain", "a warm start makes a file", start);
    }
  }

  Start StartOnce(const Fault& fault, bool count = false) {
    ++starts_;
    int ends[2];
    Start start;
    if (pipe(ends) != 0) return start;
    const pid_t child = fork();
    if (child == 0) {
      dup2(ends[1], STDERR_FILENO);
      close(ends[0]);
      close(ends[1]);
      alarm(kSecondsOfStart);
      setenv("OPENCL_LAYERS", arguments_.layer.c_str(), 1);
      if (!fault.text.empty()) setenv("MACE_COUNT_FAIL", fault.text.c_str(), 1);
      if (count) setenv("MACE_COUNT_FILE", (folder_ + "/counts").c_str(), 1);
      if (count) setenv("MACE_COUNT_KERNELS", (folder_ + "/counts").c_str(), 1);
      std::exit(Run(fault.separate));
    }
    close(ends[1]);
    char part[4096];
    for (ssize_t size = 0; (size = read(ends[0], part, sizeof(part))) > 0;) {
      start.text.append(part, static_cast<size_t>(size));
      if (start.text.find(kHangLine) != std::string::npos) kill(child, SIGKILL);
    }
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    start.is_lost = WIFSIGNALED(status);
    start.code = start.is_lost ? -WTERMSIG(status) : WEXITSTATUS(status);
    if (start.is_lost) ++lost_;
    return start;
  }

  Status Answer(bool separate, std::vector<float>* answer) const {
    CompileOptions options;
    options.cache.path = Cache();
    options.separate_launches = separate;
    MACE_ASSIGN_OR_RETURN(CompiledModel compiled,
                          CompiledModel::Load(arguments_.model, LoadOptions(), options));
    MACE_ASSIGN_OR_RETURN(Request request, compiled.NewRequest());
    MACE_ASSIGN_OR_RETURN(Tensor input, Tensor::Allocate(DType::kFloat32, {1, 8, 8, 1}));
    const std::vector<float> values = LifeInput(1);
    std::copy(values.begin(), values.end(), input.mutable_data<float>());
    MACE_RETURN_IF_ERROR(request.Set(0, std::move(input)));
    MACE_RETURN_IF_ERROR(request.Run());
    MACE_ASSIGN_OR_RETURN(const Tensor output, request.Get(0));
    const float* const found = output.data<float>();
    answer->assign(found, found + output.elements());
    return Status();
  }

  // The exit code of a start.
  int Run(bool separate) const {
    std::vector<float> answer;
    const Status status = Answer(separate, &answer);
    if (!status.ok()) {
      std::fprintf(stderr, "%s\n", status.message().c_str());
      return kGaveError;
    }
    if (answer.size() != expected_.one.size()) return kWrong;
    for (size_t i = 0; i < answer.size(); ++i) {
      if (!(std::abs(answer[i] - expected_.one[i]) <= 1e-4)) return kWrong;
    }
    return 0;
  }

  const Arguments& arguments_;
  const ExpectedAnswers& expected_;
  const std::string folder_;
  std::map<std::string, std::map<std::string, int>> calls_;  // By phase and name.
  size_t starts_ = 0, lost_ = 0, wrong_ = 0;
};

bool ReadArguments(int count, char** texts, Arguments* arguments) {
  for (int i = 1; i < count; ++i) {
    const std::string name = texts[i];
    if (name == "--all") {
      arguments->all = true;
      continue;
    }
    if (i + 1 == count) return false;
    if (name == "--layer") {
      arguments->layer = texts[++i];
    } else if (name == "--model") {
      arguments->model = texts[++i];
    } else {
      return false;
    }
  }
  return true;
}

int Main(int count, char** texts) {
  Arguments arguments;
  if (!ReadArguments(count, texts, &arguments)) {
    std::fprintf(stderr, "usage: every_crash [--all] [--layer FILE] [--model FILE]\n");
    return 2;
  }
  arguments.layer = std::filesystem::absolute(arguments.layer).string();
  StatusOr<ExpectedAnswers> expected = FindExpectedAnswers(arguments.model);
  std::string folder = (std::filesystem::temp_directory_path() / "every_crash.XXXXXX").string();
  if (!expected.ok() || mkdtemp(folder.data()) == nullptr) {
    std::fprintf(stderr, "every_crash: %s\n",
                 expected.ok() ? std::strerror(errno) : expected.status().message().c_str());
    return 1;
  }
  setenv("POCL_CACHE_DIR", (folder + "/pocl").c_str(), 1);
  std::filesystem::create_directory(folder + "/pocl");
  std::filesystem::create_directory(folder + "/files");
  const bool passed = EveryCrash(arguments, *expected, folder + "/files").TryAll();
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return passed ? 0 : 1;
}

}  // namespace
}  // namespace mace

int main(int argc, char** argv) { return mace::Main(argc, argv); }
