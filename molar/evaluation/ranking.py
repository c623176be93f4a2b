"""From scores to ranks and lists: the whole catalogue is ranked for every user, in blocks of bounded memory.

Every item is a candidate for every model; only the user's history, what could not be had yet when the target was bought, and
the padding id are left out. Ties count against
the model, so a constant scorer comes last and not first; NaN and -inf ("I cannot score it") rank below every number.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from molar.core.errors import MolarError
from molar.core.schema import PAD
from molar.data.availability import not_yet_available
from molar.data.splits import Split
from molar.models.interface import NextItemModel, Scorer

BLOCK_SCORES = 2**22  # scores held at a time: 16 MiB of float32 and a few masks of a quarter of that
LIST_LENGTH = 10


class ModelScorer:
    """Scores of a trained model for one dataset: user vector · item vector + item bias, -inf for what it cannot rank.

    The item vectors are those that the model has when this is made. Raises MolarError where it knows other items."""

    def __init__(self, name: str, model: NextItemModel, split: Split):
        self.name, self.model, self.split = name, model, split
        self.items = np.ascontiguousarray(model.item_matrix().detach().float().cpu().numpy())
        self.bias = model.item_bias().detach().cpu().numpy()
        self.scorable = model.scorable(split)
        if len(self.items) != len(self.scorable):
            raise MolarError(
                f"The model '{name}' knows {len(self.items) - 1:,} items, the dataset '{split.dataset.name}' has "
                f"{split.dataset.n_items:,}: it was trained on another dataset."
            )

    @property
    def logit_scale(self) -> float:
        """What turns a score into the logit of the model's training softmax."""
        return self.model.logit_scale()

    def scores(self, histories: Sequence[np.ndarray], users: np.ndarray | None = None) -> np.ndarray:
        """(n, n_items + 1) float32, -inf for what the model cannot rank."""
        return self.scores_of(self.model.user_vectors(histories, users))

    def scores_of(self, vectors: np.ndarray) -> np.ndarray:
        """The same for user vectors (n, dim) that the model has already made."""
        scores = vectors @ self.items.T + self.bias
        scores[:, ~self.scorable] = -np.inf
        return scores


