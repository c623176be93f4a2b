"""Low-rank adapters (LoRA) of the language model, through the package `peft`: put in, switched off, kept on disk.

They stay beside the weights and are never merged into them: rounded to bfloat16 or four bits, the sum would lose most of
what a short training has learnt. Loaded over quantised layers they compute as over whole ones.
"""

from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from molar.backbones.base import Backbone
from molar.core.errors import MolarError
from molar.core.io import write_atomically

PARTS = {
    "attention": ("q_proj", "k_proj", "v_proj", "o_proj"),
    "mlp": ("gate_proj", "up_proj", "down_proj"),
}
FILE = "lora.safetensors"


@dataclass(frozen=True)
class LoraSettings:
    """rank: columns of each adapter, 0 for none at all. alpha: what is learnt is multiplied by alpha / rank. targets: of
    `PARTS`, or names of linear layers; those of the language model alone are meant."""

    rank: int = 8
    alpha: float = 16
    targets: tuple[str, ...] = ("attention",)

    def __post_init__(self):
        if type(self.rank) is not int or self.rank < 0:
            raise MolarError(f"The rank of LoRA must be a whole number from 0, not {self.rank!r}.")
        if not self.alpha > 0:
            raise MolarError(f"alpha of LoRA must be above 0, not {self.alpha}.")
        object.__setattr__(self, "targets", tuple(self.targets))  # json gives a list

    @property
    def layers(self) -> list[str]:
        """The last part of the names of the linear layers meant."""
        return [name for target in self.targets for name in PARTS.get(target, (target,))]

    def to_dict(self) -> dict:
        """As config.json keeps it."""
        return asdict(self) | {"targets": list(self.targets)}


def add_lora(backbone: Backbone, settings: LoraSettings) -> None:
    """Put fresh adapters, which change nothing yet, into the language model; drawn by torch's seed, float32, trainable.

    Raises `MolarError` when no layer has a name that is meant."""
    from peft import LoraConfig, inject_adapter_in_model

    alpha: int = settings.alpha  # type: ignore[assignment]  # peft names an int and computes with any number
    config = LoraConfig(r=settings.rank, lora_alpha=alpha, target_modules=settings.layers)
    try:
        inject_adapter_in_model(config, backbone.text)
    except ValueError as error:
        raise MolarError(
            f"The language model has no layers named {', '.join(settings.layers)}: give {', '.join(PARTS)}, or names of "
            "its linear layers, as targets of LoRA."
        ) from error
    for weight in lora_weights(backbone).values():
        weight.data = weight.data.float()  # steps of 1e-4 would be lost in bfloat16


def lora_weights(backbone: Backbone) -> dict[str, torch.nn.Parameter]:
    """The adapters' matrices by name, {} where there are none."""
    named = backbone.text.named_parameters()
    return {name.replace(".default.", "."): weight for name, weight in named if ".lora_" in name}


@contextmanager
def without_lora(backbone: Backbone):
    """The language model as it came, for as long as this lasts."""
    if not lora_weights(backbone):
        yield
        return
    from peft.tuners.tuners_utils import BaseTunerLayer

    layers = [layer for layer in backbone.text.modules() if isinstance(layer, BaseTunerLayer)]
    try:
        for layer in layers:
            layer.enable_adapters(False)
        yield
    finally:
        for layer in layers:
            layer.enable_adapters(True)


def save_lora(backbone: Backbone, folder: Path) -> None:
    """Write the adapters to `folder/lora.safetensors` in float16: half the size, and finer than bfloat16."""
    from safetensors.torch import save

    state = {name: weight.detach().cpu().to(torch.float16) for name, weight in lora_weights(backbone).items()}
    write_atomically(folder / FILE, save(state))


def load_lora(backbone: Backbone, folder: Path, settings: LoraSettings) -> None:
    """Put in what `save_lora` wrote, frozen. Raises `MolarError` when it cannot be read or is not of this shape."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        stored = load_file(folder / FILE)
    except (OSError, SafetensorError) as error:
        reason = str(error).strip().splitlines()[0]
        raise MolarError(f"{folder / FILE} cannot be read ({reason}): fine-tune it again.") from error
    add_lora(backbone, settings)
    weights = lora_weights(backbone)
    if {name: weight.shape for name, weight in weights.items()} != {name: own.shape for name, own in stored.items()}:
        raise MolarError(
            f"{folder / FILE} was made for other layers or another rank than config.json says: fine-tune it again."
        )
    with torch.no_grad():
        for name, weight in weights.items():
            weight.copy_(stored[name])
            weight.requires_grad_(False)
