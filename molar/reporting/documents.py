"""What the documents tell of results/: sections between markers, and the pages under docs/ that are written whole."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from molar.core.errors import MolarError
from molar.core.schema import CONTENT, EVERYTHING, ID
from molar.data.segments import AMONG_COLD, MAIN
from molar.experiments.results import read_rows
from molar.reporting import labels, method
from molar.reporting.charts import curves_svg
from molar.reporting.encoder import QUANTISATION, encoder_sections, quantisation_svg
from molar.reporting.files import read_results, results_of
from molar.reporting.labels import DEFAULT, RECALL
from molar.reporting.markdown import escaped, section_lines, source_lines, table_lines
from molar.reporting.questions import questions
from molar.reporting.report import by_slice, differences, every_metric, report
from molar.reporting.rows import Results
from molar.reporting.study import STUDY, TITLE, pictures, read_study, study_sections
from molar.reporting.tables import Asked, Column, Section, Source, by_model

START, END = "<!-- results: written by python -m scripts.write_results -->", "<!-- end of results -->"
WRITTEN = "Written by `python -m scripts.write_results` from `results/`; nothing here is typed by hand."
HEAD = f"""\
# Results

{WRITTEN} What the metrics, slices, intervals and tests are: [evaluation.md](evaluation.md). What they say:
[findings.md](findings.md). All of it is the test split unless a line says otherwise: full ranking of the whole catalogue, seen
items left out, ties against the model, every choice made on validation. One seed: mean over users with its 95 % confidence
interval (bootstrap over users); several: mean ± standard deviation over seeds. p is after Holm's correction.
"""
QUESTIONS = "The method, question by question"
SHOP, FILMS, FILMS_COLD = "demo", "ml1m", "ml1m-cold"
README_MODELS = ("popularity", "item-knn", "content-knn", "slist", ID, CONTENT, DEFAULT, EVERYTHING)
TASTE_PAIRS = ((DEFAULT, CONTENT), (DEFAULT, ID), ("molar-fused", DEFAULT))


def readme_section(folder: Path) -> str:
    """The one table of the README, markers included. Raises MolarError for a file that is absent or holds several runs."""
    shop, films = _one(folder, SHOP), _one(folder, FILMS)

    def column(head: str, of: Results, slice_: str) -> Asked:
        return Column(f"{head} ({of.size(slice_):,})"), lambda label: of.cell(label, slice_)

    parts = [*MAIN, *(part for part in shop.slices if part == AMONG_COLD)]
    columns = [column(f"print shop, {part}", shop, part) for part in parts]
    columns.append(column("MovieLens-1M", films, "all"))
    return _marked(
        [
            "NDCG@10 on the test split: of one seed with its 95 % confidence interval, of several mean ± standard deviation.",
            "",
            *table_lines(by_model(README_MODELS, columns)),
            "",
            f"Print shop: {' '.join(source_lines(shop.source(_of_readme(shop))))} MovieLens-1M in full: "
            f"{' '.join(source_lines(films.source(_of_readme(films)), weights=False))} Every other table: [docs/results.md](docs/results.md).",
            "",
        ]
    )


def _of_readme(results: Results) -> list[dict]:
    return [row for label in README_MODELS for row in results.rows_of(label)]


def _one(folder: Path, name: str) -> Results:
    """The results of a file that must be of one dataset and hold what the README tells."""
    results = results_of(folder, name)
    path = folder / f"{name}.json"
    if not results.rows:
        raise MolarError(f"There are no results in {path}: run `{labels.RUNS[name].command}` first.")
    datasets = sorted({row["dataset"] for row in results.rows})
    if len(datasets) > 1:
        raise MolarError(f"{path} holds rows of {', '.join(datasets)}: write each to a file of its own.")
    missing = [label for label in ("popularity", ID, DEFAULT) if not results.rows_of(label)]
    if missing:
        raise MolarError(f"The results of {datasets[0]} hold no test rows of {', '.join(missing)}: evaluate it again.")
    return results


def encoder_section(folder: Path) -> str:
    """The section of docs/encoder.md, markers included. Raises MolarError naming a file that is absent."""
    return _marked(_lines(encoder_sections(folder), level=3))


def findings_section(folder: Path) -> str:
    """The section of docs/findings.md, markers included: MovieLens-1M in full and with cold films, the shop's hidden taste."""
    lines: list[str] = []
    for name, told in ((FILMS, every_metric), (FILMS_COLD, by_slice)):
        results = results_of(folder, name)
        if results.rows:
            lines += [f"## {escaped(results.about.title)}", "", *source_lines(_all(results), weights=False), ""]
            found = (told(results), differences(results))
            lines += _lines([section for section in found if section], level=3, source=False)
    tastes = [(says, results_of(folder, name)) for name, says in labels.TASTES.items()]
    added = method.by_taste([(says, of) for says, of in tastes if of.rows], TASTE_PAIRS)
    return _marked(lines + (_lines([added]) if added else []))


