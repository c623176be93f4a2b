"""The questions that the method raises, for the documents: the paper's tables beside ours, what its reviewers asked for, why cold
items lose, the search of settings. A table whose rows are not measured yet is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from molar.core.schema import ID
from molar.experiments.results import read_entries
from molar.reporting import labels, published
from molar.reporting.files import results_of
from molar.reporting.labels import BEFORE, DEFAULT
from molar.reporting.markdown import cell_text
from molar.reporting.rows import Pair, Results
from molar.reporting.sections.new_items import known_less
from molar.reporting.tables import Cell, Column, Quoted, Row, Section, Source, Table

FULL, COLD = "ml1m", "ml1m-cold"
ALIGNMENT, ENCODERS, FINE_TUNING = "ablations-alignment", "ablations-encoders", "ablations-stage-1"
SEARCH = "search-content.json"
MINUS_DEFAULT = f"minus {labels.SHORT[DEFAULT]}"
OURS_5 = (
    ("nano: SmolLM2-135M + CLIP ViT-B/16", BEFORE),
    ("the same, text alone (HLLM)", "hllm"),
    ("MiniLM, text, linear adapter", "text"),
    ("CLIP, picture, linear adapter", "image"),
    ("MiniLM + CLIP, linear adapter", "both"),
    ("MiniLM + CLIP", "both-mlp"),
    ("fixed random vectors, linear adapter", "random-linear"),
    ("fixed random vectors", "random-mlp"),
)
ON_PIXELREC = "The paper on PixelRec; ours on"


@dataclass(frozen=True)
class Question:
    """What a reviewer asked for, and the differences (model, other) of a results file that answer it; or input ablations."""

    asked: str
    file: str
    differences: tuple[Pair, ...] = ()
    ablations: tuple[str, ...] = ()
    slice: str = "all"


def _against(other: str, *models: str) -> tuple[Pair, ...]:
    return tuple((model, other) for model in models)


QUESTIONS = (
    Question(
        "Early, middle or late fusion of ids in place of alignment, at matched compute",
        ALIGNMENT,
        _against(DEFAULT, "fusion-early", "fusion-middle", "fusion-late"),
    ),
    Question("Aligning items, or items as well as users", ALIGNMENT, _against(DEFAULT, "on-items", "on-both")),
    Question(
        "What is lost when the ID model is blanked, pictures are swapped, text is dropped",
        FINE_TUNING,
        ablations=("id-blanked", "shuffled-pictures", "no-picture", "no-text", "no-title", "shuffled-history"),
    ),
    Question(
        "Several seeds and a named test: the paired randomisation test, Holm's correction",
        FULL,
        ((DEFAULT, BEFORE), (DEFAULT, ID)),
    ),
    Question(
        "Small encoders as controls",
        ENCODERS,
        _against(DEFAULT, "text", "image", "both", "random-linear", "both-mlp", "random-mlp", "hllm"),
    ),
    Question(
        "Cold items",
        COLD,
        tuple((DEFAULT, other) for other in ("content-knn", BEFORE, "popularity", "random")),
        slice="cold",
    ),
    Question("Sensitivity to α (default 0.3)", ALIGNMENT, _against(DEFAULT, "alpha-0.1", "alpha-1")),
    Question("Sensitivity to τ (default 0.1)", ALIGNMENT, _against(DEFAULT, "tau-0.05", "tau-0.2")),
    Question(
        "Is it the ID model's knowledge, or mere regularisation? Random targets, shuffled users",
        ALIGNMENT,
        _against(DEFAULT, "targets-random", "targets-shuffled"),
    ),
)


def questions(folder: Path) -> list[Section]:
    """All of these tables; [] where nothing is measured."""
    files = {name: results_of(folder, name) for name in (FULL, COLD, ALIGNMENT, ENCODERS, FINE_TUNING)}
    found = [
        _beside_paper(
            "The paper's Table 3: inputs, encoder fine-tuning, alignment", files[FINE_TUNING], published.TABLE_3
        ),
        _beside_paper(
            "The paper's Table 3 again, over all films, the encoder fine-tuned on the print shop",
            files[ENCODERS],
            published.TABLE_3,
        ),
        _beside_paper(
            "The paper's Table 4: the ID model that users are aligned to", files[ALIGNMENT], published.TABLE_4
        ),
        *_encoders(files[ENCODERS]),
        _answers(files),
        known_less(folder),
        search(folder / SEARCH),
    ]
    return [section for section in found if section]


def _all(results: Results) -> Source:
    """Which data, by which commands."""
    return Source(tuple(dict.fromkeys(row["command"] for row in results.rows)), (results.data_hash,))


def _part(results: Results) -> str:
    """Which users and items, which seeds, and that this settles nothing."""
    seeds = sorted({row["seed"] for row in results.rows_of(DEFAULT)})
    told = "one seed" if len(seeds) == 1 else f"seeds {', '.join(map(str, seeds))}"
    return f"{results.dataset}, {told}: exploratory."


def _beside_paper(title: str, results: Results, table: Sequence[tuple[str, float, str]]) -> Section | None:
    """The paper's NDCG@10 on PixelRec and ours, each also as the change against the full model."""
    if not any(results.rows_of(label) for _, _, label in table if label not in (DEFAULT, BEFORE)):
        return None
    whole = next(told for _, told, label in table if label == DEFAULT)
    rows = []
    for name, told, label in table:
        changed = label != DEFAULT
        change: Cell = f"{100 * (told / whole - 1):+.0f} %" if changed else ""
        ours: Cell = results.either_way(label, DEFAULT) if changed else ""
        rows.append(Row(name, [Quoted((told,)), change, results.cell(label), ours]))
    heads = ("paper: NDCG@10", "against full", "ours: NDCG@10", MINUS_DEFAULT)
    about = Table("", [Column(head) for head in heads], rows)
    return Section(title, [f"{ON_PIXELREC} {_part(results)}"], table=about, source=_all(results))


