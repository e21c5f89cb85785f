"""A model that a script of models/ writes, as data for tests."""

def made_model(name, script, args):
    """NAME.pb, NAME.data, NAME_frozen.pb (TensorFlow), NAME_input.npy and NAME_expected.npy.

    All lie in the folder made_models of the package.

    Args:
      name: the files' stem.
      script: the script's name without its ending.
      args: what it is called with, besides the name and the folder.
    """
    native.genrule(
        name = name,
        testonly = True,
        srcs = [
            "//mace/import/proto:schemas",
            "//models:scripts",
        ],
        outs = ["made_models/" + name + ending for ending in [
            ".pb",
            ".data",
            "_frozen.pb",
            "_input.npy",
            "_expected.npy",
        ]],
        # Debian's own Python, to which its numpy and protobuf belong.
        cmd = " ".join([
            "/usr/bin/python3 -B models/%s.py" % script,
            args,
            "--expected --name " + name,
            "$(RULEDIR)/made_models",
        ]),
    )
