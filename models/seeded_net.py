"""Networks with seeded random weights, scaled so that activations keep their size through any depth."""
import numpy as np

from net import BatchNorm, Net

EPSILON = 1e-3


class SeededNet(Net):
    """A Net whose layers make their own weights, by He's rule."""

    def __init__(self, name, input_shape, seed):
        super().__init__(name, input_shape)
        self.random = np.random.RandomState(seed)  # Its sequence is the same in every numpy.

    def _normal(self, shape, deviation):
        return (self.random.standard_normal(shape) * deviation).astype(np.float32)

    def _filters(self, shape, inputs, activation):
        """A rectifier halves the power, which a gain of two makes up for."""
        return self._normal(shape, np.sqrt((2.0 if activation else 1.0) / inputs))

    def _batch_norm(self, channels):
        return BatchNorm(gamma=self.random.uniform(0.9, 1.1, channels).astype(np.float32),
                         beta=self._normal(channels, 0.1), mean=self._normal(channels, 0.1),
                         variance=self.random.uniform(0.9, 1.1, channels).astype(np.float32), epsilon=EPSILON)

    def conv_bn(self, x, name, channels, kernel, stride=1, padding="SAME", activation="relu6",
                gain=1.0):
        """gain: below one for what a residual block adds, which would otherwise grow from block to block."""
        height, width = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        inputs = x.shape[3]
        filters = self._filters((height, width, inputs, channels), height * width * inputs, activation)
        filters *= np.float32(gain)
        return self.conv(x, name, filters, bn=self._batch_norm(channels), stride=stride, padding=padding,
                         activation=activation)

    def conv_bias(self, x, name, channels, kernel, stride=1, padding="SAME", activation=None):
        filters = self._filters((kernel, kernel, x.shape[3], channels), kernel * kernel * x.shape[3], activation)
        return self.conv(x, name, filters, bias=self._normal(channels, 0.1), stride=stride, padding=padding,
                         activation=activation)

    def depthwise_bn(self, x, name, stride=1, activation="relu6"):
        filters = self._filters((3, 3, x.shape[3], 1), 9, activation)
        return self.depthwise(x, name, filters, bn=self._batch_norm(x.shape[3]), stride=stride,
                              activation=activation)

    def dense_seeded(self, x, name, outputs):
        inputs = int(np.prod(x.shape[1:]))
        return self.dense(x, name, self._normal((inputs, outputs), np.sqrt(1.0 / inputs)),
                          self._normal(outputs, 0.1))

    def make_input(self):
        """Pictures as after the usual scaling, in [-1, 1]; does not disturb the weights' sequence."""
        random = np.random.RandomState(len(self.nodes))
        return random.uniform(-1.0, 1.0, self.input.shape).astype(np.float32)
