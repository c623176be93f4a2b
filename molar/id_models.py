"""ID models: they know items by their numbers alone. `IDModel` is what all of them share; SASRec, GRU4Rec and FPMC are here."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from molar.batches import pad_right
from molar.blocks import BLOCKS, check_sizes, start_small
from molar.columns import PAD
from molar.dropout import Dropout
from molar.errors import MolarError
from molar.split import Split


class IDModel(nn.Module):
    """A model of the next item: a user vector after each prefix of a history, and the items that it is multiplied with.

    A subclass has a `config` with n_items, dim and max_length, and says how `encode` reads a history. The item
    embeddings that a history is made of also score, as in SASRec, unless it says otherwise (`outputs`)."""

    def __init__(self, config, width: int | None = None):
        super().__init__()
        self.config = config
        self.items = nn.Embedding(config.n_items + 1, width or config.dim, padding_idx=PAD)

    def encode(self, embedded: torch.Tensor, users: torch.Tensor | None = None) -> torch.Tensor:
        """User vectors (batch, length, dim) after each prefix of embedded items (batch, length, width).

        users: (batch,) rows of the dataset's users where they are known; most models do without."""
        raise NotImplementedError

    def embed_items(self, numbers: torch.Tensor) -> torch.Tensor:
        """Embeddings (…, width) of item numbers (…)."""
        return self.items(numbers)

    def outputs(self, embedded: torch.Tensor) -> torch.Tensor:
        """The part (…, dim) of embedded items (…, width) that scores."""
        return embedded

    def queries(self, users: torch.Tensor) -> torch.Tensor:
        """What the training loss multiplies with item vectors: here the user vectors (…, dim) themselves."""
        return users

    def states(self, items: torch.Tensor, users: torch.Tensor | None = None) -> torch.Tensor:
        """User vectors (batch, length, dim) after each prefix of right-padded item numbers (batch, length)."""
        return self.encode(self.embed_items(items), users)

    def final(self, items: torch.Tensor, ends: torch.Tensor, users: torch.Tensor | None = None) -> torch.Tensor:
        """User vectors (batch, dim) after position ends[i] of row i alone; `items` as for `states`."""
        return self.states(items, users)[torch.arange(len(items), device=items.device), ends]

    def item_matrix(self) -> torch.Tensor:
        """Item vectors (n_items + 1, dim); the score of an item is user · item."""
        return self.outputs(self.items.weight)

    def item_bias(self) -> torch.Tensor:
        """What is added to user · item, (n_items + 1,): nothing, the item vectors carry popularity themselves."""
        return torch.zeros(len(self.items.weight))

    @classmethod
    def regulariser(cls, config, split: Split):
        """What training adds to the recommendation loss, times `config.contrast`: None, or a function of
        (model, batch, states, rng) that gives a scalar; `states` (batch, length, dim) come from that loss."""
        return None

    def user_vectors(self, histories: Sequence[np.ndarray], users: np.ndarray | None = None) -> np.ndarray:
        """User vectors (n, dim) float32 after whole histories of item numbers. MolarError if one is empty."""
        return last_states(self, histories, users)

    @torch.no_grad()
    def forget(self, unknown: torch.Tensor, users: torch.Tensor | None = None) -> None:
        """Zero the embeddings of items that training will never touch: `unknown` is (n_items + 1,) bool. In a history
        such an item then says nothing, instead of noise. So too of `users` (n_users,) bool, where a model knows users."""
        self.items.weight[unknown] = 0

    def _start_small(self) -> None:
        self.apply(start_small)
        self.forget(torch.arange(self.config.n_items + 1) == PAD)


@dataclass(frozen=True)
class SASRecConfig:
    """Sizes of SASRec: `dim` wide, `blocks` deep, reading the last `max_length` items of a history.

    block: "plain", the pre-norm transformer's, or "ligr", eSASRec's."""
    n_items: int
    dim: int = 128
    blocks: int = 2
    heads: int = 2
    max_length: int = 50
    dropout: float = 0.3
    block: str = "plain"

    def __post_init__(self):
        check_sizes(self)
        _check_items(self)
        if self.block not in BLOCKS:
            raise MolarError(f"There is no block {self.block!r}: known are {', '.join(BLOCKS)}.")


class SASRec(IDModel):
    """A causal transformer over item embeddings (Kang and McAuley, arXiv 1808.09781).

    `SASRec(SASRecConfig(n_items=30)).user_vectors([np.array([3, 1, 2])])` has shape (1, 128)."""

    def __init__(self, config: SASRecConfig):
        super().__init__(config)
        self.positions = nn.Parameter(torch.zeros(config.max_length, config.dim))
        self.dropout = Dropout(config.dropout)
        block = BLOCKS[config.block]
        self.blocks = nn.ModuleList(block(config.dim, config.heads, config.dropout) for _ in range(config.blocks))
        self.norm = nn.LayerNorm(config.dim)
        self._start_small()
        nn.init.normal_(self.positions, std=0.02)

    def encode(self, embedded: torch.Tensor, users: torch.Tensor | None = None) -> torch.Tensor:
        """User vectors (batch, length, dim) after each prefix of embedded items (batch, length, dim)."""
        hidden = self._start(embedded)
        for block in self.blocks:
            hidden = block(hidden)
        return self.norm(hidden)

    def final(self, items: torch.Tensor, ends: torch.Tensor, users: torch.Tensor | None = None) -> torch.Tensor:
        """User vectors (batch, dim) after position ends[i] of row i alone: the last block need not look at the others."""
        hidden = self._start(self.embed_items(items))
        for block in self.blocks[:-1]:
            hidden = block(hidden)
        return self.norm(self.blocks[-1].last(hidden, ends)).squeeze(1)

    def _start(self, embedded: torch.Tensor) -> torch.Tensor:
        return self.dropout(embedded * self.config.dim**0.5 + self.positions[: embedded.shape[1]])


