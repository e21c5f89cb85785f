"""Plain models of operators that differ in nothing but their name."""


def one_each(one, ops, *operands, **attributes):
    """(name, model) for each operator; `one` makes its model from the name, the operands and the attributes."""
    for op in ops:
        yield op.lower(), one(op, *operands, **attributes)
