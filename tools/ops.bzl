"""What the build finds by name in mace/ops and mace/kernel, so that an op is added without editing a list."""

def generate_kernel_sources(kernels):
    """Generates kernel_sources.cc: the embedded .cl and .clh texts.

    Args:
      kernels: the .cl and .clh files, or labels of them.
    """
    native.genrule(
        name = "kernel_sources",
        srcs = kernels,
        outs = ["kernel_sources.cc"],
        cmd = "python3 $(location //tools:embed_kernels.py) $@ $(SRCS)",
        tools = ["//tools:embed_kernels.py"],
    )

def generate_op_table(sources):
    """Generates op_table.cc.

    Args:
      sources: the .cc files that may define ops.
    """
    native.genrule(
        name = "op_table",
        srcs = sources,
        outs = ["op_table.cc"],
        cmd = "python3 $(location //tools:generate_op_table.py) $@ $(SRCS)",
        tools = ["//tools:generate_op_table.py"],
    )
