// Where the command's results go: devices, FIFOs, links, a full or closed stdout, a file size
// limit, and names from files on the terminal.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "mace/base/files.h"
#include "mace/base/printable.h"
#include "mace/base/strings.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

std::string Digits() { return ProjectFile("models/digits/digits.pb"); }

// The command's path, quoted for the shell.
std::string Mace() {
  const std::string binary = ProjectFile("tools/mace");
  return std::filesystem::is_directory(binary) ? ProjectFile("bazel-bin/tools/mace") : binary;
}

// Runs a line of shell and gives its exit code; for a signal, 128 plus its number.
int Shell(const std::string& line) {
  const int status = std::system(("bash -c '" + line + "'").c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

mode_t KindOf(const std::string& path) {
  struct stat info = {};
  return lstat(path.c_str(), &info) == 0 ? info.st_mode & S_IFMT : 0;
}

TEST(SpecialFiles, AreWrittenThrough) {
  const std::string folder = FreshFolder("special");
  const std::vector<std::string> commands = {
      "run " + Digits() + " --device cpu --json ", "compare " + Digits() + " --device cpu --json ",
      "profile " + Digits() + " --device cpu --iterations 1 --html ",
      "profile " + Digits() + " --device cpu --iterations 1 --trace "};
  for (const std::string& command : commands) {
    SCOPED_TRACE(command);
    const std::string call = Mace() + " " + command;
    const std::string quiet = " > /dev/null 2>&1";
    WriteText(folder + "/target", "old");
    std::filesystem::remove(folder + "/link");
    std::filesystem::create_symlink("target", folder + "/link");
    EXPECT_EQ(Shell(call + folder + "/link" + quiet), 0);
    EXPECT_EQ(KindOf(folder + "/link"), static_cast<mode_t>(S_IFLNK));
    EXPECT_GT(ReadText(folder + "/target").size(), 100u);

    EXPECT_EQ(Shell(call + ">(cat > " + folder + "/through)" + quiet + "; sleep 0.2"), 0);
    EXPECT_GT(std::filesystem::file_size(folder + "/through"), 100u);

    std::filesystem::remove(folder + "/fifo");
    ASSERT_EQ(mkfifo((folder + "/fifo").c_str(), 0600), 0);
    EXPECT_EQ(Shell("cat " + folder + "/fifo > " + folder + "/got & " + call + folder + "/fifo" +
                    quiet + "; code=$?; wait; exit $code"),
              0);
    EXPECT_GT(std::filesystem::file_size(folder + "/got"), 100u);
    EXPECT_EQ(KindOf(folder + "/fifo"), static_cast<mode_t>(S_IFIFO));

    EXPECT_EQ(Shell(call + "/dev/null" + quiet), 0);
    EXPECT_EQ(KindOf("/dev/null"), static_cast<mode_t>(S_IFCHR));
    EXPECT_EQ(Shell(call + "/dev/full" + quiet), kExitBadModelOrInput);
  }
}

TEST(SpecialFiles, AnOutputMayBeALink) {
  const std::string folder = FreshFolder("special");
  WriteText(folder + "/target", "old");
  std::filesystem::create_symlink("target", folder + "/output.npy");
  const CommandResult result =
      RunMace({"run", Digits(), "--device", "cpu", "--output-dir", folder});
  ASSERT_EQ(result.exit_code, kExitDone) << result.err;
  EXPECT_EQ(KindOf(folder + "/output.npy"), static_cast<mode_t>(S_IFLNK));
  EXPECT_EQ(LoadFloats(folder + "/target").shape().elements(), 10);
}

TEST(Stdout, ThatIsFullOrClosedIsAnErrorInOneLine) {
  const std::string folder = FreshFolder("stdout");
  for (const std::string& command :
       {std::string("--help"), std::string("--version"), "run " + Digits() + " --device cpu",
        "run " + Digits() + " --device cpu --json -", "inspect " + Digits(),
        "compare " + Digits() + " --device cpu", std::string("cache --help"),
        "convert " + Digits() + " --output " + folder + "/o.pb"}) {
    for (const std::string& where : {std::string("> /dev/full"), std::string(">&-")}) {
      SCOPED_TRACE(command + " " + where);
      const std::string err = folder + "/err";
      EXPECT_EQ(Shell(Mace() + " " + command + " " + where + " 2> " + err), kExitBadModelOrInput);
      const std::vector<std::string> lines = Split(ReadText(err), '\n');
      // Exactly one line. With JSON on stdout, the table on stderr precedes it.
      const bool has_table = command.find("--json -") != std::string::npos;
      ASSERT_GE(lines.size(), 2u) << ReadText(err);
      EXPECT_TRUE(has_table || lines.size() == 2u) << ReadText(err);
      const std::string& line = lines[lines.size() - 2];
      EXPECT_EQ(line.find("mace: standard output"), 0u) << line;
      EXPECT_TRUE(lines.back().empty()) << lines.back();
    }
  }
}

TEST(FileSizeLimit, IsAnErrorAndLeavesNothingBehind) {
  const std::string folder = FreshFolder("limit");
  // The limit counts blocks of 1024 bytes; 0 allows no byte.
  const std::string limited = "ulimit -f 0; cd " + folder + "; " + Mace() + " run " + Digits() +
                              " --device cpu 2> /dev/null | cat > /dev/null; exit ${PIPESTATUS[0]}";
  EXPECT_EQ(Shell(limited), 0);  // Nothing is written.
  for (const std::string& option : {std::string("--json j"), std::string("--output-dir o")}) {
    const std::string line = "ulimit -f 0; cd " + folder + "; " + Mace() + " run " + Digits() +
                             " --device cpu " + option +
                             " 2>&1 | grep -c File.too.large > /dev/null; exit ${PIPESTATUS[0]}";
    EXPECT_EQ(Shell(line), kExitBadModelOrInput) << option;
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    EXPECT_TRUE(entry.is_directory()) << entry.path();
  }
}

TEST(Messages, EndTheirLineAndAreBounded) {
  const std::string longest(100000, 'n');
  for (const std::vector<std::string>& words : {std::vector<std::string>{"run", "nosuch.pb"},
                                                {"run", "--bogus"},
                                                {"run", Digits(), "--input", longest + "=file.npy"},
                                                {"run", "\x1b[31m\xC2\x9B\xFF.pb"},
                                                {"cache", "info", "nosuch.bin"}}) {
    const CommandResult result = RunMace(words);
    EXPECT_GT(result.exit_code, kExitComparisonFailed);
    ASSERT_EQ(result.ErrorLines().size(), 1u) << result.err;
    EXPECT_EQ(result.err.back(), '\n');
    EXPECT_LT(result.err.size(), 2000u);
    EXPECT_EQ(EscapeControls(result.err, LineEnds::kKeep), result.err);
  }
}

TEST(Messages, AComparisonThatFailsIsOneLineToo) {
  const CommandResult result =
      RunMace({"compare", Digits(), "--device", "cpu", "--expect",
               "output=" + ProjectFile("models/digits/samples/digit_3.npy"), "--max-abs-err", "0"});
  EXPECT_EQ(result.exit_code, kExitComparisonFailed);
  EXPECT_EQ(result.ErrorLines().size(), 1u) << result.err;
}

}  // namespace
}  // namespace mace
