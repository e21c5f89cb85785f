#include "mace/layer/source_check.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

TEST(SourceCheckTest, PlainSourceAndOptionsAreCacheable) {
  EXPECT_EQ(WhyNotCacheable("kernel void f() {}", ""), "");
  EXPECT_EQ(WhyNotCacheable("#define A 1\n#if A\n#pragma unroll\n#endif\n// includes nothing",
                            "-D A=1 -DB -cl-std=CL1.2 -cl-mad-enable -w -Werror -g "
                            "-cl-nv-maxrregcount=32 -I /some/folder -I\"a folder\" -DX='a b'"),
            "");
}

TEST(SourceCheckTest, WhatReadsFilesIsNot) {
  for (const char* source :
       {"#include <a.h>", "  #  include \"a.h\"", "#\\\ninclude \"a.h\"", "#inc\\\r\nlude \"a.h\"",
        "# /* a */ include <a>", "#import <a>", "#embed <a>", "%:include <a>", "?\?=include <a>",
        "#in?\?/\nclude <a>", "#include_next <a>", "#if __has_include(<a>)\n#endif",
        "int a;\n#define F <a>\n#include F\n"}) {
    EXPECT_EQ(WhyNotCacheable(source, ""), "the source includes files") << source;
  }
}

TEST(SourceCheckTest, WhatAsksForTheTimeIsNot) {
  EXPECT_EQ(WhyNotCacheable("constant char t[] = __TIME__;", ""),
            "the source asks for date or time");
  EXPECT_EQ(WhyNotCacheable("kernel void f() {}", "-DT=__DATE__"),
            "the source asks for date or time");
}

TEST(SourceCheckTest, OptionsThatAreNotKnownAreNot) {
  EXPECT_EQ(WhyNotCacheable("", "-include a.h"), "option -include");
  EXPECT_EQ(WhyNotCacheable("", "-w -g -s a.cl"), "option -s");
  EXPECT_EQ(WhyNotCacheable("", "-cl-save-temps"), "option -cl-save-temps");
  EXPECT_EQ(WhyNotCacheable("", "-save-temps=obj"), "option -save-temps=obj");
  EXPECT_EQ(WhyNotCacheable("", "-Wp,-include,a.h"), "option -Wp,-include,a.h");
  EXPECT_EQ(WhyNotCacheable("", "@file"), "option @file");
  EXPECT_EQ(WhyNotCacheable("", "-D 'A=1"), "options with an open quote");
  // The second word is the first one's argument.
  EXPECT_EQ(WhyNotCacheable("", "-D -s"), "");
}

}  // namespace
}  // namespace mace
