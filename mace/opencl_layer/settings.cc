#include "mace/opencl_layer/settings.h"

#include <unistd.h>

#include <cstdlib>

#include "mace/base/absolute_path.h"
#include "mace/base/files.h"
#include "mace/cache/format.h"

namespace mace {
namespace {

std::string Variable(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? "" : text;
}

std::string& CurrentFolderAtStart() {
  static auto* const folder = new std::string;
  return *folder;
}

// Digits only; 0 for any other text and for numbers above 2^60.
uint64_t ParseBytes(const std::string& text) {
  uint64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9' || value > (uint64_t{1} << 56)) return 0;
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  return value;
}

// A single write, so that lines of several threads and processes do not mix. Control characters are
// replaced, since stderr may be a terminal.
void WriteLine(std::string_view message) {
  std::string line = "mace-cl-cache: ";
  for (char c : message) line += c == '\n' ? ' ' : (c >= 0 && c < ' ') || c == 127 ? '?' : c;
  line += '\n';
  // Nothing can be done where stderr is closed.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

void RememberCurrentFolder() { CurrentFolderAtStart() = AbsolutePath("."); }

LayerSettings ReadLayerSettings() {
  LayerSettings settings;
  const std::string bytes = Variable("MACE_CL_CACHE_MAX_BYTES");
  if (!bytes.empty()) {
    const uint64_t value = ParseBytes(bytes);
    if (value == 0) {
      settings.problem = "MACE_CL_CACHE_MAX_BYTES: expected a number of bytes, found '" + bytes +
                         "': " + std::to_string(settings.max_bytes) + " it is";
    } else {
      settings.max_bytes = value;
    }
  }
  settings.renew = Variable("MACE_CL_CACHE_RENEW") == "1";
  settings.file = Variable("MACE_CL_CACHE_FILE");
  if (settings.file == "none") settings.file.clear();
  if (!settings.file.empty()) settings.file = JoinPath(CurrentFolderAtStart(), settings.file);
  if (std::getenv("MACE_CL_CACHE_FILE") != nullptr) return settings;
  std::string folder = Variable("XDG_CACHE_HOME");
  // The base directory specification says that a relative path is invalid and must be ignored.
  if (folder.empty() || folder[0] != '/') {
    const std::string home = Variable("HOME");
    folder = home.empty() || home[0] != '/' ? "" : JoinPath(home, ".cache");
  }
  if (folder.empty()) {
    settings.problem =
        "no cache: neither MACE_CL_CACHE_FILE, XDG_CACHE_HOME nor HOME says where its file is";
  } else {
    settings.file = JoinPath(JoinPath(folder, "mace"), kCacheFileName);
  }
  return settings;
}

bool LayerMayNotCompile() { return Variable("MACE_REQUIRE_CACHE") == "1"; }

bool LayerNotesWanted() { return Variable("MACE_CL_CACHE_LOG") == "1"; }

void LayerNote(std::string_view message) {
  if (LayerNotesWanted()) WriteLine(message);
}

void LayerWarning(std::string_view message) {
  if (Variable("MACE_CL_CACHE_LOG") != "0") WriteLine(message);
}

}  // namespace mace
