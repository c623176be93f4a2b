"""Write what README.md, docs/encoder.md, docs/findings.md and docs/results.md tell of results/*.json: `python -m scripts.write_results`.

Every number in them comes from here, so that none can outlive the run that made it; a test compares the two.
"""

import sys
from pathlib import Path

from molar.core.errors import MolarError
from molar.experiments.results import read_rows_with_variant as read_rows
from scripts.encoder_tables import encoder_tables
from scripts.method_tables import cold_lines, dial_lines, headline_lines
from scripts.results_page import SVG_FOLDER, films_lines, plots, results_page

START, END = "<!-- results: written by python -m scripts.write_results -->", "<!-- end of results -->"
MODELS = (
    ("random", "random"),
    ("popularity", "popularity"),
    ("item-knn", "item-kNN"),
    ("content-knn", "content-kNN"),
    ("sasrec", "SASRec, ids only"),
    ("content", "content only"),
    ("molar", "**molar**, aligned"),
    ("oracle-reading", "reading oracle: the best that a history allows"),
    ("oracle-knowing", "knowing oracle: true tastes"),
)
DIFFERENCES = (("content", "item-knn"), ("molar", "item-knn"), ("molar", "content"), ("molar", "sasrec"))
ALIGNMENT = (
    ("align/paired_cosine", "cosine of a shopper's content and ID vector"),
    ("align/retrieval_mrr", "own ID vector found among all, mean reciprocal rank"),
    ("align/procrustes_paired_cosine", "cosine to the own ID vector, after a rotation fitted on others"),
    ("align/procrustes_retrieval_mrr", "own ID vector found, mean reciprocal rank, after the same rotation"),
    ("align/mutual_knn@10", "ten nearest shoppers shared with the ID space"),
    ("align/debiased_cka", "likeness of the two spaces (debiased CKA)"),
)


def results_section(folder: Path = Path("results")) -> str:
    """The section as Markdown, markers included. Raises MolarError for a file that is absent or holds several runs."""
    demo, films, probe = (one_run(folder / name) for name in ("demo.json", "ml1m-600.json", "encoder-probe.json"))
    parts = [
        START,
        *_ranking(demo, "The print shop"),
        *_differences(demo),
        *_alignment(demo),
        *_probe(probe),
        *headline_lines(folder),
        *cold_lines(folder),
        *films_lines(folder),
        *_ranking(films, "A part of MovieLens-1M (600 users, 500 films): a proof of the pipeline, not a comparison"),
        END,
    ]
    return "\n".join(parts) + "\n"


def one_run(path: Path) -> list[dict]:
    """The rows of a results file, which must be of one dataset and, for each model, of one seed.

    A table names neither in its cells: of two runs in one file it would show whichever comes last.
    """
    rows = read_rows(path)
    if not rows:
        raise MolarError(f"There are no results in {path}: run the command that the README names for it first.")
    datasets = {row["dataset"] for row in rows}
    if len(datasets) > 1:
        raise MolarError(f"{path} holds rows of {', '.join(sorted(datasets))}: write each to a file of its own.")
    for model in {row["model"] for row in rows}:
        seeds = sorted({row["seed"] for row in rows if row["model"] == model})
        if len(seeds) > 1:
            raise MolarError(f"{path} holds {model} with the seeds {seeds}: write each run to a file of its own.")
    return rows


def _ranking(rows: list[dict], title: str) -> list[str]:
    found = {(row["model"], row["slice"]): row for row in rows if row["split"] == "test" and not row["variant"]}
    missing = [model for model in ("popularity", "sasrec", "molar") if (model, "all") not in found]
    if missing:
        name = rows[0]["dataset"]
        raise MolarError(f"The results of {name} hold no test rows of {', '.join(missing)}: evaluate it again.")
    molar = found["molar", "all"]
    sizes = {name: found["popularity", name]["n"] if ("popularity", name) in found else 0 for name in ("warm", "cold")}
    lines = [
        f"**{title}.** NDCG@10 on the test split with 95 % intervals, "
        f"seed {molar['seed']}, data `{molar['data_hash']}`,",
        f"weights `{_weights(found, 'molar')}` (molar), `{_weights(found, 'sasrec')}` (SASRec), "
        f"by `{molar['command']}`.",
        "",
        f"| model | all ({molar['n']:,}) | warm ({sizes['warm']:,}) | cold ({sizes['cold']:,}) |",
        "|---|---|---|---|",
    ]
    for model, name in MODELS:
        if (model, "all") in found:
            cells = [_cell(found.get((model, part)), "ndcg@10") for part in ("all", "warm", "cold")]
            lines.append(f"| {name} | {' | '.join(cells)} |")
    return [*lines, ""]


