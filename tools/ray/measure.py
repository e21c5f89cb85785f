"""Measures mace.ray on a local cluster beside one process without Ray. tools/ray_test --measure
runs it.

usage: measure.py [MODEL] [--batch-size N] [--seconds S] [--price-per-hour P] [--json FILE]

Each worker has one thread of PoCL, the OpenCL driver for CPUs, so that a worker stands for a host
with one processor. Inputs are seeded random numbers.
"""

import argparse
import dataclasses
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time

os.environ.setdefault(
    "POCL_MAX_PTHREAD_COUNT", "1"
)  # Before OpenCL is used, here and in the workers.

import numpy
import ray
import ray.data
import ray.serve
import tritonclient.http

import mace
import mace.ray
from local_cluster import LocalCluster, free_port
from mace._row_batches import RowBatches

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CLIENTS = 4


def random_rows(spec, count):
    """Rows of an input, without the outermost axis of its spec."""
    generator = numpy.random.default_rng(7)
    return generator.random((count,) + tuple(spec.shape[1:]), numpy.float32).astype(spec.dtype)


def measure_one_process(arguments, folder):
    """Starts and rows a second without Ray. Also the inputs' specs."""
    result = {}
    for start in ("cold", "warm"):
        began = time.perf_counter()
        engine = mace.Engine(arguments.model, cache=os.path.join(folder, "alone.bin"))
        batches = RowBatches(engine, (arguments.batch_size,))
        batches.prepare()
        result[start + "_start_seconds"] = time.perf_counter() - began
        result[start + "_compiled"] = engine.statistics.cache.built_from_source
        if start == "cold":
            engine.save_cache()
            engine.close()
    specs = engine.inputs
    inputs = {spec.name: random_rows(spec, arguments.batch_size) for spec in specs}
    rows, began = 0, time.perf_counter()
    while time.perf_counter() - began < arguments.seconds:
        batches.run(inputs)
        rows += arguments.batch_size
    result["rows_per_second"] = rows / (time.perf_counter() - began)
    engine.close()
    return result, specs


