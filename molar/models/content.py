"""The content model: an adapter over item vectors, and the dynamic user embedding generator (DUEG, §3.4).

The paper's DUEG is the decoder of the language model itself (`molar.models.llm_decoder`). By default it is a small causal transformer,
trained from scratch, over cached item vectors: minutes on a CPU instead of days on a GPU.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from molar.core.errors import MolarError
from molar.core.schema import PAD
from molar.data.splits import Split
from molar.models.id_fusion import FUSIONS, IDSide
from molar.models.id_model import IDModel
from molar.models.interface import ID_MODEL, ITEM_VECTORS, every_item
from molar.models.layers import Block, Dropout, check_sizes, prefix_mask, start_small
from molar.models.llm_decoder import BackboneDecoder
from molar.models.sequences import SequenceModel

DECODERS = ("light", "backbone")


@dataclass(frozen=True)
class ContentConfig:
    """Sizes and regularisation of the content model; `dim_in` is the width of an item vector.

    streams: of the light decoder. 2, `[User]` tokens beside the items, as an appended token; 1, the state at the last
    item is the user's, as in SASRec, which costs less.
    fusion: where a frozen ID model comes in. "early", its item vectors beside the content at the input; "middle", its user
    vector before the last block; "late", its user vector beside the finished one; "none". What scores is always content.
    decoder: "light", or "backbone", `layers` (0: all) of the language model `backbone`, the first `frozen` of them as
    they are; blocks, heads and streams then mean nothing."""

    dim_in: int
    dim: int = 128
    blocks: int = 1
    heads: int = 2
    max_length: int = 50
    dropout: float = 0.2
    hidden: int = 256  # width of the adapter's inner layer; 0: the adapter is linear
    components: int = 256  # at most so many principal axes of the item vectors are read
    popularity: float = 0.5  # exponent of an item's popularity that its content need not explain
    rotated: bool = False  # the finished model is turned by an orthogonal map (Procrustes)
    streams: int = 2
    fusion: str = "none"
    decoder: str = "light"
    backbone: str = "nano"
    backbone_sha256: str = ""
    layers: int = 0
    frozen: int = 0

    def __post_init__(self):
        check_sizes(self)
        if min(self.dim_in, self.components) < 1 or self.hidden < 0:
            raise MolarError("dim_in and components must be at least 1, hidden at least 0.")
        if self.popularity < 0:
            raise MolarError(f"popularity must be at least 0, not {self.popularity}.")
        if self.streams not in (1, 2) or self.fusion not in FUSIONS or self.decoder not in DECODERS:
            raise MolarError(
                f"streams must be 1 or 2, fusion one of {', '.join(FUSIONS)}, decoder one of {', '.join(DECODERS)}, "
                f"not {self.streams}, {self.fusion!r} and {self.decoder!r}."
            )
        if min(self.layers, self.frozen) < 0 or (self.layers and self.frozen > self.layers):
            raise MolarError(
                f"layers and frozen must be at least 0, frozen at most layers, not {self.layers} and {self.frozen}."
            )
        if self.fusion == "middle" and self.decoder != "light":
            raise MolarError("Middle fusion enters before the last block of the light decoder: give decoder=light.")

    @property
    def axes(self) -> int:
        """How many principal axes of the item vectors are read."""
        return min(self.components, self.dim_in)


class ContentUserEncoder(SequenceModel):
    """`[User]` after the vectors e_1 … e_n of a history gives E_con (Eq. 2); items are scored by content alone.

    User and item vectors have length one: the score is a cosine, so an item that nobody has bought is not held back
    by the short vector that an untrained item would have. How well an item sells is a prior beside the cosine, in
    training and in ranking alike (`set_counts`): else the model would learn by heart which items sell. `[User]` starts
    as the mean of its history plus its last item, so that before any training the model already recommends what
    resembles the history.

    model = ContentUserEncoder(ContentConfig(dim_in=16)); model.set_item_vectors(vectors)   # (n_items + 1, 16)
    model.user_vectors([np.array([3, 1, 2])]) has shape (1, 128)."""

    requires: tuple[str, ...] = (ITEM_VECTORS,)  # a fused model also an ID model
    config: ContentConfig
    mean: torch.Tensor  # (dim_in,)
    deviation: torch.Tensor  # (dim_in,)
    axes: torch.Tensor  # (dim_in, axes) int8
    axis_scale: torch.Tensor  # (axes,)
    rotation: torch.Tensor  # (dim, dim), in a rotated model
    vectors: torch.Tensor | None
    whitened: torch.Tensor | None
    prior: torch.Tensor | None

    def __init__(self, config: ContentConfig):
        super().__init__()
        self.config = config
        self.register_buffer("mean", torch.zeros(config.dim_in))
        self.register_buffer("deviation", torch.ones(config.dim_in))
        # Principal axes of the standardised vectors, in eight bits: the largest part of a saved model, and no less white.
        self.register_buffer("axes", torch.eye(config.dim_in, config.axes).to(torch.int8))
        self.register_buffer("axis_scale", torch.ones(config.axes))
        self.register_buffer("vectors", None, persistent=False)  # (n_items + 1, dim_in)
        self.register_buffer("whitened", None, persistent=False)  # (n_items + 1, axes)
        self.register_buffer("prior", None, persistent=False)  # (n_items + 1,)
        inner = [nn.Linear(config.axes, config.hidden), nn.GELU()] if config.hidden else []
        self.adapter = nn.Sequential(*inner, nn.Linear(config.hidden or config.axes, config.dim))
        self.dropout = Dropout(config.dropout)
        width = config.dim
        if config.decoder == "light":
            self.user = nn.Parameter(torch.zeros(config.dim))  # the [User] token
            self.positions = nn.Parameter(torch.zeros(config.max_length + 1, config.dim))
            self.blocks = nn.ModuleList(Block(config.dim, config.heads, config.dropout) for _ in range(config.blocks))
        else:
            self.decoder = BackboneDecoder(config)
            width = self.decoder.width
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, config.dim)
        if config.rotated:
            self.register_buffer("rotation", torch.eye(config.dim))
            self.register_load_state_dict_post_hook(lambda model, _: model.set_rotation(model.rotation.numpy()))
        self.log_scale = nn.Parameter(torch.tensor(2.5))  # cosines reach the softmax times exp(2.5) = 12 at first
        nn.init.eye_(self.out.weight)
        nn.init.zeros_(self.out.bias)
        if config.decoder == "light":
            self.blocks.apply(start_small)
            nn.init.normal_(self.user, std=0.02)
            nn.init.normal_(self.positions, std=0.02)
        if config.fusion != "none":  # last, so that the rest starts as it does without
            self.id_side = IDSide(config.dim)
            self.requires = (ITEM_VECTORS, ID_MODEL)

    @torch.no_grad()
    def set_item_vectors(self, vectors: np.ndarray) -> None:
        """Give the item vectors (n_items + 1, dim_in) float32, row 0 for padding. They are not saved with the model.

        Raises MolarError if their width is not `dim_in`."""
        if vectors.ndim != 2 or vectors.shape[1] != self.config.dim_in:
            raise MolarError(f"The model reads item vectors of width {self.config.dim_in}, not shape {vectors.shape}.")
        self._give_vectors(torch.as_tensor(vectors, dtype=torch.float32))

    def _give_vectors(self, vectors: torch.Tensor) -> None:
        self.vectors = vectors
        self.whitened = (vectors - self.mean) / self.deviation @ (self.axes * self.axis_scale)

    def set_counts(self, counts: np.ndarray) -> None:
        """Give how many training histories hold each item, (n_items + 1,); they are not saved with the model.

        The prior of an item is `popularity` times the logarithm of its count (logit adjustment, arXiv 2007.07314). An
        item that nobody has bought yet has the mean prior of the others."""
        known = counts > 0
        log_counts = np.log(np.where(known, counts, 1))
        log_counts[~known] = log_counts[known].mean()
        self.prior = torch.as_tensor(self.config.popularity * log_counts, dtype=torch.float32)

    @torch.no_grad()
    def fit_scaling(self, training_items: torch.Tensor) -> None:
        """Fit mean and deviation of each coordinate, then the principal axes, on the items that `training_items`
        (n_items + 1,) bool names, and on no other: a cold item must not shape what the model knows.

        Along the axes the named items vary alike (whitening), so that what tells one series from another weighs as
        much as what tells a landscape from an abstract. Axes along which they hardly vary are left out."""
        vectors = self._item_vectors(self.vectors)
        seen = vectors[training_items]
        self.mean.copy_(seen.mean(0))
        self.deviation.copy_(seen.std(0, correction=0).clamp(min=1e-6))
        _, spread, axes = torch.linalg.svd((seen - self.mean) / self.deviation, full_matrices=False)
        strong = (spread[: self.config.axes] > 1e-3 * spread[0]).sum()
        whitening = axes[:strong].T / spread[:strong] * len(seen) ** 0.5  # (dim_in, strong)
        self.axis_scale[:strong] = whitening.abs().amax(0) / 127
        self.axes.zero_()
        self.axes[:, :strong] = (whitening / self.axis_scale[:strong]).round()
        self._give_vectors(vectors)

    @torch.no_grad()
    def set_rotation(self, rotation: np.ndarray) -> None:
        """Turn user and item vectors alike by the orthogonal map nearest to `rotation` (dim, dim): scores stay as they
        are, also where the map was rounded on disk."""
        u, _, v = np.linalg.svd(rotation.astype(np.float64))
        self.rotation.copy_(torch.from_numpy(u @ v))

    def _turned(self, vectors: torch.Tensor) -> torch.Tensor:
        return vectors @ self.rotation if self.config.rotated else vectors

    def set_id_model(self, id_model: IDModel) -> None:
        """Give a fused model its frozen ID model, which is no part of its own weights. MolarError if it is not as wide."""
        self.id_side.set_id_model(id_model)

    @property
    def id_model(self) -> IDModel | None:
        """The ID model of a fused model; None without."""
        return self.id_side.id_model if self.config.fusion != "none" else None

    @property
    def blank_id(self) -> bool:
        """Whether a fused model is told nothing by its ID model: every item then has the mean ID embedding."""
        return self.config.fusion != "none" and self.id_side.blank

    @blank_id.setter
    def blank_id(self, blank: bool) -> None:
        if self.config.fusion == "none":
            raise MolarError("This model reads no ID model that could be blanked: its fusion is none.")
        self.id_side.blank = blank

    def embed_items(self, numbers: torch.Tensor) -> torch.Tensor:
        """Unit vectors (rows, dim) of item numbers (rows,), in a fused model with their ID embeddings behind, (rows, dim +
        width); the padding item's are zero."""
        vectors = self._item_vectors(self.whitened)[numbers]
        content = F.normalize(self.adapter(vectors).float(), dim=-1) * (numbers != PAD).unsqueeze(-1)
        return content if self.config.fusion == "none" else torch.cat([content, self.id_side.embed(numbers)], dim=-1)

    def encode(
        self, embedded: torch.Tensor, users: torch.Tensor | None = None, ends: torch.Tensor | None = None
    ) -> torch.Tensor:
        """User vectors (batch, length, dim) of length one, after each prefix of embedded items (batch, length, width); with
        `ends` (batch,), those after position ends[i] of row i alone, (batch, 1, dim).

        One pass serves every prefix: the t-th [User] reads items 1 … t and nothing else. Who the users (batch,) are plays
        no part but in a fused model's ID model: this one knows people by their histories alone."""
        content, ids = embedded[..., : self.config.dim], embedded[..., self.config.dim :]
        told = None
        if self.config.fusion == "early":
            content = content + self.id_side.items(ids)
        elif self.config.fusion != "none":
            told = self.id_side.users(ids, users)
            if ends is not None and (self.config.fusion, self.config.streams) != ("middle", 1):
                told = _at(told, ends)  # in one stream, the last block's items read it too
        if self.config.decoder == "light":
            states = self._light(content, told if self.config.fusion == "middle" else None, ends)
        else:
            states = self.decoder(self.dropout(content), ends)
        vectors = self.out(self.norm(states)).float()
        return F.normalize(vectors + told if self.config.fusion == "late" else vectors, dim=-1)

    def _light(self, embedded: torch.Tensor, told: torch.Tensor | None, ends: torch.Tensor | None) -> torch.Tensor:
        """States of `[User]`, as `encode`; `told` (batch, states, dim) joins them before the last block."""
        length = embedded.shape[1]
        embedded = embedded * self.config.dim**0.5
        mean = embedded.cumsum(1) / torch.arange(1, length + 1, device=embedded.device).unsqueeze(-1)  # of items 1 … t
        users = mean + embedded + self.user + self.positions[1 : length + 1]
        if self.config.streams == 1:
            return self._one_stream(self.dropout(users), told, ends)
        items, seen = self.dropout(embedded + self.positions[:length]), None
        if ends is not None:
            users, seen = _at(users, ends), prefix_mask(ends, length)
        for block in self.blocks[:-1]:
            items, users = block(items, users, seen=seen)
        _, users = self.blocks[-1](items, users if told is None else users + told, items_too=False, seen=seen)
        return users

    def _one_stream(self, states: torch.Tensor, told: torch.Tensor | None, ends: torch.Tensor | None) -> torch.Tensor:
        for block in self.blocks[:-1]:
            states = block(states)
        if told is not None:
            states = states + told
        last = cast(Block, self.blocks[-1])
        return last(states) if ends is None else last.last(states, ends)

    def scoring_embeddings(self, embedded: torch.Tensor) -> torch.Tensor:
        """The part (…, dim) of embedded items (…, width) that scores: content, whatever else a fused model reads."""
        return embedded[..., : self.config.dim]

    def scaled_users(self, users: torch.Tensor) -> torch.Tensor:
        """What the training softmax multiplies with item vectors: user vectors (…, dim) times a learned scale, at most
        100, since cosines alone are too close to one another. The order of the items stays the same."""
        return users * self._scale()

    def logit_scale(self) -> float:
        """What turns a score, user · item + bias, into the logit that the training softmax took."""
        return float(self._scale().detach())

    def _scale(self) -> torch.Tensor:
        return self.log_scale.exp().clamp(max=100)

    def forward(self, items: torch.Tensor, users: torch.Tensor | None = None) -> torch.Tensor:
        """User vectors (batch, length, dim) after each prefix of right-padded item numbers (batch, length)."""
        return self._turned(self.encode(self._embedded(items), users))

    def last_state(self, items: torch.Tensor, ends: torch.Tensor, users: torch.Tensor | None = None) -> torch.Tensor:
        """User vectors (batch, dim) after position ends[i] of row i alone."""
        return self._turned(self.encode(self._embedded(items), users, ends)).squeeze(1)

    def _embedded(self, items: torch.Tensor) -> torch.Tensor:
        numbers, places = torch.unique(items, return_inverse=True)
        return F.embedding(places, self.embed_items(numbers))

    def item_matrix(self) -> torch.Tensor:
        """Item vectors (n_items + 1, dim); the score of an item is user · item + its bias."""
        whitened = self._item_vectors(self.whitened)
        return self._turned(
            self.scoring_embeddings(self.embed_items(torch.arange(len(whitened), device=whitened.device)))
        )

    def item_bias(self) -> torch.Tensor:
        """What is added to user · item, (n_items + 1,): the prior on the scale of cosines, zero without counts."""
        if self.prior is None:
            return torch.zeros(len(self._item_vectors(self.whitened)))
        return self.prior / self._scale().detach()

    def scorable(self, split: Split) -> np.ndarray:
        """(n_items + 1,) bool: every item; what nobody has bought yet is ranked by its content."""
        return every_item(split)

    def _item_vectors(self, vectors: torch.Tensor | None) -> torch.Tensor:
        if vectors is None:
            raise MolarError("The content model has no item vectors yet: call set_item_vectors first.")
        return vectors


def _at(states: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
    """(batch, 1, dim): position ends[i] of row i of states (batch, length, dim)."""
    return states[torch.arange(len(states), device=states.device), ends].unsqueeze(1)