def _differences(rows: list[dict]) -> list[str]:
    by = {(row["model"], row["variant"], row["slice"]): row for row in rows if row["split"] == "test"}
    pairs = [(model, other) for model, other in DIFFERENCES if (model, f"minus {other}", "all") in by]
    lines = ["Differences of NDCG@10 on the same shoppers:", "", "| | all | warm | cold |", "|---|---|---|---|"]
    for model, other in pairs:
        cells = [
            _cell(by.get((model, f"minus {other}", part)), "ndcg@10", sign=True) for part in ("all", "warm", "cold")
        ]
        lines.append(f"| {model} minus {other} | {' | '.join(cells)} |")
    return [*lines, ""] if pairs else []


def _alignment(rows: list[dict]) -> list[str]:
    held_out = {
        row["model"]: row
        for row in rows
        if row["split"] == "test" and row["slice"] == "held-out" and not row["variant"]
    }
    if not {"content", "molar"} <= set(held_out):
        return []
    before, after = held_out["content"], held_out["molar"]
    lines = [
        f"**What alignment changes**, on {after['n']:,} held-out shoppers that the alignment loss never saw "
        f"(ΔNDCG@10 there: {_cell(after, 'delta_ndcg@10', sign=True)}).",
        "",
        "| | before | after |",
        "|---|---|---|",
    ]
    for metric, name in ALIGNMENT:
        if metric in after["metrics"]:
            lines.append(f"| {name} | {before['metrics'][metric]:.3f} | {after['metrics'][metric]:.3f} |")
    return [*lines, ""]


def _probe(rows: list[dict]) -> list[str]:
    kinds = list(dict.fromkeys(row["variant"] for row in rows))
    by = {(row["slice"], row["variant"]): row for row in rows}
    some = rows[0]
    lines = [
        "**Does the encoder see?** A linear probe on item vectors of the shop's pictures, the text held constant,",
        f"five folds, seed {some['seed']}, catalogue `{some['data_hash']}`, adapter `{some['weights_sha256'][:16]}`,",
        f"by `{some['command']}`.",
        "",
        f"| | {' | '.join(kinds)} | chance |",
        "|---" * (len(kinds) + 2) + "|",
    ]
    for name in dict.fromkeys(row["slice"] for row in rows):
        cells = [f"{by[name, kind]['metrics']['probe_accuracy']:.3f}" for kind in kinds]
        lines.append(f"| {name} | {' | '.join(cells)} | {by[name, kinds[0]]['metrics']['chance']:.3f} |")
    return [*lines, ""]


def _weights(found: dict, model: str) -> str:
    """The first 16 digits of the sha256 of a model's weights."""
    return found[model, "all"]["weights_sha256"][:16]


def _cell(row: dict | None, metric: str, sign: bool = False) -> str:
    if row is None:
        return "–"
    low, high = row["ci"][metric]
    plus = "+" if sign else ""
    return f"{row['metrics'][metric]:{plus}.3f} [{low:{plus}.3f}, {high:{plus}.3f}]"


def encoder_section(folder: Path = Path("results")) -> str:
    """The section of docs/encoder.md as Markdown, markers included. Errors: `results_section`."""
    return "\n".join([START, *encoder_tables(folder), END]) + "\n"


def findings_section(folder: Path = Path("results")) -> str:
    """The section of docs/findings.md as Markdown, markers included."""
    return "\n".join([START, *headline_lines(folder), *cold_lines(folder), *dial_lines(folder), END]) + "\n"


def write_section(page: Path, section: str) -> None:
    """Put a section between its markers in a page."""
    text = page.read_text(encoding="utf-8")
    before, after = text[: text.index(START)], text[text.index(END) + len(END) + 1 :]
    page.write_text(before + section + after, encoding="utf-8")


def write_page(page: Path) -> None:
    """Write the page of all results, and its plots in a folder beside it, which holds no others."""
    page.write_text(results_page(), encoding="utf-8")
    folder, drawn = page.parent / SVG_FOLDER, plots()
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.svg"):
        if old.name not in drawn:
            old.unlink()
    for name, svg in drawn.items():
        (folder / name).write_text(svg, encoding="utf-8")


def main() -> int:
    """Write the sections and the page. Returns the exit code: 0, or 2 for an error the user can mend."""
    try:
        write_section(Path("README.md"), results_section())
        write_section(Path("docs/encoder.md"), encoder_section())
        write_section(Path("docs/findings.md"), findings_section())
        write_page(Path("docs/results.md"))
    except MolarError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
