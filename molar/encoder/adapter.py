"""What encoder fine-tuning trains beside LoRA: projector, `[Cur_Item]`, centring of concatenated features; kept in a folder."""

import json
from pathlib import Path

import torch
from torch import nn

from molar.core.errors import MolarError
from molar.core.hashing import content_key, sha256_of
from molar.core.io import write_atomically
from molar.encoder.lora import FILE as LORA
from molar.encoder.lora import LoraSettings

# What it has learnt to work with: key of an encoder's fingerprint → its name.
FINETUNED_FOR = {"backbone_sha256": "backbone", "pooling": "pooling", "picture": "picture size", "prompt": "prompt"}


class Adapter(nn.Module):
    """The trained part: projector (token_dim → hidden → hidden), `[Cur_Item]` (hidden,), centres and scales of the blocks.

    Where the backbone has a trained connector, the projector adds to the connector's tokens, at first nothing, and
    `[Cur_Item]` begins as `cur_item`, a word vector; where it has none, the projector makes the tokens.
    """

    word_length: torch.Tensor  # a buffer: the mean norm of the language model's token embeddings

    def __init__(
        self, image_dim: int, hidden: int, *, has_connector: bool = False, cur_item: torch.Tensor | None = None
    ):
        super().__init__()
        self.has_connector, self.hidden = has_connector, hidden
        width = hidden if has_connector else image_dim
        self.norm = nn.LayerNorm(width)
        self.inner, self.outer = nn.Linear(width, hidden), nn.Linear(hidden, hidden)
        if has_connector:
            nn.init.zeros_(self.outer.weight)
            nn.init.zeros_(self.outer.bias)
        start = torch.zeros(hidden) if cur_item is None else cur_item.detach().float().cpu().clone()
        self.cur_item = nn.Parameter(start)
        self.register_buffer("word_length", torch.tensor(1.0))
        for name, width in (("cur_item", hidden), ("picture", image_dim), ("text", hidden)):
            self.register_buffer(f"{name}_centre", torch.zeros(width))
            self.register_buffer(f"{name}_scale", torch.ones(width))

    def project(self, tokens: torch.Tensor) -> torch.Tensor:
        """(…, token_dim) image features → (…, hidden) visual tokens; without a connector as long as an average word."""
        tokens = tokens[..., : self.hidden] if self.has_connector else tokens
        made = self.outer(nn.functional.gelu(self.inner(self.norm(tokens))))
        return tokens + made if self.has_connector else self.word_length * nn.functional.normalize(made, dim=-1)

    def concatenate(self, cur_item: torch.Tensor, picture: torch.Tensor, text: torch.Tensor) -> torch.Tensor:
        """Feature concatenation: three centred blocks of unit length side by side, (batch, hidden + image_dim + hidden).

        A block that is absent (no picture, no text) is zero and stays zero.
        """
        blocks = []
        for name, block in (("cur_item", cur_item), ("picture", picture), ("text", text)):
            centred = (block.float() - getattr(self, f"{name}_centre")) / getattr(self, f"{name}_scale")
            present = block.abs().sum(1, keepdim=True) > 0
            blocks.append(nn.functional.normalize(centred, dim=1) * present)
        return torch.cat(blocks, 1)

    def fit_centring(self, blocks: dict[str, torch.Tensor]) -> None:
        """Set each block's centre and scale from samples of encoder fine-tuning, (samples, dim) each."""
        for name, block in blocks.items():
            getattr(self, f"{name}_centre").copy_(block.float().mean(0))
            getattr(self, f"{name}_scale").copy_(block.float().std(0).clamp_min(1e-3))

    def save(self, folder: Path, metadata: dict) -> None:
        """Write `adapter.safetensors`, matrices in float16 and all else in float32, and `config.json`, the
        `metadata` of their training. From now on the adapter is as it is stored."""
        from safetensors.torch import save

        state = {name: tensor.detach().cpu().contiguous() for name, tensor in self.state_dict().items()}
        state = {name: tensor.to(torch.float16 if tensor.ndim > 1 else torch.float32) for name, tensor in state.items()}
        self.load_state_dict(state)
        write_atomically(folder / "adapter.safetensors", save(state))
        write_atomically(folder / "config.json", json.dumps(metadata, indent=1).encode())

    def load(self, folder: Path) -> None:
        """Read what `save` wrote. Raises `MolarError` for a damaged file."""
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            self.load_state_dict(load_file(folder / "adapter.safetensors"), strict=True)
        except (SafetensorError, RuntimeError, OSError) as error:
            reason = str(error).strip().splitlines()[0]
            raise MolarError(
                f"{folder / 'adapter.safetensors'} cannot be read ({reason}): fine-tune it again."
            ) from error


def read_metadata(folder: Path | None) -> dict:
    """The metadata of a fine-tuned encoder's folder, {} without one. Raises `MolarError` where they are not whole."""
    if folder is None:
        return {}
    if not (folder / "adapter.safetensors").exists():
        raise MolarError(
            f"There is no fine-tuned encoder at {folder}: check --encoder, or make one by `python -m molar finetune-encoder`."
        )
    try:
        metadata = json.loads((folder / "config.json").read_text())
        metadata["backbone"]["backbone_sha256"]
        metadata["lora"] = LoraSettings(**metadata["lora"]) if metadata.get("lora") else None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MolarError(f"{folder / 'config.json'} does not say what was fine-tuned: fine-tune it again.") from error
    return metadata


def require_finetuned_for(folder: Path, metadata: dict, fingerprint: dict) -> None:
    """Raise `MolarError` if it was fine-tuned for another backbone, picture or prompt than the encoder of this
    `fingerprint` has."""
    tuned = metadata["backbone"]
    for key, name in FINETUNED_FOR.items():
        if tuned.get(key) != fingerprint[key]:
            raise MolarError(
                f"{folder} was fine-tuned with another {name} ({tuned.get(key)}) than this encoder has "
                f"({fingerprint[key]}): choose the same, or fine-tune one for it with `python -m molar finetune-encoder`."
            )


def adapter_sha256(folder: Path, metadata: dict) -> str:
    """16 hex digits over all that fine-tuning has trained: the adapter, and LoRA where there is one."""
    hashes = [sha256_of(folder / name) for name in ("adapter.safetensors", LORA)[: 2 if metadata["lora"] else 1]]
    return (hashes[0] if len(hashes) == 1 else content_key(*hashes))[:16]
