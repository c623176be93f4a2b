"""Backbone adapters, one a model family: LLaVA's (`nano`), SmolVLM's, and those of the Qwen-VL models."""

import json
from math import prod
from pathlib import Path

import torch
from torch import nn

from molar.backbones.base import Backbone, Grid, ImageFeatures, ImageSpan, Pixels
from molar.backbones.prompt import prompt_hash
from molar.backbones.quantisation import load_weights
from molar.core.errors import MolarError


class Llava(Backbone):
    """A CLIP tower before a Llama, as in `nano`: what lies between them is the encoder's own projector.

    Patches of the last block but one, averaged over squares of `pooling`; the pooled features are the tower's own.
    """

    has_connector = uses_chat_template = False
    unquantised = ("model.vision_tower", "model.multi_modal_projector", "lm_head")

    def __init__(self, model, tokenizer, processor, size: dict, pooling: int):
        super().__init__(model, tokenizer, processor, size, pooling)
        vision = model.config.vision_config
        self.image_dim = self.token_dim = vision.hidden_size
        self.image_placeholder = tokenizer.convert_ids_to_tokens(
            model.config.image_token_id
        )  # cut out again, never read
        self.side = vision.image_size // vision.patch_size
        self.max_image_tokens = (self.side // pooling) ** 2
        if not self.max_image_tokens:
            raise MolarError(f"pooling {pooling} is more than the {self.side} patches a side of this image tower.")

    @classmethod
    def processor_options(cls, config, resolution: int | None = None) -> dict:
        side = _one_side(config, resolution)  # the whole picture: a centre crop would cut a poster's head and foot
        return {"size": {"height": side, "width": side}, "do_resize": True, "do_center_crop": False}

    @torch.inference_mode()
    def image_features(self, pictures: list[Pixels]) -> ImageFeatures:
        tower = self.model.model.vision_tower
        values = torch.stack([picture.values for picture in pictures])  # (batch, 3, side, side)
        seen = tower(pixel_values=values.to(self.device, next(tower.parameters()).dtype), output_hidden_states=True)
        patches = seen.hidden_states[-2][:, 1:]  # without the class token
        grid = patches.transpose(1, 2).reshape(len(patches), self.token_dim, self.side, self.side)
        tokens = nn.functional.avg_pool2d(grid, self.pooling).flatten(2).transpose(1, 2)
        return ImageFeatures(tokens, seen.pooler_output, [None] * len(pictures))

    @property
    def prompt(self) -> str:
        return prompt_hash()


class Idefics(Backbone):
    """SmolVLM and Idefics 3: SigLIP, a connector that folds patches together, a Llama. One global tile a picture."""

    text_path = "model.text_model"
    unquantised = ("model.vision_model", "model.connector", "lm_head")
    image_placeholder = "<image>"
    image_delimiters = ("<fake_token_around_image><global-img>", "<fake_token_around_image>")

    def __init__(self, model, tokenizer, processor, size: dict, pooling: int):
        super().__init__(model, tokenizer, processor, size, pooling)
        vision = model.config.vision_config
        self.max_image_tokens = (vision.image_size // vision.patch_size // model.config.scale_factor) ** 2

    @classmethod
    def processor_options(cls, config, resolution: int | None = None) -> dict:
        edge = {"longest_edge": _one_side(config, resolution)}
        # In tiles it would be up to 17 times as many tokens.
        return {"size": edge, "max_image_size": edge, "do_image_splitting": False}

    def pixels(self, picture) -> Pixels:
        return Pixels(self.processor(images=picture, return_tensors="pt")["pixel_values"][0, 0])

    def _image_tokens(self, pictures: list[Pixels]) -> list[torch.Tensor]:
        values = torch.stack([picture.values for picture in pictures])[:, None]  # (batch, one tile, 3, side, side)
        return list(self.model.model.get_image_features(values.to(self.device), return_dict=True).pooler_output)


class Qwen(Backbone):
    """Qwen2-VL and 2.5: pictures keep their shape, so grids differ, and positions count rows and columns (M-RoPE)."""

    unquantised = ("model.visual", "lm_head")
    unquantised_last_blocks = 2
    image_placeholder = "<|vision_start|><|image_pad|><|vision_end|>"
    fewest, usual = 4, 8  # sides of squares of visual tokens; 8 × 8 are a picture of 224 × 224 pixels in Qwen2-VL

    def __init__(self, model, tokenizer, processor, size: dict, pooling: int):
        super().__init__(model, tokenizer, processor, size, pooling)
        self.merge = model.config.vision_config.spatial_merge_size
        self.max_image_tokens = size["longest_edge"] // self._token_side(model.config) ** 2

    @staticmethod
    def _token_side(config) -> int:
        """The side in pixels of the square that one visual token stands for."""
        return config.vision_config.patch_size * config.vision_config.spatial_merge_size

    @classmethod
    def processor_options(cls, config, resolution: int | None = None) -> dict:
        token = cls._token_side(config)
        if resolution is not None and (resolution % token or resolution < cls.fewest * token):
            raise MolarError(
                f"A resolution of {resolution} does not fit this backbone: its pictures are made of squares of {token} "
                f"pixels, {cls.fewest} a side or more, so give {cls.fewest * token}, {(cls.fewest + 1) * token} and so on."
            )
        most = resolution // token if resolution else cls.usual
        return {"size": {"shortest_edge": (cls.fewest * token) ** 2, "longest_edge": (most * token) ** 2}}

    def pixels(self, picture) -> Pixels:
        try:
            read = self.processor(images=picture, return_tensors="pt")
        except ValueError as error:  # sides in a ratio of more than 200
            raise MolarError(f"A picture of {picture.width} × {picture.height} pixels is refused: {error}.") from error
        frames, rows, columns = read["image_grid_thw"][0].tolist()
        grid = (frames, rows // self.merge, columns // self.merge)
        if prod(grid) > self.max_image_tokens:  # the processor keeps one row however long it becomes
            raise MolarError(
                f"A picture of {picture.width} × {picture.height} pixels is refused: its sides are in a ratio of more "
                f"than {self.max_image_tokens}."
            )
        return Pixels(read["pixel_values"], grid)

    def patch_grids(self, grids: list[Grid]) -> torch.Tensor:
        """(pictures, 3) in patches, as the model counts them; its grids in tokens are `merge` times smaller."""
        return torch.tensor([(t, h * self.merge, w * self.merge) for t, h, w in grids], device=self.device)

    def _features(self, pictures: list[Pixels]):
        values = torch.cat([picture.values for picture in pictures]).to(self.device)
        grids = self.patch_grids([picture.grid for picture in pictures if picture.grid])
        return self.model.model.get_image_features(values, grids, return_dict=True)

    def _image_tokens(self, pictures: list[Pixels]) -> list[torch.Tensor]:
        return list(self._features(pictures).pooler_output)

    def forward(
        self, inputs_embeds: torch.Tensor, lengths: list[int], spans: list[ImageSpan], features
    ) -> torch.Tensor:
        visual = self._image_mask(inputs_embeds, spans, features)
        position_ids = self._position_ids(visual, lengths, spans, features)
        out = self.text(
            inputs_embeds=inputs_embeds,
            position_ids=position_ids,
            use_cache=False,
            **self._deepstack(visual, spans, features),
        )
        return out.last_hidden_state

    def _image_mask(self, inputs_embeds: torch.Tensor, spans: list[ImageSpan], features) -> torch.Tensor:
        """(batch, longest) true at visual tokens."""
        visual = torch.zeros(inputs_embeds.shape[:2], dtype=torch.bool, device=self.device)
        for span in spans:
            visual[span.row, span.start : span.start + self.n_image_tokens(features.grids[span.image])] = True
        return visual

    def _position_ids(self, visual: torch.Tensor, lengths: list[int], spans: list[ImageSpan], features) -> torch.Tensor:
        """(3, batch, longest) frame, row and column of every token, by the model's own rule."""
        kinds = visual.long()  # 0 word, 1 picture
        ends = torch.tensor(lengths, device=self.device)[:, None]
        inside = (torch.arange(visual.shape[1], device=self.device) < ends).long()
        grids = self.patch_grids([features.grids[span.image] for span in spans]) if spans else None
        position_ids, _ = self.model.model.get_rope_index(
            torch.zeros_like(kinds), kinds, image_grid_thw=grids, attention_mask=inside
        )
        return position_ids

    def _deepstack(self, visual: torch.Tensor, spans: list[ImageSpan], features) -> dict:
        """What the language model is told of pictures besides its input vectors."""
        return {}


class Qwen3(Qwen):
    """Qwen3-VL: features of several depths of the tower are added to the first blocks' states. Side by side."""

    def __init__(self, model, tokenizer, processor, size: dict, pooling: int):
        super().__init__(model, tokenizer, processor, size, pooling)
        self.token_dim = self.hidden * (1 + len(model.config.vision_config.deepstack_visual_indexes))

    def _image_tokens(self, pictures: list[Pixels]) -> list[torch.Tensor]:
        seen = self._features(pictures)
        return [torch.cat(depths, 1) for depths in zip(seen.pooler_output, *seen.deepstack_features)]

    def _deepstack(self, visual: torch.Tensor, spans: list[ImageSpan], features) -> dict:
        if not spans:
            return {}
        own = torch.cat(
            [features.tokens[span.image, : self.n_image_tokens(features.grids[span.image])] for span in spans]
        )
        depths = own.to(self.device, self.token_embeddings.weight.dtype).split(self.hidden, dim=1)[1:]
        return {"visual_pos_masks": visual, "deepstack_visual_embeds": list(depths)}


BACKBONES = {
    "llava": Llava,
    "smolvlm": Idefics,
    "idefics3": Idefics,
    "qwen2_vl": Qwen,
    "qwen2_5_vl": Qwen,
    "qwen3_vl": Qwen3,
}


def backbone_class(config) -> type[Backbone]:
    """The adapter class for a model's config. Raises `MolarError` for a family that is not known."""
    if config.model_type not in BACKBONES:
        known = ", ".join(BACKBONES)
        raise MolarError(f"Backbones of the class {config.model_type!r} are not known; known are {known}.")
    return BACKBONES[config.model_type]


def open_backbone(folder: Path, precision: str, pooling: int, resolution: int | None = None) -> Backbone:
    """Load the backbone in a local folder. Raises `MolarError` for an unknown class, weights that cannot be read, or a
    resolution that the backbone cannot have."""
    from transformers import AutoConfig, AutoImageProcessor, AutoTokenizer

    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        family = backbone_class(config)
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        template = folder / "chat_template.json"  # where older repositories keep what newer ones give the tokenizer
        if tokenizer.chat_template is None and template.exists():
            tokenizer.chat_template = json.loads(template.read_text())["chat_template"]
        options = family.processor_options(config, resolution)
        processor = AutoImageProcessor.from_pretrained(folder, backend="pil", trust_remote_code=False, **options)
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise MolarError(f"{folder} does not hold a whole backbone ({reason}): get it again.") from error
    model = load_weights(folder, precision, family.unquantised_modules(config))
    return family(model, tokenizer, processor, options["size"], pooling)


def _one_side(config, resolution: int | None) -> int:
    """The side in pixels of an image tower that knows one alone. Raises `MolarError` when another is wanted."""
    side = config.vision_config.image_size
    if resolution not in (None, side):
        raise MolarError(
            f"The image tower of this backbone sees pictures of {side} pixels a side and no others, so its resolution "
            f"cannot be {resolution}: leave it out, or choose a backbone of the Qwen family."
        )
    return side
