"""docs/results.md and its plots, from results/*.json: every measured table with where it comes from.

A file that is not there yet is a line that says what makes it. `python -m scripts.write_results` writes the page.
"""

from dataclasses import dataclass
from pathlib import Path

from molar.data.segments import HISTORY, MAIN, POPULARITY
from molar.experiments.curves import read_curves
from molar.experiments.results import NORMALISED_NDCG as SHARE
from molar.experiments.results import read_rows_with_variant as read_rows
from scripts.draw_curves import curves_svg
from scripts.markdown import cell, difference, head, line, name
from scripts.method_tables import method_lines

MINUS = "minus "  # how the variant of a difference begins

OF_LISTS = {"coverage@10": "coverage", "gini@10": "Gini", "popularity_bias@10": "popularity bias"}
SVG_FOLDER = "results"  # beside the page

# Read in the sources named. Their order of ties, preprocessing and item sets differ from ours, so none is a target.
ANTKLEN = "antklen/sasrec-bert4rec-recsys23"
PUBLISHED = (
    ("SASRec, BCE with 1 negative", ".1259 / .1341", ".2392 / .2500", f"asash/gSASRec-pytorch / {ANTKLEN}"),
    ("BERT4Rec", ".1516–.1537", ".2821–.2843", f"asash/bert4rec_repro, {ANTKLEN}"),
    ("SASRec, sampled softmax", ".1684", ".2929", "blondered/transformer_benchmark"),
    ("gSASRec (gBCE)", ".1726", ".3003", "asash/gSASRec-pytorch (3,416 items)"),
    ("Molar, the paper", ".1768", ".3124", "arXiv 2412.18176 (3,706 items)"),
    ("eSASRec", ".1772", ".3133", "blondered/transformer_benchmark (3,706 items)"),
    ("SASRec+, full cross-entropy / 3,000 negatives", ".1821 / .1857", ".3152 / .3159", ANTKLEN),
    ("HSTU-large", ".1893", ".3294", "meta-recsys/generative-recommenders"),
)


@dataclass(frozen=True)
class Chapter:
    """One results file on the page."""

    file: str
    title: str
    note: str
    command: str  # what makes the file
    published: bool = False


ONE_RECIPE = "All ID models have one recipe of at most 24 epochs, and the best by validation is measured."
DIAL = (
    "{0} % of the variance of taste shows in the histories alone ([the dial](print-shop.md#the-dial)). "
    f"{ONE_RECIPE} Content towers have at most 14."
)
ONE_SETTING = (
    "SASRec under the sampled losses shares 1,024 negatives within a batch; all else is as under the full softmax."
)
SHOP_COMMAND = "scripts/reproduce_demo.sh"
FILMS_COMMAND = "scripts/reproduce_ml1m_id.sh --data DATASET"
CHAPTERS = (
    Chapter(
        "ml1m-id.json",
        "MovieLens-1M in full",
        "ID models on all 6,040 users. The files hold an order and no timestamps, so there is no split by time.",
        FILMS_COMMAND,
        published=True,
    ),
    Chapter(
        "ml1m-1500.json",
        "MovieLens-1M, 1,500 of its users",
        f"Exploratory: a part, chosen by a hash, is no comparison with numbers on the whole. {ONE_SETTING}",
        FILMS_COMMAND,
    ),
    Chapter(
        "demo.json",
        "The print shop, content and alignment",
        "Simulated: the oracles tell what can be reached.",
        SHOP_COMMAND,
    ),
    *(
        Chapter(f"demo-dial-{dial}.json", f"The print shop, dial at {dial} %", DIAL.format(dial), SHOP_COMMAND)
        for dial in (0, 50, 100)
    ),
    Chapter(
        "demo-temporal.json",
        "The print shop, ID models, split by time",
        f"Nothing that trains is later than anything that is asked. {ONE_RECIPE}",
        SHOP_COMMAND,
    ),
)

