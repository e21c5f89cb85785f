#!/usr/bin/env python3
"""Writes the characters that a recognizer knows, which stand in its ONNX file, one in each line.

usage: write_characters.py MODEL.onnx FILE
"""

import sys

import onnx


def main() -> None:
    properties = {item.key: item.value for item in onnx.load(sys.argv[1]).metadata_props}
    if "character" not in properties:
        sys.exit(
            "write_characters.py: %s: expected the property 'character', found %s"
            % (sys.argv[1], sorted(properties) or "none")
        )
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(properties["character"].rstrip("\n") + "\n")


if __name__ == "__main__":
    main()
