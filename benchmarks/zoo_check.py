"""Compares the outputs of engines with those of a case, or with each other's."""
import numpy as np

from zoo_cases import NoCase

# The largest difference that passes beside a case's own tolerance, as a share of the output's largest magnitude: without
# expected outputs, and in the precisions that round more than float32.
SHARE = {"fp32": 1e-3, "tf32": 2e-2, "fp16": 2e-2}


def bare(name):
    """The name of an output without the number that TensorFlow adds."""
    return name[:-2] if name.endswith(":0") else name


def pairs(found, expected):
    """[(name, path or None, path of the expected)]. Outputs are matched by name or, where none has its name, by place."""
    by_name = {bare(name): path for name, path in found}
    names = [bare(name) for name in expected]
    if not any(name in by_name for name in names) and len(found) == len(names):
        by_name = dict(zip(names, (path for _, path in found)))
    return [(name, by_name.get(bare(name)), path) for name, path in expected.items()]


def difference(found, expected):
    """The largest difference. It is infinite where sizes differ, or where a number is finite in one alone."""
    if found.size != expected.size or found.dtype.kind not in "fiub" or expected.dtype.kind not in "fiub":
        return float("inf")
    found, expected = found.reshape(expected.shape).astype(np.float64), expected.astype(np.float64)
    finite = np.isfinite(expected)
    if not np.array_equal(found[~finite], expected[~finite], equal_nan=True) or not np.isfinite(found[finite]).all():
        return float("inf")
    return float(np.abs(found[finite] - expected[finite]).max(initial=0))


def cosine(found, expected):
    """The cosine of the angle between two outputs as vectors."""
    found, expected = found.astype(np.float64).ravel(), expected.astype(np.float64).ravel()
    return float(found @ expected / max(np.linalg.norm(found) * np.linalg.norm(expected), 1e-300))


def allowed(expected, max_abs_err, precision):
    """The largest difference that passes for one output. `max_abs_err`: in fp32, or None if no case has one."""
    values = np.abs(expected[np.isfinite(expected)].astype(np.float64))
    relative = SHARE[precision] * float(values.max(initial=0))
    if max_abs_err is None:
        return relative
    return max_abs_err if precision == "fp32" else max(max_abs_err, relative)


def why_wrong(found, expected, case, precision):
    """What is wrong with an output, or None; and its largest difference."""
    error = difference(found, expected)
    if found.size != expected.size:
        return "shape %s, expected %s" % (list(found.shape), list(expected.shape)), error
    if not np.isfinite(error):
        return "a number that is finite in one alone, or what is no number", error
    least = case["min_cosine"]
    if least is not None:
        same = cosine(found, expected)
        return None if same >= least else "cosine %.4f, expected at least %g" % (same, least), error
    limit = allowed(expected, case["max_abs_err"], precision)
    return None if error <= limit else "error %.2g, allowed %.2g" % (error, limit), error


def check(entry, expected, case):
    """Sets `right`, `max_error` (None: infinite) and `wrong` (why it is not right) of the entry.

    `expected`: {name: path of an .npy}. An entry has `outputs`: [(name, path)].
    """
    entry.update(right=True, max_error=0.0, wrong=None)
    for name, path, reference in pairs(entry["outputs"], expected):
        if path is None:
            entry.update(right=False, max_error=None, wrong="has no output %s" % name)
            return
        why, error = why_wrong(np.load(path), np.load(reference), case, entry["precision"])
        entry["max_error"] = max(entry["max_error"], error)
        if why and entry["right"]:
            entry.update(right=False, wrong="output %s: %s" % (name, why))
    if not np.isfinite(entry["max_error"]):
        entry["max_error"] = None  # JSON has no infinity.


def check_all(entries, case):
    """Checks the entries of a network against the case's outputs, or else against those of the first peer that ran.

    Returns what they were compared with. Raises NoCase where a file of the case cannot be read.
    """
    expected, against = case["outputs"], "the expected outputs"
    if not expected:
        first = next((entry for entry in entries if not entry["ours"]), None)
        if first is None:
            for entry in entries:
                entry.update(right=True, max_error=None, wrong=None)
            return "nothing"
        expected, against = dict(first["outputs"]), first["engine"]
    try:
        for entry in entries:
            check(entry, expected, case)
    except (OSError, ValueError) as error:
        raise NoCase(" ".join(str(error).split())) from error
    return against
