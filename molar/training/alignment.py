"""Post-alignment of the content model with the ID model (§3.4, Eq. 4), its variants and its controls.

Aligned are user vectors after the same prefix of the same history, item vectors, or both. The paper aligns whole
histories; here each window of a batch gives one prefix, drawn anew each epoch, so that short histories are aligned too
and no user is his own negative. What is aligned is what scores: `states` and `item_matrix` of both models, which have the
same width, so that no head stands between them.
"""

from dataclasses import dataclass

import numpy as np
import torch

from molar.core.errors import MolarError
from molar.core.schema import PAD
from molar.data.splits import Split
from molar.evaluation.alignment_metrics import procrustes
from molar.models.content import ContentUserEncoder
from molar.models.id_model import IDModel
from molar.models.sequences import Batch
from molar.training.align_losses import cka_loss, cosine_loss, distillation_loss, infonce_loss
from molar.training.candidates import Candidates

CHOICES = {
    "kind": ("none", "infonce", "cosine", "cka", "distill", "procrustes"),
    "on": ("users", "items", "both"),
    "id_tower": ("frozen", "joint"),
    "targets": ("own", "random", "shuffled"),
    "schedule": ("constant", "warm-up", "decay"),
}
ITEMS_A_STEP = 256  # items that the ID model knows, drawn evenly, whose vectors one step aligns
DISTILLED_A_STEP = 1_024  # over which scores are distilled
RISE = 0.2  # share of all epochs in which "warm-up" reaches α


@dataclass(frozen=True)
class AlignConfig:
    """What is aligned, how, and how strongly.

    kind: "infonce", Eq. 4; "cosine", mean 1 − cos; "cka", 1 − debiased linear CKA of the batch; "distill", scores in place
    of vectors: after every prefix the content model's distribution over a sample of items that the ID model knows, the
    same for both and without what is no candidate there, is drawn to the ID model's, both at `temperature`; "procrustes", no loss at
    all: after training the whole content model is turned by an orthogonal map, fitted on training users. Every user · item stays
    what it was, so alignment numbers rise and no recommendation changes; "none".
    on: users, items (the two models' vectors of warm items), or both, whose losses are added.
    id_tower: "frozen", or "joint": it trains on, by its own next-item loss and by the alignment.
    alpha: the weight; tau: the temperature of cosines, of "infonce" alone; temperature: that of logits, of "distill" alone.
    targets: "own", or a control: "random", fixed random unit vectors; "shuffled", the ID vectors of somebody (something)
    else, by one fixed permutation. A user's control vector is one for all of his prefixes.
    schedule: "constant", α throughout; "warm-up", from 0 evenly up to α in the first fifth of all epochs, then α; "decay",
    from α evenly down to 0 at the end of all epochs."""

    kind: str = "infonce"
    on: str = "users"
    alpha: float = 0.05
    tau: float = 0.1
    id_tower: str = "frozen"
    targets: str = "own"
    temperature: float = 1.0
    schedule: str = "constant"

    def __post_init__(self) -> None:
        for name, known in CHOICES.items():
            if getattr(self, name) not in known:
                raise MolarError(
                    f"{name} of the alignment must be one of {', '.join(known)}, not {getattr(self, name)!r}."
                )
        if not self.alpha >= 0 or not self.tau > 0 or not self.temperature > 0:
            raise MolarError(
                f"alpha must be at least 0, tau and temperature above 0, not {self.alpha}, {self.tau} and {self.temperature}."
            )
        if self.kind == "procrustes" and (self.on, self.id_tower, self.targets) != ("users", "frozen", "own"):
            raise MolarError("procrustes is fitted on users after training: it takes no other on, id_tower or targets.")
        if self.kind == "distill" and (self.on, self.id_tower) != ("users", "frozen"):
            raise MolarError(
                "distill compares what both models say to users: it takes no other on and no joint ID model."
            )
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

    def weight(self, done: float) -> float:
        """α by the schedule, where the share `done` of all epochs, from 0 to 1, is over."""
        factors = {"constant": 1.0, "warm-up": min(1.0, done / RISE), "decay": 1.0 - done}
        return self.alpha * factors[self.schedule]


