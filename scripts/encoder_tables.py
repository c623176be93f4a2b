"""The tables of docs/encoder.md, from results/stage-1.json, fidelity-nano.json, fidelity-parts.json and encoders.json."""

from pathlib import Path

from molar.backbones.quantisation import PRECISIONS
from molar.core.errors import MolarError
from molar.experiments.results import read_entries
from molar.experiments.results import read_rows_with_variant as read_rows
from scripts.markdown import head, line

COSTS = (
    ("overlap@10", "ten nearest kept", ".3f"),
    ("cur_item/cosine", "`[Cur_Item]` cosine, mean", ".3f"),
    ("cur_item/cosine_p5", "5th percentile", ".3f"),
    ("memory_mb", "weights, MB", ".0f"),
)
PHOTOGRAPHS = "twelve photographs"
QUARTERS = ("start", "¼", "½", "¾", "end")


def encoder_tables(folder: Path = Path("results")) -> list[str]:
    """Markdown lines. Raises MolarError naming a results file that is absent."""
    bits, parts, kinds = (
        _rows(folder / name) for name in ("fidelity-nano.json", "fidelity-parts.json", "encoders.json")
    )
    return [*stage_1_lines(folder), *_fidelity(bits), *_parts(parts), *_seeds(kinds), *_comparison(kinds)]


def stage_1_lines(folder: Path) -> list[str]:
    """Held-out losses of stage 1 along its run, one row an encoder and a task; [] where nothing is measured."""
    lines, found = [], read_entries(folder / "stage-1.json", "encoders")
    for dataset in dict.fromkeys(one["dataset"] for one in found):
        own = [one for one in found if one["dataset"] == dataset]
        told = ", ".join(f"{one['name']} `{one['weights_sha256'][:16]}`" for one in own)
        lines += [
            f"**Stage 1 on {dataset}**: held-out loss of the answers, nats a token, data `{own[0]['data_hash']}`. Weights: {told}. "
            "The commands, and every point, are in `results/stage-1.json`.",
            "",
            *head(["encoder", "task", "samples", *QUARTERS]),
        ]
        for one in own:
            last = one["curve"][-1]["step"]
            for task, (shown, _) in one["samples"].items():
                near = [
                    min(one["curve"], key=lambda point: abs(point["step"] - share / 4 * last)) for share in range(5)
                ]
                lines.append(
                    line(one["name"], [task, f"{shown:,}", *(f"{point[task]['answer']:.2f}" for point in near)])
                )
        lines.append("")
    return lines


def _rows(path: Path) -> list[dict]:
    rows = read_rows(path)
    if not rows:
        raise MolarError(f"There are no results in {path}: run the command that docs/encoder.md names for it first.")
    return rows


def _fidelity(rows: list[dict]) -> list[str]:
    lines = []
    for dataset, part in dict.fromkeys((row["dataset"], row["slice"]) for row in rows):
        own = {row["variant"]: row for row in rows if (row["dataset"], row["slice"]) == (dataset, part)}
        shown = [precision for precision in PRECISIONS if precision in own]
        towers = [name for name in ("content", "molar") if f"{name}/ndcg@10" in own[shown[0]]["metrics"]]
        heads = [head for _, head, _ in COSTS] + [f"ΔNDCG@10, {tower}" for tower in towers]
        lines += [f"**{dataset}, {part}**, by `{own[shown[0]]['command']}`, data `{own[shown[0]]['data_hash']}`.", ""]
        lines += [f"| | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
        for precision in shown:
            metrics = own[precision]["metrics"]
            cells = [format(metrics[name], form) for name, _, form in COSTS]
            cells += [_with_interval(own[precision], f"{tower}/delta_ndcg@10", "+") for tower in towers]
            lines.append(f"| {precision} | {' | '.join(cells)} |")
        mixed = [
            (row["variant"], row["metrics"]["overlap@10"]) for row in own.values() if row["variant"] not in PRECISIONS
        ]
        if mixed:
            worst = min(mixed, key=lambda pair: pair[1])
            lines += ["", f"Mixed use keeps at least {worst[1]:.3f} of the ten nearest ({worst[0]})."]
        lines.append("")
    return lines


def _parts(rows: list[dict]) -> list[str]:
    some = rows[0]
    lines = [f"**Which part loses it?** {some['dataset']}, {some['slice']}, by `{some['command']}`.", ""]
    lines += ["| | layers in nf4 | ten nearest kept |", "|---|---|---|"]
    for row in rows:
        lines.append(f"| {row['variant']} | {row['metrics']['layers']:.0f} | {row['metrics']['overlap@10']:.3f} |")
    return [*lines, ""]


def _seeds(rows: list[dict]) -> list[str]:
    """How far seeds of the same tower lie apart: the measure of any difference above and below."""
    found = [
        row["metrics"]["ndcg@10"]
        for row in rows
        if (row["model"], row["variant"], row["slice"]) == ("content", "nano", "all")
        and row["dataset"] == rows[0]["dataset"]
    ]
    told = ", ".join(f"{value:.4f}" for value in found)
    return [f"Seeds of the content tower over `nano` on {rows[0]['dataset']}, validation NDCG@10: {told}.", ""]


def _comparison(rows: list[dict]) -> list[str]:
    lines = []
    datasets = [name for name in dict.fromkeys(row["dataset"] for row in rows) if name != PHOTOGRAPHS]
    likeness = {
        row["variant"]: row["metrics"]["mean_rank_of_the_other_cheetah"] for row in rows if row["model"] == "likeness"
    }
    for dataset in datasets:
        own = [row for row in rows if row["dataset"] == dataset]
        towers = {(row["variant"], row["slice"]): row for row in own if row["model"] == "content" and row["seed"] == 0}
        probes = {
            (row["variant"], row["slice"]): row["metrics"]["probe_accuracy"] for row in own if row["model"] == "probe"
        }
        columns = list(dict.fromkeys(name for _, name in probes))
        heads = ["all", "warm", "cold", *(f"reads {column}" for column in columns)]
        some = next(iter(towers.values()))
        lines += [
            f"**{dataset}**: validation NDCG@10 of the content tower, data `{some['data_hash']}`, by `{some['command']}`.",
            "",
        ]
        lines += [f"| item vectors | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
        for kind in dict.fromkeys(kind for kind, _ in towers):
            cells = [
                _with_interval(towers[kind, part], "ndcg@10") if (kind, part) in towers else "–" for part in heads[:3]
            ]
            cells += [f"{probes[kind, column]:.3f}" if (kind, column) in probes else "–" for column in columns]
            lines.append(f"| {kind} | {' | '.join(cells)} |")
        lines.append("")
    if likeness:
        told = ", ".join(f"{kind} {rank:g}" for kind, rank in likeness.items())
        lines += [
            f"Mean rank of one cheetah among the eleven likes of the other, texts saying nothing (1 is best): {told}.",
            "",
        ]
    return lines


def _with_interval(row: dict, metric: str, sign: str = "") -> str:
    low, high = row["ci"][metric]
    return f"{row['metrics'][metric]:{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"
