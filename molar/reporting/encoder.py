"""Tables and pictures of the item encoder: its fine-tuning, what fewer bits cost, how kinds of item vectors compare."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from markupsafe import escape

from molar.core.errors import MolarError
from molar.core.schema import CONTENT
from molar.data.segments import MAIN
from molar.experiments.results import read_entries, read_rows
from molar.reporting import labels
from molar.reporting.charts import LEFT, WIDE, svg_file
from molar.reporting.tables import Cell, Column, Row, Section, Source, Table, difference, measured

QUANTISATION = "fidelity-nano.json"
KEPT = "overlap@10"
COSTS = {
    KEPT: "ten nearest kept",
    "cur_item/cosine": "`[Cur_Item]` cosine, mean",
    "cur_item/cosine_p5": "`[Cur_Item]` cosine, 5th percentile",
}
MEMORY, MEGABYTES = "memory_mb", "weights, MB"
CHANGE = "/delta_ndcg@10"
DRAWN = "300 items"  # the slice of the picture
PANELS = {KEPT: COSTS[KEPT], "cur_item/cosine_p5": "[Cur_Item] cosine, 5th percentile", MEMORY: MEGABYTES}
PHOTOGRAPHS = "twelve photographs"
QUARTERS = ("start", "¼", "½", "¾", "end")
ACCURACY, LIKENESS = "probe_accuracy", "mean_rank_of_the_other_cheetah"
# stored settings that are called otherwise today
SETTINGS = {
    "nano before stage 1": "nano before encoder fine-tuning",
    "with the late gate": "with the image features beside it",
    "the image tower": "the image features alone",
}


def encoder_sections(folder: Path) -> list[Section]:
    """All of them. Raises MolarError naming a results file that is absent."""
    names = (QUANTISATION, "fidelity-parts.json", "encoders.json", "encoder-probe.json")
    bits, parts, kinds, seen = (_rows(folder / name) for name in names)
    return [
        _sees(seen),
        *fine_tuning(read_entries(folder / "stage-1.json", "encoders")),
        *_quantisation(bits),
        _parts(parts),
        *_comparison(kinds),
    ]


def _rows(path: Path) -> list[dict]:
    rows = read_rows(path)
    if not rows:
        raise MolarError(f"There are no results in {path}: run the command that docs/encoder.md names for it first.")
    return rows


def _setting(stored: str) -> str:
    return SETTINGS.get(stored, stored)


def _source(rows: Iterable[dict]) -> Source:
    return Source.of(row | {"weights_sha256": ""} for row in rows)


def _sees(rows: Sequence[dict]) -> Section:
    """Linear probes on item vectors of pictures."""
    kinds = list(dict.fromkeys(row["setting"] for row in rows))
    by = {(row["slice"], row["setting"]): row["metrics"] for row in rows}
    table = [
        Row(name, [*(f"{by[name, kind][ACCURACY]:.3f}" for kind in kinds), f"{by[name, kinds[0]]['chance']:.3f}"])
        for name in dict.fromkeys(row["slice"] for row in rows)
    ]
    note = (
        "A linear probe on item vectors of the shop's pictures, the text held constant, five folds, seed "
        f"{rows[0]['seed']}, adapter `{rows[0]['weights_sha256'][:16]}`."
    )
    heads = [Column(head) for head in (*map(_setting, kinds), "chance")]
    return Section("Does the encoder see?", [note], table=Table("reads", heads, table), source=_source(rows))


def fine_tuning(encoders: Sequence[dict]) -> list[Section]:
    """Held-out losses of the encoder's fine-tuning along its run, one row an encoder and a task."""
    found = []
    for dataset in dict.fromkeys(one["dataset"] for one in encoders):
        own = [one for one in encoders if one["dataset"] == dataset]
        told = ", ".join(f"{one['name']} `{one['weights_sha256'][:16]}`" for one in own)
        rows = [
            Row(one["name"], [task, f"{shown:,}", *(f"{point[task]['answer']:.2f}" for point in _quarters(one))])
            for one in own
            for task, (shown, _) in one["samples"].items()
        ]
        note = (
            f"Held-out loss of the answers, nats a token, data `{own[0]['data_hash']}`. Weights: {told}. "
            "The commands, and every point, are in `results/stage-1.json`."
        )
        table = Table("encoder", [Column(head) for head in ("task", "samples", *QUARTERS)], rows)
        found.append(Section(f"Encoder fine-tuning on {dataset}", [note], table=table))
    return found


def _quarters(one: dict) -> list[dict]:
    """The points of a curve nearest to its quarters."""
    last = one["curve"][-1]["step"]
    return [min(one["curve"], key=lambda point: abs(point["step"] - part / 4 * last)) for part in range(5)]


def _quantisation(rows: Sequence[dict]) -> list[Section]:
    found = []
    for dataset, part in dict.fromkeys((row["dataset"], row["slice"]) for row in rows):
        own = {row["setting"]: row for row in rows if (row["dataset"], row["slice"]) == (dataset, part)}
        shown = [precision for precision in _precisions() if precision in own]
        models = [name.removesuffix(CHANGE) for name in own[shown[0]]["metrics"] if name.endswith(CHANGE)]
        heads = [*COSTS.values(), MEGABYTES, *(f"ΔNDCG@10, {labels.short(model)}" for model in models)]
        table = []
        for precision in shown:
            row = own[precision]
            cells: list[Cell] = [f"{row['metrics'][name]:.3f}" for name in COSTS]
            cells += [f"{row['metrics'][MEMORY]:.0f}", *(difference([row], model + CHANGE) for model in models)]
            table.append(Row(precision, cells))
        mixed = [(row["metrics"][KEPT], name) for name, row in own.items() if name not in shown]
        after = [
            f"Mixed use keeps at least {kept:.3f} of the ten nearest ({name})." for kept, name in sorted(mixed)[:1]
        ]
        found.append(
            Section(
                f"What fewer bits cost: {dataset}, {part}",
                table=Table("precision", [Column(head) for head in heads], table),
                after=after,
                source=_source([own[shown[0]]]),
            )
        )
    return found


