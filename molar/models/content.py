"""The content model: item vectors through an adapter, and the dynamic user embedding generator (DUEG, §3.4).

The paper's DUEG is the decoder of the language model itself (`molar.models.llm_decoder`). By default it is a small causal transformer,
trained from scratch, over cached item vectors: minutes on a CPU instead of days on a GPU.
"""

from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from molar.core.errors import MolarError
from molar.data.splits import Split
from molar.models.id_fusion import IDSide
from molar.models.id_model import IDModel
from molar.models.interface import ID_MODEL, ITEM_VECTORS, every_item
from molar.models.layers import Block, Dropout, prefix_mask, start_small
from molar.models.llm_decoder import BackboneDecoder
from molar.models.parts.content_config import ContentConfig
from molar.models.parts.decayed_means import DecayedMeans
from molar.models.parts.item_side import ItemSide


class ContentUserEncoder(ItemSide):
    """`[User]` after the vectors e_1 … e_n of a history gives E_con (Eq. 2); items are scored by content alone.

    User and item vectors have length one: the score is a cosine, so an item that nobody has bought is not held back
    by the short vector that an untrained item would have. How well an item sells is a prior beside the cosine, in
    training and in ranking alike (`set_counts`): else the model would learn by heart which items sell. `[User]` starts
    as the mean of its history plus its last item, so that before any training the model already recommends what
    resembles the history.

    model = ContentUserEncoder(ContentConfig(dim_in=16)); model.set_item_vectors(vectors)   # (n_items + 1, 16)
    model.user_vectors([np.array([3, 1, 2])]) has shape (1, 128)."""

    requires: tuple[str, ...] = (ITEM_VECTORS,)  # a fused model also an ID model
    rotation: torch.Tensor  # (dim, dim), in a rotated model

    def __init__(self, config: ContentConfig):
        super().__init__(config)
        self.dropout = Dropout(config.dropout)
        width = config.dim
        if config.has_blocks:
            self.user = nn.Parameter(torch.zeros(config.dim))  # the [User] token
            self.positions = nn.Parameter(torch.zeros(config.max_length + 1, config.dim))
            self.blocks = nn.ModuleList(Block(config.dim, config.heads, config.dropout) for _ in range(config.blocks))
        elif config.decoder == "backbone":
            self.decoder = BackboneDecoder(config)
            width = self.decoder.width
        if config.decoder != "ema":
            self.norm = nn.LayerNorm(width)
            self.out = nn.Linear(width, config.dim)
            nn.init.zeros_(self.out.bias)
        if config.has_means:
            self.means = DecayedMeans(config.dim, config.decays)
        if config.rotated:
            self.register_buffer("rotation", torch.eye(config.dim))
            self.register_load_state_dict_post_hook(lambda model, _: model.set_rotation(model.rotation.numpy()))
        self.log_scale = nn.Parameter(torch.tensor(2.5))  # cosines reach the softmax times exp(2.5) = 12 at first
        if config.decoder == "ema+light":
            nn.init.zeros_(self.out.weight)  # what the blocks add to the means is nothing at first
        elif config.decoder != "ema":
            nn.init.eye_(self.out.weight)
        if config.has_blocks:
            self.blocks.apply(start_small)
            nn.init.normal_(self.user, std=0.02)
            nn.init.normal_(self.positions, std=0.02)
        if config.fusion != "none":  # last, so that the rest starts as it does without
            self.id_side = IDSide(config.dim)
            self.requires = (ITEM_VECTORS, ID_MODEL)

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
        return self._embedded_items(numbers, drop=self.training)

    def _embedded_items(self, numbers: torch.Tensor, *, drop: bool) -> torch.Tensor:
        content = self.content_vectors(numbers, drop=drop)
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
        vectors = self._users(content, told if self.config.fusion == "middle" else None, ends)
        return F.normalize(vectors if told is None or self.config.fusion == "middle" else vectors + told, dim=-1)

    def _users(self, embedded: torch.Tensor, told: torch.Tensor | None, ends: torch.Tensor | None) -> torch.Tensor:
        """User vectors (batch, states, dim) of any length, as `encode`; `told` is what joins before the last block."""
        if self.config.decoder == "ema":
            return self.means(self.dropout(embedded), ends).float()
        if self.config.decoder == "backbone":
            states = self.decoder(self.dropout(embedded), ends)
        else:
            states = self._light(embedded, told, ends)
        users = self.out(self.norm(states)).float()
        return users + self.means(self.dropout(embedded), ends).float() if self.config.has_means else users

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
        every = torch.arange(len(self._given(self.scaled)), device=self.mean.device)
        return self._turned(self.scoring_embeddings(self._embedded_items(every, drop=False)))

    def item_bias(self) -> torch.Tensor:
        """What is added to user · item, (n_items + 1,): the prior on the scale of cosines, zero without counts."""
        if self.prior is None:
            return torch.zeros(len(self._given(self.scaled)))
        return self.prior / self._scale().detach()

    def scorable(self, split: Split) -> np.ndarray:
        """(n_items + 1,) bool: every item; what nobody has bought yet is ranked by its content."""
        return every_item(split)


def _at(states: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
    """(batch, 1, dim): position ends[i] of row i of states (batch, length, dim)."""
    return states[torch.arange(len(states), device=states.device), ends].unsqueeze(1)
