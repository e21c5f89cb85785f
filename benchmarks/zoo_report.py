"""The tables of benchmarks/zoo, from its report, and the picture: a bar for each network, sorted by ratio."""
import math

from peer_report import geometric_mean, markdown
from svg import FAINT, GRID, INK, OTHERS, OURS, Svg
from zoo_losses import losers, losses

LIMITS = (1.3, 1.6, 2.5)
MOST_LOSSES = 12
TITLES = {"onnxruntime": "ONNX Runtime", "openvino": "OpenVINO"}


def rows_of(report, precision):
    """The rows of a precision: those with a ratio, the largest first, and then the others by name."""
    rows = [row for row in report["rows"] if row["precision"] == precision]
    return sorted(rows, key=lambda row: (row["ratio"] is None, -(row["ratio"] or 0), row["network"]))


def precisions(report):
    return [one for one in ("fp32", "tf32", "fp16") if any(row["precision"] == one for row in report["rows"])]


def ours_of(row):
    return next((entry for entry in row["entries"] if entry["ours"]), None)


def statistics(rows):
    """Geometric mean, worst, counts above the limits, and how many rows have no ratio."""
    with_ratio = [row for row in rows if row["ratio"] is not None]
    found = {"networks": len(rows), "without": len(rows) - len(with_ratio), "mean": None, "worst": None, "above": {}}
    if with_ratio:
        worst = max(with_ratio, key=lambda row: row["ratio"])
        found.update(mean=geometric_mean([row["ratio"] for row in with_ratio]), worst=worst["ratio"],
                     worst_network=worst["network"],
                     above={limit: sum(row["ratio"] > limit for row in with_ratio) for limit in LIMITS})
    return found


def summary(rows):
    found = statistics(rows)
    if found["mean"] is None:
        return "No ratio: %d networks." % found["networks"]
    above = ", ".join("%d above %g" % (count, limit) for limit, count in found["above"].items())
    return "Geometric mean **%.3f** of %d networks; %s; worst %.2f (%s); %d without a ratio." % (
        found["mean"], found["networks"] - found["without"], above, found["worst"], found["worst_network"],
        found["without"])


def facts(report):
    """The line on date, host and engines."""
    versions = {}
    for row in report["rows"]:
        for entry in row["entries"]:
            if not entry["ours"] and entry["version"]:
                name = "torch" if entry["engine"].startswith("torch") else entry["engine"]
                versions[TITLES.get(name, name)] = entry["version"]
    device = "%s, driver %s; " % (report["device"], report["driver"]) if report.get("device") else ""
    return "%s, commit %s%s; %s%s, %d threads, load %.1f before; %d rounds, %g s for each engine; tuning %s. %s." % (
        report["date"], (report["commit"] or "unknown")[:12],
        " and changes" if report["changed_since_commit"] else "", device, report["processor"], report["threads"],
        report["load_before"], report["rounds"], report["seconds"], report["tuning"],
        ", ".join("%s %s" % pair for pair in versions.items()) or "No peer ran")


def peer_names(rows):
    names = {}
    for row in rows:
        names.update((entry["engine"], None) for entry in row["entries"] if not entry["ours"])
    return list(names)


def time_cell(entry):
    if entry is None:
        return "–"
    return "%.3f (%.3f)%s" % (entry["host_ms"]["min"], entry["host_ms"]["median"],
                              "" if entry["right"] else " WRONG")


def number(value, form="%.2f"):
    return "–" if value is None else form % value


def start_cells(row):
    """Cold and warm start of mace, each beside the fastest of the peers; a peer without a cache starts as ever."""
    ours, peers = ours_of(row), [entry for entry in row["entries"] if not entry["ours"]]
    cold = min((entry["cold_start_ms"] for entry in peers), default=None)
    warm = min((entry["warm_start_ms"] or entry["cold_start_ms"] for entry in peers), default=None)
    return ["%s / %s" % (number(ours and ours["cold_start_ms"], "%.0f"), number(cold, "%.0f")),
            "%s / %s" % (number(ours and ours["warm_start_ms"], "%.0f"), number(warm, "%.0f"))]


def remarks(row):
    """The reason of a missing ratio, wrong outputs, and what did not run."""
    found = [row["reason"]] if row["reason"] else []
    found += ["%s: %s" % (TITLES.get(entry["engine"], entry["engine"]), entry["wrong"])
              for entry in row["entries"] if not entry["right"] and not entry["ours"]]
    found += ["%s: %s" % (TITLES.get(one["engine"], one["engine"]), one["error"])
              for one in row["failures"] if one["error"] != row["reason"]]
    if row["checked_against"] == "nothing":
        found.append("outputs compared with nothing")
    return "; ".join(" ".join(text.split())[:240] for text in found).replace("|", "\\|")


