"""Tests whose own allocations can be made to fail (failing_allocator.h)."""

_WRAPPED = [
    "aligned_alloc",
    "calloc",
    "malloc",
    "mmap",
    "posix_memalign",
    "pthread_create",
    "realloc",
]

def failing_allocator_test(name, srcs = [], tags = []):
    """A test of NAME.cc and `srcs`, whose allocations go through the failing allocator.

    Args:
      name: the test's and its file's.
      srcs: more sources.
      tags: as a cc_test has them.
    """
    native.cc_test(
        name = name,
        size = "medium",
        srcs = [name + ".cc"] + srcs,
        data = ["//models:files"],
        # The linker redirects the calls of the program's own objects alone.
        linkstatic = True,
        # The C++ library and protobuf within the program, so that their allocations are its own.
        additional_linker_inputs = [":archives", "//third_party:archives"],
        linkopts = [
                       "-L$(BINDIR)/mace/testing/failing_allocator/archives",
                       "-L$(BINDIR)/third_party/archives",
                       # Drivers keep a C++ library of their own: parts of two would be mixed up.
                       "-Wl,--exclude-libs,libstdc++.a",
                   ] +
                   ["-Wl,--wrap=" + function for function in _WRAPPED],
        tags = tags,
        deps = [
            ":failing_allocator",
            "//mace",
            "//mace:mace_c",
            "//mace/base",
            "//mace/graph",
            "//mace/formats",
            "//mace/engine",
            "//third_party:gtest",
        ],
    )
