"""Which part of the language model loses what nf4 loses? One part at a time in nf4, and all but one part.

    python -m scripts.fidelity_parts DATASET --checkpoint DIR --out results/fidelity-parts.json

Neighbour overlap@10 with bfloat16 among the same items. To leave a part unquantised helps if nf4 without it keeps more.
"""

import argparse
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from molar.core.progress import Terminal
from molar.data.dataset import load_dataset
from molar.data.images import open_picture
from molar.data.item_text import item_texts
from molar.encoder.item_encoder import EncoderConfig, ItemEncoder
from molar.experiments.quantisation_report import overlap, sample_items
from molar.experiments.results import row, run_metadata, write_rows
from scripts import entry

BATCH = 16
PARTS = {
    "attention": r"self_attn",
    "gate_proj and up_proj": r"(gate|up)_proj",
    "down_proj": r"down_proj",
    "blocks 0-9": r"layers\.\d\.",
    "blocks 10-19": r"layers\.1\d\.",
    "blocks 20-29": r"layers\.2\d\.",
}


def quantise(model: torch.nn.Module, wanted) -> int:
    """Put the linear layers whose full name is `wanted` into nf4, in place; returns how many."""
    from bitsandbytes.nn import Linear4bit, Params4bit

    names = [name for name, module in model.named_modules() if type(module) is torch.nn.Linear and wanted(name)]
    for name in names:
        plain = model.get_submodule(name)
        few = Linear4bit(
            plain.in_features, plain.out_features, plain.bias is not None, torch.bfloat16, quant_type="nf4"
        )
        few.weight = Params4bit(plain.weight.data, requires_grad=False, quant_type="nf4")
        few.bias = plain.bias
        model.set_submodule(name, few.to("cpu").eval())
    return len(names)


def encoded(encoder: ItemEncoder, texts: list[str], seen: list, order: np.ndarray, report) -> np.ndarray:
    """Vectors (n, dim) float32; `seen` holds each batch's picture features, which depend on no language model."""
    vectors = np.zeros((len(texts), encoder.dim), np.float32)
    for number, features in enumerate(seen):
        batch = order[number * BATCH : (number + 1) * BATCH]
        vectors[batch] = encoder.encode(
            [texts[item] for item in batch], features, torch.ones(len(batch), dtype=torch.bool)
        )
        report(number + 1, len(seen), "")
    return vectors


def main() -> int:
    """Measure each part, and write a row as it is done. Returns the exit code."""
    parser = entry.parser("scripts.fidelity_parts", __doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--checkpoint", type=Path, required=True, help="folder with encoder/")
    parser.add_argument("--items", type=int, default=150)
    parser.add_argument("--out", type=Path, required=True)
    return entry.run(parser, _measure)


def _measure(options: argparse.Namespace) -> None:
    dataset = load_dataset(options.dataset, interactions=None)
    chosen = [number for number in sample_items(dataset, options.items) if dataset.image_path(number)]
    texts = [item_texts(dataset)[number - 1] for number in chosen]

    def fresh() -> ItemEncoder:
        return ItemEncoder.load(EncoderConfig(precision="bfloat16"), options.checkpoint / "encoder")

    encoder = fresh()
    order = np.array(sorted(range(len(texts)), key=lambda item: (len(encoder.token_ids(texts[item])), item)))
    pixels = [encoder.pixels(open_picture(dataset.image_path(chosen[item]))) for item in order]
    seen = [encoder.image_features(pixels[start : start + BATCH]) for start in range(0, len(pixels), BATCH)]
    reference = encoded(encoder, texts, seen, order, Terminal("bfloat16"))
    weights = f"{encoder.fingerprint['backbone_sha256']} {encoder.fingerprint['adapter_sha256']}"
    metadata = run_metadata(dataset, "none", options.command, weights_sha256=weights)
    for setting, wanted in settings().items():
        encoder = fresh()
        layers = quantise(encoder.backbone.model.model.language_model, lambda name, wanted=wanted: wanted(f"{name}."))
        vectors = encoded(encoder, texts, seen, order, Terminal(setting))
        values = {"overlap@10": overlap(reference, vectors, vectors, np.arange(len(texts))), "layers": layers}
        fields = {"slice": f"{len(texts)} items", "model": "nano", "setting": setting}
        write_rows(options.out, [row(metadata, **fields, n=len(texts), values=values, ci={})])
        print(f"{setting:40} {layers:4} layers  overlap@10 {values['overlap@10']:.3f}", flush=True)


def settings() -> dict[str, Callable[[str], bool]]:
    """The name of each setting → whether it puts a layer of a given full name into nf4."""
    found: dict[str, Callable[[str], bool]] = {"all in nf4": lambda name: True}
    for part, pattern in PARTS.items():
        found[f"{part} alone in nf4"] = lambda name, pattern=pattern: bool(re.search(pattern, name))
        found[f"all but {part} in nf4"] = lambda name, pattern=pattern: not re.search(pattern, name)
    return found


if __name__ == "__main__":
    raise SystemExit(main())
