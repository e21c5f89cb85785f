#!/usr/bin/python3
"""Runs the command `mace` on hostile files: models, arrays, weights, cache files, manifests, options.

usage: run.py MACE [--every=N] [--filter=TEXT] [--sanitized] [--verbose]

Each command must end by itself with an exit code of 0 to 4; say in one line on stderr why where the code is not 0;
print no control character; write nothing outside of the folder for outputs; and stay within a limit of memory and of
the processor's time. A line for each case that falls short, last "N of M cases hold".

--every=N     of the plain models with one field or word changed only each Nth: there are thousands
--sanitized   MACE was built with sanitizers: no limit of address space, and more time and memory
"""
import argparse
import itertools
import os
import shutil
import stat
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import array_attacks  # noqa: E402
import cache_attacks  # noqa: E402
import field_attacks  # noqa: E402
import file_attacks  # noqa: E402
import limits  # noqa: E402
import model_attacks  # noqa: E402
import text_attacks  # noqa: E402
import tflite_attacks  # noqa: E402
import weight_attacks  # noqa: E402


def all_cases(every):
    for module in (model_attacks, text_attacks, array_attacks, weight_attacks, file_attacks, cache_attacks,
                   tflite_attacks):
        yield from module.cases()
    for number, case in enumerate(itertools.chain(field_attacks.cases(1), tflite_attacks.many_cases(1))):
        if number % every == 0:
            yield case


def cases_of_shard(every):
    """All cases, or this shard's part of them where Bazel runs several at once."""
    shard, shards = (int(os.environ.get(name, default))
                     for name, default in (("TEST_SHARD_INDEX", 0), ("TEST_TOTAL_SHARDS", 1)))
    if "TEST_SHARD_STATUS_FILE" in os.environ:
        with open(os.environ["TEST_SHARD_STATUS_FILE"], "w"):
            pass
    return (case for number, case in enumerate(all_cases(every)) if number % shards == shard)


def environment(home):
    """A HOME of its own; kernels are compiled once where a folder for them is given."""
    kept = {key: value for key, value in os.environ.items() if key not in ("XDG_CACHE_HOME", "MACE_LOG")}
    sanitizer = "abort_on_error=1:detect_leaks=0:allocator_may_return_null=1"
    return {**kept, "HOME": home, "ASAN_OPTIONS": sanitizer, "UBSAN_OPTIONS": "abort_on_error=1:print_stacktrace=1"}


def write_files(case, folder):
    for name, content in case.files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if callable(content):
            content(path)
            continue
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, stat.S_IRUSR | stat.S_IWUSR)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mace")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--filter", default="")
    parser.add_argument("--sanitized", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    mace = os.path.abspath(arguments.mace)
    limits.set_limits(arguments.sanitized)
    good = count = 0
    with tempfile.TemporaryDirectory(prefix="hostile-") as top:
        home = os.path.join(top, "home")
        os.mkdir(home)
        for case in cases_of_shard(arguments.every):
            if arguments.filter not in case.name:
                continue
            folder = os.path.join(top, "case")
            os.mkdir(folder)
            write_files(case, folder)
            found, outcome = limits.faults(case, mace, folder, environment(home), arguments.sanitized)
            shutil.rmtree(folder)
            count += 1
            good += not found
            if found or arguments.verbose:
                said = outcome.stderr.decode("utf-8", "replace").strip().replace(folder, "")
                print("%s: %s" % (ascii(case.name)[1:-1], "; ".join(found) or "holds"))
                print("    exit code %d, %.2f s, %.0f MB: %s" % (
                    outcome.code, outcome.cpu_seconds, outcome.megabytes, ascii(said)[1:400]), flush=True)
    print("%d of %d cases hold" % (good, count))
    return 0 if count and good == count else 1


if __name__ == "__main__":
    sys.exit(main())
