// Which files the content of a file may name, and that nobody changes that by renaming and linking
// while a file is opened.
#include "mace/base/contained_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>

#include "mace/base/atomic_file.h"
#include "mace/base/coding.h"
#include "mace/base/open_beneath.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

// root/secret, root/model/main, root/model/good, root/model/sub/deep.
class ContainedFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(MakeDirectories(At("model/sub")).ok());
    Put("secret", "SECRET");
    Put("model/main", "main");
    Put("model/good", "good");
    Put("model/sub/deep", "deep");
  }

  std::string At(const std::string& name) const { return root_.At(name); }
  void Put(const std::string& name, const std::string& content) const {
    ASSERT_TRUE(WriteFileAtomic(At(name), AsBytes(content)).ok()) << name;
  }
  void Link(const std::string& target, const std::string& name) const {
    ASSERT_EQ(0, symlink(target.c_str(), At(name).c_str())) << name;
  }
  static std::string Content(const RandomAccessFile& file) {
    std::string content(static_cast<size_t>(file.size()), '\0');
    const MutableBytes out(reinterpret_cast<uint8_t*>(content.data()), content.size());
    return file.ReadAt(0, out).ok() ? content : "unreadable";
  }
  // The content of the file that the name means beside `main`, or the error.
  std::string Read(const std::string& main, const std::string& name) const {
    const auto files = ContainedFiles::Open(At(main));
    if (!files.ok()) return "no main: " + files.status().message();
    const auto file = (*files)->OpenNamed(name);
    return file.ok() ? Content(**file) : file.status().message();
  }

  const TemporaryFolder root_;
};

TEST_F(ContainedFilesTest, FilesBeneathTheFolder) {
  EXPECT_EQ("good", Read("model/main", "good"));
  EXPECT_EQ("good", Read("model/main", "./good"));
  EXPECT_EQ("deep", Read("model/main", "sub/deep"));
  EXPECT_EQ("deep", Read("model/main", "sub//deep"));
  EXPECT_EQ("main", Read("model/main", "main"));
  Link("sub/deep", "model/inside");
  EXPECT_EQ("deep", Read("model/main", "inside"));
  Link(At("model/good"), "model/absolute_inside");
  EXPECT_EQ("good", Read("model/main", "absolute_inside"));
  // The folder may be named through a link: it is the user's path.
  Link("model", "named");
  EXPECT_EQ("deep", Read("named/main", "sub/deep"));
}

TEST_F(ContainedFilesTest, NothingElse) {
  Link("../secret", "model/link");
  Link(At("secret"), "model/absolute");
  Link("..", "model/folder");
  Link("/proc/self/environ", "model/proc");
  Link("/dev/zero", "model/zero");
  Link("loop", "model/loop");
  Link("link", "model/chain");
  ASSERT_EQ(0, mkfifo(At("model/fifo").c_str(), 0600));
  for (const std::string& name : {At("secret"),
                                  std::string("../secret"),
                                  std::string("sub/../../secret"),
                                  std::string("sub/../good"),
                                  std::string("link"),
                                  std::string("absolute"),
                                  std::string("folder/secret"),
                                  std::string("folder/model/good/.."),
                                  std::string("proc"),
                                  std::string("zero"),
                                  std::string("loop"),
                                  std::string("chain"),
                                  std::string("fifo"),
                                  std::string("sub"),
                                  std::string("."),
                                  std::string(""),
                                  std::string("good\0x", 6),
                                  std::string("none"),
                                  std::string("/"),
                                  std::string("sub/")}) {
    const auto files = ContainedFiles::Open(At("model/main"));
    ASSERT_TRUE(files.ok());
    const auto file = (*files)->OpenNamed(name);
    EXPECT_FALSE(file.ok()) << name << " gave " << Content(**file);
  }
  EXPECT_NE(Read("model/main", "link").find("a path that leaves it"), std::string::npos);
  EXPECT_NE(Read("model/main", "fifo").find("is not a regular file"), std::string::npos);
  EXPECT_NE(Read("model/main", "loop").find("circle"), std::string::npos);
  EXPECT_NE(Read("model/main", "none").find("none: open: No such file"), std::string::npos);
}

// The layout of model hubs: names that are links into a folder of blobs.
TEST_F(ContainedFilesTest, AModelThatIsALinkIntoAFolderOfBlobs) {
  ASSERT_TRUE(MakeDirectories(At("hub/blobs")).ok());
  ASSERT_TRUE(MakeDirectories(At("hub/snapshots/1/onnx")).ok());
  const std::string hash(64, 'a');
  Put("hub/blobs/" + hash, "main");
  Put("hub/blobs/b2", "weights");
  Put("hub/other", "SECRET");
  for (const auto& [folder, up] : {std::pair<std::string, std::string>("1/", "../../"),
                                   std::pair<std::string, std::string>("1/onnx/", "../../../")}) {
    const std::string names = "hub/snapshots/" + folder;
    Link(up + "blobs/" + hash, names + "main");
    Link(up + "blobs/b2", names + "weights");
    Link(up + "other", names + "other");
    Link(up + "../secret", names + "secret");
    EXPECT_EQ("weights", Read(names + "main", "weights"));
    EXPECT_NE(Read(names + "main", "other").find("leaves it"), std::string::npos);
    EXPECT_NE(Read(names + "main", "secret").find("leaves it"), std::string::npos);
  }
  // A plain file beside links is as good.
  Put("hub/snapshots/1/plain", "plain");
  EXPECT_EQ("plain", Read("hub/snapshots/1/main", "plain"));
  // But a model that is no link into the blobs cannot reach them.
  Put("hub/snapshots/1/attack", "main");
  EXPECT_NE(Read("hub/snapshots/1/attack", "weights").find("leaves it"), std::string::npos);
}

