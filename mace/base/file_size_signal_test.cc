// A library must handle SIGXFSZ so that the process notices nothing.
#include "mace/base/file_size_signal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "mace/base/atomic_file.h"
#include "mace/base/files.h"

namespace mace {
namespace {

constexpr rlim_t kLimit = 4096;

// How a process ends that may write no file above kLimit, with the usual end by SIGXFSZ.
int EndOf(const std::function<int()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    const struct rlimit limit = {kLimit, kLimit};
    signal(SIGXFSZ, SIG_DFL);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(99);
    _exit(work());
  }
  int status = 0;
  EXPECT_EQ(child, waitpid(child, &status, 0));
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int WriteTooMuch(const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const char byte = 'x';
  const bool failed = pwrite(fd, &byte, 1, kLimit) < 0 && errno == EFBIG;
  close(fd);
  return failed ? 0 : 1;
}

class FileSizeSignalTest : public testing::Test {
 protected:
  const std::string path_ = testing::TempDir() + "/file_size_signal." + std::to_string(getpid());
};

TEST_F(FileSizeSignalTest, WithoutTheBlockTheSignalEndsTheProcess) {
  EXPECT_EQ(-SIGXFSZ, EndOf([&] { return WriteTooMuch(path_); }));
}

TEST_F(FileSizeSignalTest, WithItTheWriteFailsAndNothingIsLeftBehind) {
  EXPECT_EQ(0, EndOf([&] {
              {
                const FileSizeSignalBlock block;
                if (WriteTooMuch(path_) != 0) return 2;
              }
              sigset_t set;
              if (sigpending(&set) != 0 || sigismember(&set, SIGXFSZ) != 0) return 3;
              if (pthread_sigmask(SIG_BLOCK, nullptr, &set) != 0) return 4;
              if (sigismember(&set, SIGXFSZ) != 0) return 5;
              struct sigaction action;
              if (sigaction(SIGXFSZ, nullptr, &action) != 0 || action.sa_handler != SIG_DFL)
                return 6;
              return 0;
            }));
}

TEST_F(FileSizeSignalTest, ASignalFromBeforeStaysPending) {
  EXPECT_EQ(0, EndOf([] {
              sigset_t set;
              sigemptyset(&set);
              sigaddset(&set, SIGXFSZ);
              pthread_sigmask(SIG_BLOCK, &set, nullptr);
              raise(SIGXFSZ);
              { const FileSizeSignalBlock block; }
              sigpending(&set);
              return sigismember(&set, SIGXFSZ) == 1 ? 0 : 1;
            }));
}

TEST_F(FileSizeSignalTest, AFileAboveTheLimitIsAStatusAndLeavesNoTemporary) {
  EXPECT_EQ(0, EndOf([&] {
              const std::string large(2 * kLimit, 'x');
              const Status status = WriteFileAtomic(
                  path_ + ".large",
                  Bytes(reinterpret_cast<const uint8_t*>(large.data()), large.size()));
              if (status.code() != StatusCode::kIoError) return 2;
              return FileExists(path_ + ".large") ? 3 : 0;
            }));
}

}  // namespace
}  // namespace mace
