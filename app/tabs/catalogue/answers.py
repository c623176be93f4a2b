"""What is recommended out of a visitor's own catalogue for the selected items."""

import numpy as np

from app.components.items import Row, rows
from app.components.templates import note
from app.strings import catalogue as words
from app.tabs.catalogue import view
from app.tabs.catalogue.uploads import Upload
from molar.core.schema import ALIGNED, CONTENT, ID, PAD
from molar.evaluation.ranking import best_items
from molar.models.interface import NextItemModel

COUNT = 8  # items in a row


def answers(upload: Upload) -> str:
    """Like the last item (or the one asked for), like all of them, and the demo's content model where it fits."""
    selected, near = upload.selected, upload.neighbours
    if not selected or near is None:
        return ""
    one = upload.like if upload.like in selected else selected[-1]
    alike = near.like([one], COUNT)[0]
    # Each row has the colour of one of the demo's models.
    found = [_row(upload, CONTENT, words.alike(upload.dataset.title(one)), words.ALIKE_HINT, alike)]
    if len(selected) > 1:
        found.append(_row(upload, ALIGNED, words.TOGETHER, words.TOGETHER_HINT, near.like(selected, COUNT)[0]))
    if upload.content_model is None:
        return rows(found) + note(words.NO_CONTENT_MODEL)
    asked = _asked(upload.content_model, near.known, selected)
    found.append(_row(upload, ID, words.CONTENT_MODEL, words.CONTENT_MODEL_HINT, asked))
    return rows(found)


def _row(upload: Upload, model: str, heading: str, hint: str, numbers: np.ndarray) -> Row:
    return Row(model, heading, hint, view.ranked(upload, numbers.tolist()))


def _asked(model: NextItemModel, known: np.ndarray, selected: list[int]) -> np.ndarray:
    """What a model ranks first after these items, of those that have a vector: `known` (n_items + 1,) bool."""
    scores = model.item_matrix().detach().numpy() @ model.user_vectors([np.array(selected)])[0]
    scores[~known] = -np.inf
    best = best_items(scores[None], np.array(selected), COUNT)[0]
    return best[best != PAD]
