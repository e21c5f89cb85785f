"""Turns .proto files into a C++ library with the system's protoc."""

def cc_protos(name, srcs):
    """One cc_library of the schemas, included as "mace/formats/proto/<stem>.pb.h".

    Args:
      name: the library's name.
      srcs: .proto files; they import one another by path from the root.
    """
    stems = [src[:-len(".proto")] for src in srcs]
    for stem in stems:
        native.genrule(
            name = stem + "_protoc",
            srcs = srcs,
            outs = [stem + ".pb.cc", stem + ".pb.h"],
            cmd = "protoc --proto_path=. --cpp_out=$(GENDIR) $(location %s.proto)" % stem,
        )
    native.cc_library(
        name = name,
        srcs = [stem + ".pb.cc" for stem in stems],
        hdrs = [stem + ".pb.h" for stem in stems],
        visibility = [
            "//mace/formats:__subpackages__",
            "//mace/testing:__subpackages__",
        ],
        deps = ["//third_party:protobuf"],
    )
