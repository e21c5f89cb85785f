#!/usr/bin/env python3
"""Trains a small convolutional network on scikit-learn's handwritten digits and writes everything beside itself.

digits.pb, digits.data   the network as a MACE model
digits_frozen.pb         the same as a TensorFlow frozen graph, batch norms kept
digits.onnx              the same as an ONNX model, [N, C, H, W], batch norms folded
samples/                 one held-back picture of each digit; labels.json says what they show
heldback/                all pictures the training never saw, their labels, the outputs by TensorFlow
"""
import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# oneDNN may sum in another order on another machine.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import keras
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(FOLDER))

from mace_writer import write_mace
from net import BatchNorm, Net
from onnx_writer import write_onnx
from tf_writer import write_tf

SEED = 7
HELD_BACK = 360
EPOCHS = 80
BATCH = 64
EPSILON = 1e-3


def load():
    """Pictures in [0, 1] and labels, in a seeded order: for training, and held back."""
    digits = load_digits()
    order = np.random.RandomState(SEED).permutation(len(digits.images))
    images = (digits.images[order, :, :, None] / 16.0).astype(np.float32)
    labels = digits.target[order].astype(np.int32)
    return (images[HELD_BACK:], labels[HELD_BACK:]), (images[:HELD_BACK], labels[:HELD_BACK])


def make_model():
    layers = keras.layers

    def norm_and_relu6(name):
        return [layers.BatchNormalization(epsilon=EPSILON, name=name + "_bn"), layers.ReLU(6.0)]

    return keras.Sequential([
        layers.Input((8, 8, 1)),
        layers.Conv2D(16, 3, padding="same", use_bias=False, name="conv_1"), *norm_and_relu6("conv_1"),
        layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="depthwise"), *norm_and_relu6("depthwise"),
        layers.Conv2D(32, 1, use_bias=False, name="pointwise"), *norm_and_relu6("pointwise"),
        layers.MaxPooling2D(2),
        layers.Conv2D(32, 3, padding="same", activation="relu", name="conv_2"),
        layers.AveragePooling2D(2),
        layers.Flatten(),
        layers.Dropout(0.3, seed=SEED),
        layers.Dense(10, activation="softmax", name="dense"),
    ])


def shifted(images, random):
    """Each picture moved by at most one pixel each way."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    rows, columns = random.randint(0, 3, (2, len(images)))
    return np.stack([padded[i, row:row + 8, column:column + 8]
                     for i, (row, column) in enumerate(zip(rows, columns))])


def train(model, images, labels):
    random = np.random.RandomState(SEED)
    steps = EPOCHS * -(-len(images) // BATCH)
    model.compile(optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(5e-3, steps)),
                  loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    for epoch in range(EPOCHS):
        order = random.permutation(len(images))
        history = model.fit(shifted(images[order], random), labels[order], batch_size=BATCH, shuffle=False,
                            verbose=0)
        if epoch % 10 == 9:
            print("epoch %d: loss %.4f" % (epoch + 1, history.history["loss"][0]), flush=True)


def as_net(model):
    """The trained weights in the description that the writers take."""
    def weights(name):
        return [np.asarray(values) for values in model.get_layer(name).get_weights()]

    def batch_norm(name):
        return BatchNorm(*weights(name + "_bn"), epsilon=EPSILON)

    net = Net("digits", [1, 8, 8, 1])
    x = net.conv(net.input, "conv_1", *weights("conv_1"), bn=batch_norm("conv_1"), activation="relu6")
    x = net.depthwise(x, "depthwise", *weights("depthwise"), bn=batch_norm("depthwise"), activation="relu6")
    x = net.conv(x, "pointwise", *weights("pointwise"), bn=batch_norm("pointwise"), activation="relu6")
    x = net.pool(x, "pool_1", "max", 2, 2)
    x = net.conv(x, "conv_2", *weights("conv_2"), activation="relu")
    x = net.pool(x, "pool_2", "avg", 2, 2)
    net.softmax(net.dense(x, "dense", *weights("dense")))
    return net


def run_frozen(path, images):
    """The outputs of the written graph, one picture at a time as it declares its input."""
    definition = tf.compat.v1.GraphDef()
    with open(path, "rb") as file:
        definition.ParseFromString(file.read())
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(definition, name="")
        with tf.compat.v1.Session(graph=graph) as session:
            return np.concatenate([session.run("output:0", {"input:0": image[None]}) for image in images])


def save_samples(images, labels):
    """The first held-back picture of each digit."""
    folder = os.path.join(FOLDER, "samples")
    os.makedirs(folder, exist_ok=True)
    names = {}
    for digit in range(10):
        name = "digit_%d.npy" % digit
        np.save(os.path.join(folder, name), images[labels == digit][:1])
        names[name] = digit
    # The demo looks beside the model, who has only the samples looks beside them.
    for place in (FOLDER, folder):
        with open(os.path.join(place, "labels.json"), "w", encoding="utf-8") as file:
            json.dump(names, file, indent=2)
            file.write("\n")


def save_held_back(images, labels, outputs):
    folder = os.path.join(FOLDER, "heldback")
    os.makedirs(folder, exist_ok=True)
    for name, values in (("inputs", images), ("labels", labels), ("expected", outputs)):
        np.save(os.path.join(folder, name + ".npy"), values)


def main():
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    (images, labels), (held_images, held_labels) = load()
    model = make_model()
    train(model, images, labels)
    net = as_net(model)
    write_mace(net, os.path.join(FOLDER, "digits.pb"))
    frozen = os.path.join(FOLDER, "digits_frozen.pb")
    write_tf(net, frozen)
    write_onnx(net, os.path.join(FOLDER, "digits.onnx"))
    outputs = run_frozen(frozen, held_images)
    departure = np.abs(outputs - model.predict(held_images, verbose=0)).max()
    assert departure < 1e-5, "the frozen graph is not the trained model: %g" % departure
    save_samples(held_images, held_labels)
    save_held_back(held_images, held_labels, outputs)
    right = (outputs.argmax(axis=1) == held_labels).sum()
    print("%d of %d held-back pictures right: %.2f %%" % (right, len(outputs), 100.0 * right / len(outputs)))


if __name__ == "__main__":
    main()
