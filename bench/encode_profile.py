"""Where encoding spends its time, against the machine's measured matrix rate, and whether the image tower is faster in int8.

    python -m bench.encode_profile [--rounds 3] [--out bench/results/encode_profile.json]

Sixteen prints of the demo shop, one batch, each step alone, best of the rounds. The rate of a step counts the multiplications
of its linear layers and of attention, two operations each. `int8` is the tower, whose weights were int8 once, computed
in int8 two ways: by torch's dynamic quantisation (one scale a tensor of activations, float32 between layers) and with
one scale a token by `torch._int_mm` (bfloat16 between layers). Measured, neither is worth it: the first gains a tenth over
bfloat16 and ruins the features, the second keeps them and is slower, so the tower stays in bfloat16. Needs the backbone
(python -m molar fetch-backbone).
"""

import argparse
import copy
import json
import os
import shlex
import sys
import tempfile
import time
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn

from bench.encode_speed import ADAPTER, some_items
from molar.data.images import open_picture
from molar.encoder.image_features import MicroBatches, cached_image_features
from molar.encoder.item_encoder import EncoderConfig, ItemEncoder
from molar.encoder.vector_cache import VectorCache

BATCH = 16


class RowInt8(nn.Module):
    """A linear layer in int8: one scale a token, one scale a column of weights."""

    def __init__(self, layer: nn.Linear):
        super().__init__()
        weight = layer.weight.float()
        self.scale = weight.abs().amax(1) / 127
        self.weight = (weight / self.scale[:, None]).round().to(torch.int8).t()
        self.bias = layer.bias.float()

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        rows = states.flatten(0, -2)
        scale = rows.abs().amax(1, keepdim=True).float().clamp_min(1e-6) / 127
        whole = torch._int_mm((rows / scale.to(rows.dtype)).round().clamp(-127, 127).to(torch.int8), self.weight)
        return (whole * scale * self.scale + self.bias).to(states.dtype).unflatten(0, states.shape[:-1])


def in_rows(tower: nn.Module) -> nn.Module:
    """A copy of the tower with `RowInt8` for its linear layers."""
    copied = copy.deepcopy(tower)
    for name, layer in list(copied.named_modules()):
        if isinstance(layer, nn.Linear):
            copied.set_submodule(name, RowInt8(layer))
    return copied


def by_torch(tower: nn.Module) -> nn.Module:
    """A copy of the float32 tower under torch's dynamic quantisation."""
    from torch.ao.quantization import per_channel_dynamic_qconfig, quantize_dynamic

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return quantize_dynamic(copy.deepcopy(tower), {nn.Linear: per_channel_dynamic_qconfig}, dtype=torch.qint8)


def best(work, rounds: int) -> float:
    """The least seconds of `work()`."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def matrix_rates(rounds: int) -> dict[str, float]:
    """10⁹ operations a second of the shape that the tower's first wide layer has for a batch."""
    rows, narrow, wide, rates = BATCH * 197, 768, 3072, {}
    for name, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        left, right = torch.randn(rows, narrow, dtype=dtype), torch.randn(wide, narrow, dtype=dtype)
        rates[name] = best(partial(nn.functional.linear, left, right), rounds * 5)
    left, right = (torch.randint(-127, 128, shape, dtype=torch.int8) for shape in ((rows, narrow), (wide, narrow)))
    rates["int8"] = best(lambda: torch._int_mm(left, right.t()), rounds * 5)
    return {name: round(2 * rows * narrow * wide / seconds / 1e9) for name, seconds in rates.items()}


def operations(module: nn.Module, lengths: list[int], config, *, causal: bool) -> float:
    """Operations of items of so many tokens: two for each weight and token, and the two products of attention."""
    weights = sum(part.in_features * part.out_features for part in module.modules() if isinstance(part, nn.Linear))
    attention = (2 if causal else 4) * config.num_hidden_layers * config.hidden_size
    return sum(2 * weights * tokens + attention * tokens**2 for tokens in lengths)


