"""Turns .proto and .fbs files into a C++ library with the system's protoc and flatc."""

def cc_protos(name, srcs, flatbuffers):
    """One cc_library of the schemas.

    They are included as "mace/formats/proto/<stem>.pb.h" and "mace/formats/proto/<stem>_generated.h".

    Args:
      name: the library's name.
      srcs: .proto files; they import one another by path from the root.
      flatbuffers: .fbs files.
    """
    stems = [src[:-len(".proto")] for src in srcs]
    for stem in stems:
        native.genrule(
            name = stem + "_protoc",
            srcs = srcs,
            outs = [stem + ".pb.cc", stem + ".pb.h"],
            cmd = "protoc --proto_path=. --cpp_out=$(GENDIR) $(location %s.proto)" % stem,
        )
    flatbuffer_stems = [src[:-len(".fbs")] for src in flatbuffers]
    for stem in flatbuffer_stems:
        native.genrule(
            name = stem + "_flatc",
            srcs = [stem + ".fbs"],
            outs = [stem + "_generated.h"],
            cmd = "flatc --cpp -o $(@D) $<",
        )
    native.cc_library(
        name = name,
        srcs = [stem + ".pb.cc" for stem in stems],
        hdrs = [stem + ".pb.h" for stem in stems] +
               [stem + "_generated.h" for stem in flatbuffer_stems],
        visibility = [
            "//mace/formats:__subpackages__",
            "//mace/testing:__subpackages__",
        ],
        deps = [
            "//third_party:flatbuffers",
            "//third_party:protobuf",
        ],
    )