def _encoders(results: Results) -> list[Section]:
    if not any(results.rows_of(label) for _, label in OURS_5 if label != BEFORE):
        return []
    title = "The paper's Table 5: the item encoder"
    paper = [Row(name, [Quoted((told,))]) for name, told in published.TABLE_5]
    ours = [
        Row(name, [results.cell(label), results.either_way(DEFAULT, label)])
        for name, label in OURS_5
        if results.rows_of(label)
    ]
    heads = [Column("NDCG@10"), Column("Molar minus it")]
    return [
        Section(
            title,
            ["The paper's, aligned, on PixelRec, all of which want a GPU."],
            table=Table("paper", heads[:1], paper),
        ),
        Section(
            f"{title}, ours",
            [f"Without alignment, the same model over other vectors: {_part(results)}"],
            table=Table("item vectors", heads, ours),
            source=_all(results),
        ),
    ]


def _answers(files: dict[str, Results]) -> Section | None:
    rows = []
    for question in QUESTIONS:
        results = files[question.file]
        found: list[tuple[str, Cell]] = [
            (f"{labels.ablated(pair[0])} minus {labels.ablated(pair[1])}", results.minus(*pair, question.slice))
            for pair in question.differences
        ]
        found += [
            (f"{labels.INPUT_ABLATIONS[one]} costs {labels.short(DEFAULT)}", results.cost(DEFAULT, one))
            for one in question.ablations
        ]
        told = "; ".join(f"{says} {cell_text(cell)}" for says, cell in found if cell)
        if told:
            rows.append(Row(question.asked, [told, f"`results/{question.file}.json`"]))
    if not rows:
        return None
    note = "Differences of NDCG@10, all users unless cold items are asked about; p after Holm's correction."
    title = "What the paper's reviewers asked for, one row each"
    return Section(title, [note], table=Table("asked", [Column("answer"), Column("rows")], rows))


def search(path: Path) -> Section | None:
    """The trials that the content model's sizes and training config were chosen by."""
    trials = read_entries(path, "trials")
    if not trials:
        return None
    best = max(trials, key=lambda trial: trial["validation_ndcg@10"])
    start = set(trials[0]["settings"])
    rows = []
    for trial in trials:
        changed = ", ".join(f"`{one}`" for one in trial["settings"] if one not in start) or "the start"
        told = f"{trial['validation_ndcg@10']:.3f}{', chosen' if trial is best else ''}"
        rows.append(Row(changed, [told, str(trial["best_epoch"])]))
    note = (
        f"1,500 users, one seed, {trials[0]['epochs']} epochs, no alignment, vectors without encoder fine-tuning, data "
        f"`{trials[0]['data_hash']}`; the commands are in `results/{path.name}`."
    )
    table = Table("against the start", [Column("validation NDCG@10"), Column("best epoch")], rows)
    return Section("The content model's settings, chosen by validation", [note], table=table)
