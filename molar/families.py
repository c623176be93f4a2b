"""One face for every family of backbones: how a picture is seen, how the prompt is framed, where positions lie.

`Backbone` is what the encoder and stage 1 know; the subclasses below hold all that differs between families. A picture
goes in two steps, so that what the frozen tower says of it can be kept: `see` gives its features, `states` reads them in
a row of input vectors. No `AutoProcessor`: that of the Qwen family needs torchvision.
"""

from dataclasses import dataclass
from math import prod

import numpy as np
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
        """The content key of the picture. The grid is part of it: a grey picture has the same values upright and across."""
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


class Llava(Backbone):
    """A CLIP tower before a Llama, as in `nano`: what lies between them is the encoder's own projector.

    Patches of the last block but one, averaged over squares of `pooling`; the pooled features are the tower's own.
    """

    connected = False
    whole = ("model.vision_tower", "model.multi_modal_projector", "lm_head")

    def __init__(self, model, tokenizer, processor, size: dict, pooling: int):
        super().__init__(model, tokenizer, processor, size)
        vision = model.config.vision_config
        self.wide = self.width = vision.hidden_size
        self.pooling, self.side = pooling, vision.image_size // vision.patch_size
        self.most_tokens = (self.side // pooling) ** 2
        if not self.most_tokens:
            raise MolarError(f"pooling {pooling} is more than the {self.side} patches a side of this image tower.")

    @classmethod
    def picture_options(cls, config) -> dict:
        side = config.vision_config.image_size  # the whole picture: a centre crop would cut a poster's head and foot
        return {"size": {"height": side, "width": side}, "do_resize": True, "do_center_crop": False}

    @torch.inference_mode()
    def see(self, pictures: list[Pixels]) -> PictureFeatures:
        tower = self.model.model.vision_tower
        values = torch.stack([picture.values for picture in pictures])  # (batch, 3, side, side)
        seen = tower(pixel_values=values.to(self.device, next(tower.parameters()).dtype), output_hidden_states=True)
        patches = seen.hidden_states[-2][:, 1:]  # without the class token
        grid = patches.transpose(1, 2).reshape(len(patches), self.width, self.side, self.side)
        tokens = nn.functional.avg_pool2d(grid, self.pooling).flatten(2).transpose(1, 2)
        return PictureFeatures(tokens, seen.pooler_output, [None] * len(pictures))

    def _frame_text(self, picture: bool) -> tuple[str, str, str]:
        return BEFORE_TEXT, BEFORE_IMAGE if picture else "", ""

    @property
    def prompt(self) -> str:
        return prompt_hash()


class Idefics(Backbone):
    """SmolVLM and Idefics 3: SigLIP, a connector that folds patches together, a Llama. One global tile a picture."""

    text_path = "model.text_model"
    whole = ("model.vision_model", "model.connector", "lm_head")
    picture_markup = "<image>"
    around = ("<fake_token_around_image><global-img>", "<fake_token_around_image>")

    def __init__(self, model, tokenizer, processor, size: dict, pooling: int):
        super().__init__(model, tokenizer, processor, size)
        vision = model.config.vision_config
        self.most_tokens = (vision.image_size // vision.patch_size // model.config.scale_factor) ** 2

    @classmethod
    def picture_options(cls, config) -> dict:
        edge = {"longest_edge": config.vision_config.image_size}
        return {"size": edge, "max_image_size": edge, "do_image_splitting": False}  # in tiles it would be 17 times as many tokens

    def pixels(self, picture) -> Pixels:
        return Pixels(self.processor(images=picture, return_tensors="pt")["pixel_values"][0, 0])

    def _look(self, pictures: list[Pixels]) -> list[torch.Tensor]:
        values = torch.stack([picture.values for picture in pictures])[:, None]  # (batch, one tile, 3, side, side)
        return list(self.model.model.get_image_features(values.to(self.device), return_dict=True).pooler_output)


class Qwen(Backbone):
    """Qwen2-VL and 2.5: pictures keep their shape, so their grids differ, and positions count rows and columns (M-RoPE)."""

    whole = ("model.visual", "lm_head")
    whole_blocks = 2
    picture_markup = "<|vision_start|><|image_pad|><|vision_end|>"
    fewest_tokens, most_tokens = 16, 64  # 64 are a picture of 224 × 224 pixels in Qwen2-VL

    def __init__(self, model, tokenizer, processor, size: dict, pooling: int):
        super().__init__(model, tokenizer, processor, size)
        self.merge = model.config.vision_config.spatial_merge_size

    @classmethod
    def picture_options(cls, config) -> dict:
        vision = config.vision_config
        token = (vision.patch_size * vision.spatial_merge_size) ** 2  # pixels that one visual token stands for
        return {"size": {"shortest_edge": cls.fewest_tokens * token, "longest_edge": cls.most_tokens * token}}

    def pixels(self, picture) -> Pixels:
        try:
            read = self.processor(images=picture, return_tensors="pt")
        except ValueError as error:  # sides in a ratio of more than 200
            raise MolarError(f"A picture of {picture.width} × {picture.height} pixels cannot be read: {error}.") from error
        frames, rows, columns = read["image_grid_thw"][0].tolist()
        return Pixels(read["pixel_values"], (frames, rows // self.merge, columns // self.merge))

    def _patch_grids(self, grids: list[Grid]) -> torch.Tensor:
        """(pictures, 3) in patches, as the model counts them; its grids in tokens are `merge` times smaller."""
        return torch.tensor([(t, h * self.merge, w * self.merge) for t, h, w in grids], device=self.device)

    def _features(self, pictures: list[Pixels]):
        values = torch.cat([picture.values for picture in pictures]).to(self.device)
        grids = self._patch_grids([picture.grid for picture in pictures])
        return self.model.model.get_image_features(values, grids, return_dict=True)

    def _look(self, pictures: list[Pixels]) -> list[torch.Tensor]:
        return list(self._features(pictures).pooler_output)

    def states(self, embedded: torch.Tensor, lengths: list[int], starts: list[int | None], seen) -> torch.Tensor:
        options = self._deep(self._visual(embedded, starts, seen), seen)
        positions = self._positions(embedded, lengths, starts, seen)
        return self.text(
            inputs_embeds=embedded, position_ids=positions, use_cache=False, **options
        ).last_hidden_state  # fmt: skip

    def _visual(self, embedded: torch.Tensor, starts: list[int | None], seen) -> torch.Tensor:
        """(batch, longest) true at visual tokens."""
        visual = torch.zeros(embedded.shape[:2], dtype=torch.bool, device=self.device)
        for row, start in enumerate(starts):
            if start is not None:
                visual[row, start : start + self.count(seen.grids[row])] = True
        return visual

    def _positions(self, embedded: torch.Tensor, lengths: list[int], starts: list[int | None], seen) -> torch.Tensor:
        """(3, batch, longest) frame, row and column of every token, by the model's own rule."""
        kinds = self._visual(embedded, starts, seen).long()  # 0 word, 1 picture
        ends = torch.tensor(lengths, device=self.device)[:, None]
        inside = (torch.arange(embedded.shape[1], device=self.device) < ends).long()
        shown = [grid for grid, start in zip(seen.grids, starts) if start is not None]
        positions, _ = self.model.model.get_rope_index(
            torch.zeros_like(kinds), kinds, image_grid_thw=self._patch_grids(shown) if shown else None, attention_mask=inside
        )
        return positions

    def _deep(self, visual: torch.Tensor, seen) -> dict:
        """What the language model is told of pictures besides its input vectors."""
        return {}


class Qwen3(Qwen):
    """Qwen3-VL: features of several depths of the tower are added to the first blocks' states. They lie side by side."""

    def __init__(self, model, tokenizer, processor, size: dict, pooling: int):
        super().__init__(model, tokenizer, processor, size, pooling)
        self.width = self.hidden * (1 + len(model.config.vision_config.deepstack_visual_indexes))

    def _look(self, pictures: list[Pixels]) -> list[torch.Tensor]:
        seen = self._features(pictures)
        return [torch.cat(depths, 1) for depths in zip(seen.pooler_output, *seen.deepstack_features)]

    def _deep(self, visual: torch.Tensor, seen) -> dict:
        if not visual.any():
            return {}
        shown = [row for row, present in enumerate(visual.any(1).tolist()) if present]
        own = torch.cat([seen.tokens[row, : self.count(seen.grids[row])] for row in shown])
        depths = own.to(self.device, self.words.weight.dtype).split(self.hidden, dim=1)[1:]
        return {"visual_pos_masks": visual, "deepstack_visual_embeds": list(depths)}


FAMILIES = {
    "llava": Llava, "smolvlm": Idefics, "idefics3": Idefics, "qwen2_vl": Qwen, "qwen2_5_vl": Qwen, "qwen3_vl": Qwen3,
}  # fmt: skip


def family_of(config) -> type[Backbone]:
    """The family of a model's config. Raises `MolarError` for one that is not known."""
    if config.model_type not in FAMILIES:
        raise MolarError(f"Backbones of the class {config.model_type!r} are not known; known are {', '.join(FAMILIES)}.")
    return FAMILIES[config.model_type]
