// The progress bar of the command on a pseudo-terminal, and its absence everywhere else.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include "tools/mace/exit_code.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

constexpr char kErase[] = "\r\x1b[K";
constexpr char kGreen[] = "\x1b[32m";

// The words of a command whose driver compiles the programs of the first model, which takes longer
// than the delay of the bar, and finds those of the second one in the file; and the environment for
// that.
std::vector<std::string> BuildWords(const std::string& folder) {
  return {"cache",
          "build",
          ProjectFile("models/digits/digits.pb"),
          ProjectFile("models/digits/digits.pb"),
          "--cache",
          folder + "/new.bin"};
}

Environment Cold(const std::string& folder, const std::string& terminal) {
  return {{"POCL_CACHE_DIR", folder}, {"TERM", terminal}, {"NO_COLOR", ""}};
}

struct TerminalResult {
  int exit_code = -1;
  std::string shown;  // Everything that was written to the terminal.
};

// Runs the command with a terminal of 100 columns as its stdout and stderr.
TerminalResult RunOnTerminal(const std::vector<std::string>& arguments,
                             const Environment& environment) {
  std::string program = ProjectFile("tools/mace");
  if (access((program + "/main.cc").c_str(), F_OK) == 0) {
    program = ProjectFile("bazel-bin/tools/mace");
  }
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  winsize size = {};
  size.ws_col = 100;
  size.ws_row = 30;
  int terminal = -1;
  TerminalResult result;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) {
    for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
    alarm(300);
    execv(pointers[0], pointers.data());
    _exit(127);
  }
  if (child < 0) {
    ADD_FAILURE() << "no terminal";
    return result;
  }
  char block[4096];
  // When the child ends, reading the terminal is an error (EIO).
  for (ssize_t count; (count = read(terminal, block, sizeof(block))) > 0 || errno == EINTR;) {
    if (count > 0) result.shown.append(block, static_cast<size_t>(count));
  }
  close(terminal);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  return result;
}

// What a reader of the terminal sees in the end: each line after its last erasure.
std::string Remaining(const std::string& shown) {
  std::string lines, line;
  for (size_t i = 0; i < shown.size(); ++i) {
    if (shown.compare(i, 4, kErase) == 0) {
      line.clear();
      i += 3;
    } else if (shown[i] == '\n') {
      lines += line + "\n";
      line.clear();
    } else if (shown[i] != '\r') {
      line += shown[i];
    }
  }
  return lines + line;
}

class Terminal : public testing::Test {
 protected:
  void SetUp() override {
    if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  }
};

TEST_F(Terminal, ShowsABarThatIsErased) {
  const std::string folder = FreshFolder("bar");
  const TerminalResult result = RunOnTerminal(BuildWords(folder), Cold(folder, "xterm"));
  EXPECT_EQ(result.exit_code, kExitDone) << result.shown;
  EXPECT_NE(result.shown.find("building the cache"), std::string::npos) << result.shown;
  EXPECT_NE(result.shown.find("0 of 2"), std::string::npos) << result.shown;
  EXPECT_NE(result.shown.find(": compiling: "), std::string::npos) << result.shown;
  const std::string remaining = Remaining(result.shown);
  EXPECT_EQ(remaining.find("building the cache"), std::string::npos) << remaining;
  EXPECT_EQ(remaining.find('\x1b'), std::string::npos) << remaining;
  EXPECT_NE(remaining.find("digits.pb: "), std::string::npos) << remaining;
}

TEST_F(Terminal, HasNoColourWithNoColor) {
  const std::string folder = FreshFolder("colour");
  const std::vector<std::string> words = BuildWords(folder);
  EXPECT_NE(RunOnTerminal(words, Cold(folder, "xterm")).shown.find(kGreen), std::string::npos);
  const std::string other = FreshFolder("no_colour");
  Environment environment = Cold(other, "xterm");
  environment["NO_COLOR"] = "1";
  const TerminalResult plain = RunOnTerminal(BuildWords(other), environment);
  EXPECT_EQ(plain.shown.find(kGreen), std::string::npos) << plain.shown;
  EXPECT_NE(plain.shown.find("building the cache"), std::string::npos) << plain.shown;
}

TEST_F(Terminal, IsLeftAloneWhereItIsDumbOrReadByAProgram) {
  const std::string dumb = FreshFolder("dumb");
  const TerminalResult without = RunOnTerminal(BuildWords(dumb), Cold(dumb, "dumb"));
  EXPECT_EQ(without.exit_code, kExitDone) << without.shown;
  EXPECT_EQ(without.shown.find('\x1b'), std::string::npos) << without.shown;
  const std::string json = FreshFolder("json");
  std::vector<std::string> words = BuildWords(json);
  words.insert(words.end(), {"--json", "-"});
  const TerminalResult read = RunOnTerminal(words, Cold(json, "xterm"));
  EXPECT_EQ(read.exit_code, kExitDone) << read.shown;
  EXPECT_EQ(read.shown.find('\x1b'), std::string::npos) << read.shown;
}

TEST_F(Terminal, IsErasedBeforeAnError) {
  const std::string folder = FreshFolder("error");
  std::vector<std::string> words = BuildWords(folder);
  words[3] = folder + "/none.pb";
  const TerminalResult result = RunOnTerminal(words, Cold(folder, "xterm"));
  EXPECT_EQ(result.exit_code, kExitBadModelOrInput) << result.shown;
  EXPECT_NE(result.shown.find("building the cache"), std::string::npos) << result.shown;
  EXPECT_NE(("\n" + Remaining(result.shown)).find("\nmace: "), std::string::npos) << result.shown;
}

TEST_F(Terminal, APipeGetsNothingNew) {
  const std::string folder = FreshFolder("pipe");
  const CommandResult result = RunMace(BuildWords(folder), Cold(folder, "xterm"));
  EXPECT_EQ(result.exit_code, kExitDone) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.out.find('\x1b'), std::string::npos) << result.out;
}

}  // namespace
}  // namespace mace
