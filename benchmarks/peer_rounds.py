"""Measures engines by turns, so that other work of the machine affects all of them."""
from peer_processes import Failed, median


def load_all(parts, what, failures):
    """Lets each process load the model; gives the contenders, and appends to `failures` what did not load.

    The precision of a failure is None where it concerns all precisions.
    """
    contenders = []
    for part in parts:
        try:
            contenders += part.load(what)
        except Failed as failure:
            failures.append({"engine": part.label, "precision": part.precision, "error": str(failure)})
    return contenders


def take_turns(contenders, turns, failures):
    """Measures all contenders in each round; gives the rounds of those that came through all of them.

    `turns`: "rounds", "seconds" of each contender in each round, and "replay": whether the last round also times
    launches without copies.
    """
    measured = {contender: [] for contender in contenders}
    for number in range(turns["rounds"]):
        for contender in list(measured):
            replay = turns["replay"] and number + 1 == turns["rounds"]
            try:
                measured[contender].append(contender.measure(turns["seconds"], replay))
            except Failed as failure:
                entry = contender.entry
                failures.append({"engine": entry["engine"], "precision": entry["precision"], "error": str(failure)})
                del measured[contender]
    return measured


def join(rounds):
    """The least minimum and the median of the medians of all rounds; None without any."""
    rounds = [one for one in rounds if one]
    if not rounds:
        return None
    return {"min": min(one["min"] for one in rounds), "median": median([one["median"] for one in rounds])}