class AlignmentLoss:
    """L_align over one split: held-out users, and items that the ID model does not know, have no part in it.

    `align(content, id_model, batch, states, id_states, rng)` is a scalar; both states are (batch, length, dim), from the
    same batch. rng draws the items. unseen: whether items of the prefix are no candidates of distilled scores, as they are
    none of the recommendation loss (`LossConfig.candidates`)."""

    def __init__(self, config: AlignConfig, split: Split, id_model: IDModel, seed: int, *, unseen: bool = True):
        self.config, self.held_out = config, split.held_out
        self.candidates = Candidates(split, unseen=unseen)
        self.known = np.flatnonzero(id_model.knows())  # also what nobody of a part that trains has bought
        self.user_targets, self.item_targets = _control_targets(config, split, id_model, self.known, seed)

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
            if self.config.kind == "distill":
                return self._scores(content, id_model, batch, states, id_states, rng)
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
        else:
            ids = _given(id_states)[place(rows), place(prefixes)]
        return self._compare(ids, contents, users, next_items)

    def _items(
        self, content: ContentUserEncoder, id_model: IDModel, rng: np.random.Generator, device: torch.device
    ) -> torch.Tensor:
        numbers = torch.from_numpy(self._draw(ITEMS_A_STEP, rng)).to(device)
        contents = content.scoring_embeddings(content.embed_items(numbers))
        if self.item_targets is None:
            ids = id_model.scoring_embeddings(id_model.embed_items(numbers))
        else:
            ids = self.item_targets.to(device)[numbers]
        return self._compare(ids, contents, numbers, numbers)

    def _scores(
        self,
        content: ContentUserEncoder,
        id_model: IDModel,
        batch: Batch,
        states: torch.Tensor,
        id_states: torch.Tensor | None,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        """Both models' logits after every prefix of the batch's users but the held-out ones."""
        device, drawn = states.device, self._draw(DISTILLED_A_STEP, rng)
        row, place = np.nonzero(batch.targets != PAD)
        mask = self.candidates.left_out(batch).among(drawn, np.full(len(row), PAD), device)
        out = mask.fill(torch.zeros((len(row), len(drawn)), dtype=torch.bool, device=device), 0, True)
        kept = np.flatnonzero(~self.held_out[batch.users][row])  # (prefixes,) among all positions

        def at(array: np.ndarray) -> torch.Tensor:
            return torch.from_numpy(array).to(device)

        if self.user_targets is not None:
            ids = self.user_targets.to(device)[at(batch.users[row[kept]])]  # (prefixes, dim)
        else:
            ids = _given(id_states)[at(row[kept]), at(place[kept])]
        contents = states[at(row[kept]), at(place[kept])]
        told, wanted = (_logits(model, one, at(drawn)) for model, one in ((content, contents), (id_model, ids)))
        return distillation_loss(wanted.detach(), told, ~out[at(kept)], temperature=self.config.temperature)

    def _draw(self, most: int, rng: np.random.Generator) -> np.ndarray:
        """At most so many of the items that the ID model knows, sorted."""
        return np.sort(rng.choice(self.known, min(most, len(self.known)), replace=False))

    def _compare(
        self, ids: torch.Tensor, contents: torch.Tensor, users: torch.Tensor, next_items: torch.Tensor
    ) -> torch.Tensor:
        ids, contents = ids.float(), contents.float()
        if self.config.kind == "infonce":
            return infonce_loss(ids, contents, tau=self.config.tau, users=users, next_items=next_items)
        return cosine_loss(ids, contents) if self.config.kind == "cosine" else cka_loss(ids, contents)


def _logits(model: ContentUserEncoder | IDModel, users: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
    """What training takes the softmax of, (rows, items), for user vectors (rows, dim) and item numbers (items,)."""
    items = model.scoring_embeddings(model.embed_items(numbers))
    prior: torch.Tensor | None = getattr(model, "prior", None)
    logits = model.scaled_users(users.float()) @ items.float().T
    return logits if prior is None else logits + prior.to(numbers.device)[numbers]


def _given(id_states: torch.Tensor | None) -> torch.Tensor:
    if id_states is None:
        raise ValueError("Without fixed targets the alignment needs what the ID model says of users.")
    return id_states


def _control_targets(
    config: AlignConfig, split: Split, id_model: IDModel, known: np.ndarray, seed: int
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
        item_targets[known] = id_model.item_matrix().detach().cpu().numpy()[known[_derangement(known, rng)]]
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
