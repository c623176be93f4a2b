"""One face for every backbone: how a picture is seen, how the prompt is framed, where positions lie.

`Backbone` is what the encoder and stage 1 know; what differs between families is in `molar.families`. A picture goes in
two steps, so that what the frozen tower says of it can be kept: `see` gives its features, `states` reads them in a row
of input vectors. No `AutoProcessor`: that of the Qwen family needs torchvision.
"""

from dataclasses import dataclass
from math import prod

import torch
from torch import nn

from molar.cache import content_key
from molar.errors import MolarError
from molar.prompt import BEFORE_IMAGE, BEFORE_TEXT, MAX_TEXT_TOKENS, prompt_hash

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
class PictureFeatures:
    """What the frozen tower says of a batch's pictures.

    Attributes:
        tokens: (batch, most tokens, width), zero behind a picture's own last token.
        pooled: (batch, wide), one vector a picture.
        grids: of each picture; None where the family has one grid for all, or where an item has no picture.
    """

    tokens: torch.Tensor
    pooled: torch.Tensor
    grids: list[Grid | None]

    def rows(self, some: slice) -> "PictureFeatures":
        """Those of some of the batch's pictures."""
        return PictureFeatures(self.tokens[some], self.pooled[some], self.grids[some])


class Backbone:
    """A loaded model with tokenizer and image processor. Build it with `open_backbone`.

    Attributes:
        hidden: width of the language model's states and word vectors.
        wide: width of the pooled picture features.
        most_tokens, width: of a picture's features; the first `hidden` columns are what the language model reads where
            `connected`, that is where the family brings a trained connector, else the tower's bare features.
    """

    connected = True
    whole: tuple[str, ...] = ("lm_head",)  # parts that are never quantised, by full name
    whole_blocks = 0  # so many last blocks of the language model are not quantised either
    text_path = "model.language_model"
    picture_markup = ""  # what stands for a picture where the tokenizer has no chat template
    around = ("", "")  # markup next to the visual tokens that the chat template leaves to the processor

    def __init__(self, model, tokenizer, processor, size: dict):
        self.model, self.tokenizer, self.processor, self.size = model, tokenizer, processor, size
        self.text = model.get_submodule(self.text_path)
        self.words = self.text.get_input_embeddings()
        self.hidden = self.wide = self.width = self.words.embedding_dim
        self.device = self.words.weight.device
        self._frames = {}

    @classmethod
    def kept_whole(cls, config) -> list[str]:
        """Full names of all that stays unquantised in a model of this config."""
        blocks = config.get_text_config().num_hidden_layers
        return [*cls.whole, *(f"{cls.text_path}.layers.{n}" for n in range(blocks - cls.whole_blocks, blocks))]

    @classmethod
    def picture_options(cls, config) -> dict:
        """What the image processor is told: `size`, and what a family needs besides."""
        raise NotImplementedError

    def pixels(self, picture) -> Pixels:
        """One RGB picture (PIL) as the tower wants it."""
        return Pixels(self.processor(images=picture, return_tensors="pt")["pixel_values"][0])

    @torch.inference_mode()
    def see(self, pictures: list[Pixels]) -> PictureFeatures:
        """Features of at least one picture."""
        tokens = self._look(pictures)
        padded = nn.utils.rnn.pad_sequence([*tokens, tokens[0].new_zeros(self.most_tokens, self.width)], True)[:-1]
        assert padded.shape[1] == self.most_tokens, "a picture of more tokens would change the shape of the whole batch"
        pooled = torch.stack([own[:, : self.wide].float().mean(0) for own in tokens])
        return PictureFeatures(padded, pooled, [picture.grid for picture in pictures])

    def _look(self, pictures: list[Pixels]) -> list[torch.Tensor]:
        """(tokens, width) of each picture."""
        raise NotImplementedError

    def count(self, grid: Grid | None) -> int:
        """How many visual tokens a picture of this grid has."""
        return prod(grid) if grid else self.most_tokens

    def token_ids(self, text: str) -> list[int]:
        """At most `MAX_TEXT_TOKENS` ids of an item's text; markup in it is text like any other."""
        return self.tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"][:MAX_TEXT_TOKENS]

    def frame(self, picture: bool) -> tuple[list[int], list[int], list[int]]:
        """Ids before the text, between text and picture, and after the picture; the last is empty without a picture."""
        if picture not in self._frames:
            parts = self._frame_text(picture)
            self._frames[picture] = tuple(
                self.tokenizer(part, add_special_tokens=False)["input_ids"] if part else [] for part in parts
            )
        return self._frames[picture]

    def _frame_text(self, picture: bool) -> tuple[str, str, str]:
        """The prompt as the chat template renders it, cut at the item's text and at its picture."""
        text = BEFORE_TEXT + SLOT + (BEFORE_IMAGE if picture else "")
        if self.tokenizer.chat_template:
            content = [{"type": "text", "text": text}] + [{"type": "image"}] * picture
            rendered = self.tokenizer.apply_chat_template(
                [{"role": "user", "content": content}], tokenize=False, add_generation_prompt=True
            )
        else:
            rendered = text + self.picture_markup * picture
        before, _, rest = rendered.partition(SLOT)
        if not picture:
            return before, rest, ""
        mark = self.tokenizer.convert_ids_to_tokens(self.model.config.image_token_id)
        between, found, after = rest.partition(mark)
        if not found:
            raise MolarError(f"The chat template of this backbone places no picture ({mark}) in a message of the user.")
        return before, between + self.around[0], self.around[1] + after

    @property
    def prompt(self) -> str:
        """The hash of the prompt around an item, with and without a picture."""
        return prompt_hash(*self._frame_text(True), *self._frame_text(False))

    def states(self, embedded: torch.Tensor, lengths: list[int], starts: list[int | None], seen) -> torch.Tensor:
        """Last hidden states (batch, longest, hidden) of rows of input vectors (batch, longest, hidden).

        Rows are padded on the right, where causal attention never looks. The visual tokens of row r are the `count`
        ones from `starts[r]` on, None where it has none; `seen` is the rows' `PictureFeatures`.
        """
        return self.text(inputs_embeds=embedded, use_cache=False).last_hidden_state

    def logits(self, embedded: torch.Tensor) -> torch.Tensor:
        """Next-word logits (batch, length, words) after rows of words (batch, length, hidden)."""
        return self.model.lm_head(self.text(inputs_embeds=embedded, use_cache=False).last_hidden_state)
