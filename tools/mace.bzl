"""One call makes the library of a folder of mace/, and its tests."""

load("//tools:unity.bzl", "unity_sources")

# A shared library calls nothing that it neither holds nor names. clang links the sanitizers'
# runtime to programs alone, so a sanitized library finds it in the program that loads it.
NO_UNDEFINED_SYMBOLS = select({
    "//tools:sanitizer_in_program": [],
    "//conditions:default": ["-Wl,-z,defs"],
})

# Programs that go on where there is no memory do so under sanitizers too.
THROWING_NEW = select({
    "//tools:sanitizer_in_program": ["//tools/sanitizer:throwing_new"],
    "//conditions:default": [],
})

# Tests under sanitizers share the engine's libraries: one of them with all of the engine in it has
# 100 MB, and linking those took as long as compiling them.
_LINKED_INTO_PROGRAMS = select({
    "//tools:sanitizer_in_program": False,
    "//conditions:default": True,
})

def mace_tests(srcs, deps, data = [], with_own_new = []):
    """One cc_test for each *_test.cc, named like the file; `test_programs` are all of them.

    Args:
      srcs: the *_test.cc.
      deps: what they need besides GoogleTest.
      data: files that they read.
      with_own_new: those of `srcs` that define operator new themselves.
    """
    native.filegroup(
        name = "test_programs",
        testonly = True,
        srcs = [src[:-len(".cc")].replace("/", "_") for src in srcs],
        visibility = ["//visibility:public"],
    )
    for src in srcs:
        # The first launch of a kernel compiles it; that needs time.
        gpu = src.endswith("_gpu_test.cc")
        native.cc_test(
            name = src[:-len(".cc")].replace("/", "_"),
            size = "large" if gpu else "medium",
            srcs = [src],
            data = data,
            tags = ["gpu"] if gpu else [],
            deps = deps + ["//third_party:gtest"] + ([] if src in with_own_new else THROWING_NEW),
        )

def mace_library(
        name,
        deps = [],
        test_deps = [],
        test_data = [],
        srcs = [],
        with_own_new = [],
        testonly = False,
        linkstatic = _LINKED_INTO_PROGRAMS,
        **kwargs):
    """A library of all sources below the folder, and a test for each *_test.cc.

    Args:
      name: the folder's name.
      deps: the folders and libraries below this one.
      test_deps: what the tests need besides the library and GoogleTest.
      test_data: files that the tests read.
      srcs: generated sources.
      with_own_new: tests that define operator new themselves.
      testonly: whether only tests may use the library.
      linkstatic: whether programs hold the library, or share it.
      **kwargs: passed on to cc_library.
    """
    sources = unity_sources(
        native.glob(["**/*.cc"], exclude = ["**/*_test.cc"], allow_empty = True),
    )
    native.cc_library(
        name = name,
        linkstatic = linkstatic,
        testonly = testonly,
        srcs = srcs + sources["srcs"],
        textual_hdrs = sources["textual_hdrs"],
        hdrs = native.glob(["**/*.h"], allow_empty = True),
        visibility = ["//visibility:public"],
        deps = deps,
        **kwargs
    )
    mace_tests(
        srcs = native.glob(["**/*_test.cc"], allow_empty = True),
        data = test_data,
        deps = [":" + name] + deps + test_deps,
        with_own_new = with_own_new,
    )
