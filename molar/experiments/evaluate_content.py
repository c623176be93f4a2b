"""Trained content towers side by side, some in several seeds, beside the ID towers that they were aligned to, the fused
scores of both, and the baselines. See docs/evaluation.md."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from torch import nn

from molar.core.errors import MolarError
from molar.core.hashing import sha16, sha256_of
from molar.core.progress import Report, silent
from molar.core.schema import ALIGNED, CONTENT
from molar.data.dataset import load_dataset
from molar.data.segments import MAIN
from molar.data.splits import LEAVE_ONE_OUT, Split, split_dataset
from molar.encoder.input_ablations import ITEM_ABLATIONS
from molar.encoder.vectors import load_vectors
from molar.evaluation import metrics
from molar.evaluation.ranking import ModelScorer, Scorer
from molar.evaluation.score_fusion import FusedScorer
from molar.experiments.alignment_report import Pairing, alignment_rows
from molar.experiments.curves import curve_of, write_curves
from molar.experiments.evaluate import (
    choose_half_life,
    facts_of,
    measure,
    oracle_runs,
    parts_measured,
    slices_shown,
)
from molar.experiments.input_ablations import probed_scorers
from molar.experiments.results import ABLATION, BUCKET_METRICS, DIFFERENCE, Run, Source, rows_for, write_rows
from molar.models.baselines import ContentKNN, ItemKNN, Popularity, Random
from molar.storage.checkpoint import ID_TOWER, load_trained, read_meta, state_hash, weights_sha256
from molar.storage.trained import find_content_models, find_id_models, load_id_model

FUSED = "-fused"  # after the label of the content tower whose score is joined with the ID tower's


@dataclass(frozen=True, eq=False)
class Trained:
    """One trained tower, of one label and seed."""

    folder: Path
    label: str
    seed: int
    scorer: ModelScorer
    vectors: Path | None = None  # what a content tower reads of items
    partner: "Trained | None" = None  # the ID tower that a content tower is held against
    aligned: bool = False  # to its partner, or fused with it

    @property
    def model(self) -> nn.Module:
        return self.scorer.model


@dataclass(frozen=True, eq=False)
class Field:
    """All that one command measures: every tower is loaded and checked before any is measured."""

    ids: list[Trained]
    contents: list[Trained]
    joint: list[Trained] = field(default_factory=list)  # ID towers that were trained together with a content tower
    vectors: dict[Path, np.ndarray] = field(default_factory=dict)

    def content(self, label: str, seed: int) -> Trained | None:
        return next((one for one in self.contents if (one.label, one.seed) == (label, seed)), None)


def evaluate_content_models(
    dataset_dir: str | Path,
    folders: Sequence[str | Path],
    out: str | Path,
    *,
    id_models: Sequence[str | Path],
    vectors: Sequence[str | Path],
    default: str = ALIGNED,
    fused: Sequence[str] = (ALIGNED, CONTENT),
    probes: Sequence[str] = (),
    brief: bool = False,
    interactions: str = "interactions.csv",
    subset: str = "test",
    strategy: str = LEAVE_ONE_OUT,
    command: str = "",
    report: Report = silent,
) -> list[dict]:
    """Measure content towers, the ID models beside them, fused scores and baselines; merge into `out`, return the rows.

    folders, id_models: each a trained model, or a folder that holds such at any depth; seeds of one label are one model's.
    vectors: files of item vectors, or folders of such; a tower takes those that it was trained on, and every file has its
    row of content-knn. default: the label that others are compared with; the label "content" is the tower before
    alignment. fused: labels whose score is joined with that of their ID tower. probes: labels that are asked with a part
    of their input taken away or exchanged (`molar.encoder.input_ablations`). brief: slice "all" and the held-out users alone, NDCG@10 and
    Recall@10, for tables of many towers. subset, strategy and what is merged: `molar.experiments.evaluate_id.evaluate_id_models`.

    Raises MolarError where a tower is of other data, another split or other vectors than are named, was aligned to an ID
    model that is not named, or has the label and seed of another one."""
    parts, out = parts_measured(subset, Path(out)), Path(out)
    split = split_dataset(load_dataset(dataset_dir, interactions=interactions, decode_pictures=False), strategy)
    towers = read_field(split, folders, id_models, vectors)
    trained = tower_entries(towers) + fused_entries(split, towers, fused)
    entries = baselines(split, towers) + trained
    pairs = comparisons(towers, [scorer.name for scorer, _, _ in entries], default)
    kept = BUCKET_METRICS if brief else metrics.NAMES

    rows = []
    for step, part in enumerate(parts):
        users = split.evaluation_users(part)
        runs = []
        for done, (scorer, source, noted) in enumerate(entries):
            report(step * len(entries) + done, len(parts) * len(entries), f"{scorer.name}, seed {source.seed}, {part}")
            runs.append(measure(scorer, split, part, users, source, noted))
        facts = facts_of(split, interactions, part, command)
        masks = slices_shown(split, part, users, subset)
        if part != subset or brief:  # what the test run was chosen by: one number a model will do
            masks = {"all": masks["all"]}
        asked = pairs if part == subset else []
        rows += rows_for(runs + oracle_runs(split, interactions, part, users), masks, facts, asked, kept)
        if part == subset:
            of_towers = runs[-len(trained) :]
            rows += alignment_rows(
                pairings(towers, runs), of_towers, split, part, users, facts, [] if brief else pairs, kept
            )
            rows += probe_rows(towers, probes, runs, split, part, users, facts, report)
    write_rows(out, rows, whole_families=True)
    curves = [curve_of(one.folder, facts["dataset"], one.label) for one in (*towers.ids, *towers.contents)]
    write_curves(out, curves)
    return rows


def read_field(split: Split, folders, id_models, vectors) -> Field:
    """Load all towers. Errors: `evaluate_content_models`."""
    arrays = {path: load_vectors(path, split.dataset, read_pictures=False) for path in vector_files(vectors)}
    by_hash = {sha16([array]): path for path, array in arrays.items()}
    ids = [
        Trained(folder, label, seed, ModelScorer(label, load_id_model(folder, split), split))
        for folder, (label, seed) in find_id_models(id_models).items()
    ]
    contents, joint = [], []
    for folder, (label, seed) in find_content_models(folders).items():
        path = by_hash.get(read_meta(folder).get("vectors"))
        if path is None:
            known = ", ".join(map(str, arrays))
            raise MolarError(f"{folder} was trained on other item vectors than {known}: name its own with --vectors.")
        partner, aligned = _partner(folder, seed, ids, split)
        if partner not in ids:
            joint.append(partner)
        scorer = ModelScorer(label, load_trained(folder, split, arrays[path]), split)
        contents.append(Trained(folder, label, seed, scorer, path, partner, aligned))
    return Field(ids, contents, joint, arrays)


def vector_files(given: Sequence[str | Path]) -> list[Path]:
    """The files of item vectors that are named, and all but those of probes in folders that are, vectors.safetensors first.

    Raises MolarError where there is none, or where two have one name: their rows of content-knn could not be told apart."""
    found = []
    for path in map(Path, given):
        inside = [one for one in path.glob("*.safetensors") if not _of_probe(one)]
        found += sorted(inside, key=lambda one: (one.stem != "vectors", one.stem)) if path.is_dir() else [path]
    names = [path.stem for path in found]
    if not found or len(set(names)) < len(names):
        raise MolarError(
            f"--vectors must name files of item vectors with different names, not {', '.join(names) or 'none'}."
        )
    return found


def _of_probe(path: Path) -> bool:
    return path.stem.endswith(tuple(f"-{probe}" for probe in ITEM_ABLATIONS))


def _partner(folder: Path, seed: int, ids: list[Trained], split: Split) -> tuple[Trained, bool]:
    """The ID tower that a content tower is held against, and whether it was aligned to it or is fused with it.

    Its own, where both were trained together; else the one that its training read; else the first of the same seed."""
    meta, own = read_meta(folder), folder / ID_TOWER
    if meta.get("align", {}).get("id_tower") == "joint":
        label = str(read_meta(own).get("label"))
        return Trained(own, label, seed, ModelScorer(label, load_id_model(own, split), split)), True
    wanted = meta.get("id_model")
    if wanted:
        for one in ids:
            if state_hash(one.model) == wanted:
                return one, True
        raise MolarError(f"{folder} was aligned to an ID model that --id-model does not name.")
    return next((one for one in ids if one.seed == seed), ids[0]), False


Entry = tuple[Scorer, Source, dict]  # what is measured, where it comes from, what else its row notes


def baselines(split: Split, towers: Field) -> list[Entry]:
    """Random, popularity, item-knn, and content-knn over every file of vectors; half-lives chosen on validation."""
    knns: list = [(ItemKNN(split), Source())]
    for place, (path, array) in enumerate(towers.vectors.items()):
        scorer = ContentKNN(split, array)
        scorer.name = scorer.name if not place else f"{scorer.name}, {path.stem}"
        knns.append((scorer, Source(weights_sha256=sha256_of(path))))
    entries: list[Entry] = [(Random(split), Source(), {}), (Popularity(split), Source(), {})]
    for scorer, source in knns:
        half_life = choose_half_life(scorer, split)
        entries.append((scorer, source, {} if half_life is None else {"half_life": half_life}))
    return entries


def tower_entries(towers: Field) -> list[Entry]:
    """Every trained tower by itself."""
    every = [*towers.ids, *towers.joint, *towers.contents]
    return [(one.scorer, Source(one.seed, weights_sha256(one.folder)), {}) for one in every]


def fused_entries(split: Split, towers: Field, labels: Sequence[str]) -> list[Entry]:
    """The fused score of every content tower of these labels with its ID tower; its weight is chosen on validation."""
    entries = []
    for one in (one for one in towers.contents if one.label in labels):
        scorer = FusedScorer.fit(f"{one.label}{FUSED}", one.model, one.partner.model, split)
        noted = {name: value for name, value in scorer.chosen().items() if value is not None}
        entries.append((scorer, Source(one.seed, weights_sha256(one.folder)), noted))
    return entries


def comparisons(towers: Field, measured: Sequence[str], default: str) -> list[tuple[str, str]]:
    """Which models are compared, decided before any is measured: what the method claims, then what the tables ask.

    The default against content and against every ID model; its fused score against each of these and against the default
    itself; every other label against the default, and, where it is aligned, against content; the default against each
    baseline."""
    contents = dict.fromkeys(one.label for one in towers.contents)
    ids = dict.fromkeys(one.label for one in towers.ids)
    aligned = {one.label for one in towers.contents if one.aligned}
    others = [label for label in contents if label not in (default, CONTENT)]
    pairs = [(default, one) for one in (CONTENT, *ids)]
    pairs += [(f"{default}{FUSED}", one) for one in (default, CONTENT, *ids, f"{CONTENT}{FUSED}")]
    pairs += [(label, default) for label in others]
    pairs += [(label, CONTENT) for label in others if label in aligned]
    known = {*contents, *ids}
    bases = [
        name
        for name in dict.fromkeys(measured)
        if name not in known and not name.endswith(FUSED) and name not in {one.label for one in towers.joint}
    ]
    return pairs + [(default, base) for base in bases]


def pairings(towers: Field, runs: Sequence[Run]) -> list[Pairing]:
    """Every content tower beside its ID tower, and content beside each ID tower that some other one was aligned to."""
    of = {(run.model, run.source.seed): run for run in runs}
    found, held = [], set()
    for one in towers.contents:
        before = towers.content(CONTENT, one.seed)
        before = None if before is one else before
        run = of[one.label, one.seed]
        found.append(Pairing(run, one.model, one.partner.model, before=of[CONTENT, one.seed] if before else None))
        wanted = before, one.partner
        if before and one.aligned and one.partner is not before.partner and wanted not in held:
            held.add(wanted)
            found.append(Pairing(of[CONTENT, one.seed], before.model, one.partner.model, against=one.partner.label))
    return found


def probe_rows(
    towers: Field, labels, runs, split: Split, part: str, users: np.ndarray, facts: dict, report: Report
) -> list[dict]:
    """A row of the kind "ablation" for every probe of every tower of these labels, and how much the probe costs the tower:
    its own numbers minus those under the probe, of the kind "difference". These differences are a family of their own.
    """
    of = {(run.model, run.source.seed): run for run in runs}
    probed, pairs = [], []
    for one in (one for one in (*towers.contents, *towers.ids) if one.label in labels):
        for probe, scorer, noted in probed_scorers(one.scorer, one.vectors, split.dataset):
            report(0, 0, f"{one.label}, seed {one.seed}, {part}: probe {probe}")
            run = of[one.label, one.seed]
            if scorer is not one.scorer:  # else the probe changes nothing, and the tower has been measured
                run = measure(scorer, split, part, users, run.source)
            probed.append(Run(f"{one.label}|{probe}", run.ranks, run.source, run.of_lists | noted))
            pairs.append((one.label, f"{one.label}|{probe}"))
    if not probed:
        return []
    own = [run for run in runs if run.model in labels]
    masks = {name: mask for name, mask in slices_shown(split, part, users, part).items() if name in MAIN}
    rows = []
    for row in rows_for([*own, *probed], masks, facts, list(dict.fromkeys(pairs))):
        label, _, probe = row["model"].partition("|")
        if probe:
            rows.append(row | {"model": label, "kind": ABLATION, "ablation": probe})
        elif row["kind"] == DIFFERENCE:
            rows.append(row | {"other": "", "ablation": row["other"].rpartition("|")[2]})
    return rows
