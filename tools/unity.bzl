"""Unity builds: the sources of a folder are compiled several at a time.

A source of this project spends most of its time in the compiler on headers, and on the functions of
templates that each source compiles again. Eight sources in one take a third of the time of eight
compilations. Names in the anonymous namespaces of one folder must differ for that, and a source
undefines its macros.

`--define=unity=false` compiles each source by itself, which is faster for one who edits one of them
again and again (a line for user.bazelrc: `build --define=unity=false`). CMake always does.
"""

# The most sources of a unit: the compiler takes less than 1 GB, and two processors have work.
_SOURCES_OF_UNIT = 8

def _unity_source_impl(ctx):
    source = ctx.actions.declare_file(ctx.label.name + ".cc")
    ctx.actions.write(source, "".join(['#include "%s"\n' % file.short_path for file in ctx.files.srcs]))
    return [DefaultInfo(files = depset([source]))]

_unity_source = rule(
    doc = "Writes a source that includes `srcs`.",
    implementation = _unity_source_impl,
    attrs = {"srcs": attr.label_list(allow_files = [".cc"])},
)

def unity_sources(srcs):
    """What a cc_library compiles in place of `srcs`, which are sources of this package.

    Returns:
      The attributes `srcs` and `textual_hdrs` of the cc_library.
    """
    folders = {}
    for src in srcs:
        folders.setdefault(src.rpartition("/")[0], []).append(src)
    compiled = []
    included = []
    for folder, members in folders.items():
        count = (len(members) + _SOURCES_OF_UNIT - 1) // _SOURCES_OF_UNIT
        for i in range(count):
            unit = members[i * len(members) // count:(i + 1) * len(members) // count]
            if len(unit) == 1:
                compiled += unit
                continue
            name = "unity/%s_%d" % (folder.replace("/", "_") or "sources", i)
            _unity_source(name = name, srcs = unit)
            compiled.append(":" + name)
            included += unit
    return {
        "srcs": select({
            "//tools:each_source_alone": srcs,
            "//conditions:default": compiled,
        }),
        "textual_hdrs": select({
            "//tools:each_source_alone": [],
            "//conditions:default": included,
        }),
    }
