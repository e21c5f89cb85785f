#include "tools/mace/output_name.h"

#include <gtest/gtest.h>

#include <set>

#include "mace/base/printable.h"
#include "mace/base/strings.h"

namespace mace {
namespace {

std::string One(const std::string& name) { return OutputFileNames({name})[0]; }

TEST(OutputFileNames, AreTheNamesWherePossible) {
  EXPECT_EQ(One("output"), "output.npy");
  EXPECT_EQ(One("block/softmax:0"), "block_softmax_0.npy");
  EXPECT_EQ(One("caf\xC3\xA9"), "caf\xC3\xA9.npy");
}

TEST(OutputFileNames, EscapeWhatNoFileNameHolds) {
  EXPECT_EQ(One(std::string(".bashrc\0zz", 10)), ".bashrc%00zz.npy");
  EXPECT_EQ(One("a\x1b[31m"), "a%1B[31m.npy");
  EXPECT_EQ(One("a\xFF"), "a%FF.npy");
  EXPECT_EQ(One("a\nb\x7f"), "a%0Ab%7F.npy");
  EXPECT_EQ(One("../../etc/passwd"), ".._.._etc_passwd.npy");
  EXPECT_EQ(One(".."), "...npy");
}

TEST(OutputFileNames, AreCutWhereTheyAreLong) {
  std::string euros;
  for (int i = 0; i < 1000; ++i) euros += "\xE2\x82\xAC";
  for (const std::string& name : {std::string(5000, 'a'), std::string(5000, '\x01'), euros}) {
    const std::string file = One(name);
    EXPECT_LT(file.size(), 200u);
    EXPECT_TRUE(EndsWith(file, ".npy")) << file;
    EXPECT_EQ(file, EscapeControls(file));
    EXPECT_NE(file, One(name + "b"));
  }
}

TEST(OutputFileNames, AreNeverShared) {
  const std::string marked = OutputFileNames({"a/b", "a_b"})[0];
  const std::vector<std::string> names = {"a/b",
                                          "a_b",
                                          "a:b",
                                          "x",
                                          "x",
                                          "x",
                                          std::string("\0", 1),
                                          "%00",
                                          "",
                                          "/",
                                          "_",
                                          marked.substr(0, marked.size() - 4)};
  const std::vector<std::string> files = OutputFileNames(names);
  ASSERT_EQ(files.size(), names.size());
  const std::set<std::string> different(files.begin(), files.end());
  EXPECT_EQ(different.size(), files.size()) << Join(files, ", ");
  EXPECT_EQ(files[1], "a_b.npy");  // This name needs no mark.
  for (const std::string& file : files) {
    EXPECT_TRUE(EndsWith(file, ".npy")) << file;
    EXPECT_EQ(file.find('/'), std::string::npos) << file;
  }
}

}  // namespace
}  // namespace mace
