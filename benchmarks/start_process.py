"""One start of mace in a fresh process with empty driver caches: what `start` and `builds` measure."""
import json
import os
import shutil
import subprocess
import tempfile
import time


class Scratch:
    """A folder for the files of a measurement."""

    def __init__(self, parent):
        self.path = tempfile.mkdtemp(prefix="mace-start-", dir=parent)
        self.count = 0

    def new(self, suffix=""):
        self.count += 1
        return os.path.join(self.path, "%d%s" % (self.count, suffix))

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


def run_emptied(command, scratch):
    """Runs a command with empty driver caches; gives the moment of its start and its stdout."""
    driver_folder = scratch.new()
    os.mkdir(driver_folder)
    environment = dict(os.environ, POCL_CACHE_DIR=driver_folder, CUDA_CACHE_DISABLE="1", NEO_CACHE_PERSISTENT="0")
    begin = time.monotonic() * 1e3
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False)
    shutil.rmtree(driver_folder)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise RuntimeError("%s: exit code %d: %s" % (command[0], done.returncode, lines[-1] if lines else "no message"))
    return begin, done.stdout


def start_mace(command, cache, scratch):
    """Measures one start of a command `mace run MODEL ...`. All times are in milliseconds since just before the process
    was made."""
    begin, text = run_emptied([*command, "--cache", cache, "--json", "-"], scratch)
    report = json.loads(text)
    parts = {part["name"]: part for part in report["start_parts"]}
    # Counted from the spawn, because the kernel's record of it has a resolution of 10 ms.
    parts["process"]["begin_ms"] = begin
    return {"first_output_ms": parts["first run"]["end_ms"] - begin,
            "create_and_run_ms": report["init_ms"] + parts["first run"]["end_ms"] - parts["first run"]["begin_ms"],
            "written_ms": report["cache"]["written_ms"],
            "parts": {name: part["end_ms"] - part["begin_ms"] for name, part in parts.items()},
            "built_from_source": report["cache"]["built_from_source"], "loaded_bytes": report["cache"]["loaded_bytes"],
            "device": report["device"], "driver": report["driver"], "peak_rss_bytes": report["peak_rss_bytes"]}
