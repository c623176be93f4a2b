"""The item encoder (MIRM, paper §3.3): text and picture in, the item embedding at `[Cur_Item]` out (Eq. 1).

The backbone is frozen. What stage 1 trains (`molar.tune`) is an `Adapter`: the projector from picture features to the
language model's input space, the `[Cur_Item]` token, and the centring of the late gate.
"""

import json
from dataclasses import asdict, dataclass
from logging import getLogger
from pathlib import Path

import numpy as np
import torch
from torch import nn

from molar.backbone import backbone_folder, sha256_of
from molar.cache import write_atomically
from molar.errors import MolarError
from molar.prompt import BEFORE_IMAGE, BEFORE_TEXT, MAX_TEXT_TOKENS, prompt_hash

PRECISIONS = ("float32", "bfloat16", "nf4")
# Full names, because bitsandbytes matches a name from its start: `vision_tower` alone would match nothing.
KEPT_WHOLE = ["model.vision_tower", "model.multi_modal_projector", "lm_head"]
BLOCKS = "[Cur_Item] state | pooled picture | mean of the text's word vectors"  # what the late gate joins
TUNED_FOR = {"backbone_sha256": "backbone", "pooling": "pooling", "prompt": "prompt"}  # what it has learnt to work with
FOUR_BIT_LAYERS = {"nano": 210}  # 30 blocks × 7 linear layers, the language model and nothing else


@dataclass(frozen=True)
class EncoderConfig:
    """What an item vector depends on besides item, weights and library versions.

    Attributes:
        pooling: side of the square of patches averaged into one visual token (14 × 14 patches → 7 × 7 = 49 at 2).
        gate: append the pooled picture and text features to the `[Cur_Item]` state (the late gate).
    """

    backbone: str = "nano"
    precision: str = "nf4"
    pooling: int = 2
    gate: bool = True

    def __post_init__(self):
        if self.precision not in PRECISIONS:
            raise MolarError(f"Precision {self.precision!r} is unknown: choose one of {', '.join(PRECISIONS)}.")
        if not isinstance(self.pooling, int) or self.pooling < 1:
            raise MolarError(f"pooling must be a whole number from 1, not {self.pooling!r}.")