def _precisions() -> tuple[str, ...]:
    from molar.backbones.quantisation import PRECISIONS

    return PRECISIONS


def _parts(rows: Sequence[dict]) -> Section:
    table = [Row(row["setting"], [f"{row['metrics']['layers']:.0f}", f"{row['metrics'][KEPT]:.3f}"]) for row in rows]
    heads = [Column("layers in nf4"), Column(COSTS[KEPT])]
    note = f"{rows[0]['dataset']}, {rows[0]['slice']}."
    return Section("Which part loses it?", [note], table=Table("", heads, table), source=_source(rows))


def _comparison(rows: Sequence[dict]) -> list[Section]:
    """The content model over several kinds of item vectors, and what linear probes read in them."""
    found = []
    for dataset in dict.fromkeys(row["dataset"] for row in rows if row["dataset"] != PHOTOGRAPHS):
        own = [row for row in rows if row["dataset"] == dataset]
        trained = [row for row in own if row["model"] == CONTENT]
        read = {(row["setting"], row["slice"]): row["metrics"][ACCURACY] for row in own if row["model"] == "probe"}
        columns = list(dict.fromkeys(name for _, name in read))
        table = []
        for kind in dict.fromkeys(row["setting"] for row in trained):
            first = [row for row in trained if row["setting"] == kind and row["seed"] == 0]
            cells: list[Cell] = [measured([row for row in first if row["slice"] == part], labels.NDCG) for part in MAIN]
            cells += [f"{read[kind, name]:.3f}" if (kind, name) in read else None for name in columns]
            table.append(Row(_setting(kind), cells))
        seeds = [row for row in trained if (row["setting"], row["slice"]) == ("nano", "all")]
        told = ", ".join(f"{row['metrics'][labels.NDCG]:.4f}" for row in seeds)
        found.append(
            Section(
                f"Kinds of item vectors: {dataset}",
                ["Validation NDCG@10 of the content model over item vectors of several origins."],
                table=Table(
                    "item vectors", [Column(one) for one in (*MAIN, *(f"reads {one}" for one in columns))], table
                ),
                after=[f"Seeds over `nano`: {told}."] if len(seeds) > 1 else [],
                source=_source([row for row in trained if row["seed"] == 0][:1]),
            )
        )
    ranks = {_setting(row["setting"]): row["metrics"][LIKENESS] for row in rows if row["model"] == "likeness"}
    if ranks:
        told = ", ".join(f"{kind} {rank:g}" for kind, rank in ranks.items())
        note = (
            f"Mean rank of one cheetah among the eleven likes of the other, texts saying nothing (1 is best): {told}."
        )
        found.append(Section("Two photographs of one kind", [note]))
    return found


def quantisation_svg(rows: Sequence[dict]) -> str:
    """Three costs by precision as bars, one colour a dataset; what was not measured is left out."""
    rows = [row for row in rows if row["slice"] == DRAWN]
    datasets = list(dict.fromkeys(row["dataset"] for row in rows))
    wide, high, top = (WIDE - 2 * LEFT) / len(PANELS), 240, 90
    drawn = []
    for panel, (metric, says) in enumerate(PANELS.items()):
        found = {(row["setting"], row["dataset"]): row["metrics"].get(metric) for row in rows}
        shown = [one for one in _precisions() if any(found.get((one, dataset)) is not None for dataset in datasets)]
        most = max(value for value in found.values() if value is not None)
        step = (wide - 30) / max(1, len(shown))
        drawn.append(f'<text x="{LEFT + panel * wide:.0f}" y="{top - 24}">{escape(says)}</text>')
        for place, precision in enumerate(shown):
            left = LEFT + panel * wide + place * step
            drawn.append(f'<text x="{left:.1f}" y="{top + high + 18}">{precision}</text>')
            for number, dataset in enumerate(datasets):
                value = found.get((precision, dataset))
                if value is not None:
                    x, y = left + number * step * 0.42, top + high * (1 - value / most)
                    told = f"{value:.3g}".removeprefix("0")
                    drawn.append(
                        f'<rect class="bar shade-{number}" x="{x:.1f}" y="{y:.1f}" width="{step * 0.38:.1f}" '
                        f'height="{top + high - y:.1f}"/><text x="{x:.1f}" y="{y - 4:.1f}" font-size="10">{told}</text>'
                    )
    for number, dataset in enumerate(datasets):
        y = top + high + 44 + 20 * number
        drawn.append(f'<rect class="bar shade-{number}" x="{LEFT}" y="{y - 11}" width="14" height="14"/>')
        drawn.append(f'<text x="{LEFT + 22}" y="{y}">{escape(dataset)}</text>')
    return svg_file(top + high + 60 + 20 * len(datasets), f"What fewer bits cost, {DRAWN}", "\n".join(drawn) + "\n")
