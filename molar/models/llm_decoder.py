"""DUEG in the paper's form (§3.4): the decoder of the language model itself, without its word embeddings.

The paper appends `[User]` to a history and reads its last state. Here all prefixes of a history train in one pass: behind
the items stand as many `[User]` tokens, of which the t-th sees items 1 … t and itself, and no item sees any of them. That
equals the appended token exactly: what a token becomes depends on its input, its position and what it attends to. An
item attends to items before it alone, so its states are the same in every prefix; the t-th `[User]` has the position
t + 1 that it has at the end of its prefix, and attends to just what stands before it there.
"""

import copy
from typing import TYPE_CHECKING, Protocol, cast

import torch
from torch import nn

from molar.core.errors import MolarError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

PRETRAINED_RATE = 0.1  # of the learning rate: what is tuned moves slower than what starts from nothing


class DecoderConfig(Protocol):
    """What the decoder is told; `molar.models.content.ContentConfig` says what it means."""

    @property
    def dim(self) -> int: ...

    @property
    def backbone(self) -> str: ...

    @property
    def backbone_sha256(self) -> str: ...

    @property
    def layers(self) -> int: ...

    @property
    def frozen(self) -> int: ...


class BackboneDecoder(nn.Module):
    """The first `config.layers` decoder layers of `config.backbone` (0: all of them) and its last norm, pretrained.

    Item vectors come in `config.dim` wide and are mapped to the decoder's width. Its first `config.frozen` layers stay as
    they are and are not saved: loading takes them from the backbone, whose weights `config.backbone_sha256` names.
    Raises MolarError if the backbone is not there, or is another one."""

    width: int

    def __init__(self, config: DecoderConfig):
        super().__init__()
        self.text, word_length = _open_decoder(config)
        self.width = int(self.text.config.hidden_size)
        self.frozen = config.frozen
        self.enter = nn.Linear(config.dim, self.width)
        self.user = nn.Parameter(torch.randn(self.width) * word_length / self.width**0.5)  # the [User] token
        nn.init.orthogonal_(self.enter.weight, gain=word_length)  # unit vectors come in as long as words are
        nn.init.zeros_(self.enter.bias)
        for parameter in self.text.parameters():
            parameter.requires_grad_(True)
            setattr(parameter, "lr_multiplier", PRETRAINED_RATE)  # noqa: B010  (no attribute that torch knows of)
        for parameter in self._frozen_layers().parameters():
            parameter.requires_grad_(False)
        self.register_state_dict_post_hook(_leave_out_frozen)
        self.register_load_state_dict_pre_hook(_fill_in_frozen)

    def forward(self, embedded: torch.Tensor, ends: torch.Tensor | None = None) -> torch.Tensor:
        """States (batch, length, width) of `[User]` after each prefix of item vectors (batch, length, dim); with `ends`
        (batch,), those after position ends[i] of row i alone, (batch, 1, width)."""
        batch, length, _ = embedded.shape
        steps = torch.arange(length, device=embedded.device)
        ends = steps[None] if ends is None else ends[:, None]  # (batch or 1, users)
        users = self.user.expand(batch, ends.shape[1], -1)
        tokens = torch.cat([self.enter(embedded).to(self.user.dtype), users], dim=1)  # (batch, length + users, width)
        positions = torch.cat([steps.expand(batch, -1), (ends + 1).expand(batch, -1)], dim=1)
        states = self.text(
            inputs_embeds=tokens, attention_mask=_seen(length, ends), position_ids=positions, use_cache=False
        ).last_hidden_state
        return states[:, length:]

    def _frozen_layers(self) -> nn.ModuleList:
        return cast(nn.ModuleList, self.text.layers)[: self.frozen]


def _seen(length: int, ends: torch.Tensor) -> torch.Tensor:
    """(batch, 1, tokens, tokens) bool: what `length` items, and the `[User]` tokens after `ends` (batch, users), attend to."""
    batch, users = ends.shape
    steps = torch.arange(length, device=ends.device)
    seen = torch.zeros(batch, 1, length + users, length + users, dtype=torch.bool, device=ends.device)
    seen[:, 0, :length, :length] = steps[:, None] >= steps
    seen[:, 0, length:, :length] = ends[:, :, None] >= steps
    seen[:, 0, length:, length:] = torch.eye(users, dtype=torch.bool, device=ends.device)
    return seen


def _open_decoder(config: DecoderConfig) -> tuple["PreTrainedModel", float]:
    """The language model of the backbone in float32, cut to its first layers, and the mean length of its word vectors."""
    from transformers import AutoConfig

    from molar.backbones.adapters import backbone_class
    from molar.backbones.hub import backbone_folder, backbone_sha256
    from molar.backbones.quantisation import load_weights

    folder = backbone_folder(config.backbone)
    found = backbone_sha256(folder)
    if config.backbone_sha256 and found != config.backbone_sha256:
        raise MolarError(
            f"The backbone {config.backbone} has other weights ({found}) than this model was trained on "
            f"({config.backbone_sha256}): get that one, or train the model again."
        )
    family = backbone_class(AutoConfig.from_pretrained(folder))
    text = cast("PreTrainedModel", load_weights(folder, "float32", []).get_submodule(family.text_path).cpu())
    layers = cast(nn.ModuleList, text.layers)
    if max(config.layers, config.frozen) > len(layers):
        raise MolarError(
            f"The decoder of {config.backbone} has {len(layers)} layers: layers and frozen are at most that."
        )
    word_length = float(cast(nn.Embedding, text.get_input_embeddings()).weight.norm(dim=1).mean())
    text.set_input_embeddings(nn.Identity())  # without its word embeddings
    text.config = copy.deepcopy(text.config)
    text.config.num_hidden_layers = config.layers or len(layers)
    text.layers = layers[: config.layers or None]
    return text, word_length


def _leave_out_frozen(decoder: BackboneDecoder, state: dict, prefix: str, _) -> None:
    for name in decoder._frozen_layers().state_dict():
        del state[f"{prefix}text.layers.{name}"]


def _fill_in_frozen(decoder: BackboneDecoder, state: dict, prefix: str, *_) -> None:
    for name, tensor in decoder._frozen_layers().state_dict().items():
        state[f"{prefix}text.layers.{name}"] = tensor
