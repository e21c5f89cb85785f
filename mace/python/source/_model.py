"""A model without a device."""
import inspect
from typing import Any, List, Mapping, Optional, Sequence

from mace import _mace, _options
from mace._arrays import as_array, bytes_view, dense
from mace._records import SaveReport, TensorSpec

Shapes = Mapping[str, Sequence[int]]
Values = Mapping[str, Any]


class Model:
    """A model that was read and checked, with its weights, and without a device.

    Made by `Model.load` and `Model.from_bytes`. It is immutable: any number of threads and of
    compiled models may use it at the same time.
    """

    _core: Any
    _inputs: List[TensorSpec]
    _outputs: List[TensorSpec]

    def __init__(self) -> None:
        raise TypeError("Model.load or Model.from_bytes makes a model")

    @classmethod
    def _made(cls, core: Any) -> "Model":
        model = cls.__new__(cls)
        model._core = core
        model._inputs = [TensorSpec._of(spec) for spec in core.inputs]
        model._outputs = [TensorSpec._of(spec) for spec in core.outputs]
        return model

    @classmethod
    def load(cls, path: _options.PathName, *, data: Optional[_options.PathName] = None,
             input_shapes: Optional[Shapes] = None, dynamic_shapes: Optional[Shapes] = None,
             inputs: Sequence[str] = (), outputs: Sequence[str] = (),
             input_values: Optional[Values] = None, host_memory_limit: int = 0,
             signature: str = "") -> "Model":
        """Reads a model: MACE's `.pb`, a frozen TensorFlow graph, TensorFlow Lite or ONNX, told by content.

        Args:
          path: the file.
          data: the file of a MACE model's weights; None: the model's name with the extension
            replaced by `.data`.
          input_shapes: shapes by the names of inputs; they replace the declared shapes.
          dynamic_shapes: shapes by name, used only where the model leaves extents dynamic.
            TensorFlow, TensorFlow Lite and ONNX: a tensor inside of the graph that is named here
            becomes an input.
          inputs: TensorFlow, TensorFlow Lite and ONNX: names of the graph's tensors to use as
            inputs; nodes before them are left out. Empty: the declared inputs.
          outputs: TensorFlow, TensorFlow Lite and ONNX: names of the graph's tensors to use as
            outputs. Empty: the declared outputs.
          input_values: ONNX: arrays by the names of inputs that hold a shape, an axis or a mode,
            and are known before a run. They become constants of the model.
          host_memory_limit: the most bytes that tensors made by loading may take; 0: the memory
            that the system has available.
          signature: SavedModel: the signature to load. Empty: "serving_default", or the only one
            that there is. An error lists the signatures of the model.

        Raises:
          mace.Error: "not_found" for a missing file, "corruption" for bytes that are not a valid
            model, "invalid_argument" for an option that does not fit the model, "unsupported" for a
            feature that this version lacks, "resource_exhausted" for lack of memory.
        """
        options = _load_options(data, input_shapes, dynamic_shapes, inputs, outputs, input_values,
                                host_memory_limit, signature)
        return cls._made(_mace.Model.load(_options.path_name("path", path), options))

    @classmethod
    def from_bytes(cls, model: Any, data: Any = b"", *, input_shapes: Optional[Shapes] = None,
                   dynamic_shapes: Optional[Shapes] = None, inputs: Sequence[str] = (),
                   outputs: Sequence[str] = (), input_values: Optional[Values] = None,
                   host_memory_limit: int = 0) -> "Model":
        """Reads a model from memory: `load` for bytes.

        Args:
          model: bytes, or any object with the buffer protocol. Read-only memory is kept alive and
            used without a copy; writable memory is copied.
          data: the content of a MACE model's `.data`, in the same form.

        The other arguments and the errors are those of `load`. A model in memory has no files
        beside it: external data of ONNX are "not_found".
        """
        options = _load_options(None, input_shapes, dynamic_shapes, inputs, outputs, input_values,
                                host_memory_limit)
        return cls._made(_mace.Model.from_bytes(bytes_view(model, "model"), bytes_view(data, "data"), options))

    @property
    def inputs(self) -> List[TensorSpec]:
        """The inputs in the file's order, with the declared shapes or those of `input_shapes`."""
        return list(self._inputs)

    @property
    def outputs(self) -> List[TensorSpec]:
        """The outputs in the file's order. An output without a declared shape has the shape that it
        gets if all dynamic extents of inputs are 1."""
        return list(self._outputs)

    @property
    def format(self) -> str:
        """"mace", "tensorflow", "tflite" or "onnx"."""
        name: str = self._core.format
        return name

    def save(self, path: _options.PathName, *, data: Optional[_options.PathName] = None,
             half_weights: bool = False) -> SaveReport:
        """Writes the model in MACE's format, which `load` reads: `path` with the graph, and a file with
        the weights. Files that are there are replaced.

        Inputs have the shapes that the model was loaded with, a dynamic extent is written as 1, values
        that are known at load are constants, and inputs and outputs of any float type are float32.
        Those of int64 are int32, which a warning in the log says; a run of the written model fails
        where a result does not fit into int32.

        Args:
          path: the file for the graph, such as "model.pb".
          data: the file for the weights; None: the name of the model with `.data` in place of its
            extension, where `load` looks for them.
          half_weights: float weights as float16, except tensors with a value that it cannot hold.

        Raises:
          mace.Error: "unsupported", naming the node or tensor, for what the format cannot hold, such
            as an output with the name of an input; "invalid_argument" where both files have
            one name; "io_error" where the system refuses to write.
        """
        return SaveReport._of(self._core.save(_options.path_name("path", path),
                                              _options.path_name("data", data), bool(half_weights)))

    def _compile(self, options: Any) -> Any:
        """The core's compiled model."""
        return _mace.CompiledModel.compile(self._core, options)


class ModelFile:
    """A model file that is read while the device is opened, which makes a start shorter. The
    arguments are those of `Model.load`."""

    def __init__(self, path: _options.PathName, **options: Any) -> None:
        arguments = inspect.signature(Model.load).bind(path, **options)
        arguments.apply_defaults()
        self._path = _options.path_name("path", arguments.arguments.pop("path"))
        self._options = _load_options(**arguments.arguments)

    def _compile(self, options: Any) -> Any:
        return _mace.CompiledModel.load(self._path, self._options, options)


def _load_options(data: Optional[_options.PathName], input_shapes: Optional[Shapes],
                  dynamic_shapes: Optional[Shapes], inputs: Sequence[str], outputs: Sequence[str],
                  input_values: Optional[Values], host_memory_limit: int,
                  signature: str = "") -> Any:
    options = _mace.LoadOptions()
    options.data_path = _options.path_name("data", data)
    options.input_dims = _options.shapes("input_shapes", input_shapes)
    options.dynamic_dims = _options.shapes("dynamic_shapes", dynamic_shapes)
    options.inputs = _options.names("inputs", inputs)
    options.outputs = _options.names("outputs", outputs)
    options.signature = _options.text("signature", signature)
    options.host_memory_limit = _options.whole_number("host_memory_limit", host_memory_limit)
    for name, value in (input_values or {}).items():
        what = "value of '%s'" % name
        try:
            options.set_value(name, dense(as_array(value, what)))
        except TypeError as error:
            raise TypeError("%s: %s" % (what, error)) from None
    return options