@dataclass(frozen=True)
class GRU4RecConfig:
    """Sizes of GRU4Rec: embeddings and user vectors `dim` wide, `layers` of `hidden` units."""
    n_items: int
    dim: int = 128
    hidden: int = 256
    layers: int = 1
    max_length: int = 50
    dropout: float = 0.3

    def __post_init__(self):
        check_sizes(self)
        _check_items(self)
        if min(self.hidden, self.layers) < 1:
            raise MolarError("hidden and layers must be at least 1.")


class GRU4Rec(IDModel):
    """A gated recurrent network over item embeddings (Hidasi et al., arXiv 1511.06939), every position a target."""

    def __init__(self, config: GRU4RecConfig):
        super().__init__(config)
        self.dropout = Dropout(config.dropout)
        self.gru = nn.GRU(config.dim, config.hidden, config.layers, batch_first=True)
        self.out = nn.Linear(config.hidden, config.dim)
        self._start_small()

    def encode(self, embedded: torch.Tensor, users: torch.Tensor | None = None) -> torch.Tensor:
        """User vectors (batch, length, dim) after each prefix of embedded items (batch, length, dim)."""
        hidden, _ = self.gru(self.dropout(embedded * self.config.dim**0.5))
        return self.out(self.dropout(hidden))


@dataclass(frozen=True)
class FPMCConfig:
    """Sizes of FPMC: user vectors are `dim` wide, one half the user's own, the other half the last item's."""
    n_items: int
    n_users: int
    dim: int = 128
    max_length: int = 50  # of the windows that it is trained on; it reads one item
    dropout: float = 0.3

    def __post_init__(self):
        check_sizes(self)
        _check_items(self)
        if self.dim % 2:
            raise MolarError(f"dim ({self.dim}) must be even: half of it is the user's, half the last item's.")


class FPMC(IDModel):
    """Factorised personalised Markov chain: who you are, and what you had last (Rendle et al., WWW 2010).

    A score is V_user · U_item + V_last · L_item; the item embedding holds U, L and V_last side by side. Of somebody who
    is not among the training users only the Markov half speaks."""

    def __init__(self, config: FPMCConfig):
        super().__init__(config, width=3 * config.dim // 2)
        self.users = nn.Embedding(config.n_users, config.dim // 2)
        self.dropout = Dropout(config.dropout)
        self._start_small()

    def encode(self, embedded: torch.Tensor, users: torch.Tensor | None = None) -> torch.Tensor:
        """User vectors (batch, length, dim) after each item of embedded items (batch, length, 3/2 dim)."""
        last = embedded[..., self.config.dim :]  # (batch, length, dim / 2)
        known = torch.zeros_like(last) if users is None else self.users(users).unsqueeze(1).expand_as(last)
        return self.dropout(torch.cat([known, last], dim=-1) * self.config.dim**0.5)

    @torch.no_grad()
    def forget(self, unknown: torch.Tensor, users: torch.Tensor | None = None) -> None:
        """`IDModel.forget`, and of users who are never trained only the Markov half is left."""
        super().forget(unknown)
        if users is not None:
            self.users.weight[users] = 0

    def outputs(self, embedded: torch.Tensor) -> torch.Tensor:
        """The part (…, dim) of embedded items (…, 3/2 dim) that scores."""
        return embedded[..., : self.config.dim]


@torch.no_grad()
def last_states(
    model: nn.Module, histories: Sequence[np.ndarray], users: np.ndarray | None = None, batch_size: int = 128
) -> np.ndarray:
    """The state of `model` after each history, (n, dim) float32, dropout off; similar lengths run together.

    Batches are so small that what a block holds in between is used again while it is warm: four times as many take
    longer in all, and two threads then wait for each other's new pages."""
    was_training, device = model.training, next(model.parameters()).device
    model.eval()
    vectors = []
    order = np.argsort([len(history) for history in histories], kind="stable")
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        items, lengths = pad_right([histories[row] for row in rows], model.config.max_length)
        known = None if users is None else torch.from_numpy(np.asarray(users)[rows]).to(device)
        ends = torch.from_numpy(lengths - 1).to(device)
        vectors.append(model.final(torch.from_numpy(items).to(device), ends, known).float().cpu().numpy())  # (batch, dim)
    model.train(was_training)
    if not vectors:
        return np.zeros((0, model.config.dim), np.float32)
    return np.concatenate(vectors)[np.argsort(order)]


def _check_items(config) -> None:
    if config.n_items < 1:
        raise MolarError(f"n_items must be at least 1, not {config.n_items}.")
