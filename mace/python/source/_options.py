"""Checks of options. Their error messages name the option."""
import operator
import os
from typing import Any, Dict, List, Mapping, Optional, Sequence, Union

PathName = Union[str, "os.PathLike[str]"]


def word(option: str, value: str, words: Any) -> Any:
    """The member of the enumeration `words` that `value` names."""
    if value not in words.__members__:
        raise ValueError("%s: expected one of %s, found '%s'" % (option, ", ".join(words.__members__), value))
    return words.__members__[value]


def whole_number(option: str, value: int, bits: int = 64) -> int:
    """`value` as a whole number that is not negative and has at most `bits` bits."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError("%s: expected a whole number, found %r" % (option, value)) from None
    if not 0 <= number < 2**bits:
        raise ValueError("%s: expected 0 to 2**%d - 1, found %d" % (option, bits, number))
    return number


def path_name(option: str, path: Optional[PathName]) -> str:
    """A path as text; None: empty."""
    if path is None:
        return ""
    try:
        return os.fsdecode(path)
    except TypeError:
        raise TypeError("%s: expected a path, found %s" % (option, type(path).__name__)) from None


def shapes(option: str, value: Optional[Mapping[str, Sequence[int]]]) -> Dict[str, List[int]]:
    """Shapes by name; None: none."""
    try:
        return {str(name): [operator.index(extent) for extent in shape] for name, shape in (value or {}).items()}
    except (AttributeError, TypeError):
        raise TypeError("%s: expected shapes by name, found %r" % (option, value)) from None


def text(option: str, value: str) -> str:
    """A text; None is an easy mistake, and is refused."""
    if not isinstance(value, str):
        raise TypeError("%s: expected a text, found %r" % (option, value))
    return value


def names(option: str, value: Sequence[str]) -> List[str]:
    """A list of names; refuses a single text, which is an easy mistake."""
    if isinstance(value, str) or not all(isinstance(name, str) for name in value):
        raise TypeError("%s: expected a list of names, found %r" % (option, value))
    return list(value)