class Adapter(nn.Module):
    """The trained part: projector (wide → hidden → hidden), `[Cur_Item]` (hidden,), centres and scales of the blocks."""

    def __init__(self, wide: int, hidden: int):
        super().__init__()
        self.norm = nn.LayerNorm(wide)
        self.inner, self.outer = nn.Linear(wide, hidden), nn.Linear(hidden, hidden)
        self.cur_item = nn.Parameter(torch.zeros(hidden))
        self.register_buffer("word_length", torch.tensor(1.0))
        for name, width in (("cur_item", hidden), ("picture", wide), ("text", hidden)):
            self.register_buffer(f"{name}_centre", torch.zeros(width))
            self.register_buffer(f"{name}_scale", torch.ones(width))

    def project(self, patches: torch.Tensor) -> torch.Tensor:
        """(…, wide) picture features → (…, hidden) visual tokens, each as long as a word vector is on average."""
        tokens = self.outer(nn.functional.gelu(self.inner(self.norm(patches))))
        return self.word_length * nn.functional.normalize(tokens, dim=-1)

    def join(self, cur_item: torch.Tensor, picture: torch.Tensor, text: torch.Tensor) -> torch.Tensor:
        """The late gate: three centred blocks of unit length side by side, (batch, hidden + wide + hidden).

        A block that is absent (no picture, no text) is zero and stays zero.
        """
        blocks = []
        for name, block in (("cur_item", cur_item), ("picture", picture), ("text", text)):
            centred = (block.float() - getattr(self, f"{name}_centre")) / getattr(self, f"{name}_scale")
            present = block.abs().sum(1, keepdim=True) > 0
            blocks.append(nn.functional.normalize(centred, dim=1) * present)
        return torch.cat(blocks, 1)

    def fit_gate(self, blocks: dict[str, torch.Tensor]) -> None:
        """Set each block's centre and scale from stage-1 samples, (samples, width) each."""
        for name, block in blocks.items():
            getattr(self, f"{name}_centre").copy_(block.float().mean(0))
            getattr(self, f"{name}_scale").copy_(block.float().std(0).clamp_min(1e-3))

    def save(self, folder: Path, about: dict) -> None:
        """Write `adapter.safetensors` (float32) and `config.json`, what `about` tells of their origin."""
        from safetensors.torch import save

        state = {name: tensor.detach().to(torch.float32).contiguous() for name, tensor in self.state_dict().items()}
        write_atomically(folder / "adapter.safetensors", save(state))
        write_atomically(folder / "config.json", json.dumps(about, indent=1).encode())

    def load(self, folder: Path, fingerprint: dict) -> None:
        """Read what stage 1 saved. Raises `MolarError` if it was tuned for another backbone, pooling or prompt than
        the encoder of this `fingerprint` has."""
        from safetensors.torch import load_file

        try:
            tuned = json.loads((folder / "config.json").read_text())["backbone"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise MolarError(f"{folder / 'config.json'} does not tell what was tuned: tune it again.") from error
        for key, name in TUNED_FOR.items():
            if tuned.get(key) != fingerprint[key]:
                raise MolarError(
                    f"{folder} was tuned with another {name} ({tuned.get(key)}) than this encoder has "
                    f"({fingerprint[key]}): choose the same, or tune one for it with `python -m molar tune-encoder`."
                )
        self.load_state_dict(load_file(folder / "adapter.safetensors"), strict=True)


@dataclass(frozen=True)
class PictureFeatures:
    """What the frozen tower says of pictures: `patches` (batch, tokens, wide) and `pooled` (batch, wide)."""

    patches: torch.Tensor
    pooled: torch.Tensor


class ItemEncoder:
    """Encodes items. Build it with `ItemEncoder.load`.

    Attributes:
        dim: width of an item vector: hidden, or hidden + wide + hidden with the late gate.
    """

    def __init__(self, model, tokenizer, processor, adapter: Adapter, config: EncoderConfig, fingerprint: dict):
        self.model, self.tokenizer, self.processor = model, tokenizer, processor
        self.adapter, self.config, self.fingerprint = adapter.eval(), config, fingerprint
        self.words = model.model.language_model.get_input_embeddings()
        self.hidden, self.wide = self.words.embedding_dim, model.config.vision_config.hidden_size
        self.dim = 2 * self.hidden + self.wide if config.gate else self.hidden
        self.device = self.words.weight.device
        side = model.config.vision_config.image_size // model.config.vision_config.patch_size
        self.visual_tokens = (side // config.pooling) ** 2
        if not self.visual_tokens:
            raise MolarError(f"pooling {config.pooling} is more than the {side} patches a side of this image tower.")

    @classmethod
    def load(cls, config: EncoderConfig = EncoderConfig(), adapter: Path | None = None) -> "ItemEncoder":
        """Load a backbone in the wanted precision and what stage 1 trained for it, if anything.

        Raises `MolarError` when the backbone or adapter is absent, or when other layers than the language model's
        were quantised.
        """
        from transformers import AutoConfig, AutoImageProcessor, AutoTokenizer

        folder = backbone_folder(config.backbone)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        side = AutoConfig.from_pretrained(folder).vision_config.image_size
        size = {"height": side, "width": side}  # the whole picture: a centre crop would cut a poster's head and foot
        processor = AutoImageProcessor.from_pretrained(
            folder, backend="pil", size=size, do_resize=True, do_center_crop=False
        )
        model = _load_model(folder, config)
        torch.manual_seed(0)  # an untrained projector is the same one every time: its vectors are cached
        trained = Adapter(model.config.vision_config.hidden_size, model.config.text_config.hidden_size)
        fingerprint = asdict(config) | {
            "backbone_sha256": sha256_of(folder / "model.safetensors")[:16],
            "adapter_sha256": "untrained",
            "blocks": BLOCKS, "prompt": prompt_hash(), "picture": size, "max_text_tokens": MAX_TEXT_TOKENS, "versions": _versions(),
        }  # fmt: skip
        if adapter is not None:
            if not (Path(adapter) / "adapter.safetensors").exists():
                raise MolarError(f"There is no tuned encoder at {adapter}: run `python -m molar tune-encoder` first.")
            trained.load(Path(adapter), fingerprint)
            fingerprint["adapter_sha256"] = sha256_of(Path(adapter) / "adapter.safetensors")[:16]
        return cls(model, tokenizer, processor, trained, config, fingerprint)

    @property
    def tower_fingerprint(self) -> dict:
        """What picture features depend on: not on prompt, adapter or the language model's precision."""
        kept = ("backbone_sha256", "pooling", "picture", "versions")
        return {"part": "picture features"} | {name: self.fingerprint[name] for name in kept}

    def pixels(self, picture) -> torch.Tensor:
        """One PIL picture → (3, side, side) float32, as the tower wants it."""
        return self.processor(images=picture, return_tensors="pt")["pixel_values"][0]

    @torch.inference_mode()
    def see(self, pixels: torch.Tensor) -> PictureFeatures:
        """(batch, 3, side, side) → the tower's last-but-one patches, averaged over squares, and its pooled output."""
        tower = self.model.model.vision_tower
        dtype = next(tower.parameters()).dtype
        seen = tower(pixel_values=pixels.to(self.device, dtype), output_hidden_states=True)
        patches = seen.hidden_states[-2][:, 1:]  # without the class token
        side = int(patches.shape[1] ** 0.5)
        grid = patches.transpose(1, 2).reshape(len(patches), self.wide, side, side)
        pooled = nn.functional.avg_pool2d(grid, self.config.pooling).flatten(2).transpose(1, 2)
        return PictureFeatures(pooled, seen.pooler_output)

    def token_ids(self, text: str) -> list[int]:
        """The token ids of a text, cut at MAX_TEXT_TOKENS."""
        return self.tokenizer(text, add_special_tokens=False)["input_ids"][:MAX_TEXT_TOKENS]

    @torch.inference_mode()
    def encode(self, texts: list[str], pictures: PictureFeatures, has_picture: torch.Tensor) -> np.ndarray:
        """Item vectors (batch, dim) float32 of a batch; items without a picture are read by their text alone."""
        state, text = self.read(texts, pictures.patches, has_picture)
        if not self.config.gate:
            return state.float().cpu().numpy()
        pooled = pictures.pooled.to(self.device) * has_picture[:, None].to(self.device)
        return self.adapter.join(state, pooled, text).cpu().numpy()

    def read(self, texts, patches: torch.Tensor, has_picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The `[Cur_Item]` state (batch, hidden) and each text's mean word vector (batch, hidden), zero without a text.

        Words as they go in, not as they come out: names that mean nothing by themselves, which collaborative taste
        hangs on, survive so (an artist is read off by a linear probe at 98 % against 90 %). Differentiable in the
        adapter. Rows are padded on the right: causal attention never sees the padding.
        """
        visual = self.adapter.project(patches.to(self.device, torch.float32)).to(self.words.weight.dtype)
        start, before_image = self._embed(self.token_ids(BEFORE_TEXT)), self._embed(self.token_ids(BEFORE_IMAGE))
        rows, means = [], []
        for text, row_visual, seen in zip(texts, visual, has_picture.tolist()):
            words = self._embed(self.token_ids(text))
            picture = [before_image, row_visual] if seen else []
            rows.append(torch.cat([start, words, *picture, self.adapter.cur_item[None].to(visual.dtype)]))
            means.append(words.float().sum(0) / max(1, len(words)))
        embedded = nn.utils.rnn.pad_sequence(rows, batch_first=True)  # (batch, longest, hidden)
        states = self.model.model.language_model(inputs_embeds=embedded, use_cache=False).last_hidden_state
        last = torch.tensor([len(row) - 1 for row in rows], device=self.device)
        return states[torch.arange(len(rows), device=self.device), last], torch.stack(means)

    def _embed(self, ids: list[int]) -> torch.Tensor:
        return self.words(torch.tensor(ids, dtype=torch.long, device=self.device))


def _load_model(folder: Path, config: EncoderConfig):
    from transformers import AutoModelForImageTextToText, BitsAndBytesConfig
    from transformers.utils import logging

    logging.disable_progress_bar()
    getLogger("bitsandbytes").setLevel("ERROR")  # it remarks on a GPU kernel that a CPU has no use for
    dtype = torch.float32 if config.precision == "float32" else torch.bfloat16
    options = {}
    if config.precision == "nf4":
        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype,
            llm_int8_skip_modules=KEPT_WHOLE,
        )  # fmt: skip
    model = AutoModelForImageTextToText.from_pretrained(folder, dtype=dtype, **options).eval().requires_grad_(False)
    if config.precision == "nf4":
        check_quantised(model, FOUR_BIT_LAYERS.get(config.backbone))
    return model


def check_quantised(model, expected: int | None) -> list[str]:
    """Names of the 4-bit layers. Raises `MolarError` unless they are `expected` in number and all in the language model.

    Skip patterns of bitsandbytes can silently match nothing, so what happened is looked at, not what was asked for.
    """
    names = [name for name, module in model.named_modules() if type(module).__name__ == "Linear4bit"]
    strays = [name for name in names if not name.startswith("model.language_model.")]
    if strays or not names or (expected is not None and len(names) != expected):
        raise MolarError(
            f"Quantisation went wrong: {len(names)} four-bit layers ({expected or 'some'} wanted), "
            f"{len(strays)} outside the language model{': ' + strays[0] if strays else ''}."
        )
    return names


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {package: version(package) for package in ("torch", "transformers", "bitsandbytes")}
