"""What the build finds by name in mace/ops, so that an op is added without editing a list."""

def generate_op_sources(kernels, sources):
    """Generates kernel_sources.cc (the embedded .cl texts) and op_table.cc.

    Args:
      kernels: the .cl and .clh files.
      sources: the .cc files that may define ops.
    """
    native.genrule(
        name = "kernel_sources",
        srcs = kernels,
        outs = ["kernel_sources.cc"],
        cmd = "python3 $(location //tools:embed_kernels.py) $@ %s $(SRCS)" % native.package_name(),
        tools = ["//tools:embed_kernels.py"],
    )
    native.genrule(
        name = "op_table",
        srcs = sources,
        outs = ["op_table.cc"],
        cmd = "python3 $(location //tools:generate_op_table.py) $@ $(SRCS)",
        tools = ["//tools:generate_op_table.py"],
    )
