"""From what `bench.id_peers` saw to the numbers that it reports."""

import json
import statistics

OURS = "ours"
GOALS = {
    "recbole": {"targets_per_second": 20, "minutes_to_target": 5, "evaluation": 3},
    "rectools": {"targets_per_second": 1.8, "minutes_to_target": 1.8},
}

Curve = list[tuple[float, float]]  # (seconds of training, validation NDCG@10) in order, one entry a look


def seconds_to(curve: Curve, target: float) -> float | None:
    """Seconds of training at the first look that saw `target`; None where none did."""
    return next((seconds for seconds, value in curve if value >= target), None)


def rate(seen: dict) -> float:
    """Targets a second of one window."""
    return seen["targets"] / seen["seconds"]


def speed_ratios(rounds: list[dict], peer: str) -> list[float]:
    """Our targets a second over the peer's in each round where both trained; the first warms up, if there are more."""
    both = [seen for seen in rounds if all(name in seen and seen[name]["seconds"] for name in (OURS, peer))]
    return [rate(seen[OURS]) / rate(seen[peer]) for seen in both[1:] or both]


def time_row(curve: Curve, target: float) -> dict:
    """Minutes to the target, or that it was not reached, after how long, and the best that was seen."""
    reached, spent = seconds_to(curve, target), curve[-1][0]
    best = max(value for _, value in curve)
    minutes = None if reached is None else round(reached / 60, 2)
    verdict = f"reached after {minutes} min" if minutes is not None else f"not reached after {spent / 60:.1f} min"
    verdict = f"{verdict}, best seen {best:.4f}"
    return {"minutes_to_target": minutes, "verdict": verdict, "minutes_trained": round(spent / 60, 2)}


def ratios(curves: dict[str, list], rounds: list[dict], evaluations: dict[str, list[float]], target: float) -> dict:
    """How many times faster we are than each peer. Where a peer has not reached the target, the ratio is "at least"."""
    ours, table = seconds_to(curves[OURS], target), {}
    for peer in (name for name in curves if name != OURS):
        theirs = seconds_to(curves[peer], target)
        speeds = speed_ratios(rounds, peer)
        taken = [b / a for a, b in zip(evaluations[OURS], evaluations[peer], strict=True)]
        repeated = {"targets_per_second": speeds, "evaluation": taken}
        row = {name: round(statistics.median(values), 2) for name, values in repeated.items()}
        row["minutes_to_target"] = round((theirs or curves[peer][-1][0]) / ours, 2) if ours else None
        row["peer_reached_target"] = theirs is not None
        row["spread"] = {name: [round(min(values), 2), round(max(values), 2)] for name, values in repeated.items()}
        goals = GOALS.get(peer, {}).items()
        row["reached"] = {name: row[name] is not None and row[name] >= goal for name, goal in goals}
        table[peer] = row
    return table


def written(found: dict) -> str:
    """JSON with one round a line."""
    rounds = ",\n".join("  " + json.dumps(seen) for seen in found["rounds"])
    rest = {name: value for name, value in found.items() if name != "rounds"}
    return json.dumps(rest, indent=1)[:-2] + f',\n "rounds": [\n{rounds}\n ]\n}}\n'
