"""The questions that the method raises, each answered by rows of results/*.json: the paper's tables beside ours, what its
reviewers asked for, alignment beside accuracy, cold films. A table whose rows are not measured yet is left out.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from molar.experiments.results import read_rows_with_variant as read_rows
from scripts.markdown import cell, difference, head, line, name

DIALS = {0: "demo-dial-0.json", 50: "demo-dial-50.json", 100: "demo-dial-100.json"}
FULL, COLD = "ml1m.json", "ml1m-cold.json"
ALIGNED, ENCODED, STAGE_1 = "ablations-alignment.json", "ablations-encoders.json", "ablations-stage-1.json"
SEARCH, OFFSETS = "search-content.json", "cold-offsets.json"
AIMS = (("Molar, the paper", ".1768", ".3124"), ("HSTU-large, meta-recsys/generative-recommenders", ".1893", ".3294"))
HEADLINE = (
    "random",
    "popularity",
    "item-knn",
    "content-knn",
    "sasrec",
    "content",
    "content-fused",
    "molar",
    "molar-fused",
)
CLAIMS = (
    ("molar", "content"),
    ("molar", "sasrec"),
    ("molar-fused", "content"),
    ("molar-fused", "sasrec"),
    ("molar-fused", "molar"),
    ("molar-fused", "content-fused"),
)

# (row of the paper, its NDCG@10 on PixelRec, our label)
TABLE_3 = (
    ("all", ".0197", "molar"),
    ("image only", ".0182", "image-only"),
    ("text only", ".0181", "text-only"),
    ("without IT", ".0186", "without-it"),
    ("without SA", ".0189", "without-sa"),
    ("without UB", ".0183", "without-ub"),
    ("without IT, SA, UB", ".0180", "without-all"),
    ("without alignment", ".0182", "content"),
)
TABLE_4 = (
    ("FPMC", ".0194", "to-fpmc"),
    ("GRU4Rec", ".0195", "to-gru4rec"),
    ("SASRec", ".0197", "molar"),
    ("DuoRec", ".0200", "to-duorec"),
)
TABLE_5 = (
    ("Qwen2-VL-2B", ".0197"),
    ("InternVL2.5-2B", ".0191"),
    ("deepseek-vl-1.3b", ".0183"),
    ("Qwen2-VL-7B, LoRA", ".0200"),
    ("Llama-3.2-11B-Vision, LoRA", ".0194"),
)
OURS_5 = (
    ("nano: SmolLM2-135M + CLIP ViT-B/16", "content"),
    ("the same, text alone (HLLM)", "hllm"),
    ("MiniLM, text, linear adapter", "text"),
    ("CLIP, picture, linear adapter", "image"),
    ("MiniLM + CLIP, linear adapter", "both"),
    ("MiniLM + CLIP", "both-mlp"),
    ("fixed random vectors, linear adapter", "random-linear"),
    ("fixed random vectors", "random-mlp"),
)
ALIGNMENT = (
    ("align/paired_cosine", "cosine of pairs"),
    ("align/shuffled_cosine", "of shuffled pairs"),
    ("align/retrieval_r@1", "R@1"),
    ("align/retrieval_r@10", "R@10"),
    ("align/retrieval_mrr", "MRR"),
    ("align/retrieval_mrr_chance", "MRR by chance"),
    ("align/procrustes_paired_cosine", "cosine after Procrustes"),
    ("align/procrustes_retrieval_mrr", "MRR after Procrustes"),
    ("align/mutual_knn@10", "mutual kNN"),
    ("align/mutual_knn@10_chance", "by chance"),
    ("align/debiased_cka", "CKA"),
    ("align/alignment", "alignment"),
    ("align/uniformity_content", "uniformity"),
    ("align/centroid_gap", "centroid gap"),
    ("align/effective_rank_content", "effective rank"),
)


@dataclass(frozen=True)
class Question:
    """What a reviewer asked for, and the differences (file, model, other, slice) that answer it."""

    asked: str
    file: str
    differences: tuple[tuple[str, str], ...]
    slice: str = "all"


def _against(other: str, *models: str) -> tuple[tuple[str, str], ...]:
    return tuple((model, other) for model in models)


QUESTIONS = (
    Question(
        "Early, middle or late fusion of ids in place of alignment, at matched compute",
        ALIGNED,
        _against("molar", "fusion-early", "fusion-middle", "fusion-late"),
    ),
    Question("Aligning items, or items as well as users", ALIGNED, _against("molar", "on-items", "on-both")),
    Question(
        "Probes: what is lost when the ID tower is blanked, pictures are swapped, text is dropped",
        STAGE_1,
        tuple(
            ("molar", f"probe {probe}")
            for probe in ("id-blanked", "shuffled-pictures", "no-picture", "no-text", "no-title", "shuffled-history")
        ),
    ),
    Question(
        "Several seeds and a named test: the paired randomisation test, Holm's correction",
        FULL,
        (("molar", "content"), ("molar", "sasrec")),
    ),
    Question(
        "Small encoders as controls",
        ENCODED,
        _against("molar", "text", "image", "both", "random-linear", "both-mlp", "random-mlp", "hllm"),
    ),
    Question(
        "Cold items",
        COLD,
        (("molar", "content-knn"), ("molar", "content"), ("molar", "popularity"), ("molar", "random")),
        "cold",
    ),
    Question("Sensitivity to α (default 0.3)", ALIGNED, _against("molar", "alpha-0.1", "alpha-1")),
    Question("Sensitivity to τ (default 0.1)", ALIGNED, _against("molar", "tau-0.05", "tau-0.2")),
    Question(
        "Is it the ID tower's knowledge, or mere regularisation? Random targets, shuffled users",
        ALIGNED,
        _against("molar", "targets-random", "targets-shuffled"),
    ),
)
CURVES = "Metric by epoch"


class Rows:
    """The test rows of one results file, found by model, variant and slice."""

    def __init__(self, path: Path):
        self.all = [row for row in read_rows(path) if row["split"] == "test"]
        self.by: dict[tuple[str, str, str], list[dict]] = {}
        for row in self.all:
            self.by.setdefault((row["model"], row["variant"], row["slice"]), []).append(row)

    def of(self, model: str, slice_: str = "all", variant: str = "") -> list[dict]:
        """The rows of a model, one a seed."""
        return self.by.get((model, variant, slice_), [])

    def minus(self, model: str, other: str, slice_: str = "all") -> dict | None:
        """The row of a difference; the other way round where it was measured so."""
        found = self.of(model, slice_, f"minus {other}")
        return found[0] if found else None

    def models(self, slice_: str = "all") -> list[str]:
        """Every model of the slice."""
        return [model for model, variant, part in self.by if not variant and part == slice_]

    @property
    def part(self) -> str:
        """Which users and items, which seeds, and that this settles nothing."""
        seeds = sorted({row["seed"] for row in self.of("molar")})
        told = "one seed" if len(seeds) == 1 else f"seeds {', '.join(map(str, seeds))}"
        return f"{self.all[0]['dataset']}, {told}: exploratory."

    @property
    def source(self) -> str:
        """Which data, by which commands."""
        data = ", ".join(f"`{one}`" for one in dict.fromkeys(row["data_hash"] for row in self.all))
        return f"Data {data}, by {', '.join(f'`{one}`' for one in dict.fromkeys(row['command'] for row in self.all))}."


def method_lines(folder: Path) -> list[str]:
    """All of these tables; [] where nothing is measured."""
    rows = {file: Rows(folder / file) for file in (FULL, COLD, ALIGNED, ENCODED, STAGE_1)}
    parts = [
        *headline_lines(folder),
        *_paper_tables(rows),
        *_questions(rows, folder),
        *_alignment(rows[FULL], "in full"),
        *_alignment(rows[ALIGNED], "exploratory"),
        *_ablations(rows[ALIGNED], "alignment"),
        *_ablations(rows[ENCODED], "item vectors"),
        *_ablations(rows[STAGE_1], "stage 1 on the films that are recommended"),
        *_probes(rows[FULL]),
        *_probes(rows[STAGE_1]),
        *cold_lines(folder),
        *dial_lines(folder),
        *offset_lines(folder),
        *_search(folder / SEARCH),
    ]
    return ["## The method, question by question", "", *parts] if parts else []


def headline_lines(folder: Path) -> list[str]:
    """MovieLens-1M in full: SASRec, content, molar and molar-fused beside the aims, and the claims' differences."""
    rows = Rows(folder / FULL)
    if not rows.of("molar"):
        return []
    lines = [
        "**MovieLens-1M in full: content, alignment, both fused.** Test split, mean ± standard deviation over seeds.",
        rows.source,
        "",
        *head(["model", "seeds", "NDCG@10", "NDCG@20", "Recall@10", "Recall@20"]),
    ]
    for model in (model for model in HEADLINE if rows.of(model)):
        found = rows.of(model)
        numbers = [cell(found, metric) for metric in ("ndcg@10", "ndcg@20", "recall@10", "recall@20")]
        lines.append(line(name(model), [", ".join(str(row["seed"]) for row in found), *numbers]))
    for aim, ndcg, recall in AIMS:
        lines.append(line(f"*aim: {aim}*", ["", ndcg, "", recall, ""]))
    claims = [(pair, rows.minus(*pair)) for pair in CLAIMS]
    told = [line(f"{name(pair[0])} minus {name(pair[1])}", [difference(row)]) for pair, row in claims if row]
    return (
        [*lines, "", *head(["on the same users", "NDCG@10, p after Holm's correction"]), *told, ""]
        if told
        else [*lines, ""]
    )