def measure_batch(arguments, specs, workers, rows_wanted):
    """Rows a second through Ray Data, between the first result and the last: without starts."""
    shapes = [(spec.name, spec) for spec in specs]

    def add_inputs(batch):
        return {name: random_rows(spec, len(batch["id"])) for name, spec in shapes}

    size = arguments.batch_size
    blocks = max(2 * workers, min(64, rows_wanted // size))
    dataset = (
        ray.data.range(rows_wanted, override_num_blocks=blocks)
        .map_batches(add_inputs)
        .materialize()
    )
    results = mace.ray.map_batches(
        dataset, arguments.model, workers=workers, batch_size=size, kept=[]
    )
    rows, first, began = 0, None, time.perf_counter()
    for batch in results.iter_batches(batch_size=None):
        if first is None:
            first, skipped = time.perf_counter(), len(next(iter(batch.values())))
        rows += len(next(iter(batch.values())))
    ended = time.perf_counter()
    return {
        "workers": workers,
        "rows": rows,
        "seconds_with_starts": ended - began,
        "rows_per_second": (rows - skipped) / (ended - first),
    }


def client(address, specs, seconds, latencies):
    """One client, which sends a row after the other. On a process of its own."""
    inputs = []
    for spec in specs:
        tensor = tritonclient.http.InferInput(
            spec["name"], [1] + spec["shape"][1:], spec["datatype"]
        )
        dtype = {"FP32": numpy.float32}.get(spec["datatype"])
        if dtype is None:
            raise SystemExit("measure.py: expected inputs of FP32, found %s" % spec["datatype"])
        tensor.set_data_from_numpy(
            numpy.random.default_rng(7).random([1] + spec["shape"][1:]).astype(dtype)
        )
        inputs.append(tensor)
    found = []
    with tritonclient.http.InferenceServerClient(
        address, connection_timeout=60, network_timeout=60
    ) as connection:
        ends = time.perf_counter() + seconds
        while time.perf_counter() < ends:
            began = time.perf_counter()
            connection.infer("model", inputs)
            found.append(time.perf_counter() - began)
    latencies.put(found)


def measure_serving(arguments, port, replicas):
    """Requests of one row: how many a second, and their latency. Each client awaits its answer."""
    mace.ray.serve(
        {"model": arguments.model},
        mace.ray.ServingOptions(replicas=replicas, max_batch_size=CLIENTS),
        port=port,
    )
    address = "127.0.0.1:%d" % port
    with tritonclient.http.InferenceServerClient(address) as connection:
        specs = connection.get_model_metadata("model")["inputs"]
    context = multiprocessing.get_context("spawn")
    latencies = context.Queue()
    processes = [
        context.Process(target=client, args=(address, specs, arguments.seconds, latencies))
        for _ in range(CLIENTS)
    ]
    for process in processes:
        process.start()
    found = sorted(
        latency for _ in processes for latency in latencies.get(timeout=arguments.seconds + 120)
    )
    for process in processes:
        process.join()
    ray.serve.delete("mace")
    return {
        "replicas": replicas,
        "clients": CLIENTS,
        "requests": len(found),
        "requests_per_second": len(found) / arguments.seconds,
        "median_ms": statistics.median(found) * 1e3,
        "p99_ms": found[int(len(found) * 0.99)] * 1e3,
    }


def cost(rows_per_second, workers, price):
    """Hours of a worker for a million rows, and what they cost where a price is given."""
    hours = 1e6 / rows_per_second * workers / 3600
    text = "%.3f worker hours per million" % hours
    return text if price is None else text + ", %.4f at %g an hour" % (hours * price, price)


def parsed():
    """The options. Ends the process with one line where there is no such model."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    digits = os.path.join(ROOT, "models", "digits", "digits.pb")
    parser.add_argument("model", nargs="?", default=digits)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=8.0, help="of each measurement")
    parser.add_argument("--price-per-hour", type=float, help="of a worker")
    parser.add_argument("--json", help="a file for the numbers")
    arguments = parser.parse_args()
    if not os.path.isfile(arguments.model):
        sys.exit("measure.py: expected the file of a model, found none at '%s'" % arguments.model)
    arguments.model = os.path.abspath(arguments.model)
    return arguments


def measure_cluster(arguments, folder, specs, rows_per_second):
    """Batches and serving, with one worker and with two."""
    result = {"batch": [], "serving": []}
    port = free_port()
    price = arguments.price_per_hour
    with LocalCluster(folder) as cluster:
        listen = {"host": "127.0.0.1", "port": port}
        ray.serve.start(proxy_location="HeadOnly", http_options=listen)
        for workers in range(1, cluster.workers + 1):
            rows = int(rows_per_second * arguments.seconds * workers / 2) + 1000
            found = measure_batch(arguments, specs, workers, min(rows, 30000))
            result["batch"].append(found)
            print(
                "Ray Data, %d workers: %.0f rows/s (%d rows, %.2f s with starts); %s"
                % (
                    workers,
                    found["rows_per_second"],
                    found["rows"],
                    found["seconds_with_starts"],
                    cost(found["rows_per_second"], workers, price),
                ),
                flush=True,
            )
        for replicas in range(1, cluster.workers + 1):
            found = measure_serving(arguments, port, replicas)
            result["serving"].append(found)
            print(
                "Ray Serve, %d replicas, %d clients: %.0f requests/s, median %.1f ms, "
                "99%% %.1f ms; %s"
                % (
                    replicas,
                    CLIENTS,
                    found["requests_per_second"],
                    found["median_ms"],
                    found["p99_ms"],
                    cost(found["requests_per_second"], replicas, price),
                ),
                flush=True,
            )
        result["starts"] = [dataclasses.asdict(start) for start in mace.ray.worker_starts()]
    return result


def main():
    arguments = parsed()
    with tempfile.TemporaryDirectory(dir=os.environ.get("MACE_RAY_TEST_FOLDER")) as folder:
        # A cold start must not find what the driver has kept of an earlier one.
        os.environ["POCL_CACHE_DIR"] = os.path.join(folder, "pocl")
        os.makedirs(os.environ["POCL_CACHE_DIR"])
        alone, specs = measure_one_process(arguments, folder)
        print(
            "one process: %.0f rows/s; start cold %.2f s (%d compiled), "
            "warm %.2f s (%d compiled); %s"
            % (
                alone["rows_per_second"],
                alone["cold_start_seconds"],
                alone["cold_compiled"],
                alone["warm_start_seconds"],
                alone["warm_compiled"],
                cost(alone["rows_per_second"], 1, arguments.price_per_hour),
            ),
            flush=True,
        )
        result = measure_cluster(arguments, folder, specs, alone["rows_per_second"])
    for start in result["starts"]:
        print(
            "start: %s, compiled %d, %.2f s, cache file of %d bytes"
            % (start["source"], start["compiled"], start["seconds"], start["cache_bytes"])
        )
    result.update(
        model=os.path.basename(arguments.model),
        batch_size=arguments.batch_size,
        one_process=alone,
    )
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=2)


if __name__ == "__main__":
    main()
