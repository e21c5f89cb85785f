#include "tools/mace/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "mace/base/clock.h"
#include "tools/mace/exit_code.h"

namespace mace {
namespace {

constexpr char kEndOfText = '\0';
constexpr size_t kMaxOutput = 4000;
constexpr size_t kMaxText = size_t{16} << 20;
constexpr int kPollMs = 20;

struct Pipe {
  int read = -1;
  int write = -1;
  bool Open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    read = ends[0];
    write = ends[1];
    return true;
  }
  void Close(int* end) {
    if (*end >= 0) close(*end);
    *end = -1;
  }
  ~Pipe() {
    Close(&read);
    Close(&write);
  }
};

void WriteAll(int descriptor, const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    const ssize_t count = write(descriptor, text.data() + at, text.size() - at);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    at += static_cast<size_t>(count);
  }
}

// Appends what can be read without waiting.
void Drain(int descriptor, std::string* text) {
  char block[4096];
  while (true) {
    const ssize_t count = read(descriptor, block, sizeof(block));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    text->append(block, static_cast<size_t>(count));
  }
}

[[noreturn]] void BecomeWorker(const std::function<std::string()>& work, const Pipe& text,
                               const Pipe& output) {
  setpgid(0, 0);  // Processes that a driver starts can be killed with this one.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(nothing, STDIN_FILENO);
  dup2(output.write, STDOUT_FILENO);
  dup2(output.write, STDERR_FILENO);
  WriteAll(text.write, work() + kEndOfText);
  ExpectExit();
  std::exit(0);  // Drivers and folders are tidied up as in any process.
}

class Parent {
 public:
  Parent(pid_t child, double seconds)
      : child_(child), deadline_ms_(MonotonicMilliseconds() + 1000 * seconds) {}

  ChildResult WaitFor(Pipe* text, Pipe* output) {
    text->Close(&text->write);
    output->Close(&output->write);
    fcntl(text->read, F_SETFL, O_NONBLOCK);
    fcntl(output->read, F_SETFL, O_NONBLOCK);
    bool ended = false;
    while (!ended) {
      pollfd watched[] = {{text->read, POLLIN, 0}, {output->read, POLLIN, 0}};
      poll(watched, 2, kPollMs);
      // A closed pipe is always readable.
      if ((watched[0].revents | watched[1].revents) == POLLHUP) usleep(1000 * kPollMs);
      ended = HasEnded();
      ReadPipes(*text, *output);
      if (!ended && MonotonicMilliseconds() > deadline_ms_) {
        result_.timed_out = true;
        kill(-child_, SIGKILL);
        kill(child_, SIGKILL);
        deadline_ms_ = HUGE_VAL;
      }
    }
    kill(-child_, SIGKILL);  // What the driver left running.
    Finish();
    return std::move(result_);
  }

 private:
  bool HasEnded() {
    int status = 0;
    const pid_t found = waitpid(child_, &status, WNOHANG);
    if (found == 0 || (found < 0 && errno == EINTR)) return false;
    if (found == child_ && WIFEXITED(status)) result_.exit_code = WEXITSTATUS(status);
    if (found == child_ && WIFSIGNALED(status)) result_.signal = WTERMSIG(status);
    return true;
  }

  void ReadPipes(const Pipe& text, const Pipe& output) {
    Drain(text.read, &result_.text);
    Drain(output.read, &result_.output);
    if (result_.output.size() > kMaxOutput) {
      result_.output.erase(0, result_.output.size() - kMaxOutput);
    }
    if (result_.text.size() > kMaxText) deadline_ms_ = 0;
  }

  void Finish() {
    const size_t end = result_.text.find(kEndOfText);
    result_.completed = end != std::string::npos;
    result_.text.resize(result_.completed ? end : 0);
    while (!result_.output.empty() && result_.output.back() == '\n') result_.output.pop_back();
  }

  const pid_t child_;
  double deadline_ms_;
  ChildResult result_;
};

}  // namespace

std::string ChildResult::HowItEnded() const {
  if (!why_none.empty()) return "no child process could be made: " + why_none;
  if (timed_out) return "it did not answer in time";
  if (signal != 0) return "it crashed (" + std::string(strsignal(signal)) + ")";
  if (exit_code != 0) return "it ended the process with code " + std::to_string(exit_code);
  return "it ended";
}

ChildResult RunInChild(const std::function<std::string()>& work, double seconds) {
  Pipe text, output;
  ChildResult none;
  if (!text.Open() || !output.Open()) {
    none.why_none = std::generic_category().message(errno);
    return none;
  }
  std::fflush(nullptr);  // What is not written yet would be written by the child, too.
  const pid_t child = fork();
  if (child == 0) BecomeWorker(work, text, output);
  if (child < 0) {
    none.why_none = std::generic_category().message(errno);
    return none;
  }
  return Parent(child, seconds).WaitFor(&text, &output);
}

}  // namespace mace
