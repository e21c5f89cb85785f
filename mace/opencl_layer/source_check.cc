#include "mace/opencl_layer/source_check.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "mace/base/files.h"
#include "mace/opencl_layer/source_text.h"

namespace mace {
namespace {

bool StartsWithAny(std::string_view text, std::initializer_list<std::string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) {
    return text.substr(0, prefix.size()) == prefix;
  });
}

// Splits options at blanks outside of quotes; none if a quote is not closed.
std::optional<std::vector<std::string>> SplitOptions(std::string_view options) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  for (size_t i = 0; i < options.size(); ++i) {
    const char c = options[i];
    if (quote == 0 && std::isspace(static_cast<unsigned char>(c))) {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
      continue;
    }
    if (c == '\\' && i + 1 < options.size()) {
      word += options[++i];
      continue;
    }
    if (quote != 0 ? c == quote : (c == '"' || c == '\'')) {
      quote = quote == 0 ? c : 0;
      continue;
    }
    word += c;
  }
  if (quote != 0) return std::nullopt;
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

// Options that depend on their own text only, and -I, whose files are read.
bool IsSelfContained(std::string_view option) {
  if (StartsWithAny(option, {"-D", "-U", "-I", "-nv-", "-qcom-", "-O", "-fno-", "-ffast-math"})) {
    return option.find("plugin") == std::string_view::npos;
  }
  // -Wp, -Wa and -Wl pass on any option.
  if (StartsWithAny(option, {"-W"})) return option.find(',') == std::string_view::npos;
  if (StartsWithAny(option, {"-cl-"})) return option.find("save-temps") == std::string_view::npos;
  return option == "-w" || option == "-g";
}

// Why an option may depend on more than its own text. Empty if none does; `folders` then holds
// those of -I.
std::string CheckOptions(std::string_view options, std::vector<std::string>* folders) {
  const std::optional<std::vector<std::string>> words = SplitOptions(options);
  if (!words.has_value()) return "options with an open quote";
  for (size_t i = 0; i < words->size(); ++i) {
    const std::string& option = (*words)[i];
    if (!IsSelfContained(option)) return "option " + option;
    const bool is_folder = StartsWithAny(option, {"-I"});
    if (is_folder && option.size() > 2) folders->push_back(option.substr(2));
    // The argument of these options may be the next word.
    if (option != "-D" && option != "-U" && option != "-I") continue;
    if (++i < words->size() && is_folder) folders->push_back((*words)[i]);
  }
  return "";
}

// All files that an #include may refer to, whatever the driver's search order. If one is added,
// removed or changed, the text changes.
class IncludedFiles {
 public:
  // The folders of -I, which follow the current folder.
  explicit IncludedFiles(std::vector<std::string> folders) : folders_(std::move(folders)) {
    folders_.insert(folders_.begin(), ".");
  }

  // Adds the files that the source includes, and the files that those include. Returns why they
  // cannot be determined.
  std::string Add(std::string_view source) {
    std::string why = AddIncludesOf(source, "");
    while (why.empty() && next_ < found_.size()) {
      const Found file = found_[next_++];
      why = AddIncludesOf(file.content, DirectoryName(file.path));
    }
    return why;
  }

  // Path and content of each file, with their lengths.
  std::string Text() const {
    std::string text;
    for (const Found& file : found_) {
      for (const std::string& part : {file.path, file.content}) {
        text += std::to_string(part.size()) + " " + part + "\n";
      }
    }
    return text;
  }

 private:
  struct Found {
    std::string path, content;
  };
  static constexpr size_t kMaxFiles = 200, kMaxBytes = size_t{16} << 20;

  std::string AddIncludesOf(std::string_view text, const std::string& own_folder) {
    const std::string joined = JoinLines(text);
    if (AsksForTime(joined)) return "the source asks for date or time";
    std::vector<std::string> names;
    const std::string why = FindIncludes(joined, &names);
    if (!why.empty()) return why;
    for (const std::string& name : names) {
      bool found = !own_folder.empty() && AddFile(JoinPath(own_folder, name));
      if (name[0] == '/') found = AddFile(name);
      for (const std::string& folder : folders_) found = AddFile(JoinPath(folder, name)) || found;
      if (!found) return "included " + name + " is not found";
      if (found_.size() > kMaxFiles || bytes_ > kMaxBytes) return "too many included files";
    }
    return "";
  }

  // False if there is no such file.
  bool AddFile(const std::string& path) {
    if (seen_.count(path) != 0) return true;
    StatusOr<std::string> content = ReadFile(path, kMaxBytes);
    if (!content.ok()) return false;
    seen_.insert(path);
    bytes_ += content->size();
    found_.push_back({path, *std::move(content)});
    return true;
  }

  std::vector<std::string> folders_;
  std::vector<Found> found_;
  std::set<std::string> seen_;
  size_t next_ = 0, bytes_ = 0;
};

// Variables by which Clang adds folders.
bool EnvironmentAddsFolders() {
  return std::getenv("CPATH") != nullptr || std::getenv("C_INCLUDE_PATH") != nullptr;
}

}  // namespace

std::string WhyNotCacheable(std::string_view source, std::string_view options, std::string* files) {
  files->clear();
  std::vector<std::string> folders;
  std::string why = CheckOptions(options, &folders);
  if (!why.empty()) return why;
  if (AsksForTime(options)) return "the source asks for date or time";
  IncludedFiles included(std::move(folders));
  why = included.Add(source);
  if (!why.empty()) return why;
  *files = included.Text();
  if (files->empty() || !EnvironmentAddsFolders()) return "";
  return "CPATH or C_INCLUDE_PATH names more folders with files";
}

}  // namespace mace
