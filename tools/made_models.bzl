"""Models that scripts of models/ write, as data for tests."""

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

def light_models(name, networks, args):
    """For each network light_NETWORK.onnx, light_NETWORK_input.npy and light_NETWORK_expected.npy.

    All lie in the folder made_models of the package.

    Args:
      name: of the rule that writes all of them.
      networks: as models/make_light.py calls them.
      args: what it is called with, besides the folder and the networks.
    """
    native.genrule(
        name = name,
        testonly = True,
        srcs = [
            "//mace/import/proto:schemas",
            "//models:scripts",
        ],
        outs = [
            "made_models/light_" + network + ending
            for network in networks
            for ending in [".onnx", "_input.npy", "_expected.npy"]
        ],
        cmd = " ".join([
            "/usr/bin/python3 -B models/make_light.py --expected",
            args,
            "$(RULEDIR)/made_models",
        ] + networks),
    )
