"""Everything joined: a content model with a residual, the ID model and item-to-item, their weights chosen on validation."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from molar.core.progress import Report, silent
from molar.core.schema import ALIGNED, CONTENT, EVERYTHING, ITEM_KNN, SLIST
from molar.core.version import __version__
from molar.data.splits import Split, who_takes_part
from molar.evaluation.choosing_users import choosing_users
from molar.evaluation.half_life import choose_half_life
from molar.evaluation.ranking import ModelScorer
from molar.evaluation.score_fusion import FusedScorer
from molar.models.baselines import ItemKNN
from molar.models.content import ContentConfig
from molar.models.id_model import IDModel
from molar.models.interface import Scorer
from molar.models.item_to_item import MOST_ITEMS
from molar.storage.checkpoint import CONFIG, read_meta
from molar.storage.everything import FOLDERS, EverythingConfig, read_everything, save_everything
from molar.storage.trained import load_id_model
from molar.training.alignment import AlignConfig
from molar.training.closed_form.item_to_item import fit_item_to_item
from molar.training.distributed import Distributed
from molar.training.settings import content_settings
from molar.training.train import CONTENT_ALONE, train_molar

OTHER = f"{EVERYTHING}/other"  # the folder of the content model that validation preferred less


# The content model that is joined may learn by heart what is not in the item vectors; where choose-content has chosen nothing:
WITH_RESIDUAL = ("residual=free", "decoder=ema", "scaling=pca", "hidden=0")


def train_everything(
    split: Split,
    vectors: np.ndarray,
    id_model: IDModel,
    checkpoint: Path | str,
    *,
    config: ContentConfig | None = None,
    align: AlignConfig = AlignConfig(),
    command: str = "",
    report_for: Callable[[str], Report] = lambda name: silent,
    **training: Any,
) -> FusedScorer:
    """Train what CHECKPOINT/everything joins, choose the weights, save all of it, and return it joined.

    The content model `config`, by default as WITH_RESIDUAL says, is trained without and with the alignment; the one whose joined scores rank validation targets
    better stays in everything/content, the other lies in everything/other. The item-to-item model is fitted where the
    checkpoint has none; beyond MOST_ITEMS items item-kNN takes its place. vectors: (n_items + 1, dim_in). report_for: the
    progress of a named part. training: what else `train_molar` takes. What is finished is not trained again. Raises
    MolarError as `train_molar` does."""
    checkpoint = Path(checkpoint)
    config = config or content_settings(vectors.shape[1], WITH_RESIDUAL)["config"]
    items, told = _item_to_item(split, checkpoint, command, report_for(SLIST))
    homes = _homes(checkpoint)
    found: dict[bool, FusedScorer] = {}
    for aligned in (False, True) if align.active else (False,):
        content = train_molar(
            split,
            vectors,
            id_model if aligned else None,
            config=config,
            align=align if aligned else CONTENT_ALONE,
            out=homes[aligned],
            label=f"{EVERYTHING}-{ALIGNED if aligned else CONTENT}",
            command=command,
            report=report_for(f"{EVERYTHING}, {_name(aligned)}"),
            **training,
        )
        found[aligned] = FusedScorer.fit(EVERYTHING, content, id_model, split, items)
    best = max(found, key=lambda aligned: (found[aligned].validation or 0.0, not aligned))
    scorer = found[best]
    chosen = EverythingConfig(weights=scorer.weights, floor=scorer.floor, new_items_offset=scorer.offset, **told)
    reached = {_name(aligned): {"ndcg@10": one.validation} for aligned, one in found.items()}
    hashes = {"data_hash": split.dataset.data_hash, "split_hash": split.split_hash}
    meta: dict[str, Any] = {"command": command, "label": EVERYTHING} | hashes
    meta |= who_takes_part(split) | {"molar": __version__, "content": _name(best), "validation": reached}
    distributed = Distributed()
    if distributed.is_main_process:
        if homes[best] != checkpoint / FOLDERS[CONTENT]:
            _swap(*homes.values())
        save_everything(checkpoint, chosen, meta)
    distributed.wait_for_everyone()
    return scorer


def describe_everything(checkpoint: Path | str) -> str:
    """What validation chose for a checkpoint, in two lines. Raises MolarError if there is none."""
    config, meta = read_everything(checkpoint), read_meta(Path(checkpoint) / EVERYTHING)
    reached = ", ".join(f"{name} {of['ndcg@10']:.4f}" for name, of in meta["validation"].items() if of["ndcg@10"])
    parts = zip(("content", "ID", config.items), config.weights, strict=True)
    return (
        f"everything, by validation NDCG@10 with the content model {reached or 'that nobody asks for'}: {meta['content']} is kept\n"
        f"weights: {', '.join(f'{name} {weight:g}' for name, weight in parts)} (at least {config.floor:g}); {config.new_items_offset:+g} logits on new items"
    )


def _item_to_item(split: Split, checkpoint: Path, command: str, report: Report) -> tuple[Scorer, dict[str, Any]]:
    """The item-to-item member and what EverythingConfig says of it."""
    if split.dataset.n_items > MOST_ITEMS:
        knn = ItemKNN(split)
        return knn, {"items": ITEM_KNN, "half_life": choose_half_life(knn, split, users=choosing_users(split)) or 0.0}
    folder = checkpoint / SLIST
    if (folder / CONFIG).is_file():
        model = load_id_model(folder, split)
    else:
        model = fit_item_to_item(split, SLIST, out=folder, command=command, report=report)
    return ModelScorer(SLIST, model, split), {"items": SLIST}


def _homes(checkpoint: Path) -> dict[bool, Path]:
    """Whether it is aligned → the folder of a content model, such that what lies there finished is found again."""
    chosen, other = checkpoint / FOLDERS[CONTENT], checkpoint / OTHER
    swapped = (chosen / CONFIG).is_file() and AlignConfig(**read_meta(chosen)["align"]).active
    return {False: other, True: chosen} if swapped else {False: chosen, True: other}


def _name(aligned: bool) -> str:
    return "aligned" if aligned else "not aligned"


def _swap(one: Path, other: Path) -> None:
    aside = one.with_name(".swapped")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)
