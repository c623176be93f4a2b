"""Trained content models side by side, some in several seeds, beside the ID models that they were aligned to, the fused
scores of both, and the baselines."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from molar.core.errors import MolarError
from molar.core.hashing import sha16
from molar.core.schema import ALIGNED, CONTENT, CONTENT_RANDOM, CONTENT_TFIDF, EVERYTHING
from molar.data.splits import Split
from molar.encoder.input_ablations import ITEM_ABLATIONS
from molar.encoder.vectors import load_vectors
from molar.evaluation import metrics
from molar.evaluation.new_items import AS_TRAINED
from molar.evaluation.score_fusion import FusedScorer
from molar.experiments.alignment_report import Pairing, alignment_rows
from molar.experiments.entries import Entry, LogitEntry, Trained, baselines, trained
from molar.experiments.evaluate import Options, Part, evaluate, open_split
from molar.experiments.evaluate_checkpoint import everything
from molar.experiments.input_ablations import ItemInput, ablation_rows
from molar.experiments.rows import BUCKET_METRICS, OFFSET, Pairs
from molar.storage.checkpoint import ID_TOWER, read_meta, state_hash
from molar.storage.everything import FOLDERS as MEMBERS
from molar.storage.trained import (
    find_content_models,
    find_everything,
    find_id_models,
    is_alignment_target,
    load_alignment_target,
    load_content_model,
    load_id_model,
)

FUSED = "-fused"  # after the label of the content model whose score is joined with the ID model's


@dataclass(frozen=True, eq=False)
class Content:
    """A trained content model beside an ID model."""

    entry: Trained
    reads: ItemInput
    partner: Trained  # the ID model that it is held against
    aligned: bool = False  # to its partner, or fused with it


@dataclass(frozen=True, eq=False)
class Models:
    """All trained models that one command measures; they are loaded and checked before any is measured."""

    ids: list[Trained]
    contents: list[Content]
    joint: list[Trained] = field(default_factory=list)  # ID models that were trained together with a content model
    vectors: dict[Path, np.ndarray] = field(default_factory=dict)

    def before(self, one: Content) -> Content | None:
        """The content model before alignment of the same seed, None where that is the one asked about."""
        found = (
            other for other in self.contents if other.entry.label == CONTENT and other.entry.seed == one.entry.seed
        )
        return next((other for other in found if other is not one), None)


def evaluate_content_models(
    dataset_dir: str | Path,
    folders: Sequence[str | Path],
    out: str | Path,
    options: Options | None = None,
    *,
    id_models: Sequence[str | Path],
    vectors: Sequence[str | Path],
    default: str = ALIGNED,
    fused: Sequence[str] = (ALIGNED, CONTENT),
    ablations: Sequence[str] = (),
    brief: bool = False,
) -> list[dict]:
    """Measure content models, the ID models beside them, fused scores and baselines; merge into `out`, return the rows.

    folders, id_models: each a trained model, or a folder that holds such at any depth; seeds of one label are one model's.
    vectors: files of item vectors, or folders of such; a model takes those that it was trained on, and every file has its
    row of content-knn. default: the label that others are compared with; the label "content" is the model before
    alignment. What a checkpoint beneath `folders` joins (`everything`) has its row and is compared with all others. fused: labels whose score is joined with that of their ID model. ablations: labels that are asked with a part
    of their input taken away or exchanged (`molar.experiments.input_ablations`). brief: slice "all" and the held-out users
    alone, NDCG@10 and Recall@10, for tables of many models. What is merged: `molar.experiments.evaluate_id`.

    Raises MolarError where a model is of other data, another split or other vectors than are named, was aligned to an ID
    model that is not named, or has the label and seed of another one."""
    options, out = options or Options(), Path(out)
    split = open_split(dataset_dir, out, options)
    models = read_models(split, folders, id_models, vectors)
    known = baselines(split, models.vectors)
    measured = [
        *models.ids,
        *models.joint,
        *(one.entry for one in models.contents),
        *fused_entries(split, models, fused),
        *joined_entries(split, models, folders),
    ]
    pairs = comparisons(models, [entry.scorer.name for entry in known], default)
    if any(entry.scorer.name == EVERYTHING for entry in measured):
        others = dict.fromkeys(entry.scorer.name for entry in [*measured, *known])
        pairs = [*pairs, *((EVERYTHING, other) for other in others if other != EVERYTHING)]
    asked: list[tuple[Trained, ItemInput | None]] = []
    asked += [(one.entry, one.reads) for one in models.contents if one.entry.label in ablations]
    asked += [(one, None) for one in models.ids if one.label in ablations]

    def more_rows(part: Part) -> list[dict]:
        compared, kept = ([], BUCKET_METRICS) if brief else (pairs, metrics.NAMES)
        rows = alignment_rows(pairings(models, part), part.runs[len(known) :], part, compared, kept)
        return rows + ablation_rows(asked, part, options.report)

    return evaluate(
        split, [*known, *measured], out, options, compare=lambda runs: pairs, more_rows=more_rows, brief=brief
    )


def read_models(
    split: Split,
    folders: Sequence[str | Path],
    id_models: Sequence[str | Path],
    vectors: Sequence[str | Path],
) -> Models:
    """Load all models. Errors: `evaluate_content_models`."""
    arrays = {path: load_vectors(path, split.dataset, read_pictures=False) for path in vector_files(vectors)}
    by_hash = {sha16([array]): path for path, array in arrays.items()}
    ids: list[Trained] = []
    partners: list[Trained] = []  # those of them that a content model can be aligned to
    by_weights: dict[str, Trained] = {}
    for folder, (label, seed) in find_id_models(id_models).items():
        if not is_alignment_target(folder):
            ids.append(trained(folder, label, seed, load_id_model(folder, split), split))
            continue
        model = load_alignment_target(folder, split)
        ids.append(trained(folder, label, seed, model, split))
        partners.append(ids[-1])
        by_weights.setdefault(state_hash(model), ids[-1])
    if not partners:
        raise MolarError("--id-model must name an ID model that was trained by gradient, such as sasrec.")
    contents, joint = [], []
    for folder, (label, seed) in find_content_models(folders).items():
        path = by_hash.get(read_meta(folder).get("vectors", ""))
        if path is None:
            known = ", ".join(map(str, arrays))
            raise MolarError(f"{folder} was trained on other item vectors than {known}: name its own with --vectors.")
        partner, aligned = _partner(folder, seed, partners, by_weights, split)
        if partner not in partners:
            joint.append(partner)
        reads = ItemInput(load_content_model(folder, split, arrays[path]), path)
        contents.append(Content(trained(folder, label, seed, reads.model, split), reads, partner, aligned))
    return Models(ids, contents, joint, arrays)


def vector_files(given: Sequence[str | Path]) -> list[Path]:
    """The files of item vectors that are named, and in folders that are, all but those of input ablations,
    vectors.safetensors first.

    Raises MolarError where there is none, or where two have one name: their rows of content-knn could not be told apart."""
    found = []
    for path in map(Path, given):
        inside = [
            one
            for one in path.glob("*.safetensors")
            if not one.stem.endswith(tuple(f"-{one}" for one in ITEM_ABLATIONS))
        ]
        found += sorted(inside, key=lambda one: (one.stem != "vectors", one.stem)) if path.is_dir() else [path]
    names = [path.stem for path in found]
    if not found or len(set(names)) < len(names):
        raise MolarError(
            f"--vectors must name files of item vectors with different names, not {', '.join(names) or 'none'}."
        )
    return found


def _partner(
    folder: Path, seed: int, ids: list[Trained], by_weights: dict[str, Trained], split: Split
) -> tuple[Trained, bool]:
    """The ID model that a content model is held against, and whether it was aligned to it or is fused with it.

    Its own, where both were trained together; else the one that its training read; else the first of the same seed."""
    meta, own = read_meta(folder), folder / ID_TOWER
    if meta.get("align", {}).get("id_tower") == "joint":
        label = str(read_meta(own).get("label"))
        return trained(own, label, seed, load_alignment_target(own, split), split, has_curve=False), True
    wanted = meta.get("id_model")
    if wanted:
        if wanted in by_weights:
            return by_weights[wanted], True
        raise MolarError(f"{folder} was aligned to an ID model that --id-model does not name.")
    return next((one for one in ids if one.seed == seed), ids[0]), False


def fused_entries(split: Split, models: Models, labels: Sequence[str]) -> list[Entry]:
    """The fused score of every content model of these labels with its ID model; its weight is chosen on validation, and its
    offset with those of all others."""
    entries: list[Entry] = []
    for one in (one for one in models.contents if one.entry.label in labels):
        scorer = FusedScorer.fit(f"{one.entry.label}{FUSED}", one.reads.model, one.partner.scorer.model, split)
        noted = {name: value for name, value in scorer.chosen().items() if value is not None and name != OFFSET}
        scorer.offset = AS_TRAINED
        entries.append(LogitEntry(scorer, one.entry.source, noted))
    return entries


def joined_entries(split: Split, models: Models, folders: Sequence[str | Path]) -> list[Entry]:
    """What each checkpoint in or beneath the folders joins, with the weights that validation chose for it."""
    by_hash = {sha16([array]): array for array in models.vectors.values()}
    entries: list[Entry] = []
    for checkpoint in find_everything(folders):
        made = read_meta(checkpoint / MEMBERS[CONTENT]).get("vectors", "")
        if made not in by_hash:
            raise MolarError(f"{checkpoint} was trained on other item vectors: name its own with --vectors.")
        entries += everything(checkpoint, split, by_hash[made])
    return entries


def comparisons(models: Models, known: Sequence[str], default: str) -> Pairs:
    """Which models are compared, decided before any is measured: what the method claims, then what the tables ask.

    The default against content and against every ID model; content against the same model over the words of the texts and
    over random vectors; the default's fused score against each of the first and against the default itself; every other label against the default, and, where it is aligned, against content; the default against each
    baseline, whose names are `known`."""
    contents = dict.fromkeys(one.entry.label for one in models.contents)
    ids = dict.fromkeys(one.label for one in models.ids)
    aligned = {one.entry.label for one in models.contents if one.aligned}
    others = [label for label in contents if label not in (default, CONTENT)]
    pairs = [(default, one) for one in (CONTENT, *ids)]
    pairs += [(CONTENT, one) for one in (CONTENT_TFIDF, CONTENT_RANDOM) if default != CONTENT]
    pairs += [(f"{default}{FUSED}", one) for one in (default, CONTENT, *ids, f"{CONTENT}{FUSED}")]
    pairs += [(label, default) for label in others]
    pairs += [(label, CONTENT) for label in others if label in aligned]
    return pairs + [(default, base) for base in known if base not in {*contents, *ids}]


def pairings(models: Models, part: Part) -> list[Pairing]:
    """Every content model beside its ID model, and content beside each ID model that some other one was aligned to."""
    found, held = [], set()
    for one in models.contents:
        before, partner = models.before(one), one.partner
        run = part.run_of(before.entry) if before else None
        found.append(Pairing(part.run_of(one.entry), one.entry.scorer.model, partner.scorer.model, before=run))
        if before and run and one.aligned and partner is not before.partner and (before, partner) not in held:
            held.add((before, partner))
            found.append(Pairing(run, before.entry.scorer.model, partner.scorer.model, against=partner.label))
    return found