TEST_F(ContainedFilesTest, HardLinksOnlyWhereTheMainFileHasSome) {
  ASSERT_EQ(0, link(At("secret").c_str(), At("model/hard").c_str()));
  EXPECT_NE(Read("model/main", "hard").find("hard links"), std::string::npos);
  // A whole folder that was copied by hard links.
  ASSERT_TRUE(MakeDirectories(At("copy")).ok());
  ASSERT_EQ(0, link(At("model/main").c_str(), At("copy/main").c_str()));
  ASSERT_EQ(0, link(At("model/good").c_str(), At("copy/good").c_str()));
  EXPECT_EQ("good", Read("copy/main", "good"));
}

TEST_F(ContainedFilesTest, AFileIsOpenedOnce) {
  const auto files = ContainedFiles::Open(At("model/main"));
  ASSERT_TRUE(files.ok());
  ASSERT_TRUE((*files)->OpenNamed("good").ok());
  Put("model/good", "another");
  EXPECT_EQ("good", Content(**(*files)->OpenNamed("good")));
}

TEST_F(ContainedFilesTest, ANewFolderUnderTheOldNameIsNotTheFolder) {
  const auto files = ContainedFiles::Open(At("model/main"));
  ASSERT_TRUE(files.ok());
  ASSERT_TRUE(MakeDirectories(At("evil")).ok());
  Put("evil/good", "SECRET");
  ASSERT_EQ(0, rename(At("model").c_str(), At("moved").c_str()));
  ASSERT_EQ(0, rename(At("evil").c_str(), At("model").c_str()));
  EXPECT_EQ("good", Content(**(*files)->OpenNamed("good")));
}

TEST_F(ContainedFilesTest, TheMainFileIsAnyRegularFile) {
  Link("../secret", "model/named");
  EXPECT_EQ("good", Read("model/named", "good"));
  for (const char* name : {"model/none", "model", "model/", "model/sub/"}) {
    EXPECT_FALSE(ContainedFiles::Open(At(name)).ok()) << name;
  }
  EXPECT_EQ(StatusCode::kNotFound, ContainedFiles::Open(At("model/none")).status().code());
  EXPECT_FALSE(ContainedFiles::Open("").ok());
  EXPECT_FALSE(ContainedFiles::Open(std::string("model\0x", 7)).ok());
}

// Somebody swaps a link, and a folder on the way, between what is allowed and the secret, while
// another thread opens it again and again.
TEST_F(ContainedFilesTest, ARaceNeverGivesTheSecret) {
  ASSERT_TRUE(MakeDirectories(At("outside")).ok());
  Put("outside/deep", "SECRET");
  Link("good", "model/raced");
  std::atomic<bool> stop{false};
  std::thread swapper([&] {
    for (int i = 0; !stop; ++i) {
      const std::string link = At("model/.new");
      if (symlink(i % 2 == 0 ? "../secret" : "good", link.c_str()) == 0) {
        rename(link.c_str(), At("model/raced").c_str());
      }
      rename(At("model/sub").c_str(), At("kept").c_str());
      if (symlink("../outside", At("model/sub").c_str()) == 0) unlink(At("model/sub").c_str());
      rename(At("kept").c_str(), At("model/sub").c_str());
    }
  });
  int opened = 0;
  for (int i = 0; i < 3000; ++i) {
    for (const auto& [name, content] : {std::pair<const char*, const char*>("raced", "good"),
                                        std::pair<const char*, const char*>("sub/deep", "deep")}) {
      const auto files = ContainedFiles::Open(At("model/main"));
      ASSERT_TRUE(files.ok()) << files.status().message();
      const auto file = (*files)->OpenNamed(name);
      if (!file.ok()) continue;
      ++opened;
      ASSERT_EQ(content, Content(**file));
    }
  }
  stop = true;
  swapper.join();
  EXPECT_GT(opened, 0);
}

class OpenBeneathTest : public ContainedFilesTest,
                        public testing::WithParamInterface<BeneathResolver> {};

TEST_P(OpenBeneathTest, FollowsNoLinkAndLeavesNoFolder) {
  Link("good", "model/link");
  Link("sub", "model/linked");
  const int folder = open(At("model").c_str(), O_PATH | O_DIRECTORY);
  ASSERT_GE(folder, 0);
  const auto opens = [&](const std::string& name) {
    const int file = OpenBeneath(folder, name, O_RDONLY, GetParam());
    if (file >= 0) close(file);
    return file >= 0;
  };
  EXPECT_TRUE(opens("good"));
  EXPECT_TRUE(opens("sub/deep"));
  EXPECT_TRUE(opens("./sub/./deep"));
  for (const std::string& name :
       {std::string("link"), std::string("linked/deep"), std::string("../secret"), At("secret"),
        std::string("sub/../good"), std::string(""), std::string("none"), std::string("good/x"),
        std::string("good\0", 5)}) {
    EXPECT_FALSE(opens(name)) << name;
  }
  close(folder);
}

INSTANTIATE_TEST_SUITE_P(Resolvers, OpenBeneathTest,
                         testing::Values(BeneathResolver::kBest, BeneathResolver::kComponents));

}  // namespace
}  // namespace mace
