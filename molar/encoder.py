"""The item encoder (MIRM, paper §3.3): text and picture in, the item embedding at `[Cur_Item]` out (Eq. 1).

The backbone is frozen. What stage 1 trains (`molar.tune`) is an `Adapter`: the projector from picture features to the
language model's input space, the `[Cur_Item]` token, and the centring of the late gate.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from molar.backbone import backbone_folder, backbone_name, backbone_sha256, sha256_of
from molar.cache import write_atomically
from molar.errors import MolarError
from molar.families import family_of
from molar.multimodal import Backbone, PictureFeatures, Pixels
from molar.precision import PRECISIONS, QUANTISED, hold_trainable, load_weights
from molar.prompt import MAX_TEXT_TOKENS

BLOCKS = "[Cur_Item] state | pooled picture | mean of the text's word vectors"  # what the late gate joins
TUNED_FOR = {"backbone_sha256": "backbone", "pooling": "pooling", "prompt": "prompt"}  # what it has learnt to work with


@dataclass(frozen=True)
class EncoderConfig:
    """What an item vector depends on besides item, weights and library versions.

    Attributes:
        backbone: a name of `molar.registry`, or a folder.
        pooling: side of the square of patches averaged into one visual token (14 × 14 patches → 7 × 7 = 49 at 2), for
            backbones without a trained connector; the others make visual tokens their own way.
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
    """The trained part: projector (width → hidden → hidden), `[Cur_Item]` (hidden,), centres and scales of the blocks.

    Where the backbone has a trained connector, the projector adds to the connector's tokens, at first nothing, and
    `[Cur_Item]` begins as `cur_item`, a word vector; where it has none, the projector makes the tokens.
    """

    def __init__(self, wide: int, hidden: int, *, connected: bool = False, cur_item: torch.Tensor | None = None):
        super().__init__()
        self.connected, self.hidden = connected, hidden
        width = hidden if connected else wide
        self.norm = nn.LayerNorm(width)
        self.inner, self.outer = nn.Linear(width, hidden), nn.Linear(hidden, hidden)
        if connected:
            nn.init.zeros_(self.outer.weight)
            nn.init.zeros_(self.outer.bias)
        start = torch.zeros(hidden) if cur_item is None else cur_item.detach().float().cpu().clone()
        self.cur_item = nn.Parameter(start)
        self.register_buffer("word_length", torch.tensor(1.0))
        for name, width in (("cur_item", hidden), ("picture", wide), ("text", hidden)):
            self.register_buffer(f"{name}_centre", torch.zeros(width))
            self.register_buffer(f"{name}_scale", torch.ones(width))

    def project(self, tokens: torch.Tensor) -> torch.Tensor:
        """(…, width) picture features → (…, hidden) visual tokens; without a connector as long as an average word."""
        tokens = tokens[..., : self.hidden] if self.connected else tokens
        made = self.outer(nn.functional.gelu(self.inner(self.norm(tokens))))
        return tokens + made if self.connected else self.word_length * nn.functional.normalize(made, dim=-1)

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