EARLIER = "Item vectors by an encoder that stage 1 had taught on captioned prints alone, adapter `81d3d46ba36d5a66`: it had seen no film."
MEASURED = (  # chapters of towers, which the page has once they are measured
    Chapter(
        "ml1m.json",
        "MovieLens-1M in full, content and alignment",
        f"{EARLIER} Six epochs of the content towers, twelve of SASRec.",
        "scripts/reproduce_ml1m.sh --data DATASET --encoder checkpoints/demo/encoder",
    ),
    Chapter(
        "ml1m-cold.json",
        "MovieLens-1M, a tenth of its films cold",
        f"The same histories, a tenth of the films, chosen by a hash, in no training prefix: `molar/data/subsets.py`. {EARLIER}",
        "scripts/reproduce_ml1m.sh --data DATASET --cold",
    ),
)

HEAD = """\
# Results

Written by `python -m scripts.write_results` from [results/](../results/); nothing here is typed by hand. What the metrics, slices,
intervals and tests are: [evaluation.md](evaluation.md). All of it is the test split unless a line says otherwise: full ranking of
the whole catalogue, seen items left out, ties against the model, every choice made on validation. One seed: mean over users
with its 95 % interval; several: mean ± standard deviation over seeds.
"""


def results_page(folder: Path = Path("results")) -> str:
    """The whole page as Markdown. Raises MolarError for a results file of another shape."""
    lines = [HEAD, *method_lines(folder)]
    for chapter in chapters(folder):
        rows = [row for row in read_rows(folder / chapter.file) if row["split"] == "test"]
        lines += [f"## {chapter.title}", "", chapter.note, ""]
        if not rows:
            lines += [f"`results/{chapter.file}` is not there yet: `{chapter.command}` makes it.", ""]
        for dataset in dict.fromkeys(row["dataset"] for row in rows):
            lines += dataset_lines([row for row in rows if row["dataset"] == dataset], folder / chapter.file)
        if rows and read_curves(folder / chapter.file):
            lines += [f"![{chapter.title}: validation NDCG@10 by epoch]({SVG_FOLDER}/{svg_name(chapter.file)})", ""]
        if chapter.published:
            lines += published_lines()
    return "\n".join(lines).rstrip() + "\n"


def chapters(folder: Path) -> list[Chapter]:
    """The chapters of the page: those of towers once they are measured, the others always."""
    return [chapter for chapter in MEASURED if (folder / chapter.file).exists()] + list(CHAPTERS)


def films_lines(folder: Path = Path("results")) -> list[str]:
    """The short table of MovieLens-1M in full, for the README: all users, every model; [] where it is not measured yet."""
    path = folder / "ml1m-id.json"
    rows = [row for row in read_rows(path) if row["split"] == "test" and row["slice"] == "all" and not row["variant"]]
    by = {}  # model → its rows, one a seed
    for row in rows:
        by.setdefault(row["model"], []).append(row)
    if not by:
        return []
    lines = [
        "**MovieLens-1M in full: the ID models.** Test split, mean ± standard deviation over seeds, data",
        f"`{rows[0]['data_hash']}`, by `{rows[0]['command']}`. The paper reports .1768 for Molar and .1116 for its",
        "SASRec. All tables, what others have published, and the tests between models: [docs/results.md](docs/results.md).",
        "",
        *head(["model", "seeds", "NDCG@10", "Recall@10"]),
    ]
    for model, found in by.items():
        seeds = ", ".join(str(row["seed"]) for row in found)
        lines.append(line(name(model), [seeds, cell(found, "ndcg@10"), cell(found, "recall@10")]))
    return [*lines, ""]


def plots(folder: Path = Path("results")) -> dict[str, str]:
    """File name → SVG of every plot of the page."""
    found = {
        chapter: read_curves(folder / chapter.file) for chapter in chapters(folder) if (folder / chapter.file).exists()
    }
    return {svg_name(chapter.file): curves_svg(curves, chapter.title) for chapter, curves in found.items() if curves}


def svg_name(file: str) -> str:
    return f"{Path(file).stem}.svg"


def dataset_lines(rows: list[dict], path: Path) -> list[str]:
    """The tables of one dataset's test rows, and where they come from."""
    by = {}  # (model, slice) → its rows, one a seed
    for row in rows:
        if not row["variant"]:
            by.setdefault((row["model"], row["slice"]), []).append(row)
    models = sorted(
        dict.fromkeys(model for model, _ in by), key=lambda model: model.startswith("oracle")
    )  # oracles last
    return [
        *_provenance(rows, by, models, path),
        *_accuracy(by, models),
        *_beyond(by, models),
        *_buckets(by, models),
        *_differences(rows),
    ]


