"""DuoRec: SASRec whose user vectors a contrast keeps apart (Qiu et al., WSDM 2022, arXiv 2110.05730)."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from molar.core.errors import MolarError
from molar.core.schema import PAD
from molar.data.splits import Split
from molar.models.id_model import IDModel
from molar.models.sasrec import SASRec, SASRecConfig
from molar.models.sequences import Batch


@dataclass(frozen=True)
class DuoRecConfig(SASRecConfig):
    """Sizes of SASRec, and the contrast: its weight λ in the loss (by default the published one) and temperature."""

    contrast: float = 0.1
    tau: float = 0.1

    def __post_init__(self):
        super().__post_init__()
        if self.contrast < 0 or self.tau <= 0:
            raise MolarError(f"contrast must be at least 0 and tau above 0, not {self.contrast} and {self.tau}.")


class DuoRec(SASRec):
    """SASRec's encoder; in training, prefixes that the same item follows are drawn together and all others apart."""

    @classmethod
    def auxiliary_loss(cls, config: DuoRecConfig, split: Split) -> "Contrast":
        """The contrast over the training prefixes of a split."""
        return Contrast(split, config)


class Contrast:
    """InfoNCE between one prefix of each window and another prefix with the same next item.

    `contrast(model, batch, states, rng)` is a scalar: `states` (batch, length, dim), which the recommendation loss has
    made, hold the first view; the second costs one more pass over one history a window. Dropout differs between the
    two, so that where nobody else came to that item, the same prefix twice still makes a pair."""

    def __init__(self, split: Split, config: DuoRecConfig):
        self.weight, self.max_length, self.tau = config.contrast, config.max_length, config.tau
        self.sequence, self.offsets = split.dataset.sequence, split.dataset.offsets
        lengths = np.diff(self.offsets)
        inner = split.train_mask()
        inner[self.offsets[:-1][lengths > 0]] = False  # a first item follows nothing
        places = np.flatnonzero(inner)
        users, self.n_users = np.repeat(np.arange(len(lengths)), lengths)[places], len(lengths)
        keys = self.sequence[places] * np.int64(self.n_users) + users
        order = np.argsort(keys, kind="stable")
        # Every training target: its place in `sequence`, and its user, in the order of (item, user).
        self.places, self.users, self.keys = places[order], users[order], keys[order]

    def __call__(self, model: IDModel, batch: Batch, states: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        rows, targets = np.arange(len(batch.users)), batch.targets[np.arange(len(batch.users)), batch.prefixes]
        items, lengths = self.draw(batch.users, targets, rng)

        def place(array: np.ndarray) -> torch.Tensor:
            return torch.from_numpy(array).to(states.device)

        other = model(place(items))[place(rows), place(lengths - 1)]
        return info_nce(states[place(rows), place(batch.prefixes)], other, place(targets), self.tau)

    def draw(self, users: np.ndarray, targets: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """A training prefix that ends before each target (batch,), drawn evenly from those of other users than `users`
        (batch,), from this user's own where there are none: items (batch, length) padded on the right, and lengths."""
        first, last = (np.searchsorted(self.keys, (targets + more) * self.n_users) for more in (0, 1))
        key = targets * self.n_users + users
        own, own_end = np.searchsorted(self.keys, key), np.searchsorted(self.keys, key, side="right")
        others = last - first - (own_end - own)
        drawn = rng.integers(np.where(others > 0, others, own_end - own))
        among_others = first + drawn + np.where(first + drawn >= own, own_end - own, 0)  # over one's own
        chosen = np.where(others > 0, among_others, own + drawn)
        ends = self.places[chosen]
        starts = np.maximum(self.offsets[self.users[chosen]], ends - self.max_length)
        lengths = ends - starts
        steps = np.arange(lengths.max())
        inside = steps < lengths[:, None]  # (batch, length)
        places = np.where(inside, starts[:, None] + steps, 0)
        return np.where(inside, self.sequence[places], PAD).astype(np.int64), lengths


def info_nce(one: torch.Tensor, other: torch.Tensor, targets: torch.Tensor, tau: float) -> torch.Tensor:
    """Cross-entropy of finding the partner by cosine among all rows of both views (batch, dim), a scalar.

    Rows with the same next item, `targets` (batch,), are no negatives of each other. The authors take inner products
    (and τ = 1); of vectors as long as this encoder's these begin in the tens, drown the recommendation loss, and all
    user vectors collapse into one."""
    views = F.normalize(torch.cat([one, other]).float(), dim=-1)  # (2 batch, dim)
    scores = (views @ views.T).float() / tau
    alike = targets.repeat(2)[:, None] == targets.repeat(2)  # itself, too
    partners = torch.arange(len(views), device=views.device).roll(len(one))
    alike.scatter_(1, partners[:, None], False)
    return F.cross_entropy(scores.masked_fill(alike, -torch.inf), partners)
