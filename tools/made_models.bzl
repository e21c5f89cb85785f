"""Models that scripts of models/ write, as data for tests."""

def _made(name, files, command):
    """What `models/COMMAND FOLDER` writes; the files lie in the folder made_models of the package."""
    native.genrule(
        name = name,
        testonly = True,
        srcs = [
            "//mace/formats/proto:schemas",
            "//models:scripts",
        ],
        outs = ["made_models/" + file for file in files],
        # Debian's own Python, to which its numpy and protobuf belong.
        cmd = "/usr/bin/python3 -B models/" + command.replace("FOLDER", "$(RULEDIR)/made_models"),
    )

def made_model(name, script, args):
    """NAME.pb, NAME.data, NAME_frozen.pb (TensorFlow), NAME_input.npy and NAME_expected.npy.

    Args:
      name: the files' stem.
      script: the script's name without its ending.
      args: what it is called with, besides the name and the folder.
    """
    files = [name + ending for ending in [".pb", ".data", "_frozen.pb", "_input.npy", "_expected.npy"]]
    _made(name, files, "%s.py %s --expected --name %s FOLDER" % (script, args, name))

def transformer_model(name, args):
    """transformer.onnx, transformer_input.npy and transformer_expected.npy."""
    files = ["transformer" + ending for ending in [".onnx", "_input.npy", "_expected.npy"]]
    _made(name, files, "make_transformer.py --expected %s FOLDER" % args)

def decoder_model(name, args):
    """decoder.onnx and decoder_tokens.npy."""
    _made(name, ["decoder.onnx", "decoder_tokens.npy"], "make_decoder.py --expected %s FOLDER" % args)

def light_models(name, networks, args):
    """For each network light_NETWORK.onnx, light_NETWORK_input.npy and light_NETWORK_expected.npy.

    Args:
      name: of the rule that writes all of them.
      networks: as models/make_light.py calls them.
      args: what it is called with, besides the folder and the networks.
    """
    files = [
        "light_" + network + ending
        for network in networks
        for ending in [".onnx", "_input.npy", "_expected.npy"]
    ]
    _made(name, files, "make_light.py --expected %s FOLDER %s" % (args, " ".join(networks)))
