#!/usr/bin/env python3
"""Ranks sentences by how close their meaning is to that of a query.

Prints the closest sentences with the cosine of the angle between both embeddings, then how the
network started and its latency. The second start with the same cache file compiles nothing.

usage: FOLDER/bin/python models/embeddings/rank_sentences.py FOLDER/models QUERY...
FOLDER is made by models/install_example embeddings FOLDER.
"""

import argparse
import os
import sys
from typing import List, Tuple

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from embedder import BATCH, TOKEN_STEP, Embedder, Floats, load_tokenizer
from example_support.networks import Network
from example_support.programs import add_options, positive, read_text, run_main

MODEL = "model.onnx"
TOKENIZER = "tokenizer.json"
SENTENCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sentences.txt")


def load_sentences(path: str) -> List[str]:
    """The sentences of a UTF-8 text file, one in each line. Raises ValueError if there are none."""
    sentences = [line.strip() for line in read_text(path).splitlines() if line.strip()]
    if not sentences:
        raise ValueError("%s: expected a sentence in each line, found none" % path)
    return sentences


def rank(query: Floats, embeddings: Floats) -> List[Tuple[float, int]]:
    """The cosine for each row of `embeddings` [sentences, width], and its index, the closest first,
    equal ones in their order. All embeddings have the length 1, `query` [width] too."""
    cosines = embeddings @ query
    return [(float(cosines[index]), int(index)) for index in (-cosines).argsort(kind="stable")]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("models", help="the folder with the network and its tokenizer")
    parser.add_argument("query", nargs="+", help="what to look for")
    parser.add_argument(
        "--sentences",
        metavar="FILE",
        default=SENTENCES,
        help="a text with a sentence in each line (default: sentences.txt beside this program)",
    )
    parser.add_argument(
        "--top", type=positive, default=3, metavar="N", help="how many to print (default: 3)"
    )
    add_options(parser)
    return parser.parse_args()


def main() -> None:
    options = parse()
    sentences = load_sentences(options.sentences)
    tokenizer = load_tokenizer(os.path.join(options.models, TOKENIZER))
    shape = (BATCH if len(sentences) > 1 else 1, TOKEN_STEP)
    shapes = {name: shape for name in ("input_ids", "attention_mask", "token_type_ids")}
    model = os.path.join(options.models, MODEL)
    with Network("embeddings", model, options, shapes) as network:
        embedder = Embedder(network, tokenizer)
        for iteration in range(options.iterations):
            embeddings = embedder.embed(sentences)
            for query in options.query:
                ranked = rank(embedder.embed([query])[0], embeddings)
                if iteration == 0:
                    print("query: " + query)
                    for cosine, index in ranked[: options.top]:
                        print("  %6.3f  %s" % (cosine, sentences[index]))
        print("\n".join(network.report()))


if __name__ == "__main__":
    run_main(main)
