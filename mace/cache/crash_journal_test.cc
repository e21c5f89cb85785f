#include "mace/cache/crash_journal.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "mace/cache/driver_records.h"
#include "mace/testing/cache/sample.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

class CrashJournalTest : public testing::Test {
 protected:
  static Announcement Step(DriverStep step, uint8_t program) {
    Announcement announcement;
    announcement.step = step;
    announcement.program.fill(program);
    announcement.device = SampleDevice();
    announcement.what = "kernel add";
    return announcement;
  }

  // A process that announces these steps and dies without a word.
  void Crash(const std::vector<Announcement>& steps, const char* note = "") const {
    const pid_t child = fork();
    if (child == 0) {
      CrashJournal journal(cache_);
      const std::optional<uint64_t> number = journal.Begin(steps, true);
      if (number.has_value() && *note != '\0') journal.Note(*number, 0, note);
      _exit(number.has_value() ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(child, waitpid(child, &status, 0));
    ASSERT_EQ(0, status);
  }

  std::vector<Announcement> Abandoned(bool take = true) const {
    std::vector<Announcement> found;
    CrashJournal::TakeAbandoned(cache_, [&](const std::vector<Announcement>& crashes) {
      found = crashes;
      return take;
    });
    return found;
  }

  std::string File(int index) const { return cache_ + ".journal." + std::to_string(index); }
  static void Write(const std::string& path, const std::string& text, mode_t mode = 0600) {
    std::ofstream(path) << text;
    ASSERT_EQ(0, chmod(path.c_str(), mode));
  }

  const TemporaryFolder folder_;
  const std::string cache_ = folder_.At("cache.bin");
};

TEST_F(CrashJournalTest, WhatADeadProcessAnnouncedIsFoundOnce) {
  Crash({Step(DriverStep::kLoad, 1), Step(DriverStep::kUse, 2)}, "launch of add");
  // Nothing is lost as long as it could not be kept.
  EXPECT_EQ(2u, Abandoned(/*take=*/false).size());
  const std::vector<Announcement> found = Abandoned();
  ASSERT_EQ(2u, found.size());
  EXPECT_EQ(DriverStep::kLoad, found[0].step);
  EXPECT_EQ("launch of add", found[0].note);
  EXPECT_EQ("kernel add", found[0].what);
  EXPECT_EQ(SampleDevice(), found[0].device);
  EXPECT_EQ(Step(DriverStep::kUse, 2).program, found[1].program);
  EXPECT_TRUE(Abandoned().empty());
  EXPECT_FALSE(std::filesystem::exists(File(0)));
}

TEST_F(CrashJournalTest, WhatHasEndedIsNoCrash) {
  {
    CrashJournal journal(cache_);
    const auto first = journal.Begin({Step(DriverStep::kBuild, 1)}, true);
    const auto second = journal.Begin({Step(DriverStep::kBuild, 2)}, false);
    ASSERT_TRUE(first.has_value() && second.has_value());
    journal.End(*first);
    EXPECT_TRUE(std::filesystem::exists(File(0)));
    struct stat info = {};
    ASSERT_EQ(0, stat(File(0).c_str(), &info));
    EXPECT_EQ(0600u, info.st_mode & 07777);
    // A living process's announcement is no crash either.
    EXPECT_TRUE(Abandoned().empty());
    journal.End(*second);
    EXPECT_FALSE(std::filesystem::exists(File(0)));
  }
  EXPECT_TRUE(Abandoned().empty());
}

TEST_F(CrashJournalTest, OneOfTwoThatEndsLeavesTheOther) {
  const pid_t child = fork();
  if (child == 0) {
    CrashJournal journal(cache_);
    const auto first = journal.Begin({Step(DriverStep::kBuild, 1)}, true);
    const auto second = journal.Begin({Step(DriverStep::kBuild, 2)}, true);
    journal.End(*first);
    _exit(second.has_value() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(child, waitpid(child, &status, 0));
  ASSERT_EQ(0, status);
  const std::vector<Announcement> found = Abandoned();
  ASSERT_EQ(1u, found.size());
  EXPECT_EQ(2, found[0].program[0]);
}

TEST_F(CrashJournalTest, ProcessesDoNotEraseEachOther) {
  CrashJournal living(cache_);
  const auto number = living.Begin({Step(DriverStep::kBuild, 1)}, true);
  ASSERT_TRUE(number.has_value());
  Crash({Step(DriverStep::kLoad, 2)});
  const std::vector<Announcement> found = Abandoned();
  ASSERT_EQ(1u, found.size());
  EXPECT_EQ(2, found[0].program[0]);
  EXPECT_TRUE(std::filesystem::exists(File(0)));
  EXPECT_FALSE(std::filesystem::exists(File(1)));
  living.End(*number);
  EXPECT_FALSE(std::filesystem::exists(File(0)));
}

TEST_F(CrashJournalTest, NoFileCanBeMade) {
  CrashJournal nowhere(folder_.At("missing/cache.bin"));
  EXPECT_FALSE(nowhere.Begin({Step(DriverStep::kBuild, 1)}, true).has_value());
  CrashJournal no_path("");
  EXPECT_FALSE(no_path.Begin({Step(DriverStep::kBuild, 1)}, true).has_value());
  // More processes than there are files go without.
  for (int i = 0; i < 8; ++i) Write(File(i), "");
  CrashJournal late(cache_);
  EXPECT_FALSE(late.Begin({Step(DriverStep::kBuild, 1)}, true).has_value());
}

TEST_F(CrashJournalTest, HostileFilesAreLeftAlone) {
  Crash({Step(DriverStep::kLoad, 1)});
  std::ifstream file(File(0));
  const std::string good(std::istreambuf_iterator<char>(file), {});
  std::filesystem::remove(File(0));
  const std::string first = "MACE journal 1\n";
  const std::string bad[] = {
      "x",
      "MACE journal 2\n",
      good.substr(0, good.size() - 1),
      first + "open\n",
      first + "open\tload\t00\t00\t\t\n",
      first + "close" + good.substr(first.size() + 4),
      std::string("\0\n", 2),
      std::string(size_t{2} << 20, '\n'),
      good + "\x01\n",
  };
  for (const std::string& text : bad) {
    Write(File(0), text);
    EXPECT_TRUE(Abandoned().empty()) << text.substr(0, 80);
    EXPECT_TRUE(std::filesystem::exists(File(0)));
  }
  // Others may have written it; another name of it; a link; a folder; a FIFO.
  Write(File(0), good, 0622);
  EXPECT_TRUE(Abandoned().empty());
  Write(File(0), good);
  std::filesystem::create_hard_link(File(0), folder_.At("other"));
  EXPECT_TRUE(Abandoned().empty());
  std::filesystem::remove(File(0));
  std::filesystem::create_symlink(folder_.At("other"), File(0));
  EXPECT_TRUE(Abandoned().empty());
  std::filesystem::remove(File(0));
  std::filesystem::create_directory(File(0));
  EXPECT_TRUE(Abandoned().empty());
  std::filesystem::remove(File(0));
  ASSERT_EQ(0, mkfifo(File(0).c_str(), 0600));
  EXPECT_TRUE(Abandoned().empty());
  std::filesystem::remove(File(0));
  Write(File(0), good);
  EXPECT_EQ(1u, Abandoned().size());
}

TEST_F(CrashJournalTest, CrashesBecomeRecordsOfTheCacheFile) {
  {
    const auto store = CacheStore::Open(cache_);
    ASSERT_TRUE(store->AddProgram(SampleProgram(5)).ok());
    ASSERT_TRUE(store->Flush().ok());
  }
  Announcement idle = Step(DriverStep::kUse, 9);
  Crash({Step(DriverStep::kUse, 3), idle}, "launch of add");
  Crash({Step(DriverStep::kBuild, 4)});
  {
    const auto store = CacheStore::Open(cache_);
    TakeCrashes(store.get());
  }
  EXPECT_TRUE(Abandoned().empty());
  const auto store = CacheStore::Open(cache_);
  EXPECT_TRUE(store->HasProgram(SampleProgram(5).key));
  const auto find = [&](uint8_t program) {
    return FindDriverRecord(store.get(), SampleDevice(), Step(DriverStep::kUse, program).program);
  };
  ASSERT_TRUE(find(3).has_value() && find(4).has_value());
  EXPECT_EQ(DriverVerdict::kUseCrashed, find(3)->verdict);
  EXPECT_EQ("the first use of kernel add: launch of add", find(3)->text);
  EXPECT_EQ(DriverVerdict::kBuildCrashed, find(4)->verdict);
  EXPECT_FALSE(find(9).has_value()) << "the other program was at work";

  const auto file = CacheFile::Open(cache_, CacheTrust());
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(2u, ListQuarantine(**file).size());
  const StatusOr<size_t> removed = ClearQuarantine(cache_);
  ASSERT_TRUE(removed.ok()) << removed.status().message();
  EXPECT_EQ(2u, *removed);
  const auto cleared = CacheFile::Open(cache_, CacheTrust());
  EXPECT_TRUE(ListQuarantine(**cleared).empty());
  EXPECT_EQ(1u, (*cleared)->index().programs.size());
}

TEST_F(CrashJournalTest, AnInterruptIsNoCrash) {
  const pid_t child = fork();
  if (child == 0) {
    CrashJournal journal(cache_);
    const auto number = journal.Begin({Step(DriverStep::kBuild, 1)}, true);
    signal(SIGTERM, [](int) {
      CrashJournal::ForgetInterrupted();
      _exit(0);
    });
    if (number.has_value()) raise(SIGTERM);
    _exit(1);
  }
  int status = 0;
  ASSERT_EQ(child, waitpid(child, &status, 0));
  EXPECT_EQ(0, status);
  EXPECT_FALSE(std::filesystem::exists(File(0)));
  EXPECT_TRUE(Abandoned().empty());
}

TEST_F(CrashJournalTest, WithoutAPlaceThereIsNoJournal) {
  CacheStoreOptions read_only;
  read_only.read_only = true;
  EXPECT_EQ(nullptr, CacheStore::Open(cache_, read_only)->journal());
  EXPECT_EQ(nullptr, CacheStore::Open(CachePlace::InMemory(Bytes(), nullptr))->journal());
  CacheStoreOptions needs_signature;
  needs_signature.trust.public_key.emplace();
  EXPECT_EQ(nullptr, CacheStore::Open(cache_, needs_signature)->journal());
  EXPECT_NE(nullptr, CacheStore::Open(cache_)->journal());
}

}  // namespace
}  // namespace mace
