"""Measures one network: every engine in processes of its own, in turn, with outputs checked."""
import os
import sys
import tempfile

from peer_processes import FOLDER, Failed, Worker
from peer_rounds import join, load_all, take_turns
from zoo_cases import NoCase, draw_inputs
from zoo_check import check_all
from zoo_losses import losers
from zoo_mace import CaseMace, inspect

# Peers that keep compiled models in a folder that the load request names.
WITH_CACHE = ("openvino",)
# What the report keeps of an entry.
KEPT = ("engine", "ours", "precision", "version", "device", "driver", "host_ms", "cold_start_ms", "warm_start_ms",
        "ops_on_cpu", "launches_per_run", "cache_status", "built_from_source", "peak_rss_bytes", "right", "max_error",
        "wrong")


def open_peer(engine, options):
    """The process of a peer; torch has one for all precisions, which loads all of its forms at once."""
    limit_s = options.timeout
    if engine == "torch":
        words = ["zoo_torch.py", ",".join(options.precision)] + (["compile"] if options.compile else [])
        limit_s *= len(options.precision) * (2 if options.compile else 1)
    else:
        words = ["zoo_engines.py", engine, str(options.threads)]
    worker = Worker([sys.executable, os.path.join(FOLDER, words[0]), *words[1:]], engine, limit_s)
    worker.precision = None if engine == "torch" else "fp32"
    return worker


def start_ms(entry):
    return entry["load_ms"] + entry["first_run_ms"]


def warm_start_ms(engine, options, request, scratch):
    """The start of a peer from its own cache, which a process before writes; None if it has none or does not start."""
    if engine not in WITH_CACHE:
        return None
    request, found = {**request, "cache": tempfile.mkdtemp(dir=scratch), "written": tempfile.mkdtemp(dir=scratch)}, None
    for _ in range(2):
        worker = open_peer(engine, options)
        try:
            found = start_ms(worker.load(request)[0].entry)
        except Failed:
            return None
        finally:
            worker.close()
    return found


def open_all(options, scratch, parts):
    """Appends one for each process that takes part."""
    for engine in options.engines:
        if engine == "torch" or "fp32" in options.precision:
            parts.append(open_peer(engine, options))
    for precision in options.precision:
        choices = {"device": options.device, "precision": precision, "tuning": options.tuning}
        parts.append(CaseMace(options, choices, scratch))


def entries_of(measured):
    entries = []
    for contender, rounds in measured.items():
        entry = {**contender.entry, "host_ms": join([one["host"] for one in rounds]),
                 "peak_rss_bytes": max(one["peak_rss_bytes"] or 0 for one in rounds)}
        entry.setdefault("cold_start_ms", None if entry["ours"] else start_ms(entry))
        entries.append(entry)
    return entries


def right_peers(entries):
    return [entry for entry in entries if not entry["ours"] and entry["right"]]


def compare(row):
    """Adds to a row of the report what mace takes beside the best peer, or why it cannot be said (`reason`)."""
    ours = next((entry for entry in row["entries"] if entry["ours"]), None)
    peers = right_peers(row["entries"])
    row.update(ratio=None, median_ratio=None, loss_ms=None, best_peer=None, reason=None)
    if ours is None:
        row["reason"] = next((failure["error"] for failure in row["failures"] if failure["engine"].startswith("mace")),
                             "mace was not measured")
    elif not ours["right"]:
        row["reason"] = "mace: " + ours["wrong"]
    elif not peers:
        row["reason"] = "no peer ran with right outputs"
    else:
        best = min(peers, key=lambda entry: entry["host_ms"]["min"])
        row.update(best_peer=best["engine"], ratio=ours["host_ms"]["min"] / best["host_ms"]["min"],
                   median_ratio=ours["host_ms"]["median"] / min(peer["host_ms"]["median"] for peer in peers),
                   loss_ms=ours["host_ms"]["min"] - best["host_ms"]["min"])


def rows_of(name, options, entries, failures):
    """A row for each precision, with the entries and failures of that precision."""
    rows = []
    for precision in options.precision:
        row = {"network": name, "precision": precision, "failures": [],
               "entries": [entry for entry in entries if entry["precision"] == precision]}
        for failure in failures:
            if failure["precision"] in (None, precision):
                row["failures"].append({"engine": failure["engine"], "error": failure["error"]})
        compare(row)
        rows.append(row)
    return rows


def add_profiles(rows, measured, options):
    """Adds the time of each type of op where mace is slower than the best peer."""
    contenders = {contender.mace.precision: contender for contender in measured if contender.entry["ours"]}
    for row in rows:
        row["profile"] = None
    for row in losers(rows):
        try:
            row["profile"] = contenders[row["precision"]].profile(options.seconds)
        except Failed as failure:
            row["failures"].append({"engine": "mace profile", "error": str(failure)})


def read_once(case):
    """Reads the model's files, so that no engine finds them on the disk and another one in memory."""
    for path in (case["model"], case["data"]):
        if path and os.path.isfile(path):
            with open(path, "rb") as file:
                while file.read(1 << 24):
                    pass


def measure_parts(parts, case, options, scratch):
    failures = []
    request = {**case, "written": scratch}
    contenders = load_all([part for part in parts if isinstance(part, Worker)], request, failures)
    contenders += load_all([part for part in parts if not isinstance(part, Worker)], case, failures)
    turns = {"rounds": options.rounds, "seconds": options.seconds / options.rounds, "replay": False}
    measured = take_turns(contenders, turns, failures)
    entries = entries_of(measured)
    for entry in entries:
        failures += entry.pop("failed_forms", [])
        if not entry["ours"]:
            entry["warm_start_ms"] = warm_start_ms(entry["engine"], options, request, scratch)
    against = check_all(entries, case)
    entries = [{key: entry.get(key) for key in KEPT} for entry in entries]
    rows = rows_of(case["name"], options, entries, failures)
    add_profiles(rows, measured, options)
    return [{**row, "checked_against": against} for row in rows]


def measure_network(case, options, scratch):
    """The rows of one network. A failure of any kind is the reason of a row."""
    parts = []
    try:
        if case["inputs"] is None:
            case = draw_inputs(case, inspect(options.mace, case, options.timeout, scratch), scratch)
        read_once(case)
        open_all(options, scratch, parts)
        return measure_parts(parts, case, options, scratch)
    except Exception as error:  # pylint: disable=broad-except  # The other networks are still measured.
        known = isinstance(error, (Failed, NoCase))
        reason = str(error) if known else "%s: %s" % (type(error).__name__, " ".join(str(error).split())[:300])
        rows = rows_of(case["name"], options, [], [])
        return [{**row, "reason": reason, "profile": None, "checked_against": None} for row in rows]
    finally:
        for part in parts:
            part.close()
