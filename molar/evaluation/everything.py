"""A checkpoint's members opened and joined as validation chose: what the page recommends by."""

from pathlib import Path

import numpy as np

from molar.core.schema import CONTENT, EVERYTHING, ID, SLIST
from molar.data.splits import Split
from molar.evaluation.ranking import ModelScorer
from molar.evaluation.score_fusion import FusedScorer
from molar.models.baselines import ItemKNN
from molar.storage.checkpoint import require_model_of_vectors
from molar.storage.everything import FOLDERS, read_everything
from molar.storage.trained import load_content_model, load_id_model


def load_everything(checkpoint: Path | str, split: Split, vectors: np.ndarray) -> FusedScorer:
    """The joined scorer of a checkpoint over item vectors (n_items + 1, dim).

    Raises MolarError where a member is missing, of other data, split or vectors, or another than the weights were chosen
    for."""
    checkpoint = Path(checkpoint)
    config = read_everything(checkpoint)
    folders = {part: checkpoint / folder for part, folder in FOLDERS.items()}
    if (path := checkpoint / "vectors.safetensors").exists():
        require_model_of_vectors(folders[CONTENT], path)
    content = load_content_model(folders[CONTENT], split, vectors)
    ids = load_id_model(folders[ID], split)
    if config.items == SLIST:
        items: ModelScorer | ItemKNN = ModelScorer(SLIST, load_id_model(folders[SLIST], split), split)
    else:
        items = ItemKNN(split, half_life=config.half_life or np.inf)
    joined = FusedScorer(EVERYTHING, content, ids, split, items, weights=config.weights, floor=config.floor)
    joined.offset = config.new_items_offset
    return joined
