"""Tests of sentence embeddings: the parts by hand, the network and the ranking beside ONNX Runtime.

models/embeddings/embeddings_test runs it; MACE_EMBEDDINGS_MODELS is the folder of the network.
"""

import argparse
import os
import sys
import tempfile
import unittest

import numpy

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(FOLDER), FOLDER]

import rank_sentences
from embedder import Embedder, as_inputs, load_tokenizer, pool
from example_support.networks import Network
from example_support.onnx_runtime import load_onnx
from example_support.testing import start_program

PROGRAM = os.path.join(FOLDER, "rank_sentences.py")
MODELS = os.environ["MACE_EMBEDDINGS_MODELS"]
MODEL = os.path.join(MODELS, rank_sentences.MODEL)
TOKENIZER = os.path.join(MODELS, rank_sentences.TOKENIZER)
# A query, and how the sentence begins that answers it. They share no word that says what they are
# about.
ANSWERS = [
    ("weather forecast", ("A storm", "It will be sunny")),
    ("astronomy", ("The moon", "Our telescope")),
    ("a software bug", ("The program crashes",)),
    ("public transport", ("The train", "You can change")),
    ("my pet makes noise", ("Our dog",)),
    ("how much do I pay for a mortgage", ("Banks raised",)),
]


def network(device: str, folder: str) -> Network:
    options = argparse.Namespace(device=device, cache=os.path.join(folder, "cache.bin"))
    shapes = {name: (8, 16) for name in ("input_ids", "attention_mask", "token_type_ids")}
    return Network("embeddings", MODEL, options, shapes)


class PartsTest(unittest.TestCase):
    """Parts that need no network."""

    def test_tokens_are_padded_to_a_multiple(self) -> None:
        tokenizer = load_tokenizer(TOKENIZER)
        inputs = as_inputs(tokenizer.encode_batch(["Hello world", "word " * 20, "word " * 1000]))
        self.assertEqual(inputs["input_ids"].shape, (3, 256))
        self.assertEqual(inputs["attention_mask"].sum(axis=1).tolist(), [4, 22, 256])
        # [CLS] hello world [SEP] of BERT's uncased vocabulary.
        self.assertEqual(inputs["input_ids"][0, :5].tolist(), [101, 7592, 2088, 102, 0])
        self.assertEqual(as_inputs([tokenizer.encode("Hello")])["input_ids"].shape, (1, 16))

    def test_pool_is_the_mean_without_padding(self) -> None:
        vectors = numpy.array([[[3, 0], [0, 4], [99, 99]]], numpy.float32)
        found = pool(vectors, numpy.array([[1, 1, 0]]))
        numpy.testing.assert_allclose(found, [[0.6, 0.8]], rtol=1e-6)

    def test_a_file_that_is_no_tokenizer(self) -> None:
        with self.assertRaisesRegex(ValueError, "expected a tokenizer"):
            load_tokenizer(__file__)


class NetworkTest(unittest.TestCase):
    """The network and the answers beside ONNX Runtime."""

    def test_vectors_of_several_shapes_by_one_compiled_model(self) -> None:
        tokenizer, reference = load_tokenizer(TOKENIZER), load_onnx(MODEL)
        sentences = rank_sentences.load_sentences(rank_sentences.SENTENCES)
        batches = [sentences[:8], ["word " * 20, "Hello"], sentences[8:9], sentences[8:16]]
        for device in ("cpu", "gpu"):
            with self.subTest(device), tempfile.TemporaryDirectory() as folder:
                with network(device, folder) as run:
                    for batch in batches:
                        inputs = as_inputs(tokenizer.encode_batch(batch))
                        (found,), (expected,) = run(inputs).values(), reference(inputs).values()
                        real = inputs["attention_mask"] == 1
                        numpy.testing.assert_allclose(
                            found[real], expected[real], rtol=0, atol=2e-4
                        )

    def test_the_same_ranking(self) -> None:
        tokenizer = load_tokenizer(TOKENIZER)
        sentences = rank_sentences.load_sentences(rank_sentences.SENTENCES)
        with tempfile.TemporaryDirectory() as folder, network("gpu", folder) as run:
            found, expected = Embedder(run, tokenizer), Embedder(load_onnx(MODEL), tokenizer)
            embeddings, wanted = found.embed(sentences), expected.embed(sentences)
            numpy.testing.assert_allclose(embeddings, wanted, rtol=0, atol=1e-4)
            for query, beginnings in ANSWERS:
                ranked = rank_sentences.rank(found.embed([query])[0], embeddings)
                best = rank_sentences.rank(expected.embed([query])[0], wanted)
                numpy.testing.assert_allclose(
                    [cosine for cosine, _ in ranked],
                    [cosine for cosine, _ in best],
                    rtol=0,
                    atol=1e-4,
                )
                self.assertEqual(ranked[0][1], best[0][1])
                for (_, index), beginning in zip(ranked, beginnings):
                    self.assertTrue(
                        sentences[index].startswith(beginnings),
                        (query, sentences[index], beginning),
                    )


class CommandTest(unittest.TestCase):
    """The program as a user starts it."""

    def test_the_second_start_compiles_nothing_and_ranks_the_same(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            cache = os.path.join(folder, "cache.bin")
            answers = []
            for state in ("cold", "warm"):
                done = start_program(PROGRAM, MODELS, "astronomy", "--cache", cache)
                self.assertEqual(done.returncode, 0, done.stderr)
                lines = done.stdout.splitlines()
                (start,) = [line for line in lines if ": start " in line]
                if state == "warm":
                    self.assertIn("cache warm: 0 programs compiled", start)
                answers.append([line for line in lines if not line.startswith("embeddings: ")])
            self.assertEqual(len(answers[0]), 4)
            self.assertEqual(answers[0], answers[1])

    def test_faults_are_one_line(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            cache = os.path.join(folder, "cache.bin")
            empty = os.path.join(folder, "empty.txt")
            with open(empty, "w", encoding="utf-8"):
                pass
            for arguments, expected in (
                (
                    [MODELS, "q", "--sentences", empty],
                    "expected a sentence in each line, found none",
                ),
                ([MODELS, "q", "--sentences", MODEL], "model.onnx"),
                ([folder, "q"], "tokenizer.json"),
                ([MODELS, "q", "--device", "gpu:99"], "99"),
            ):
                with self.subTest(arguments):
                    done = start_program(PROGRAM, *arguments, "--cache", cache)
                    self.assertEqual(done.returncode, 1, done.stdout)
                    self.assertIn(expected, done.stderr)
                    self.assertEqual(done.stderr.count("\n"), 1, done.stderr)


if __name__ == "__main__":
    unittest.main()