def _paper_tables(rows: dict[str, Rows]) -> list[str]:
    return [
        *_beside("The paper's Table 3: inputs, stage 1, alignment", rows[STAGE_1], TABLE_3),
        *_beside("The paper's Table 3 again, over all films, stage 1 run on the print shop", rows[ENCODED], TABLE_3),
        *_beside("The paper's Table 4: the ID model that users are aligned to", rows[ALIGNED], TABLE_4),
        *_encoders(rows[ENCODED]),
    ]


def _beside(title: str, rows: Rows, table: Sequence[tuple[str, str, str]]) -> list[str]:
    """Its NDCG@10 on PixelRec and ours, each also as the change against the full model."""
    if not any(rows.of(label) for _, _, label in table if label not in ("molar", "content")):
        return []
    whole = float(next(told for _, told, label in table if label == "molar"))
    lines = [
        f"**{title}.** The paper on PixelRec; ours on {rows.part} {rows.source}",
        "",
        *head(["", "paper: NDCG@10", "against full", "ours: NDCG@10", "minus **molar**"]),
    ]
    for row, told, label in table:
        change = f"{100 * (float(told) / whole - 1):+.0f} %" if label != "molar" else ""
        own = rows.minus(label, "molar") or _turned(rows.minus("molar", label))
        lines.append(
            line(row, [told, change, cell(rows.of(label), "ndcg@10"), difference(own) if label != "molar" else ""])
        )
    return [*lines, ""]