def steps(encoder: ItemEncoder, texts, paths, rounds: int) -> dict:
    """Milliseconds an item of each step, and the rate of the two that multiply matrices."""
    pixels = [encoder.pixels(open_picture(path)) for path in paths]
    seen, has = encoder.image_features(pixels), torch.ones(len(texts), dtype=torch.bool)
    tower, text = encoder.backbone.model.model.vision_tower, encoder.backbone.text
    with tempfile.TemporaryDirectory() as folder:
        keys = [own.key for own in pixels]
        cache = VectorCache(Path(folder), {})
        cached_image_features(encoder, pixels, keys, cache, MicroBatches())
        seconds = {
            "open and decode": best(lambda: [open_picture(path) for path in paths], rounds),
            "resize and normalise": best(lambda: [encoder.pixels(open_picture(path)) for path in paths], rounds),
            "hash the pixels": best(lambda: [own.key for own in pixels], rounds),
            "image tower": best(lambda: encoder.image_features(pixels), rounds),
            "read features from the cache": best(
                lambda: cached_image_features(encoder, pixels, keys, VectorCache(Path(folder), {}), MicroBatches()),
                rounds,
            ),
            "write features to the cache": best(
                lambda: cache.put(keys, np.zeros((len(keys), 50, encoder.image_dim), np.float16)), rounds
            ),
            "language model and gate": best(lambda: encoder.encode(texts, seen, has), rounds),
        }
    seconds["resize and normalise"] -= seconds["open and decode"]
    frame = sum(map(len, encoder.backbone.template_ids(True))) + encoder.backbone.max_image_tokens + 1
    lengths = [len(encoder.token_ids(one)) + frame for one in texts]
    work = {
        "image tower": operations(tower, [197] * len(texts), tower.config, causal=False),
        "language model and gate": operations(text, lengths, text.config, causal=True),
    }
    return {
        "milliseconds_an_item": {name: round(1000 * each / len(texts), 2) for name, each in seconds.items()},
        "share": {name: round(each / sum(seconds.values()), 3) for name, each in seconds.items()},
        "gflop_a_second": {name: round(each / seconds[name] / 1e9) for name, each in work.items()},
    }


def int8_tower(plain: ItemEncoder, half: ItemEncoder, paths, rounds: int) -> dict:
    """Milliseconds an item and cosine to float32 of the tower in several arithmetics, taken in turn."""
    pixels = [plain.pixels(open_picture(path)) for path in paths]
    exact, towers = (
        plain.image_features(pixels),
        {
            "float32": (plain, plain.backbone.model.model.vision_tower),
            "bfloat16": (half, half.backbone.model.model.vision_tower),
        },
    )
    towers |= {
        "int8, torch dynamic quantisation": (plain, by_torch(towers["float32"][1])),
        "int8, one scale a token": (half, in_rows(towers["bfloat16"][1])),
    }
    seconds, found = {name: [] for name in towers}, {}
    for _ in range(rounds):
        for name, (encoder, tower) in towers.items():
            own = encoder.backbone.model.model.vision_tower
            encoder.backbone.model.model.vision_tower = tower
            seconds[name].append(best(partial(encoder.image_features, pixels), 1))
            seen = encoder.image_features(pixels)
            encoder.backbone.model.model.vision_tower = own
            alike = nn.functional.cosine_similarity
            found[name] = {
                "milliseconds_an_item": round(1000 * min(seconds[name]) / len(paths), 1),
                "cosine_of_pooled": round(alike(seen.pooled.float(), exact.pooled, dim=1).min().item(), 4),
                "cosine_of_tokens": round(alike(seen.tokens.float(), exact.tokens, dim=2).mean().item(), 4),
            }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("bench/results/encode_profile.json"))
    wanted = parser.parse_args()
    torch.set_num_threads(2)
    texts, paths = some_items(BATCH)
    found = {
        "command": shlex.join(["python", "-m", "bench.encode_profile", *sys.argv[1:]]),
        "load_before": os.getloadavg()[0],
        "matrix_rate_gflop_a_second": matrix_rates(wanted.rounds),
    }
    encoders = {
        name: ItemEncoder.load(EncoderConfig(precision=name), ADAPTER) for name in ("float32", "bfloat16", "nf4")
    }
    for name, encoder in encoders.items():
        found[name] = steps(encoder, texts, paths, wanted.rounds)
    found["tower_in_int8"] = int8_tower(encoders["float32"], encoders["bfloat16"], paths, wanted.rounds)
    text = json.dumps(found | {"load_after": os.getloadavg()[0]}, indent=1, ensure_ascii=False)
    wanted.out.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
