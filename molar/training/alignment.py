"""Post-alignment of the content model with the ID model (§3.4, Eq. 4), its variants and its controls.

Aligned are user vectors after the same prefix of the same history, item vectors, or both. The paper aligns whole
histories; here each window of a batch gives one prefix, drawn anew each epoch, so that short histories are aligned too
and no user is his own negative. What is aligned is what scores: `states` and `item_matrix` of both models, which have the
same width, so that no head stands between them.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from molar.core.errors import MolarError
from molar.data.splits import Split
from molar.evaluation.alignment_metrics import procrustes
from molar.models.content import ContentUserEncoder
from molar.models.id_model import IDModel
from molar.models.sequences import Batch

CHOICES = {
    "kind": ("none", "infonce", "cosine", "cka", "procrustes"),
    "on": ("users", "items", "both"),
    "id_tower": ("frozen", "joint"),
    "targets": ("own", "random", "shuffled"),
}
ITEMS_A_STEP = 256  # warm items, drawn evenly, that one step aligns


@dataclass(frozen=True)
class AlignConfig:
    """What is aligned, how, and how strongly.

    kind: "infonce", Eq. 4; "cosine", mean 1 − cos; "cka", 1 − debiased linear CKA of the batch; "procrustes", no loss at
    all: after training the whole content model is turned by an orthogonal map, fitted on training users. Every user · item stays
    what it was, so alignment numbers rise and no recommendation changes; "none".
    on: users, items (the two models' vectors of warm items), or both, whose losses are added.
    id_tower: "frozen", or "joint": it trains on, by its own next-item loss and by the alignment.
    targets: "own", or a control: "random", fixed random unit vectors; "shuffled", the ID vectors of somebody (something)
    else, by one fixed permutation. A user's control vector is one for all of his prefixes."""

    kind: str = "infonce"
    on: str = "users"
    alpha: float = 0.3
    tau: float = 0.1
    id_tower: str = "frozen"
    targets: str = "own"

    def __post_init__(self) -> None:
        for name, known in CHOICES.items():
            if getattr(self, name) not in known:
                raise MolarError(
                    f"{name} of the alignment must be one of {', '.join(known)}, not {getattr(self, name)!r}."
                )
        if not self.alpha >= 0 or not self.tau > 0:
            raise MolarError(f"alpha must be at least 0 and tau above 0, not {self.alpha} and {self.tau}.")
        if self.kind == "procrustes" and (self.on, self.id_tower, self.targets) != ("users", "frozen", "own"):
            raise MolarError("procrustes is fitted on users after training: it takes no other on, id_tower or targets.")
        if self.id_tower == "joint" and self.targets != "own":
            raise MolarError(
                f"targets={self.targets} are fixed vectors, which leave a joint ID model nothing to learn."
            )

    @property
    def active(self) -> bool:
        """Whether an ID model plays any part; if not, this is the model "content"."""
        return self.kind != "none" and self.alpha > 0

    @property
    def trains(self) -> bool:
        """Whether the alignment is a part of the training loss."""
        return self.active and self.kind != "procrustes"

    @property
    def joint(self) -> bool:
        """Whether the ID model trains on."""
        return self.trains and self.id_tower == "joint"


def infonce_loss(
    ids: torch.Tensor, contents: torch.Tensor, *, tau: float, users: torch.Tensor, next_items: torch.Tensor
) -> torch.Tensor:
    """Symmetric InfoNCE (Eq. 4), a scalar: the sum of both directions, averaged over users; zero for no user.

    ids, contents: (batch, dim), row u of both from one prefix; s is their cosine, K the batch.
    users, next_items: (batch,), who it is and the item that follows. Rows of one user, and rows that the same item
    follows, are no negatives of each other: they ought to be similar."""
    if not len(users):
        return contents.sum()
    scores = F.normalize(ids, dim=-1) @ F.normalize(contents, dim=-1).T / tau  # (batch ids, batch contents)
    alike = (users[:, None] == users) | (next_items[:, None] == next_items)
    alike.fill_diagonal_(False)
    scores = scores.masked_fill(alike, -torch.inf)
    pairs = torch.arange(len(users), device=scores.device)
    return F.cross_entropy(scores, pairs) + F.cross_entropy(scores.T, pairs)


def cosine_loss(ids: torch.Tensor, contents: torch.Tensor) -> torch.Tensor:
    """Mean 1 − cos of the pairs (batch, dim), a scalar; zero for no pair."""
    if not len(ids):
        return contents.sum()
    return 1 - F.cosine_similarity(ids, contents, dim=-1).mean()


def cka_loss(ids: torch.Tensor, contents: torch.Tensor) -> torch.Tensor:
    """1 − debiased linear CKA of the unit rows (batch, dim), a scalar; zero for fewer than four rows.

    Debiased (Song et al. 2012, Eq. 5, as `alignment_metrics.debiased_cka`): a batch has fewer rows than the vectors have
    coordinates, and the plain CKA of so few is near one whatever they are."""
    if len(ids) < 4:
        return 0 * contents.sum()
    x, y = F.normalize(ids, dim=-1), F.normalize(contents, dim=-1)
    xx, yy = x @ x.T, y @ y.T
    scale = (_hsic(xx, xx).clamp(min=0) * _hsic(yy, yy).clamp(min=0)).clamp(min=1e-12).sqrt()
    return 1 - _hsic(xx, yy) / scale


def _hsic(k: torch.Tensor, m: torch.Tensor) -> torch.Tensor:
    n = len(k)
    diagonal = torch.eye(n, dtype=torch.bool, device=k.device)
    k, m = k.masked_fill(diagonal, 0), m.masked_fill(diagonal, 0)
    middle = k.sum() * m.sum() / ((n - 1) * (n - 2))
    cross = 2 / (n - 2) * (k.sum(0) @ m.sum(1))
    return ((k * m).sum() + middle - cross) / (n * (n - 3))


class AlignmentLoss:
    """L_align over one split: held-out users and cold items have no part in it.

    `align(content, id_model, batch, states, id_states, rng)` is a scalar; both states are (batch, length, dim), from the
    same batch. rng draws the warm items."""

    def __init__(self, config: AlignConfig, split: Split, id_model: IDModel, seed: int):
        self.config, self.held_out = config, split.held_out
        self.warm = np.flatnonzero(split.train_counts() > 0)
        self.user_targets, self.item_targets = _control_targets(config, split, id_model, self.warm, seed)

    @property
    def reads_states(self) -> bool:
        """Whether it compares what the ID model says of users."""
        return self.config.on != "items" and self.user_targets is None

    def __call__(
        self,
        content: ContentUserEncoder,
        id_model: IDModel,
        batch: Batch,
        states: torch.Tensor,
        id_states: torch.Tensor | None,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        kind = "cuda" if states.is_cuda else "cpu"
        with torch.autocast(kind, enabled=False):  # cosines over a small temperature need all their bits
            parts = []
            if self.config.on in ("users", "both"):
                parts.append(self._users(batch, states, id_states))
            if self.config.on in ("items", "both"):
                parts.append(self._items(content, id_model, rng, states.device))
            return torch.stack(parts).sum()

    def _users(self, batch: Batch, states: torch.Tensor, id_states: torch.Tensor | None) -> torch.Tensor:
        """One prefix a window, seen by both models, for the batch's users but the held-out ones."""
        rows = np.flatnonzero(~self.held_out[batch.users])
        prefixes = batch.prefixes[rows]

        def place(array: np.ndarray) -> torch.Tensor:
            return torch.from_numpy(array).to(states.device)

        users, next_items = place(batch.users[rows]), place(batch.targets[rows, prefixes])
        contents = states[place(rows), place(prefixes)]
        if self.user_targets is not None:
            ids = self.user_targets.to(states.device)[users]
        elif id_states is not None:
            ids = id_states[place(rows), place(prefixes)]
        else:
            raise ValueError("Without fixed targets the alignment needs what the ID model says of users.")
        return self._compare(ids, contents, users, next_items)

    def _items(
        self, content: ContentUserEncoder, id_model: IDModel, rng: np.random.Generator, device: torch.device
    ) -> torch.Tensor:
        drawn = np.sort(rng.choice(self.warm, min(ITEMS_A_STEP, len(self.warm)), replace=False))
        numbers = torch.from_numpy(drawn).to(device)
        contents = content.scoring_embeddings(content.embed_items(numbers))
        if self.item_targets is None:
            ids = id_model.scoring_embeddings(id_model.embed_items(numbers))
        else:
            ids = self.item_targets.to(device)[numbers]
        return self._compare(ids, contents, numbers, numbers)

    def _compare(
        self, ids: torch.Tensor, contents: torch.Tensor, users: torch.Tensor, next_items: torch.Tensor
    ) -> torch.Tensor:
        ids, contents = ids.float(), contents.float()
        if self.config.kind == "infonce":
            return infonce_loss(ids, contents, tau=self.config.tau, users=users, next_items=next_items)
        return cosine_loss(ids, contents) if self.config.kind == "cosine" else cka_loss(ids, contents)


def _control_targets(
    config: AlignConfig, split: Split, id_model: IDModel, warm: np.ndarray, seed: int
) -> tuple[torch.Tensor | None, torch.Tensor | None]:
    """Fixed targets of users (n_users, dim) and of items (n_items + 1, dim) in the controls; None, None without."""
    if config.targets == "own":
        return None, None
    rng = np.random.default_rng([seed, 2])
    users = np.flatnonzero(~split.held_out & (split.train_ends > 0))
    user_targets = np.zeros((split.dataset.n_users, id_model.config.dim), np.float32)
    item_targets = np.zeros((split.dataset.n_items + 1, id_model.config.dim), np.float32)
    if config.targets == "random":
        for table in (user_targets, item_targets):
            drawn = rng.standard_normal(table.shape)
            table[:] = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    else:
        vectors = id_model.user_vectors([split.train_history(user) for user in users.tolist()], users)
        user_targets[users] = vectors[_derangement(users, rng)]
        item_targets[warm] = id_model.item_matrix().detach().cpu().numpy()[warm[_derangement(warm, rng)]]
    return torch.from_numpy(user_targets), torch.from_numpy(item_targets)


def _derangement(things: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Places (n,): another one for every place, in one random circle."""
    circle = rng.permutation(len(things))
    others = np.empty_like(circle)
    others[circle] = np.roll(circle, 1)
    return others


def fitted_rotation(content: ContentUserEncoder, id_model: IDModel, split: Split) -> np.ndarray:
    """The orthogonal (dim, dim) R that turns content user vectors nearest to ID user vectors, after the training prefixes
    of all users but the held-out ones."""
    users = np.flatnonzero(~split.held_out & (split.train_ends > 0))
    histories = [split.train_history(user) for user in users.tolist()]
    return procrustes(content.user_vectors(histories), id_model.user_vectors(histories, users))
