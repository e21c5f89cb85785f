#include "mace/cache/crash_journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <iterator>
#include <memory>
#include <utility>

#include "mace/base/coding.h"
#include "mace/base/files.h"
#include "mace/base/log.h"
#include "mace/base/strings.h"
#include "mace/cache/file_owner.h"
#include "mace/cache/format.h"

namespace mace {
namespace {

constexpr int kFiles = 8;  // Processes that announce at the same time; more go without.
constexpr size_t kMaxBytes = size_t{1} << 20;
constexpr size_t kMaxFieldBytes = 256;  // Bytes of a note, and of what a step works on.
constexpr char kFirstLine[] = "MACE journal 1";
constexpr const char* kSteps[] = {"build", "load", "use"};

// The files of this process, for a signal handler. Files beyond the number of places are not removed
// by it.
struct OpenJournal {
  std::atomic<int> folder{-1};    // -1: the place is free; kTaken: it is being filled.
  std::atomic<int64_t> began{0};  // Seconds of the monotonic clock.
  char name[NAME_MAX + 1] = {};
};
constexpr int kTaken = -2;
OpenJournal g_open_journals[16];

int64_t MonotonicSeconds() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

int TakePlace(int folder, const std::string& name) {
  for (size_t i = 0; i < std::size(g_open_journals); ++i) {
    OpenJournal& open = g_open_journals[i];
    int is_free = -1;
    if (name.size() > NAME_MAX || !open.folder.compare_exchange_strong(is_free, kTaken)) continue;
    name.copy(open.name, name.size());
    open.name[name.size()] = '\0';
    open.began = MonotonicSeconds();
    open.folder = folder;
    return static_cast<int>(i);
  }
  return -1;
}

FileInFolder JournalFile(const FileInFolder& cache, int index) {
  return cache.WithSuffix(".journal." + std::to_string(index));
}

int OpenWith(const FileInFolder& file, int flags) {
  int descriptor = -1;
  do {
    descriptor = openat(file.folder, file.name.c_str(),
                        flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
  } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

// Whether the name still leads to the open file.
bool IsStillThere(int descriptor, const FileInFolder& file) {
  struct stat open_one = {}, named = {};
  return fstat(descriptor, &open_one) == 0 &&
         fstatat(file.folder, file.name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino;
}

// One field of a line: no tabs, no line breaks, bounded.
std::string Field(std::string_view text) {
  std::string field(text.substr(0, kMaxFieldBytes));
  std::replace_if(
      field.begin(), field.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return field;
}

std::string LineOf(const Announcement& step) {
  const std::string device = EncodeDevice(step.device);
  return std::string("open\t") + kSteps[static_cast<size_t>(step.step)] + "\t" +
         ToHex(DigestBytes(step.program)) + "\t" +
         ToHex(Bytes(reinterpret_cast<const uint8_t*>(device.data()), device.size())) + "\t" +
         Field(step.note) + "\t" + Field(step.what) + "\n";
}

std::optional<std::vector<uint8_t>> FromHex(const std::string& text) {
  std::vector<uint8_t> bytes(text.size() / 2);
  size_t size = 0;
  const char* end = nullptr;
  if (text.size() % 2 != 0 || sodium_hex2bin(bytes.data(), bytes.size(), text.data(), text.size(),
                                             nullptr, &size, &end) != 0) {
    return std::nullopt;
  }
  if (size != bytes.size() || end != text.data() + text.size()) return std::nullopt;
  return bytes;
}

std::optional<Announcement> ParseLine(const std::string& line) {
  std::vector<std::string> fields(1);
  for (const char c : line) {
    if (c == '\t') {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  if (fields.size() != 6 || fields[0] != "open") return std::nullopt;
  const auto* const step = std::find(std::begin(kSteps), std::end(kSteps), fields[1]);
  const std::optional<std::vector<uint8_t>> program = FromHex(fields[2]);
  const std::optional<std::vector<uint8_t>> device = FromHex(fields[3]);
  Announcement found;
  if (step == std::end(kSteps) || !program || !device || program->size() != found.program.size()) {
    return std::nullopt;
  }
  found.step = static_cast<DriverStep>(step - std::begin(kSteps));
  std::copy(program->begin(), program->end(), found.program.begin());
  ByteReader reader(Bytes(device->data(), device->size()));
  if (!DecodeDevice(&reader, &found.device).ok() || !reader.empty()) return std::nullopt;
  found.note = Field(fields[4]);
  found.what = Field(fields[5]);
  return found;
}

// An empty file is one whose process died before it announced anything.
std::optional<std::vector<Announcement>> Parse(const std::string& text) {
  std::vector<Announcement> found;
  if (text.empty()) return found;
  bool is_first = true;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    if (end == std::string::npos) return std::nullopt;
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    if (is_first && line != kFirstLine) return std::nullopt;
    if (!is_first && !line.empty()) {
      std::optional<Announcement> announcement = ParseLine(line);
      if (!announcement.has_value()) return std::nullopt;
      found.push_back(*std::move(announcement));
    }
    is_first = false;
  }
  return found;
}

struct AbandonedFile {
  explicit AbandonedFile(int opened, FileInFolder named)
      : descriptor(opened), file(std::move(named)) {}
  ~AbandonedFile() { close(descriptor); }
  AbandonedFile(const AbandonedFile&) = delete;
  AbandonedFile& operator=(const AbandonedFile&) = delete;

  const int descriptor;
  const FileInFolder file;
};

// Why the file is not to be believed; empty: it may be read.
std::string WhyNot(int descriptor) {
  struct stat info = {};
  if (fstat(descriptor, &info) != 0) return "it cannot be examined";
  if (!S_ISREG(info.st_mode)) return "it is not a regular file";
  if (info.st_uid != geteuid()) return "it belongs to another user";
  if ((info.st_mode & 077) != 0) return "other users may open it";
  if (info.st_nlink > 1) return "it has a second name";
  if (static_cast<uint64_t>(info.st_size) > kMaxBytes) return "it is too large";
  return "";
}

// Adds what a file holds whose process is gone. Null: there is no such file, or it is left alone.
std::unique_ptr<AbandonedFile> ReadAbandoned(const FileInFolder& file,
                                             std::vector<Announcement>* found) {
  const int descriptor = OpenWith(file, O_RDONLY);
  if (descriptor < 0) return nullptr;
  auto abandoned = std::make_unique<AbandonedFile>(descriptor, file);
  std::string why = WhyNot(descriptor);
  if (why.empty()) {
    // A shared lock, so that two starts at the same time both learn of the crash.
    if (flock(descriptor, LOCK_SH | LOCK_NB) != 0) return nullptr;
    std::string text(kMaxBytes, '\0');
    const ssize_t size = pread(descriptor, text.data(), text.size(), 0);
    text.resize(size < 0 ? 0 : static_cast<size_t>(size));
    std::optional<std::vector<Announcement>> parsed = Parse(text);
    if (parsed.has_value()) {
      for (Announcement& each : *parsed) found->push_back(std::move(each));
      return abandoned;
    }
    why = "it is no journal of this version";
  }
  Log(LogLevel::kWarning, "cache: " + Printable(file.path) + " is not used: " + why);
  return nullptr;
}

}  // namespace

void CrashJournal::TakeAbandoned(
    const std::string& path, const std::function<bool(const std::vector<Announcement>&)>& take) {
  if (path.empty()) return;
  const StatusOr<OpenFolder> folder = OpenFolder::Open(DirectoryName(path));
  if (!folder.ok()) return;
  const FileInFolder cache = folder->File(path);
  std::vector<Announcement> found;
  std::vector<std::unique_ptr<AbandonedFile>> files;
  for (int i = 0; i < kFiles; ++i) {
    std::unique_ptr<AbandonedFile> file = ReadAbandoned(JournalFile(cache, i), &found);
    if (file != nullptr) files.push_back(std::move(file));
  }
  if (files.empty() || (!found.empty() && !take(found))) return;
  for (const std::unique_ptr<AbandonedFile>& each : files) {
    if (IsStillThere(each->descriptor, each->file)) {
      unlinkat(each->file.folder, each->file.name.c_str(), 0);
    }
  }
}

void CrashJournal::ForgetInterrupted() {
  for (const OpenJournal& open : g_open_journals) {
    const int folder = open.folder;
    if (folder < 0 || MonotonicSeconds() - open.began > kHangSeconds) continue;
    unlinkat(folder, open.name, 0);
  }
}

CrashJournal::~CrashJournal() {
  std::lock_guard<std::mutex> lock(mutex_);
  CloseFile();
}

bool CrashJournal::OpenFile() {
  if (descriptor_ >= 0) return process_ == getpid();
  StatusOr<OpenFolder> folder = OpenFolder::Open(DirectoryName(path_));
  if (!folder.ok()) return false;
  const FileInFolder cache = folder->File(path_);
  // Nothing is made beside a file of somebody else's.
  std::optional<FileOwnership> keep;
  if (!CheckReplaceable(cache, false, &keep).ok()) return false;
  for (int i = 0; i < kFiles; ++i) {
    const FileInFolder file = JournalFile(cache, i);
    const int descriptor = OpenWith(file, O_RDWR | O_CREAT | O_EXCL);
    if (descriptor < 0 && errno == EEXIST) continue;
    if (descriptor < 0) return false;
    // Another start may have taken the new file for an abandoned one.
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0 || !IsStillThere(descriptor, file)) {
      close(descriptor);
      continue;
    }
    descriptor_ = descriptor;
    process_ = getpid();
    folder_.emplace(*std::move(folder));
    name_ = file.name;
    written_ = 0;
    place_ = TakePlace(folder_->File(name_).folder, name_);
    return true;
  }
  return false;
}

bool CrashJournal::Write() {
  std::string text = std::string(kFirstLine) + "\n";
  for (const auto& [number, steps] : open_) {
    for (const Announcement& step : steps) text += LineOf(step);
  }
  if (text.size() > kMaxBytes) return false;
  // One write that covers all that was there: a process that is killed leaves the old or the new.
  if (text.size() < written_) text.append(written_ - text.size(), '\n');
  written_ = text.size();
  return pwrite(descriptor_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

void CrashJournal::CloseFile() {
  if (descriptor_ < 0) return;
  if (place_ >= 0) g_open_journals[place_].folder = -1;
  place_ = -1;
  // In a forked child the file is the parent's.
  if (process_ == getpid()) {
    unlinkat(folder_->File(name_).folder, name_.c_str(), 0);
  }
  close(descriptor_);
  descriptor_ = -1;
  folder_.reset();
}

std::optional<uint64_t> CrashJournal::Begin(const std::vector<Announcement>& steps, bool durable) {
  if (path_.empty() || steps.empty()) return std::nullopt;
  std::lock_guard<std::mutex> lock(mutex_);
  const bool is_new = descriptor_ < 0;
  if (!OpenFile()) return std::nullopt;
  const uint64_t number = ++last_number_;
  open_[number] = steps;
  if (!Write()) {
    open_.erase(number);
    if (open_.empty()) {
      CloseFile();
    } else {
      Write();
    }
    return std::nullopt;
  }
  if (!durable) return number;
  fdatasync(descriptor_);
  if (!is_new) return number;
  const int folder = openat(folder_->File(name_).folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    fsync(folder);
    close(folder);
  }
  return number;
}

void CrashJournal::Note(uint64_t number, size_t step, std::string_view note) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = open_.find(number);
  if (found == open_.end() || step >= found->second.size()) return;
  for (Announcement& each : found->second) each.note.clear();
  found->second[step].note = std::string(note);
  Write();
}

void CrashJournal::End(uint64_t number) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (open_.erase(number) == 0) return;
  if (open_.empty()) {
    CloseFile();
  } else {
    Write();
  }
}

}  // namespace mace
