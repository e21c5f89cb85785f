#include "mace/opencl_layer/source_check.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <utility>

#include "mace/base/files.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

std::string WhyNot(std::string_view source, std::string_view options) {
  std::string files;
  std::string why = mace::WhyNotCacheable(source, options, &files);
  EXPECT_EQ(files, "");
  return why;
}

TEST(SourceCheckTest, PlainSourceAndOptionsAreCacheable) {
  EXPECT_EQ(WhyNot("kernel void f() {}", ""), "");
  EXPECT_EQ(WhyNot("#define A 1\n#if A\n#pragma unroll\n#endif\n// includes nothing",
                   "-D A=1 -DB -cl-std=CL1.2 -cl-mad-enable -w -Werror -g "
                   "-cl-nv-maxrregcount=32 -I /some/folder -I\"a folder\" -DX='a b'"),
            "");
}

TEST(SourceCheckTest, FilesThatCannotBeToldAreNot) {
  const std::pair<const char*, const char*> cases[] = {
      {"#include <a.h>", "included a.h is not found"},
      {"  #  include \"a.h\"", "included a.h is not found"},
      {"#\\\ninclude \"a.h\"", "included a.h is not found"},
      {"#inc\\\r\nlude \"a.h\"", "included a.h is not found"},
      {"# /* a */ include <a>", "included a is not found"},
      {"%:include <a>", "included a is not found"},
      {"?\?=include <a>", "included a is not found"},
      {"#in?\?/\nclude <a>", "included a is not found"},
      {"#import <a>", "the source reads files by #import or #embed"},
      {"#embed <a>", "the source reads files by #import or #embed"},
      {"#include_next <a>", "an #include of something other than a plain name"},
      {"int a;\n#define F <a>\n#include F\n", "an #include of something other than a plain name"},
      {"#include <a\n>", "an #include of something other than a plain name"},
      {"#if __has_include(<a>)\n#endif", "the source asks for files"}};
  for (const auto& [source, why] : cases) EXPECT_EQ(WhyNot(source, ""), why) << source;
}

class IncludedFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(MakeDirectories(folder_ + "/first").ok());
    ASSERT_TRUE(MakeDirectories(folder_ + "/second/deep").ok());
    Write("second/a.h", "#include \"deep/b.h\"\n#include <c.h>\n");
    Write("second/deep/b.h", "#include \"d.h\"\n");
    Write("second/deep/d.h", "1");
    Write("second/c.h", "#include <a.h>\n");  // A cycle of includes.
  }

  void Write(const std::string& name, const std::string& content) {
    std::ofstream(folder_ + "/" + name) << content;
  }

  std::string Files() {
    std::string files;
    EXPECT_EQ(WhyNotCacheable("#include <a.h>\n",
                              "-I " + folder_ + "/first -I'" + folder_ + "/second'", &files),
              "");
    return files;
  }

  const TemporaryFolder temporary_;
  const std::string folder_ = temporary_.path();
};

TEST_F(IncludedFilesTest, TheirContentCounts) {
  const std::string files = Files();
  EXPECT_EQ(Files(), files);
  for (const char* name : {"second/a.h", "second/deep/b.h", "second/deep/d.h", "second/c.h"}) {
    EXPECT_NE(files.find("/" + std::string(name) + "\n"), std::string::npos) << files;
  }
  Write("second/deep/d.h", "2");
  const std::string changed = Files();
  EXPECT_NE(changed, files);
  // A file that a driver may find first.
  Write("first/d.h", "1");
  EXPECT_NE(Files(), changed);
}

TEST_F(IncludedFilesTest, AFileThatIsGoneOrAsksForTheTimeIsNotCacheable) {
  std::string files;
  const std::string option = "-I" + folder_ + "/second";
  Write("second/deep/d.h", "__TIME__");
  EXPECT_EQ(WhyNotCacheable("#include <a.h>", option, &files), "the source asks for date or time");
  std::filesystem::remove(folder_ + "/second/deep/d.h");
  EXPECT_EQ(WhyNotCacheable("#include <a.h>", option, &files), "included d.h is not found");
  EXPECT_EQ(files, "");
}

TEST(SourceCheckTest, WhatAsksForTheTimeIsNot) {
  EXPECT_EQ(WhyNot("constant char t[] = __TIME__;", ""), "the source asks for date or time");
  EXPECT_EQ(WhyNot("kernel void f() {}", "-DT=__DATE__"), "the source asks for date or time");
}

TEST(SourceCheckTest, OptionsThatAreNotKnownAreNot) {
  EXPECT_EQ(WhyNot("", "-include a.h"), "option -include");
  EXPECT_EQ(WhyNot("", "-w -g -s a.cl"), "option -s");
  EXPECT_EQ(WhyNot("", "-cl-save-temps"), "option -cl-save-temps");
  EXPECT_EQ(WhyNot("", "-save-temps=obj"), "option -save-temps=obj");
  EXPECT_EQ(WhyNot("", "-Wp,-include,a.h"), "option -Wp,-include,a.h");
  EXPECT_EQ(WhyNot("", "@file"), "option @file");
  EXPECT_EQ(WhyNot("", "-D 'A=1"), "options with an open quote");
  // The second word is the argument of the first.
  EXPECT_EQ(WhyNot("", "-D -s"), "");
}

}  // namespace
}  // namespace mace