def _turned(row: dict | None) -> dict | None:
    """The difference the other way round."""
    if row is None:
        return None
    low, high = row["ci"]["ndcg@10"]
    return row | {
        "metrics": row["metrics"] | {"ndcg@10": -row["metrics"]["ndcg@10"]},
        "ci": row["ci"] | {"ndcg@10": [-high, -low]},
    }


def _encoders(rows: Rows) -> list[str]:
    if not any(rows.of(label) for _, label in OURS_5 if label != "content"):
        return []
    lines = [
        "**The paper's Table 5: the item encoder.** The paper's, aligned, on PixelRec, all of which want a GPU:",
        "",
        *head(["paper", "NDCG@10"]),
        *(line(row, [told]) for row, told in TABLE_5),
        "",
        f"Ours without alignment, the same tower over other vectors: {rows.part} {rows.source}",
        "",
        *head(["item vectors", "NDCG@10", "**molar** minus it"]),
    ]
    for said, label in OURS_5:
        if rows.of(label):
            lines.append(line(said, [cell(rows.of(label), "ndcg@10"), difference(_molar_minus(rows, label))]))
    return [*lines, ""]


def _molar_minus(rows: Rows, label: str) -> dict | None:
    return rows.minus("molar", label) or _turned(rows.minus(label, "molar"))


def _questions(rows: dict[str, Rows], folder: Path) -> list[str]:
    told = []
    for question in QUESTIONS:
        found = [(pair, rows[question.file].minus(*pair, question.slice)) for pair in question.differences]
        answers = [f"{_compared(*pair)} {difference(row)}" for pair, row in found if row]
        if answers:
            told.append(line(question.asked, ["; ".join(answers), f"`results/{question.file}`"]))
    if not told:
        return []
    if (folder / FULL).exists():
        told.append(line(CURVES, ["see the plots of this page", f"`results/{Path(FULL).stem}-curves.json`"]))
    intro = "**What the paper's reviewers asked for, one row each.** Differences of NDCG@10, all users unless cold items are asked about."
    return [intro, "", *head(["asked", "answer", "rows"]), *told, ""]