def network_table(rows):
    peers = peer_names(rows)
    table = []
    for row in rows:
        by_engine = {entry["engine"]: entry for entry in row["entries"]}
        ours = ours_of(row)
        table.append([row["network"]] + [time_cell(by_engine.get(name)) for name in peers]
                     + [time_cell(ours), number(row["ratio"]), number(row["median_ratio"]), *start_cells(row),
                        number(ours and ours["ops_on_cpu"], "%d"), remarks(row)])
    return markdown(["network"] + [TITLES.get(name, name) for name in peers]
                    + ["mace", "mace ÷ best peer", "of medians", "cold start, mace / fastest peer",
                       "warm start, mace / fastest peer", "ops on the CPU", "remarks"], table)


def loss_table(rows):
    found = losses(rows)
    table = [[one["type"], "%.3f" % one["ms"], "%.1f %%" % (100 * one["share"]), "%.1f %%" % (100 * one["log_share"]),
              ", ".join(one["networks"])] for one in found[:MOST_LOSSES]]
    return markdown(["type of op", "ms lost", "share of the loss", "share by logarithms", "most in"], table)


LOSS_TEXT = ("Where mace is slower than the best peer, the difference is a network's loss. It goes to types of ops by their "
             "share of the time of a profiled run. By logarithms, small networks count as much as large ones.")


def sections(report, with_networks=False):
    """Parts of a page: for each precision the summary, the ops that lose most and, if asked for, every network."""
    parts = []
    for precision in precisions(report):
        rows = rows_of(report, precision)
        parts += ["### %s, %d networks" % (precision, len(rows)), summary(rows)]
        parts += [network_table(rows)] if with_networks else []
        parts += [LOSS_TEXT, loss_table(rows)] if losers(rows) else []
    return parts


def tables(report):
    """The report as Markdown."""
    parts = ["# Networks beside the peers", facts(report),
             "Milliseconds of one inference, host inputs to host outputs: least (median). Starts are milliseconds from "
             "making the engine to its first output, in a process of its own. Peers whose outputs are wrong do not count."]
    return "\n\n".join(parts + sections(report, with_networks=True)) + "\n"


# The picture: a panel for each precision; ratios on a logarithmic axis, bars that begin at 1.
BAR, LEFT, PLOT, RIGHT, FRAME = 13, 230, 600, 110, 80
TICKS = (0.1, 0.125, 0.25, 0.5, 0.7, 1, 1.3, 1.6, 2.5, 4, 8, 16, 32, 64)


def axis(ratios):
    """The least and the largest ratio that the axis shows: 0.5 to 2.5, or more where the bars need it."""
    return min([0.5] + ratios) / 1.05, max([2.5] + ratios) * 1.05


def place(ratio, ends):
    least, most = (math.log(end) for end in ends)
    return LEFT + PLOT * (math.log(ratio) - least) / (most - least)


def draw_axis(svg, ends, top, bottom):
    last = -math.inf
    for tick in TICKS:
        if not ends[0] <= tick <= ends[1]:
            continue
        x = place(tick, ends)
        svg.line(x, top, x, bottom, FAINT if tick == 1 else GRID, 1, "4 3" if tick in LIMITS else None)
        if x - last > 26:
            for y in (top - 4, bottom + 14):
                svg.text(x, y, "%g×" % tick, 10, FAINT, "middle")
            last = x


def draw_panel(svg, top, precision, rows):
    shown = [row for row in rows if row["ratio"] is not None]
    svg.text(20, top + 16, "%s: %s" % (precision, summary(rows).replace("**", "")), 12, bold=True)
    ends, y = axis([row["ratio"] for row in shown]), top + 46
    draw_axis(svg, ends, y - 4, y + len(shown) * BAR + 4)
    for row in shown:
        begin, end = sorted((place(1, ends), place(row["ratio"], ends)))
        svg.rect(begin, y + 2, max(end - begin, 1), BAR - 4, OURS if row["ratio"] > 1 else OTHERS[1])
        svg.text(LEFT - 8, y + BAR - 3, row["network"], 10, INK, "end")
        svg.text(end + 5, y + BAR - 3, "%.2f  %.4g ms" % (row["ratio"], ours_of(row)["host_ms"]["min"]), 9, FAINT)
        y += BAR


def draw(report):
    panels = [(precision, rows_of(report, precision)) for precision in precisions(report)]
    heights = [FRAME + BAR * sum(row["ratio"] is not None for row in rows) for _, rows in panels]
    svg = Svg(LEFT + PLOT + RIGHT, 64 + sum(heights))
    svg.text(20, 28, "Latency of each network: mace ÷ the fastest peer", 17, bold=True)
    svg.text(20, 46, "%s, commit %s, %s; bars to the left: mace is faster" % (
        report["date"], (report["commit"] or "unknown")[:12], report.get("device") or report["processor"]), 11, FAINT)
    top = 60
    for (precision, rows), height in zip(panels, heights):
        draw_panel(svg, top, precision, rows)
        top += height
    return svg.render()
