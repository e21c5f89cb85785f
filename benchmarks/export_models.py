#!/usr/bin/env python3
"""Writes torchvision's models, with seeded random weights, as ONNX files for benchmarks/peers.

    python3 -m venv VENV && VENV/bin/pip install torch torchvision onnx
    VENV/bin/python benchmarks/export_models.py DIR [NAME ...]

DIR/NAME.onnx         batch 1, fp32, opset 13, one input and one output
DIR/NAME.input.npy    an input
DIR/NAME.output.npy   torch's output for that input, computed on the CPU

Each model has its own seed, so that make_model always gives the same weights with the same version of torch.
torch writes these models without the package onnx, too, which it only needs for custom operators.
"""
import argparse
import importlib
import os
import warnings

import numpy as np
import torch
import torchvision

# Pixels a side of the input.
SIZES = {"mobilenet_v2": 224, "squeezenet1_1": 224, "resnet50": 224, "inception_v3": 299, "mobilenet_v3_large": 224,
         "shufflenet_v2_x1_0": 224, "efficientnet_b0": 224}


def make_model(name):
    """The model and an input. Batch norms get random statistics, so that they change their inputs."""
    torch.manual_seed(sorted(SIZES).index(name) + 1)
    options = {"init_weights": True, "aux_logits": True} if name == "inception_v3" else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = getattr(torchvision.models, name)(weights=None, **options).eval()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            module.weight.data.uniform_(0.8, 1.2)
            module.bias.data.normal_(0, 0.1)
    return model, torch.randn(1, 3, SIZES[name], SIZES[name])


def do_without_onnx():
    """Skips the step in which torch adds functions of custom operators by the package onnx; there are none."""
    try:
        importlib.import_module("onnx")
        return
    except ImportError:
        pass
    for place in ("torchscript_exporter.", ""):
        try:
            module = importlib.import_module("torch.onnx._internal.%sonnx_proto_utils" % place)
        except ImportError:
            continue
        module._add_onnxscript_fn = lambda model_bytes, _: model_bytes


def export(name, folder):
    model, values = make_model(name)
    stem = os.path.join(folder, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, values, stem + ".onnx", opset_version=13, input_names=["input"],
                          output_names=["output"], dynamo=False)
    with torch.no_grad():
        np.save(stem + ".input.npy", values.numpy())
        np.save(stem + ".output.npy", model(values).numpy())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="DIR")
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all of " + ", ".join(SIZES))
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(SIZES))
    if unknown:
        parser.error("no model of this script: " + ", ".join(unknown))
    os.makedirs(arguments.folder, exist_ok=True)
    do_without_onnx()
    for name in arguments.names or SIZES:
        export(name, arguments.folder)
        print(name, flush=True)


if __name__ == "__main__":
    main()