def _compared(model: str, other: str) -> str:
    """A difference in words; that with a probe is what the probe costs the tower."""
    probe = other.removeprefix("probe ")
    return f"{name(model)} minus {name(other)}" if probe == other else f"{probe} costs {name(model)}"


def _alignment(rows: Rows, said: str) -> list[str]:
    """Every content tower against its ID tower, always with what became of its accuracy."""
    found = [row for row in rows.all if row["slice"] == "held-out" and "align/paired_cosine" in row["metrics"]]
    if not found:
        return []
    shown = [metric for metric, _ in ALIGNMENT]
    lines = [
        f"**Alignment on {found[0]['n']:,} held-out users ({said}), beside accuracy.** {rows.source}",
        "",
        *head(["tower, seed", "NDCG@10 minus content's", *(words for _, words in ALIGNMENT)]),
    ]
    for row in found:
        change = cell([row], "delta_ndcg@10") if "delta_ndcg@10" in row["metrics"] else "–"
        whose = ", ".join(part for part in (name(row["model"]), row["variant"], str(row["seed"])) if part)
        lines.append(line(whose, [change, *(f"{row['metrics'][metric]:.3f}" for metric in shown)]))
    return [*lines, ""]


def _ablations(rows: Rows, said: str) -> list[str]:
    """Every tower of an ablation file with what it is against the default and against content."""
    labels = [model for model in rows.models() if rows.minus(model, "molar")]
    if not labels:
        return []
    lines = [
        f"**One factor at a time: {said}.** {rows.part} {rows.source}",
        "",
        *head(["tower", "NDCG@10", "Recall@10", "minus **molar**", "minus content"]),
    ]
    for label in ("molar", "content", *labels):
        own = [cell(rows.of(label), metric) for metric in ("ndcg@10", "recall@10")]
        lines.append(
            line(name(label), [*own, *(difference(rows.minus(label, other)) for other in ("molar", "content"))])
        )
    return [*lines, ""]


def _probes(rows: Rows) -> list[str]:
    found = [key for key in rows.by if key[1].startswith("probe ") and key[2] == "all"]
    if not found:
        return []
    lines = [
        f"**Probes: a trained tower with a part of its input taken away or exchanged.** {rows.source}",
        "",
        *head(["tower", "probe", "NDCG@10", "what it costs"]),
    ]
    for model, variant, _ in found:
        probed = rows.of(model, "all", variant)
        idle = (
            ", no operation: the ID tower is not asked when items are ranked" if "no_op" in probed[0]["metrics"] else ""
        )
        cost = difference(rows.minus(model, variant))
        lines.append(line(name(model), [variant.removeprefix("probe ") + idle, cell(probed, "ndcg@10"), cost]))
    return [*lines, ""]


def _search(path: Path) -> list[str]:
    """The trials that the content tower's sizes and recipe were chosen by."""
    trials = json.loads(path.read_text(encoding="utf-8"))["trials"] if path.exists() else []
    if not trials:
        return []
    best = max(trials, key=lambda trial: trial["validation_ndcg@10"])
    start = set(trials[0]["settings"])
    lines = [
        f"**The content tower's settings, chosen by validation.** 1,500 users, one seed, {trials[0]['epochs']} epochs, no alignment, "
        f"vectors without stage 1, data `{trials[0]['data_hash']}`; the commands are in `results/{path.name}`.",
        "",
        *head(["against the start", "validation NDCG@10", "best epoch"]),
    ]
    for trial in trials:
        changed = ", ".join(f"`{one}`" for one in trial["settings"] if one not in start) or "the start"
        lines.append(
            line(
                changed,
                [f"{trial['validation_ndcg@10']:.3f}{', chosen' if trial is best else ''}", str(trial["best_epoch"])],
            )
        )
    return [*lines, ""]


