"""The interface of backbones: image features, the prompt's token ids, and a forward pass over input vectors.

`Backbone` is what the encoder and its fine-tuning know; what differs between model families is in
`molar.backbones.adapters`. A picture goes in two steps, so that what the frozen image tower says of it can be kept:
`image_features` extracts its features, `forward` reads them among input vectors. No `AutoProcessor`: that of the Qwen
family needs torchvision.
"""

from dataclasses import dataclass
from math import prod

import torch
from torch import nn

from molar.backbones.prompt import BEFORE_HISTORY, BEFORE_IMAGE, BEFORE_NEXT, BEFORE_TEXT, MAX_TEXT_TOKENS, prompt_hash
from molar.core.errors import MolarError
from molar.core.hashing import content_key

SLOT = "{item text}"  # stands for the item's text while the chat template is rendered
Grid = tuple[int, int, int]  # frames, rows and columns of a picture's visual tokens


@dataclass(frozen=True)
class Pixels:
    """One picture as its tower wants it. `grid` is None where every picture becomes the same square of tokens."""

    values: torch.Tensor
    grid: Grid | None = None

    @property
    def key(self) -> str:
        """The picture's content key, with its grid: a grey picture has the same values upright and across."""
        return content_key(self.values.numpy().tobytes(), *(str(side) for side in self.grid or ()))


@dataclass(frozen=True)
class ImageFeatures:
    """What the frozen image tower says of a batch's pictures.

    Attributes:
        tokens: (batch, max_image_tokens, token_dim), zero behind a picture's own last token.
        pooled: (batch, image_dim), one vector a picture.
        grids: of each picture; None where the family has one grid for all, or where an item has no picture.
    """

    tokens: torch.Tensor
    pooled: torch.Tensor
    grids: list[Grid | None]

    def rows(self, some: slice) -> "ImageFeatures":
        """Those of some of the batch's pictures."""
        return ImageFeatures(self.tokens[some], self.pooled[some], self.grids[some])


@dataclass(frozen=True)
class ImageSpan:
    """Where a picture's visual tokens begin: in which row, at which position, and its number in `ImageFeatures`."""

    row: int
    start: int
    image: int


