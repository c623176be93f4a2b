"""A checkpoint measured whole: baselines, oracles, the ID model, also with new items guessed from content, the content model
before and after alignment and over vectors that know less, and everything joined."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from molar.core.hashing import sha256_of
from molar.core.io import write_json
from molar.core.schema import ALIGNED, CONTENT, CONTENT_RANDOM, CONTENT_TFIDF, EVERYTHING, GUESSED, ID, SLIST
from molar.data.segments import AMONG_COLD, MAIN
from molar.data.splits import Split
from molar.encoder.baseline_vectors import FOLDER, RANDOM, TFIDF
from molar.encoder.vectors import load_vectors
from molar.evaluation.everything import load_everything
from molar.evaluation.guessed_items import GuessedItems
from molar.evaluation.new_items import AS_TRAINED
from molar.evaluation.ranking import ModelScorer
from molar.experiments.alignment_report import HELD_OUT, Pairing, alignment_rows
from molar.experiments.entries import LogitEntry, Trained, baselines, trained
from molar.experiments.evaluate import Options, Part, dataset_label, evaluate, open_split
from molar.experiments.results import DIFFERENCE
from molar.experiments.rows import DIFFERENCES, OFFSET, Source
from molar.models.baselines import ContentKNN, ItemKNN
from molar.storage.checkpoint import CONFIG, read_meta
from molar.storage.everything import FOLDERS, has_everything
from molar.storage.trained import load_checkpoint_models, load_content_model, load_id_model

MEASURED = (ID, CONTENT, ALIGNED)  # in the order of rows


def evaluate_checkpoint(
    dataset_dir: str | Path, checkpoint_dir: str | Path, out: str | Path, options: Options | None = None
) -> list[dict]:
    """Measure baselines, oracles and the models of a checkpoint; merge the rows into `out`, and return them.

    With the subset "test" and everybody asked, the few numbers that the page shows go to CHECKPOINT/metrics.json; the models'
    learning curves go beside `out`. A model that is not trained yet has no rows; of those that stand beside them `standing_models` tells. Raises MolarError where the checkpoint belongs to other
    data, and as `molar.experiments.evaluate.open_split` does.
    """
    options, out, folder = options or Options(), Path(out), Path(checkpoint_dir)
    split = open_split(dataset_dir, out, options, decode_pictures=True)
    path = folder / "vectors.safetensors"
    vectors = load_vectors(path, split.dataset)
    models = load_checkpoint_models(folder, split, vectors, MEASURED)
    of_models = {
        name: trained(folder / name, name, int(read_meta(folder / name).get("seed", 0)), model, split)
        for name, model in models.items()
    }
    standing = standing_models(folder, split)
    noted = baselines(split, {path: vectors})
    decaying = [one for one in noted if isinstance(one.scorer, ItemKNN | ContentKNN)]
    half_lives = {one.scorer.name: one.noted.get("half_life") for one in decaying}
    entries = [dataclasses.replace(entry, noted={}) for entry in noted]  # metrics.json tells them, the rows do not

    def of_alignment(part: Part) -> list[dict]:
        runs = [run for run in part.runs if run.model in MEASURED]
        return alignment_rows(pairings(of_models, part), runs, part)

    rows = evaluate(
        split,
        [
            *entries,
            *standing,
            *of_models.values(),
            *item_to_item(folder, split),
            *guessed(of_models, split, vectors),
            *everything(folder, split, vectors),
        ],
        out,
        options,
        compare=lambda runs: DIFFERENCES,
        more_rows=of_alignment,
        full_validation=True,
        whole_families=False,
    )
    if options.subset == "test" and options.users is None:
        hashes = {"data_hash": split.dataset.data_hash, "split_hash": split.split_hash}
        metadata = {"dataset": dataset_label(split, options.interactions), **hashes, "command": options.command}
        write_json(folder / "metrics.json", {**metadata, "half_lives": half_lives, **page_numbers(rows)})
    return rows


def guessed(models: Mapping[str, Trained], split: Split, vectors: np.ndarray) -> list[Trained]:
    """The ID model of `models` with vectors of new items that are guessed from content; [] where there is nothing to guess."""
    if ID not in models or not split.cold.any():
        return []
    ids = models[ID]
    return [Trained(ModelScorer(GUESSED, GuessedItems(ids.scorer.model, split, vectors), split), ids.source)]


def item_to_item(folder: Path, split: Split) -> list[Trained]:
    """SLIST alone, where the checkpoint joins one."""
    if not (folder / SLIST / CONFIG).is_file():
        return []
    return [trained(folder / SLIST, SLIST, 0, load_id_model(folder / SLIST, split), split, has_curve=False)]


def everything(folder: Path, split: Split, vectors: np.ndarray) -> list[LogitEntry]:
    """What the checkpoint joins, as it recommends; [] where it joins nothing. Its row tells the weights.

    Its offset is chosen anew, as every model's is, which gives the one that is stored unless validation users are so many
    that a part of them chose it (`molar.evaluation.choosing_users`)."""
    if not has_everything(folder):
        return []
    scorer = load_everything(folder, split, vectors)
    noted = {f"weight_{part}": weight for part, weight in zip(("content", "ids", "items"), scorer.weights, strict=True)}
    scorer.offset = AS_TRAINED
    seed = int(read_meta(folder / FOLDERS[CONTENT]).get("seed", 0))
    return [LogitEntry(scorer, Source(seed, sha256_of(folder / EVERYTHING / CONFIG)), noted)]


def standing_models(folder: Path, split: Split) -> list[Trained]:
    """The content models over the words of the texts and over random vectors, as far as the checkpoint holds them (`train
    --baselines`). Raises MolarError where one is of other data or vectors."""
    found = []
    for name, vectors in ((CONTENT_TFIDF, TFIDF), (CONTENT_RANDOM, RANDOM)):
        if (folder / name / CONFIG).is_file():
            array = load_vectors(folder / FOLDER / f"{vectors}.safetensors", split.dataset, read_pictures=False)
            model, seed = load_content_model(folder / name, split, array), read_meta(folder / name).get("seed", 0)
            found.append(trained(folder / name, name, int(seed), model, split))
    return found


def pairings(models: dict[str, Trained], part: Part) -> list[Pairing]:
    """The content model before and after alignment, each beside the ID model; [] unless all three are trained."""
    if set(models) != set(MEASURED):
        return []
    ids, before, after = (models[name] for name in MEASURED)
    run = part.run_of(before)
    return [
        Pairing(run, before.scorer.model, ids.scorer.model),
        Pairing(part.run_of(after), after.scorer.model, ids.scorer.model, before=run),
    ]


def page_numbers(rows: Sequence[dict]) -> dict:
    """What the page shows of test rows: accuracy by model and slice, differences, alignment before and after."""
    shown = ("ndcg@10", "recall@10")
    models: dict[str, dict] = {}
    differences: dict[str, dict] = {}
    alignment: dict[str, dict] = {}
    for row in (row for row in rows if row["split"] == "test" and row["slice"] in (*MAIN, AMONG_COLD, HELD_OUT)):
        numbers = {name: row["metrics"][name] for name in shown} | {"ci": {name: row["ci"][name] for name in shown}}
        numbers["n"] = row["n"]
        if OFFSET in row["metrics"]:
            numbers[OFFSET] = row["metrics"][OFFSET]
        if row["slice"] == HELD_OUT:
            aligned = {name: value for name, value in row["metrics"].items() if name.startswith(("align/", "delta_"))}
            if aligned:
                moment = "before" if row["model"] == CONTENT else "after"
                alignment[moment] = {"model": row["model"], **numbers, **aligned}
        elif row["kind"] == DIFFERENCE:
            differences.setdefault(f"{row['model']} minus {row['other']}", {})[row["slice"]] = numbers
        else:
            models.setdefault(row["model"], {})[row["slice"]] = numbers
    return {"split": "test", "models": models, "differences": differences, "alignment": alignment}
