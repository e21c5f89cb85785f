"""mace in Python: runs a model on the best OpenCL device, compares it with the CPU reference, and
prints its outputs.

usage: example.py MODEL NAME=FILE.npy    NAME is the input's name, FILE.npy its array
"""
import sys

import numpy

import mace


def main(model, name, path):
    array = numpy.load(path)
    with mace.Engine(model, device="gpu", cache="mace-cl-compiled-program.bin") as engine:
        outputs = engine.run({name: array})
        mace.compare(engine, mace.Engine(model, device="cpu"), {name: array})
    for output, values in outputs.items():
        print("%s: %d elements of %s" % (output, values.size, values.dtype))
        for value in values.ravel():
            print("%g" % value)


if __name__ == "__main__":
    main(sys.argv[1], *sys.argv[2].split("=", 1))