class Backbone:
    """A loaded model with tokenizer and image processor. Build it with `open_backbone`.

    Attributes:
        hidden: dimension of the language model's hidden states and token embeddings.
        image_dim: dimension of the pooled image features.
        max_image_tokens, token_dim: of a picture's tokens. Where the family brings a trained connector (`has_connector`),
            their first `hidden` columns are what the language model reads; else they are the tower's bare features.
    """

    has_connector = True
    uses_chat_template = True  # the chat template, where the tokenizer has one, frames the prompt
    unquantised: tuple[str, ...] = ("lm_head",)  # modules that are never quantised, by full name
    unquantised_last_blocks = 0  # so many last blocks of the language model are not quantised either
    text_path = "model.language_model"
    image_placeholder = ""  # what stands for a picture where the tokenizer has no chat template
    max_image_tokens: int
    image_delimiters = ("", "")  # markup next to the visual tokens that the chat template leaves to the processor

    def __init__(self, model, tokenizer, processor, size: dict, pooling: int):
        self.model, self.tokenizer, self.processor = model, tokenizer, processor
        self.size, self.pooling = size, pooling
        self.text = model.get_submodule(self.text_path)
        self.token_embeddings = self.text.get_input_embeddings()
        self.hidden = self.image_dim = self.token_dim = self.token_embeddings.embedding_dim
        self.device = self.token_embeddings.weight.device
        self._template_ids: dict[tuple[tuple[bool, ...], bool], list[list[int]]] = {}

    @classmethod
    def unquantised_modules(cls, config) -> list[str]:
        """Full names of all that stays unquantised in a model of this config."""
        blocks = config.get_text_config().num_hidden_layers
        return [
            *cls.unquantised,
            *(f"{cls.text_path}.layers.{n}" for n in range(blocks - cls.unquantised_last_blocks, blocks)),
        ]

    @classmethod
    def processor_options(cls, config, resolution: int | None = None) -> dict:
        """What the image processor is told: `size`, and what a family needs besides.

        resolution: side in pixels, the family's own when None. Raises `MolarError` where it cannot be that."""
        raise NotImplementedError

    def pixels(self, picture) -> Pixels:
        """One RGB picture (PIL) as the tower wants it."""
        return Pixels(self.processor(images=picture, return_tensors="pt")["pixel_values"][0])

    @torch.inference_mode()
    def image_features(self, pictures: list[Pixels]) -> ImageFeatures:
        """The frozen tower's features of at least one picture."""
        tokens = self._image_tokens(pictures)
        padded = nn.utils.rnn.pad_sequence([*tokens, tokens[0].new_zeros(self.max_image_tokens, self.token_dim)], True)[
            :-1
        ]
        assert padded.shape[1] == self.max_image_tokens, (
            "a picture of more tokens would change the shape of the whole batch"
        )
        pooled = torch.stack([own[:, : self.image_dim].float().mean(0) for own in tokens])
        return ImageFeatures(padded, pooled, [picture.grid for picture in pictures])

    def _image_tokens(self, pictures: list[Pixels]) -> list[torch.Tensor]:
        """(tokens, token_dim) of each picture."""
        raise NotImplementedError

    def n_image_tokens(self, grid: Grid | None) -> int:
        """How many visual tokens a picture of this grid has."""
        return prod(grid) if grid else self.max_image_tokens

    def token_ids(self, text: str) -> list[int]:
        """At most `MAX_TEXT_TOKENS` ids of an item's text; markup in it is text like any other."""
        return self.tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"][:MAX_TEXT_TOKENS]

    def template_ids(self, *pictures: bool, history: bool = False) -> list[list[int]]:
        """Token ids of the prompt around the items of one message, of which `pictures` tells whether each has one: before the first text;
        then, for every item, between text and picture, and after the picture, which is empty without one.

        history: worded as what somebody chose one after the other; else as one item."""
        if (pictures, history) not in self._template_ids:
            self._template_ids[pictures, history] = [
                self.tokenizer(part, add_special_tokens=False)["input_ids"] if part else []
                for part in self._template_parts(pictures, history)
            ]
        return self._template_ids[pictures, history]

    def _template_parts(self, pictures: tuple[bool, ...], history: bool = False) -> list[str]:
        """The prompt as the chat template renders it, cut at the items' texts and at their pictures."""
        content = []
        for number, picture in enumerate(pictures):
            before = (BEFORE_NEXT if number else BEFORE_HISTORY) if history else BEFORE_TEXT
            content.append({"type": "text", "text": before + SLOT + (BEFORE_IMAGE if picture else "")})
            content += [{"type": "image"}] * picture
        mark = self.tokenizer.convert_ids_to_tokens(self.model.config.image_token_id)
        before, *rest = self._render(content).split(SLOT)
        parts = [before]
        for picture, piece in zip(pictures, rest, strict=True):
            between, found, after = piece.partition(mark) if picture else (piece, "", "")
            if picture and not found:
                raise MolarError(
                    f"The chat template of this backbone places no picture ({mark}) in a message of the user."
                )
            parts += (
                [between + self.image_delimiters[0], self.image_delimiters[1] + after] if picture else [between, ""]
            )
        return parts

    def _render(self, content: list[dict]) -> str:
        if not (self.uses_chat_template and self.tokenizer.chat_template):
            return "".join(part.get("text", self.image_placeholder) for part in content)
        message = [{"role": "user", "content": content}]
        return self.tokenizer.apply_chat_template(message, tokenize=False, add_generation_prompt=True)

    @property
    def prompt(self) -> str:
        """The hash of the prompt around an item, with and without a picture."""
        return prompt_hash(*self._template_parts((True,)), *self._template_parts((False,)))

    def forward(
        self, inputs_embeds: torch.Tensor, lengths: list[int], spans: list[ImageSpan], features
    ) -> torch.Tensor:
        """Last hidden states (batch, longest, hidden) of rows of input vectors (batch, longest, hidden).

        Rows are padded on the right, where causal attention never looks. spans: of all pictures, by row and position;
        `features` holds their `ImageFeatures`, None where there are none.
        """
        return self.text(inputs_embeds=inputs_embeds, use_cache=False).last_hidden_state

    def logits(self, states: torch.Tensor) -> torch.Tensor:
        """Next-word logits (…, words) after last hidden states (…, hidden)."""
        return self.model.lm_head(states)
