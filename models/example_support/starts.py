"""Options, start and measurements that every example in Python has."""

import statistics
import sys
import time

try:
    import mace
except ImportError as missing:
    sys.exit(
        "the Python package mace was not found (%s): run 'bazel build //mace/python:package' "
        "and set PYTHONPATH=bazel-bin/mace/python" % missing
    )


def add_options(parser):
    """Adds --device, --cache and --runs to an argparse parser."""
    parser.add_argument("--device", default="gpu", help='"gpu" (default) or "cpu", the reference')
    parser.add_argument("--cache", metavar="FILE", help="makes the next start warm")
    parser.add_argument("--runs", type=int, default=20, help="runs that measure the latency (20)")


def start(model, inputs, options):
    """Loads `model`, computes its first outputs, and prints how long both took together.

    Args:
      model: the path of a model file.
      inputs: a function from an engine to its arrays by name.
      options: has the attributes `device` and `cache` of `add_options`.

    Returns:
      The engine, the arrays by name, and the outputs by name.
    """
    begin = time.perf_counter()
    engine = mace.Engine(model, device=options.device, cache=options.cache)
    arrays = inputs(engine)
    outputs = engine.run(arrays)
    spent = (time.perf_counter() - begin) * 1e3
    found = engine.statistics
    state = "no cache file"
    if options.device == "cpu":
        state = "the CPU reference compiles nothing"
    elif options.cache:
        state = "%s: %d programs compiled, %d read from the cache file" % (
            "cold" if found.cache.built_from_source else "warm",
            found.cache.built_from_source,
            found.cache.hits,
        )
    print("device: %s" % " ".join(filter(None, (found.device, found.driver))))
    print("start: %.0f ms from the model file to the first answer (%s)" % (spent, state))
    return engine, arrays, outputs


def print_latency(engine, arrays, runs):
    """Prints the median of `runs` latencies, host arrays to host arrays, in milliseconds."""
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        engine.run(arrays)
        times.append((time.perf_counter() - begin) * 1e3)
    if times:
        print("latency: %.2f ms (median of %d runs)" % (statistics.median(times), runs))


def call_main(name, main):
    """Calls main(); bad input becomes one line that begins with `name`, and exit code 1."""
    try:
        main()
    except (mace.Error, OSError, ValueError) as error:
        sys.exit("%s: %s" % (name, " ".join(str(error).split())))