class ItemIndex:
    """The best items for one user vector, exactly: FAISS `IndexFlatIP` over what a scorer can rank, less `without` (numbers).

    For one user's list over 100,000 items it takes half to two thirds of the time of all scores and `best_items`, 2 to 3 ms
    in one thread; over 1,250 both take less than 0.1 ms (bench/top_k.py). For a block of users it is slower, and ranks need
    every score, so that evaluation does without it.
    Raises MolarError where item vectors are not finite."""

    def __init__(self, scorer: ModelScorer, without: np.ndarray | None = None):
        import faiss

        self.numbers = np.flatnonzero(scorer.scorable)  # place in the index → item number
        if without is not None:
            self.numbers = self.numbers[~np.isin(self.numbers, without)]
        # The bias travels as one more coordinate, for which every user has a 1.
        vectors = np.column_stack([scorer.items, scorer.bias])[self.numbers].astype(np.float32)
        if not np.isfinite(vectors).all():
            raise MolarError("The item vectors hold values that are not finite; train or encode them again.")
        self.index = faiss.IndexFlatIP(vectors.shape[1])
        self.index.add(vectors)

    def top(self, user: np.ndarray, seen: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The k best items for a user vector (dim,): numbers (≤ k,) and scores (≤ k,), best first.

        seen: item numbers that are left out. Fewer than k come back only where fewer are left."""
        wanted = min(k + len(np.unique(seen)), len(self.numbers))
        if wanted == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        scores, places = self.index.search(np.append(user, 1.0).astype(np.float32)[None], wanted)
        numbers = self.numbers[places[0]]
        fresh = ~np.isin(numbers, seen)
        return numbers[fresh][:k], scores[0][fresh][:k]


def evaluate_ranks(scorer: Scorer, split: Split, subset: str, users: np.ndarray | None = None) -> np.ndarray:
    """The rank of each user's target among its candidates (`left_out`), (n,) int64, 1 is best.

    subset: "validation" or "test"; users: which users, all with such a target when not given. Ties are pessimistic.
    Raises MolarError when the scorer's shape is wrong.
    """
    users = _users(split, subset, users)
    ranks = np.empty(len(users), np.int64)
    for part, scores, places, targets in score_blocks(scorer, split, subset, users):
        ranks[part] = ranks_of(scores, places, targets)
    return ranks


@dataclass(frozen=True, eq=False)
class Ranked:
    """What one scoring of n users gives.

    ranks: `evaluate_ranks` (n,). lists: the k items that each would be shown (`best_items`), (n, k). among_cold: the ranks
    (n,) of cold targets where cold items are the only candidates, 0 for warm targets; None where no target is cold or the
    scorer ranks no cold item."""

    ranks: np.ndarray
    lists: np.ndarray
    among_cold: np.ndarray | None


def rank_users(
    scorer: Scorer, split: Split, subset: str, users: np.ndarray | None = None, k: int = LIST_LENGTH
) -> Ranked:
    """Ranks, lists and ranks among cold items, from one scoring; arguments and errors of `evaluate_ranks`."""
    users = _users(split, subset, users)
    ranks, lists = np.empty(len(users), np.int64), np.empty((len(users), k), np.int32)
    among, known = np.zeros(len(users), np.int64), False
    for part, scores, places, targets in score_blocks(scorer, split, subset, users):
        ranks[part] = ranks_of(scores, places, targets)
        lists[part] = best_items(scores, places, k)
        if (asked := split.cold[targets]).any():
            only_cold = np.where(split.cold, scores, -np.inf)
            among[part] = np.where(asked, ranks_of(only_cold, places, targets), 0)
            known |= bool((only_cold > -np.inf).any())
    return Ranked(ranks, lists, among if known else None)


def rank_targets(scores: np.ndarray, histories: list[np.ndarray], targets: np.ndarray) -> np.ndarray:
    """Ranks (B,) of `targets` (B,) in `scores` (B, n_items + 1), which stays as it is (it may be a read-only view)."""
    return ranks_of(scores, _flat(histories, scores.shape[1]), targets)


def rank_all(scores: np.ndarray) -> np.ndarray:
    """The rank of every item by scores (n_items + 1,), (n_items + 1,) int64, 1 is best, ties count against an item; 0
    for the padding id and for what has no finite score."""
    scores = np.where(np.isfinite(scores), scores, -np.inf)
    scores[PAD] = -np.inf
    ranks = len(scores) - np.searchsorted(np.sort(scores), scores, side="left")
    return np.where(scores > -np.inf, ranks, 0)


def best_items(scores: np.ndarray, seen: np.ndarray, k: int) -> np.ndarray:
    """The `k` best columns of each row of `scores` (B, n_items + 1), best first, (B, k) int32; ties by item number.

    seen: flat places in `scores` that are left out, as the padding id is. What is NaN or -inf is never shown; where too
    few items are left, PAD fills the row.
    """
    scores = np.array(scores, np.float32, order="C")  # a copy; a broadcast view must not be written to
    scores[:, PAD] = -np.inf
    scores.reshape(-1)[seen] = -np.inf
    if scores.shape[1] < k:
        scores = np.pad(scores, ((0, 0), (0, k - scores.shape[1])), constant_values=-np.inf)
    items = best_columns(scores, k)
    return np.where(np.take_along_axis(scores, items, 1) > -np.inf, items, PAD)


def best_columns(scores: np.ndarray, k: int) -> np.ndarray:
    """The `k` largest columns of each row of `scores` (B, n), n ≥ k, largest first, (B, k) int32; ties by place, NaN last."""
    if (unknown := np.isnan(scores)).any():
        scores = np.where(unknown, -np.inf, scores)
    least = np.partition(scores, -k, axis=1)[:, -k, None]
    above, equal = scores > least, scores == least
    room = k - above.sum(axis=1, keepdims=True)
    chosen = above | (equal & (np.cumsum(equal, axis=1, dtype=np.int32) <= room))  # exactly k a row
    columns = np.nonzero(chosen)[1].reshape(len(scores), k).astype(np.int32)
    order = np.argsort(-np.take_along_axis(scores, columns, axis=1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1)


def _users(split: Split, subset: str, users: np.ndarray | None) -> np.ndarray:
    return split.evaluation_users(subset) if users is None else np.asarray(users, np.int64)


def score_blocks(
    scorer: Scorer, split: Split, subset: str, users: np.ndarray
) -> Iterator[tuple[slice, np.ndarray, np.ndarray, np.ndarray]]:
    """Block by block: the slice of `users`, their scores (B, n_items + 1), the places that are `left_out`, targets (B,)."""
    columns = split.dataset.n_items + 1
    block = max(1, BLOCK_SCORES // columns)
    for start in range(0, len(users), block):
        part = slice(start, start + block)
        histories = split.histories_of(users[part], subset)
        scores = scorer.scores(histories, users[part])
        if scores.shape != (len(histories), columns):
            raise MolarError(
                f"{scorer.name} gave scores of shape {scores.shape} where {(len(histories), columns)} is needed; "
                "is it trained on this dataset?"
            )
        yield part, scores, left_out(split, subset, users[part]), split.targets_of(users[part], subset)


def left_out(split: Split, subset: str, users: np.ndarray) -> np.ndarray:
    """Flat places in scores (n, n_items + 1) of what is no candidate for `users` (n,): what each has bought before, and what
    could not be had yet when the target was bought (`Dataset.available_from`; nothing where the data do not say).

    A target is always a candidate: in `ranks_of` also where the user has bought it before, here also where its own
    `available_from` is later than its purchase, since it was bought."""
    columns = split.dataset.n_items + 1
    seen = _flat(split.histories_of(users, subset), columns)
    times = split.times_of(users, subset)
    if split.available_from is None or times is None:
        return seen
    rows, numbers = not_yet_available(split.available_from, times)
    other = numbers != split.targets_of(users, subset)[rows]
    return np.concatenate([seen, rows[other] * columns + numbers[other]])


def _flat(histories: list[np.ndarray], columns: int) -> np.ndarray:
    """Where the histories' items stand in a flattened (B, columns) array."""
    lengths = np.fromiter(map(len, histories), np.int64, len(histories))
    return np.repeat(np.arange(len(histories)) * columns, lengths) + np.concatenate(histories)


def ranks_of(scores: np.ndarray, places: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Ranks (B,) of `targets` (B,) in `scores` (B, n_items + 1) without the flat places of `left_out`."""
    rows = np.arange(len(targets))
    own = scores[rows, targets]
    ahead = np.greater_equal(scores, own[:, None], order="C")  # (B, n_items + 1); False where a rival is NaN
    ahead[~(own > -np.inf)] = True  # the target is NaN or -inf: all other candidates are ahead of it
    ahead[:, PAD] = False
    ahead.reshape(-1)[places] = False
    ahead[rows, targets] = True  # itself: the best rank is 1
    return ahead.sum(axis=1)
