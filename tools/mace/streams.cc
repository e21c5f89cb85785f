#include "tools/mace/streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <string>
#include <system_error>

#include "mace/base/printable.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/messages.h"

namespace mace {
namespace {

// Stands for a line end of the format while the arguments are inserted.
constexpr char kLineEnd = '\x1E';

// The errno of a failed write to stdout; 0: none failed.
int stdout_error = 0;

void Write(FILE* out, std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), out) == text.size()) return;
  if (out == stdout && stdout_error == 0) stdout_error = errno;
}

}  // namespace

void PrepareStreams() {
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    // open takes the lowest free number, which is this one. In place of stdout, writing must fail.
    const int placeholder = open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
    if (placeholder >= 0 && placeholder != fd) close(placeholder);
  }
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
}

void Print(FILE* out, const char* format, ...) {
  std::string marked = format;
  for (char& c : marked) {
    if (c == '\n') c = kLineEnd;
  }
  std::va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  const int size = std::vsnprintf(nullptr, 0, marked.c_str(), arguments);
  va_end(arguments);
  std::string text(size > 0 ? static_cast<size_t>(size) : 0, '\0');
  if (size > 0) std::vsnprintf(text.data(), text.size() + 1, marked.c_str(), again);
  va_end(again);
  std::string escaped;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(kLineEnd, begin), text.size());
    escaped += EscapeControls(std::string_view(text).substr(begin, end - begin));
    if (end < text.size()) escaped += '\n';
    begin = end + 1;
  }
  Write(out, escaped);
}

void PrintLines(FILE* out, std::string_view text) {
  Write(out, EscapeControls(text, LineEnds::kKeep));
}

int FinishStdout(int exit_code) {
  if (std::fflush(stdout) != 0 && stdout_error == 0) stdout_error = errno;
  if (stdout_error == 0 && std::ferror(stdout) == 0) return exit_code;
  // An error that was printed before has priority.
  if (ErrorWasWritten())
    return exit_code > kExitComparisonFailed ? exit_code : kExitBadModelOrInput;
  return Report(IoError("standard output: " +
                        (stdout_error == 0 ? std::string("it could not be written")
                                           : std::generic_category().message(stdout_error))));
}

}  // namespace mace