def cold_lines(folder: Path) -> list[str]:
    """Films in no training prefix."""
    rows = Rows(folder / COLD)
    if not rows.of("molar", "cold"):
        return []
    n = rows.of("molar", "cold")[0]["n"]
    lines = [
        f"**Cold films.** A tenth of the films is in no training prefix; {n:,} test targets are among them. {rows.source}",
        "",
        *head(["model", "seeds", "cold: NDCG@10", "cold: Recall@10", "warm: NDCG@10", "**molar** minus it, cold"]),
    ]
    for model in rows.models("cold"):
        seeds = ", ".join(str(row["seed"]) for row in rows.of(model, "cold"))
        numbers = [cell(rows.of(model, "cold"), metric) for metric in ("ndcg@10", "recall@10")]
        apart = rows.minus("molar", model, "cold") or _turned(rows.minus(model, "molar", "cold"))
        lines.append(line(name(model), [seeds, *numbers, cell(rows.of(model, "warm"), "ndcg@10"), difference(apart)]))
    return [*lines, ""]


def dial_lines(folder: Path) -> list[str]:
    """What alignment adds to content, the more of taste only the histories tell."""
    rows = {dial: Rows(folder / file) for dial, file in DIALS.items() if (folder / file).exists()}
    rows = {dial: found for dial, found in rows.items() if found.of("molar") and found.of("content")}
    if not rows:
        return []
    some = next(iter(rows.values()))
    seeds = ", ".join(str(row["seed"]) for row in some.of("molar"))
    lines = [
        "**The print shop's dial: what alignment adds.** At 0 % texts and pictures explain all of taste, at 100 % the histories "
        f"alone do. Differences of NDCG@10 on the same shoppers, seeds {seeds}.",
        "",
        *head(
            [
                "dial",
                "slice",
                "content only",
                "**molar**",
                "**molar** minus content",
                "**molar** minus SASRec",
                "fused minus **molar**",
            ]
        ),
    ]
    for dial, found in rows.items():
        for slice_ in ("all", "warm", "cold"):
            numbers = [cell(found.of(model, slice_), "ndcg@10") for model in ("content", "molar")]
            pairs = (("molar", "content"), ("molar", "sasrec"), ("molar-fused", "molar"))
            lines.append(
                line(f"{dial} %", [slice_, *numbers, *(difference(found.minus(*pair, slice_)) for pair in pairs)])
            )
    return [*lines, "", *(f"{dial} %: {found.source}" for dial, found in rows.items()), ""]


def offset_lines(folder: Path) -> list[str]:
    """What alignment does to cold items: ranked lower among warm ones, or known less?"""
    path = folder / OFFSETS
    towers = json.loads(path.read_text(encoding="utf-8"))["towers"] if path.exists() else []
    if not towers:
        return []
    commands = ", ".join(f"`{one}`" for one in dict.fromkeys(tower["command"] for tower in towers))
    lines = [
        "**Cold items: ranked lower, or known less?** Validation, NDCG@10, mean ± standard deviation over seeds. Added to every cold "
        "item's logit, an offset trades warm items against cold ones; the last column has each tower at the offset where its cold "
        f"items do as well as those of content without one. By {commands}.",
        "",
        *head(["data", "tower", "seeds", "cold", "cold, no warm item in the list", "warm", "warm, at content's cold"]),
    ]
    for data in dict.fromkeys(tower["dataset"] for tower in towers):
        of = {(tower["model"], tower["seed"]): tower for tower in towers if tower["dataset"] == data}
        for model in dict.fromkeys(model for model, _ in of):
            own = [tower for (label, _), tower in of.items() if label == model]
            equal = [
                warm_at_equal_cold(tower, of["content", tower["seed"]])
                for tower in own
                if ("content", tower["seed"]) in of
            ]
            numbers = [[_unshifted(tower, part) for tower in own] for part in ("cold", "warm")]
            among = [tower["among_cold"] for tower in own]
            seeds = ", ".join(str(tower["seed"]) for tower in own)
            lines.append(line(data, [name(model), seeds, *map(_spread, (numbers[0], among, numbers[1], equal))]))
    return [*lines, ""]


def warm_at_equal_cold(tower: dict, content: dict) -> float:
    """NDCG@10 of `tower` on warm items at the offset, between those measured, where its cold items do as well as `content`'s
    without one; NaN where none of its offsets reaches that."""
    wanted = _unshifted(content, "cold")
    cold, warm = (np.array(tower[part]) for part in ("cold", "warm"))
    return float(np.interp(wanted, cold, warm)) if cold.min() <= wanted <= cold.max() else float("nan")


def _unshifted(tower: dict, part: str) -> float:
    return tower[part][tower["offsets"].index(0)]


def _spread(values: Sequence[float]) -> str:
    if not len(values) or not np.isfinite(values).all():
        return "–"
    return f"{np.mean(values):.3f}" + (f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else "")