class ItemEncoder:
    """Encodes items. Build it with `ItemEncoder.load`.

    Attributes:
        dim: width of an item vector: hidden, or hidden + wide + hidden with the late gate.
        trainable: gradients pass through the backbone rightly, also after it has run inference.
    """

    def __init__(self, backbone: Backbone, adapter: Adapter, config: EncoderConfig, fingerprint: dict, trainable: bool):
        self.backbone, self.config, self.fingerprint, self.trainable = backbone, config, fingerprint, trainable
        self.adapter = adapter.eval().to(backbone.device)
        self.hidden, self.wide = backbone.hidden, backbone.wide
        self.dim = 2 * self.hidden + self.wide if config.gate else self.hidden

    @classmethod
    def load(
        cls, config: EncoderConfig = EncoderConfig(), adapter: Path | None = None, *, trainable: bool = False
    ) -> "ItemEncoder":
        """Load a backbone in the wanted precision and what stage 1 trained for it, if anything.

        Raises `MolarError` when the backbone or adapter is absent, or when other layers than the language model's
        were quantised.
        """
        folder = backbone_folder(config.backbone)
        backbone = open_backbone(folder, config.precision, config.pooling)
        if trainable:
            hold_trainable(backbone.model)
        sha256 = backbone_sha256(folder)
        torch.manual_seed(0)  # an untrained projector is the same one every time: its vectors are cached
        trained = Adapter(
            backbone.wide, backbone.hidden, connected=backbone.connected,
            cur_item=backbone.words.weight[backbone.tokenizer.eos_token_id] if backbone.connected else None,
        )  # fmt: skip
        fingerprint = asdict(config) | {
            "backbone": backbone_name(config.backbone),
            "backbone_sha256": sha256,
            "adapter_sha256": "untrained",
            "blocks": BLOCKS, "prompt": backbone.prompt, "picture": backbone.size,
            "max_text_tokens": MAX_TEXT_TOKENS, "versions": _versions(),
        }  # fmt: skip
        if adapter is not None:
            if not (Path(adapter) / "adapter.safetensors").exists():
                raise MolarError(f"There is no tuned encoder at {adapter}: run `python -m molar tune-encoder` first.")
            trained.load(Path(adapter), fingerprint)
            fingerprint["adapter_sha256"] = sha256_of(Path(adapter) / "adapter.safetensors")[:16]
        return cls(backbone, trained, config, fingerprint, trainable or config.precision not in QUANTISED)

    @property
    def tower_fingerprint(self) -> dict:
        """What picture features depend on: not on prompt, adapter or how the language model is rounded."""
        kept = ("backbone_sha256", "pooling", "picture", "versions")
        dtype = "float32" if self.config.precision == "float32" else "bfloat16"
        return {"part": "picture features", "dtype": dtype} | {name: self.fingerprint[name] for name in kept}

    def pixels(self, picture) -> Pixels:
        """One RGB picture (PIL) as the tower wants it."""
        return self.backbone.pixels(picture)

    def see(self, pictures: list[Pixels]) -> PictureFeatures:
        """What the frozen tower says of at least one picture."""
        return self.backbone.see(pictures)

    def token_ids(self, text: str) -> list[int]:
        """The token ids of a text, cut at MAX_TEXT_TOKENS."""
        return self.backbone.token_ids(text)

    @torch.inference_mode()
    def encode(self, texts: list[str], seen: PictureFeatures, has_picture: torch.Tensor) -> np.ndarray:
        """Item vectors (batch, dim) float32 of a batch; items without a picture are read by their text alone."""
        state, text = self.read(texts, seen, has_picture)
        if not self.config.gate:
            return state.float().cpu().numpy()
        pooled = seen.pooled.to(self.backbone.device) * has_picture[:, None].to(self.backbone.device)
        return self.adapter.join(state, pooled, text).cpu().numpy()

    def read(self, texts, seen: PictureFeatures, has_picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The `[Cur_Item]` state (batch, hidden) and each text's mean word vector (batch, hidden), zero without a text.

        Words as they go in, not as they come out: names that mean nothing by themselves, which collaborative taste
        hangs on, survive so (an artist is read off by a linear probe at 98 % against 90 %). Differentiable in the
        adapter.
        """
        backbone = self.backbone
        dtype = backbone.words.weight.dtype
        visual = self.adapter.project(seen.tokens.to(backbone.device, torch.float32)).to(dtype)
        rows, means, starts = [], [], []
        for text, own, grid, has in zip(texts, visual, seen.grids, has_picture.tolist()):
            before, between, after = map(self._embed, backbone.frame(has))
            words = self._embed(self.token_ids(text))
            starts.append(len(before) + len(words) + len(between) if has else None)
            picture = own[: backbone.count(grid)] if has else own[:0]
            rows.append(torch.cat([before, words, between, picture, after, self.adapter.cur_item[None].to(dtype)]))
            means.append(words.float().sum(0) / max(1, len(words)))
        lengths = [len(row) for row in rows]
        embedded = nn.utils.rnn.pad_sequence(rows, batch_first=True)  # (batch, longest, hidden)
        states = backbone.states(embedded, lengths, starts, seen)
        return states[range(len(rows)), [length - 1 for length in lengths]], torch.stack(means)

    def _embed(self, ids: list[int]) -> torch.Tensor:
        return self.backbone.words(torch.tensor(ids, dtype=torch.long, device=self.backbone.device))


def open_backbone(folder: Path, precision: str, pooling: int) -> Backbone:
    """Load the backbone in a local folder. Raises `MolarError` for an unknown class or weights that cannot be read."""
    from transformers import AutoConfig, AutoImageProcessor, AutoTokenizer

    config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    family = family_of(config)
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    template = folder / "chat_template.json"  # where older repositories keep what newer ones give the tokenizer
    if tokenizer.chat_template is None and template.exists():
        tokenizer.chat_template = json.loads(template.read_text())["chat_template"]
    options = family.picture_options(config)
    processor = AutoImageProcessor.from_pretrained(folder, backend="pil", trust_remote_code=False, **options)
    model = load_weights(folder, precision, family.kept_whole(config))
    return family(model, tokenizer, processor, options["size"], pooling)


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {package: version(package) for package in ("torch", "transformers", "bitsandbytes")}