def _provenance(rows: list[dict], by: dict, models: list[str], path: Path) -> list[str]:
    curves = [curve for curve in read_curves(path) if curve["dataset"] == rows[0]["dataset"]]
    splits = dict.fromkeys(curve["split_hash"] for curve in curves if curve["split_hash"])
    told = f"{rows[0]['dataset']}, data `{rows[0]['data_hash']}`"
    told += "".join(f", split `{split}`" for split in splits)
    commands = dict.fromkeys(row["command"] for row in rows)
    weights = [
        f"{name(model)} {row['seed']} `{row['weights_sha256'][:16]}`"
        for model in models
        for row in by.get((model, "all"), [])
        if row["weights_sha256"]
    ]
    return [
        f"{told}, by {', '.join(f'`{command}`' for command in commands)}.",
        *([f"Weights by model and seed: {', '.join(weights)}."] if weights else []),
        "",
    ]


def _accuracy(by: dict, models: list[str]) -> list[str]:
    sizes = {part: max((row["n"] for model in models for row in by.get((model, part), [])), default=0) for part in MAIN}
    shares = any(SHARE in row["metrics"] for model in models for row in by.get((model, "all"), []))
    heads = ["NDCG@10", "seeds", *(f"{part} ({n:,})" for part, n in sizes.items()), "Recall@10, all"]
    heads += ["of the reading oracle's NDCG@10"] if shares else []
    lines = head(heads)
    for model in models:
        seeds = ", ".join(str(row["seed"]) for row in by.get((model, "all"), []))
        cells = [seeds, *(cell(by.get((model, part)), "ndcg@10") for part in MAIN)]
        cells += [cell(by.get((model, "all")), metric) for metric in ("recall@10", SHARE)[: 1 + shares]]
        lines.append(line(name(model), cells))
    return [*lines, ""]


def _beyond(by: dict, models: list[str]) -> list[str]:
    measured = [model for model in models if "coverage@10" in by.get((model, "all"), [{"metrics": {}}])[0]["metrics"]]
    if not measured:
        return []
    lines = head(["Lists of ten", *OF_LISTS.values()])
    for model in measured:
        lines.append(line(name(model), [cell(by[model, "all"], metric) for metric in OF_LISTS]))
    return [*lines, ""]


def _buckets(by: dict, models: list[str]) -> list[str]:
    """One table for the buckets of popularity, one for those of history."""
    lines = []
    for kind in (POPULARITY, HISTORY):
        sizes = {part: found[0]["n"] for (_, part), found in by.items() if part.startswith(kind)}
        if sizes:
            heads = [f"{part.removeprefix(kind)}: {n:,}" for part, n in sizes.items()]
            lines += head([f"NDCG@10 by {kind}".strip(), *heads])
            for model in (model for model in models if any((model, part) in by for part in sizes)):
                lines.append(line(name(model), [cell(by.get((model, part)), "ndcg@10") for part in sizes]))
            lines.append("")
    return lines


def _differences(rows: list[dict]) -> list[str]:
    by = {
        (row["model"], row["variant"], row["slice"]): row
        for row in rows
        if row["variant"].startswith(MINUS) and not row["variant"].startswith(f"{MINUS}probe ")
    }
    pairs = list(dict.fromkeys((model, variant) for model, variant, part in by if part in MAIN))
    if not pairs:
        return []
    lines = head(["Differences of NDCG@10, p after Holm's correction", *MAIN])
    for model, variant in pairs:
        cells = [difference(by.get((model, variant, part))) for part in MAIN]
        lines.append(line(f"{name(model)} minus {name(variant.removeprefix(MINUS))}", cells))
    return [*lines, ""]


def published_lines() -> list[str]:
    """What others published on MovieLens-1M, as context."""
    lines = [
        "Published elsewhere, for context: leave-one-out, full ranking, seen items filtered. Not our runs; order of ties,",
        "preprocessing and item sets differ.",
        "",
        *head(["published elsewhere", "NDCG@10", "Recall@10", "where"]),
    ]
    return [*lines, *(line(row[0], list(row[1:])) for row in PUBLISHED), ""]
