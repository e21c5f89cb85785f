"""Serves models with Ray Serve by the Open Inference Protocol, until SIGTERM or Ctrl-C.

usage: python3 -m mace.ray NAME=MODEL... [options]    --help lists the options
"""

import argparse
import logging
import os
import re
import signal
import sys
import threading

import mace.ray


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message):
        self.exit(2, "mace.ray: %s (--help lists the options)\n" % message)


def parsed(arguments):
    """The options. Ends the process with one line for those that do not fit."""
    parser = Parser(
        prog="python3 -m mace.ray",
        description=__doc__.split("\n", maxsplit=1)[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "models",
        nargs="+",
        metavar="NAME=MODEL",
        type=named_model,
        help="the protocol's name of a model, and its file",
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--port", type=whole(0), default=8000, help="the port of the protocol")
    parser.add_argument(
        "--metrics-port", type=whole(0), default=8002, help="the port of the metrics"
    )
    parser.add_argument(
        "--replicas", type=whole(1), default=1, help="processes that hold the models"
    )
    parser.add_argument("--processors", type=float, default=1, help="of a replica")
    parser.add_argument("--gpus", type=float, default=0, help="of a replica")
    parser.add_argument(
        "--max-batch-size", type=whole(1), default=8, help="requests computed together"
    )
    parser.add_argument(
        "--batch-wait-ms", type=float, default=1.0, help="how long a request waits for others"
    )
    parser.add_argument(
        "--body-limit", type=whole(1), default=64 << 20, help="bytes of a request at most"
    )
    parser.add_argument("--device", default="gpu", help="as mace.Engine takes it")
    parser.add_argument("--precision", default="fp32", help="as mace.Engine takes it")
    parser.add_argument("--cache-folder", help="the folder of this host's cache file")
    parser.add_argument(
        "--object-store-bytes",
        type=whole(80_000_000),
        default=200_000_000,
        help="of the cluster that is started",
    )
    parser.add_argument(
        "--address", help="of a running Ray cluster; without it one is started here"
    )
    return parser.parse_args(arguments)


def named_model(text):
    """NAME=MODEL as a pair."""
    name, separator, path = text.partition("=")
    if not separator or not re.fullmatch(r"[A-Za-z0-9._-]+", name):
        raise argparse.ArgumentTypeError(
            "expected NAME=MODEL with a name of letters, digits, '.', '_' and "
            "'-', found '%s'" % text
        )
    if not os.path.isfile(path):
        raise argparse.ArgumentTypeError("expected the file of a model, found none at '%s'" % path)
    return name, os.path.abspath(path)


def whole(least):
    """A type of argparse: a whole number of at least `least`."""

    def number(text):
        if not (text.isascii() and text.isdigit() and int(text) >= least):
            raise argparse.ArgumentTypeError(
                "expected a whole number of at least %d, found '%s'" % (least, text)
            )
        return int(text)

    return number


def start_cluster(options):
    """Joins the cluster that the options name, or starts one in this process's care."""
    import ray  # After `mace.ray`, which says what is missing.

    if options.address:
        ray.init(address=options.address, logging_level=logging.WARNING)
        return
    ray.init(
        address="local",
        object_store_memory=options.object_store_bytes,
        _metrics_export_port=options.metrics_port,
        include_dashboard=False,
        logging_level=logging.WARNING,
    )


def main(arguments):
    """Serves until a signal. Returns the exit code."""
    options = parsed(arguments)
    serving = mace.ray.ServingOptions(
        max_batch_size=options.max_batch_size,
        batch_wait_seconds=options.batch_wait_ms / 1000,
        body_limit=options.body_limit,
        replicas=options.replicas,
        processors=options.processors,
        gpus=options.gpus,
        options={"device": options.device, "precision": options.precision},
        cache_folder=options.cache_folder,
    )
    start_cluster(options)
    ended = threading.Event()
    # After Ray, whose own handler of SIGTERM ends the process by an alarm, three seconds later.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    import ray.serve

    try:
        mace.ray.serve(dict(options.models), serving, host=options.host, port=options.port)
        names = ", ".join(name for name, _ in options.models)
        print("serving %s on http://%s:%d/v2" % (names, options.host, options.port), flush=True)
        ended.wait()
    finally:
        if not options.address:
            ray.serve.shutdown()
        ray.shutdown()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (ImportError, ValueError, ConnectionError, RuntimeError) as failure:
        sys.exit("mace.ray: %s" % str(failure).replace("mace.ray: ", ""))
