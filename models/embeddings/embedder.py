"""Turns sentences into vectors, so that sentences of one meaning have vectors of one direction.

The network is all-MiniLM-L6-v2, a BERT of six layers: it gives a vector for each token. A
sentence's embedding is the mean of the vectors of its tokens, scaled to the length 1; the cosine of
the angle between two embeddings is then their dot product. Reimers and Gurevych, "Sentence-BERT",
EMNLP 2019.
"""

from typing import Any, Dict, List, Sequence

import numpy
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from example_support.networks import Run, check_finite
from example_support.programs import read_text

WIDTH = 384
# The network was trained with so many tokens at most; what is longer is cut.
MOST_TOKENS = 256
# Lengths are rounded up to a multiple and batches filled up, so that many sentences share one plan.
TOKEN_STEP = 16
BATCH = 8

Floats = NDArray[numpy.float32]


def load_tokenizer(path: str) -> Tokenizer:
    """The tokenizer of a tokenizer.json. Raises OSError without the file, ValueError if it is
    none."""
    text = read_text(path)
    try:
        tokenizer = Tokenizer.from_str(text)
    except Exception as error:  # The library raises Exception itself.
        raise ValueError("%s: expected a tokenizer: %s" % (path, error)) from error
    tokenizer.enable_truncation(MOST_TOKENS)
    tokenizer.no_padding()
    return tokenizer


def as_inputs(encodings: Sequence[Encoding]) -> Dict[str, NDArray[numpy.int64]]:
    """The network's inputs, each [batch, tokens], of tokenized sentences: the ids of tokens, which
    of them are no padding, and to which of two texts each belongs (here always the first)."""
    longest = max(len(encoding.ids) for encoding in encodings)
    tokens = -(-longest // TOKEN_STEP) * TOKEN_STEP
    ids = numpy.zeros((len(encodings), tokens), numpy.int64)
    mask = numpy.zeros_like(ids)
    for row, encoding in enumerate(encodings):
        ids[row, : len(encoding.ids)] = encoding.ids
        mask[row, : len(encoding.ids)] = 1
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": numpy.zeros_like(ids)}


def pool(vectors: Floats, mask: NDArray[numpy.int64]) -> Floats:
    """Embeddings [batch, width] of length 1, of the tokens' vectors [batch, tokens, width] and the
    mask [batch, tokens] of those that are no padding."""
    weights = mask[:, :, None].astype(numpy.float32)
    means = (vectors * weights).sum(axis=1) / weights.sum(axis=1)
    lengths = numpy.linalg.norm(means, axis=1, keepdims=True)
    return numpy.asarray(means / numpy.maximum(lengths, 1e-12), numpy.float32)


class Embedder:
    """Computes embeddings with a network and its tokenizer. Belongs to one thread at a time."""

    def __init__(self, run: Run, tokenizer: Tokenizer) -> None:
        self._run = run
        self._tokenizer = tokenizer

    def embed(self, sentences: Sequence[str]) -> Floats:
        """Embeddings [sentences, 384] in the order of the sentences.

        One sentence is a batch of its own; more are computed in batches of 8, of about one length.
        """
        encodings: List[Encoding] = self._tokenizer.encode_batch(list(sentences))
        order = sorted(range(len(encodings)), key=lambda index: len(encodings[index].ids))
        embeddings = numpy.empty((len(encodings), WIDTH), numpy.float32)
        empty = self._tokenizer.encode("")
        for begin in range(0, len(order), BATCH):
            rows = order[begin : begin + BATCH]
            batch = [encodings[row] for row in rows]
            if len(encodings) > 1:
                batch += [empty] * (BATCH - len(rows))
            embeddings[rows] = self._embed_batch(as_inputs(batch))[: len(rows)]
        return embeddings

    def _embed_batch(self, inputs: Dict[str, NDArray[Any]]) -> Floats:
        (vectors,) = self._run(inputs).values()
        check_finite(vectors, "embeddings")
        return pool(vectors, inputs["attention_mask"])
