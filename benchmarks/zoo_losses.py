"""Which ops take the time by which mace is slower than the best peer, over all networks of a report."""
import math

# What is no op: copies, launches and waiting of the host; and networks whose profile is missing.
OUTSIDE, NOT_PROFILED = "(outside of ops)", "(not profiled)"


def shares(profile):
    """The share of each type of op in a run's time; they add up to 1.

    The profile times each op in a launch of its own, so the sum of the ops may exceed the latency of a run. What is
    left of a longer latency lies outside of the ops.
    """
    if not profile:
        return {NOT_PROFILED: 1.0}
    whole = max(profile["ops_ms"] or 0.0, profile["latency_ms"])
    found = {one["type"]: one["ms"] / whole for one in profile["types"]} if whole > 0 else {}
    rest = 1.0 - sum(found.values())
    return {**found, OUTSIDE: rest} if rest > 1e-9 else found


def losers(rows):
    """The rows of networks that mace runs more slowly than the best peer."""
    return [row for row in rows if row["ratio"] is not None and row["ratio"] > 1]


def losses(rows):
    """[{"type", "ms", "share", "log_share", "networks"}], the largest loss first, of rows where mace is slower.

    A network's loss goes to the types of its ops by their shares. `ms`: the sum of these parts; `share`: of the loss of
    all networks. `log_share` weights each network by the logarithm of its ratio, as the geometric mean does, so that
    large networks do not hide small ones. `networks`: those with the largest parts, at most three.
    """
    found = {}
    for row in losers(rows):
        for kind, share in shares(row.get("profile")).items():
            one = found.setdefault(kind, {"type": kind, "ms": 0.0, "log": 0.0, "parts": []})
            one["ms"] += share * row["loss_ms"]
            one["log"] += share * math.log(row["ratio"])
            one["parts"].append((share * row["loss_ms"], row["network"]))
    all_ms, all_log = (sum(one[key] for one in found.values()) for key in ("ms", "log"))
    result = []
    for one in sorted(found.values(), key=lambda one: -one["ms"]):
        networks = [network for _, network in sorted(one["parts"], reverse=True)[:3]]
        result.append({"type": one["type"], "ms": one["ms"], "share": one["ms"] / all_ms,
                       "log_share": one["log"] / all_log, "networks": networks})
    return result
