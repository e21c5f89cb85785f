"""The tables and the picture of benchmarks/peers, from its report."""
import math

from svg import FAINT, GRID, INK, OTHERS, OURS, Svg

WHAT = {"host_ms": "host to host", "device_ms": "device only (no copies)"}


def label(entry):
    """The short name of a contender, the same in all of its entries; device_facts gives details."""
    return "mace on " + entry["asked_device"] if entry["ours"] else entry["engine"]


def precisions(report):
    found = {entry["precision"] for entries in report["models"].values() for entry in entries}
    return [one for one in ("fp32", "tf32", "fp16") if one in found]


def chosen(report, precision, what):
    """The entries that have this time, by model and label."""
    return {model: {label(entry): entry for entry in entries if entry["precision"] == precision and entry.get(what)}
            for model, entries in report["models"].items()}


def columns(models):
    """The labels of the table: peers first, in the order of the report."""
    names = {}
    for entries in models.values():
        for name, entry in entries.items():
            names[name] = entry["ours"]
    return [name for name, ours in names.items() if not ours] + [name for name, ours in names.items() if ours]


def best_peer(entries, what):
    times = [entry[what]["min"] for entry in entries.values() if not entry["ours"]]
    return min(times) if times else None


def ratios(models, name, what, against=best_peer):
    """By model: the time of mace divided by that of the best peer, if there are both."""
    found = {}
    for model, entries in models.items():
        other = against(entries, what)
        if name in entries and other:
            found[model] = entries[name][what]["min"] / other
    return found


def geometric_mean(values):
    return math.exp(sum(math.log(value) for value in values) / len(values))


