"""What does a trained model live on? One part of its input is taken away or exchanged when it is asked; nothing is trained."""

import copy
import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from molar.core.progress import Report
from molar.data.dataset import Dataset
from molar.data.segments import MAIN
from molar.encoder.fingerprint import require_same
from molar.encoder.input_ablations import ITEM_ABLATIONS, ablation_path
from molar.encoder.vectors import load_vectors, vectors_fingerprint
from molar.evaluation.ranking import ModelScorer
from molar.experiments.entries import LogitEntry, Trained, measure
from molar.experiments.evaluate import Part
from molar.experiments.results import OWN
from molar.experiments.rows import rows_for
from molar.models.content import ContentUserEncoder
from molar.models.interface import ID_MODEL, LogitScorer

SHUFFLED_HISTORY, BLANKED = "shuffled-history", "id-blanked"
ABLATIONS = (*ITEM_ABLATIONS, SHUFFLED_HISTORY, BLANKED)
NO_OP = "no_op"  # the metric of a row whose ablation cannot change anything: no ID model is asked when items are ranked


@dataclass(frozen=True, eq=False)
class ItemInput:
    """What a content model reads of items: the vectors that it was trained on."""

    model: ContentUserEncoder
    vectors: Path


class ShuffledHistory:
    """A model that knows what a user has bought, as far back as it reads, but not in which order."""

    def __init__(self, scorer: ModelScorer, *, seed: int = 0):
        self.scorer, self.name, self.seed = scorer, scorer.name, seed
        self.reads = getattr(getattr(scorer.model, "config", None), "max_length", None)

    @property
    def logit_scale(self) -> float:
        """The model's."""
        return self.scorer.logit_scale

    def scores(self, histories: Sequence[np.ndarray], users: np.ndarray | None = None) -> np.ndarray:
        """(n, n_items + 1) float32. An order depends on the history and the seed alone."""
        return self.scorer.scores([self.shuffled(history) for history in histories], users)

    def shuffled(self, history: np.ndarray) -> np.ndarray:
        read = history[-self.reads :] if self.reads else history
        return np.random.default_rng([self.seed, len(read), *read[-3:].tolist()]).permutation(read)


def ablation_rows(asked: Sequence[tuple[Trained, ItemInput | None]], part: Part, report: Report) -> list[dict]:
    """A row of the kind "ablation" for every input ablation of every model, and how much it costs the model: its own
    numbers minus those under the ablation, of the kind "difference". These differences are a family of their own.

    asked: trained models, each with what it reads of items, None for an ID model."""
    ablated, pairs = [], []
    for one, reads in asked:
        own = part.run_of(one)
        for ablation, scorer, noted in ablated_scorers(one.scorer, reads, part.split.dataset):
            report(0, 0, f"{one.label}, seed {one.seed}, {part.subset}: ablation {ablation}")
            if scorer is one.scorer:  # the ablation changes nothing, and the model has been measured
                run = dataclasses.replace(own, of_lists={**own.of_lists, **noted}, ablation=ablation)
            else:  # at the model's own offset of new items: the ablation alone is to tell
                entry = LogitEntry(scorer, own.source, noted)
                run = measure(entry, part.split, part.subset, part.users, offset=own.offset, ablation=ablation)
            ablated.append(run)
            pairs.append((one.label, ablation))
    if not ablated:
        return []
    labels = {one.label for one, _ in asked}
    runs = [*(run for run in part.runs if run.model in labels), *ablated]
    masks = {name: mask for name, mask in part.slices(buckets=False).items() if name in MAIN}
    rows = rows_for(runs, masks, part.metadata, (), ablations=list(dict.fromkeys(pairs)))
    return [row for row in rows if row["kind"] != OWN]  # a model's own rows stand there already


def ablated_scorers(
    scorer: ModelScorer, reads: ItemInput | None, dataset: Dataset
) -> Iterator[tuple[str, LogitScorer, dict]]:
    """(ablation, scorer under it, what to note) for every input ablation that can be made of a trained model.

    reads: None for an ID model. An ablation of items whose vectors are not there is left out. Raises MolarError where they
    were encoded otherwise than those that the model knows."""
    if reads:
        for ablation in ITEM_ABLATIONS:
            if (path := ablation_path(reads.vectors, ablation)).exists():
                require_same(
                    vectors_fingerprint(path),
                    vectors_fingerprint(reads.vectors),
                    f"The vectors in {path}",
                    f"those in {reads.vectors}",
                    f"encode them again: python -m molar encode … --ablation {ablation}",
                )
                other = copy.deepcopy(reads.model)
                other.set_item_vectors(load_vectors(path, dataset, read_pictures=False))
                yield ablation, ModelScorer(scorer.name, other, scorer.split), {}
    yield SHUFFLED_HISTORY, ShuffledHistory(scorer), {}
    if reads and ID_MODEL in reads.model.requires:
        other = copy.deepcopy(reads.model)
        other.blank_id = True
        yield BLANKED, ModelScorer(scorer.name, other, scorer.split), {}
    elif reads:  # it asks no ID model when it ranks (post-alignment)
        yield BLANKED, scorer, {NO_OP: 1.0}
