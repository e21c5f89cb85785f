"""Parts of ONNX messages that all writers of ONNX models in this folder make."""
from schema import onnx_pb2


def add_attributes(node, attributes):
    """Adds attributes to a NodeProto, by name: a float, an int, or a list of ints."""
    kinds = onnx_pb2.AttributeProto
    for key, value in sorted(attributes.items()):
        if isinstance(value, float):
            node.attribute.add(name=key, type=kinds.FLOAT, f=value)
        elif isinstance(value, int):
            node.attribute.add(name=key, type=kinds.INT, i=value)
        else:
            node.attribute.add(name=key, type=kinds.INTS, ints=value)


def add_port(ports, name, shape, dtype=onnx_pb2.TensorProto.FLOAT):
    """Adds a tensor of this shape to the inputs or the outputs of a GraphProto."""
    tensor = ports.add(name=name).type.tensor_type
    tensor.elem_type = dtype
    for extent in shape:
        tensor.shape.dim.add(dim_value=extent)