def markdown(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def time_cell(entry, what, is_best):
    if entry is None:
        return "–"
    text = "%.3f" % entry[what]["min"]
    text = "**%s**" % text if is_best else text
    return text + " (%.3f)" % entry[what]["median"] + ("" if entry["right"] else " WRONG")


def latency_table(models, what):
    names = columns(models)
    ours = [name for name in names if any(name in entries and entries[name]["ours"] for entries in models.values())]
    rows = []
    for model, entries in models.items():
        least = min([entry[what]["min"] for entry in entries.values()], default=None)
        row = [model] + [time_cell(entries.get(name), what, name in entries and entries[name][what]["min"] == least)
                         for name in names]
        for name in ours:
            ratio = ratios({model: entries}, name, what).get(model)
            row.append("–" if ratio is None else "%.2f" % ratio)
        rows.append(row)
    means = []
    for name in ours:
        found = list(ratios(models, name, what).values())
        means.append("**%.2f**, worst %.2f" % (geometric_mean(found), max(found)) if found else "–")
    rows.append(["geometric mean"] + [""] * len(names) + means)
    return markdown(["model"] + names + ["%s ÷ best peer" % name for name in ours], rows)


def device_facts(report):
    """The facts that are listed once: devices, drivers, versions."""
    found = {}
    for entries in report["models"].values():
        for entry in entries:
            fact = "driver " + str(entry["driver"]) if entry["ours"] else entry["version"]
            found[label(entry)] = (entry["device"] + ", " if "device" in entry else "") + fact
    return "; ".join("%s: %s" % pair for pair in found.items())


def errors_table(report):
    names = {}
    for entries in report["models"].values():
        for entry in entries:
            names["%s, %s" % (label(entry), entry["precision"])] = None
    rows = []
    for model, entries in report["models"].items():
        found = {"%s, %s" % (label(entry), entry["precision"]): entry for entry in entries}
        rows.append([model] + ["%.1e%s" % (found[name]["max_error"], "" if found[name]["right"] else " WRONG")
                               if name in found else "–" for name in names])
    return markdown(["model"] + list(names), rows)


def memory_table(report):
    models = {model: {label(entry): entry for entry in entries
                      if entry["precision"] == "fp32" and entry.get("peak_rss_bytes")}
              for model, entries in report["models"].items()}
    names = columns(models)
    rows = [[model] + ["%.0f" % (entries[name]["peak_rss_bytes"] / 1e6) if name in entries else "–" for name in names]
            for model, entries in models.items()]
    bare = ", ".join("%s %.0f" % (name, value / 1e6) for name, value in report["bare_peak_rss_bytes"].items() if value)
    return markdown(["model"] + names, rows) + "\n\nWithout a model: %s." % (bare or "not known")


def starts_table(report):
    rows = []
    for model, entries in report["models"].items():
        for entry in entries:
            if entry["ours"]:
                cold = "%.0f" % entry["cold_first_output_ms"] if entry["cold_status"] == "cold" else "–"
                rows.append([model, label(entry), entry["precision"], cold,
                             "%.0f" % entry["warm_first_output_ms"], "%d" % entry["launches_per_run"],
                             "%d" % entry["ops_on_cpu"], "%.1f" % ((entry["peak_device_bytes"] or 0) / 1e6)])
    return markdown(["model", "device", "precision", "cold first output, ms", "warm, ms", "launches", "ops on the CPU",
                     "device memory, MB"], rows)


def tables(report):
    """The report as Markdown."""
    parts = ["# Beside the peers",
             "%s, commit %s%s; %s, %d threads, load %.1f before; %d rounds of %g s; mace warm, tuning %s. %s." % (
                 report["date"], (report["commit"] or "unknown")[:12],
                 " and changes" if report["changed_since_commit"] else "", report["processor"], report["threads"],
                 report["load_before"], report["rounds"], report["seconds"], report["tuning"], device_facts(report)),
             "Milliseconds of one inference, batch 1: minimum (median)."]
    for precision in precisions(report):
        for what, words in WHAT.items():
            models = chosen(report, precision, what)
            if any(models.values()):
                parts += ["## %s, %s" % (precision, words), latency_table(models, what)]
    parts += ["## Largest error, as a share of the output's range", errors_table(report),
              "## Peak resident memory, MB, fp32", memory_table(report), "## mace", starts_table(report)]
    failed = ["- %s: %s: %s" % (model, failure["engine"], failure["error"])
              for model, failures in report["failures"].items() for failure in failures]
    if failed:
        parts += ["## Did not run", "\n".join(failed)]
    return "\n\n".join(parts) + "\n"


# The picture: a panel for each precision and kind of time, a group of bars for each model.
BAR, GAP, LEFT, PLOT, RIGHT, MOST = 13, 14, 150, 620, 150, 3.0


def panel_height(models):
    return 58 + sum(len(entries) * BAR + GAP for entries in models.values() if entries)


def draw_axis(svg, top, bottom):
    for tick in range(0, int(MOST * 2) + 1):
        x = LEFT + PLOT * tick / 2 / MOST
        is_best = tick == 2
        svg.line(x, top, x, bottom, FAINT if is_best else GRID, 1, "4 3" if is_best else None)
        svg.text(x, bottom + 14, "best peer" if is_best else "%g×" % (tick / 2), 10, FAINT, "middle")


def draw_bar(svg, y, entry, what, reference, color):
    ratio = entry[what]["min"] / reference
    width = PLOT * min(ratio, MOST) / MOST
    svg.rect(LEFT, y + 1, width, BAR - 2, color)
    words = "%.3g ms%s" % (entry[what]["min"], "" if ratio <= MOST else "  (%.1f×)" % ratio)
    svg.text(LEFT + width + 5, y + BAR - 3, words + ("" if entry["right"] else "  WRONG"), 10,
             INK if entry["ours"] else FAINT, bold=entry["ours"])


def draw_panel(svg, top, title, models, what, colors):
    svg.text(LEFT, top + 16, title, 14, bold=True)
    y = top + 30
    draw_axis(svg, y - 4, top + panel_height(models) - 24)
    for model, entries in models.items():
        if not entries:
            continue
        reference = best_peer(entries, what) or min(entry[what]["min"] for entry in entries.values())
        svg.text(LEFT - 8, y + len(entries) * BAR / 2 + 4, model, 12, anchor="end")
        for name in columns({model: entries}):
            draw_bar(svg, y, entries[name], what, reference, colors[name])
            y += BAR
        y += GAP


def color_names(report):
    names = columns({str(number): {label(entry): entry for entry in entries}
                     for number, entries in enumerate(report["models"].values())})
    ours = {label(entry) for entries in report["models"].values() for entry in entries if entry["ours"]}
    colors, mine = {}, [OURS, "#f59f00", "#e8590c"]
    for name in names:
        taken = sum(1 for other in colors if (other in ours) == (name in ours))
        colors[name] = mine[taken % len(mine)] if name in ours else OTHERS[taken % len(OTHERS)]
    return colors


def draw(report):
    panels = []
    for precision in precisions(report):
        for what, words in WHAT.items():
            models = chosen(report, precision, what)
            if any(models.values()):
                panels.append(("%s, %s" % (precision, words), models, what))
    colors = color_names(report)
    height = 84 + sum(panel_height(models) + 12 for _, models, _ in panels)
    svg = Svg(LEFT + PLOT + RIGHT, height)
    svg.text(20, 28, "Latency of one inference, least of a run, beside the best peer's", 17, bold=True)
    svg.text(20, 46, "%s, commit %s, %s; shorter is faster" % (
        report["date"], (report["commit"] or "unknown")[:12], report["processor"]), 11, FAINT)
    x = 20
    for name, color in colors.items():
        svg.rect(x, 58, 11, 11, color)
        svg.text(x + 16, 68, name, 11)
        x += 16 + 6.1 * len(name) + 22
    top = 84
    for title, models, what in panels:
        draw_panel(svg, top, title, models, what, colors)
        top += panel_height(models) + 12
    return svg.render()