def _all(results: Results) -> Source:
    return results.source([*results.own, *results.curves])


def _marked(lines: Iterable[str]) -> str:
    return "\n".join([START, *lines, END]) + "\n"


def _lines(sections: Iterable[Section], **how) -> list[str]:
    return [line for section in sections for line in section_lines(section, **how)]


def pages(folder: Path) -> dict[str, str]:
    """Path under docs/ → text, of every page and picture that is written whole. Raises MolarError for a broken file."""
    runs, problems = read_results(folder)
    if problems:
        raise MolarError(problems[0])
    made = {}
    for run in runs:
        curves = [section.curves for section in report(run) if section.curves]
        made[f"results/{run.key}.md"] = _page(run.about.title, run_lines(run))
        made |= {f"results/{run.key}{one.key}.svg": curves_svg(one, run.about.title) for one in curves}
    asked = _lines(questions(folder))
    if asked:
        made["results/questions.md"] = _page(QUESTIONS, asked)
    bits = read_rows(folder / QUANTISATION)
    if bits:
        made["results/quantisation.svg"] = quantisation_svg(bits)
    studies = read_study(folder)
    drawn = pictures(studies)
    made |= {f"results/{name}": picture for name, picture in drawn.items()}
    if studies:
        lines = [line for name in drawn for line in (f"![{TITLE}: gain in NDCG@10]({name})", "")]
        lines += _lines(study_sections(folder, studies))
        made[f"results/{STUDY}.md"] = _page(TITLE, lines)
    made["results.md"] = HEAD + "\n" + "\n".join(_index(runs, bool(asked), bool(studies))) + "\n"
    return made


def _page(title: str, lines: Sequence[str]) -> str:
    return (
        "\n".join(
            [f"# {escaped(title)}", "", f"{WRITTEN} How to read it: [results](../results.md).", "", *lines]
        ).rstrip()
        + "\n"
    )


def run_lines(run: Results) -> list[str]:
    """Everything that one results file tells."""
    notes = [run.about.note, run.about.detail, labels.NO_TIMES if run.is_movielens else ""]
    lines = [line for note in notes if note for line in (note, "")]
    lines += [f"{escaped(run.dataset)}. {' '.join(source_lines(_all(run)))}", ""]
    found = report(run, by_seed=True)
    extra = [None if run.is_ablation else by_slice(run, metric=RECALL), every_metric(run)]
    sections = [*found[:1], *(section for section in extra if section), *found[1:]]
    return lines + _lines(sections, picture=run.key, source=False)


def _index(runs: Sequence[Results], asked: bool, studied: bool) -> list[str]:
    """What there is, and what makes what is not there yet."""
    lines = [
        f"- [{QUESTIONS}](results/questions.md): the paper's tables beside ours, what its reviewers asked for"
    ] * asked
    lines += [
        f"- [{TITLE}](results/{STUDY}.md): few training users, short histories, weights and kinds of alignment"
    ] * studied
    lines += [
        f"- [{escaped(run.about.title)}](results/{run.key}.md): {escaped(run.dataset)}, {run.size('all'):,} users"
        for run in runs
    ]
    there = {run.name for run in runs}
    lines += [
        f"- {known.title}: `results/{name}.json` is not there yet: `{known.command}` makes it."
        for name, known in labels.RUNS.items()
        if name not in there
    ]
    return lines
