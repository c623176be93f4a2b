"""Items a second against a plain one-by-one float32 transformers loop, in one run on the same pictures and texts.

    python -m bench.encode_speed [--items 40] [--rounds 3] [--out bench/results/encode_speed.json]

The loop has the same backbone and the same 49 visual tokens and computes the same vectors; it skips the head of the
language model, as we do. Everything is timed in turn, round by round, and ratios are taken within a round, since the
machine may be shared. `first` encodes with empty caches, `second` the same catalogue with another adapter: the tower's
features are cached, the item vectors are not. Goals: first at least 2 ×, second at least 4 ×, neighbour overlap@10 with the
float32 vectors at least .9. Needs the backbone (python -m molar fetch-backbone).
"""

import argparse
import json
import os
import shlex
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from molar.data.dataset import load_dataset
from molar.data.images import open_picture
from molar.data.item_text import item_texts
from molar.encoder.encode import encode_catalogue
from molar.encoder.item_encoder import EncoderConfig, ItemEncoder

DEMO, ADAPTER = Path("assets/demo"), Path("checkpoints/demo/encoder")
GOALS = {"first": 2.0, "second": 4.0, "overlap@10": 0.9}


def some_items(count: int) -> tuple[list[str], list[Path]]:
    """Texts and picture paths of `count` prints, evenly through the demo shop."""
    dataset = load_dataset(DEMO, interactions=None)
    rows = np.linspace(0, dataset.n_items - 1, count).astype(int)
    texts = item_texts(dataset)
    return [texts[row] for row in rows], [dataset.image_path(row + 1) for row in rows]


@torch.inference_mode()
def plain_loop(encoder: ItemEncoder, texts: list[str], paths: list[Path]) -> np.ndarray:
    """The same vectors (items, dim) by transformers alone, one item after the other."""
    backbone, adapter, vectors = encoder.backbone, encoder.adapter, []
    model, words = backbone.model.model, backbone.token_embeddings
    before, between, _ = (words(torch.tensor(ids, dtype=torch.long)) for ids in backbone.template_ids(True))
    for text, path in zip(texts, paths):
        pixels = backbone.processor(images=open_picture(path), return_tensors="pt")["pixel_values"]
        seen = model.vision_tower(pixel_values=pixels, output_hidden_states=True)
        patches = seen.hidden_states[-2][:, 1:].transpose(1, 2).unflatten(2, (backbone.side, backbone.side))
        visual = adapter.project(torch.nn.functional.avg_pool2d(patches, backbone.pooling).flatten(2).transpose(1, 2))[
            0
        ]
        text_words = words(torch.tensor(backbone.token_ids(text)))
        row = torch.cat([before, text_words, between, visual, adapter.cur_item[None]])[None]
        state = model.language_model(inputs_embeds=row, use_cache=False).last_hidden_state[:, -1]
        vectors.append(adapter.concatenate(state, seen.pooler_output, text_words.mean(0)[None])[0].numpy())
    return np.stack(vectors)


def overlap(ours: np.ndarray, theirs: np.ndarray, k: int = 10) -> float:
    """The mean share of an item's `k` nearest neighbours (cosine) that both kinds of vectors agree on."""
    nearest = []
    for vectors in (ours, theirs):
        unit = vectors.astype(np.float64) / np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
        likeness = unit @ unit.T
        np.fill_diagonal(likeness, -np.inf)
        nearest.append(np.argsort(-likeness, axis=1)[:, :k])
    return float(np.mean([len(set(a) & set(b)) / k for a, b in zip(*nearest)]))


def timed(work) -> tuple[float, np.ndarray]:
    """Seconds and result of `work()`."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def epochs(encoder: ItemEncoder, texts: list[str], paths: list[Path]) -> tuple[dict[str, float], np.ndarray]:
    """Seconds of a first and a second epoch, and the vectors."""
    name, seconds = encoder.fingerprint["adapter_sha256"], {}
    with tempfile.TemporaryDirectory() as cache:
        seconds["first"], vectors = timed(lambda: encode_catalogue(encoder, texts, paths, Path(cache)))
        encoder.fingerprint["adapter_sha256"] = "another"  # to the cache it is one; its arithmetic costs the same
        seconds["second"], _ = timed(lambda: encode_catalogue(encoder, texts, paths, Path(cache)))
        encoder.fingerprint["adapter_sha256"] = name
    return seconds, vectors


def measure(count: int, rounds: int, precisions: list[str]) -> dict:
    """All seconds of all rounds, and what they come to."""
    texts, paths = some_items(count)
    plain = ItemEncoder.load(EncoderConfig(precision="float32"), ADAPTER)
    encoders = {precision: ItemEncoder.load(EncoderConfig(precision=precision), ADAPTER) for precision in precisions}
    for encoder in (plain, *encoders.values()):  # what is done once a process is no matter of speed
        epochs(encoder, texts[:4], paths[:4])
    loop, ours, found = [], {precision: [] for precision in precisions}, {}
    for number in range(rounds):
        seconds, exact = timed(lambda: plain_loop(plain, texts, paths))
        loop.append(seconds)
        for precision, encoder in encoders.items():
            taken, vectors = epochs(encoder, texts, paths)
            ours[precision].append(taken)
            found[precision] = {"overlap@10": round(overlap(vectors, exact), 4)}
        print(
            f"round {number + 1}: loop {seconds:.1f} s,",
            {p: ours[p][-1] for p in precisions},
            file=sys.stderr,
            flush=True,
        )
    for precision, taken in ours.items():
        for epoch in ("first", "second"):
            ratios = [one / each[epoch] for one, each in zip(loop, taken)]
            found[precision][epoch] = {
                "items_per_second": round(count / statistics.median(each[epoch] for each in taken), 2),
                "times_the_loop": round(statistics.median(ratios), 2),
                "in_each_round": [round(r, 2) for r in ratios],
            }
        found[precision]["reached"] = {
            name: (found[precision][name] if name == "overlap@10" else found[precision][name]["times_the_loop"]) >= goal
            for name, goal in GOALS.items()
        }
    return {"loop": {"items_per_second": round(count / statistics.median(loop), 2)}} | found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--precisions", default="bfloat16,nf4")
    parser.add_argument("--out", type=Path, default=Path("bench/results/encode_speed.json"))
    wanted = parser.parse_args()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    torch.set_num_threads(min(2, cores))
    about = {
        "command": shlex.join(["python", "-m", "bench.encode_speed", *sys.argv[1:]]),
        "items": wanted.items,
        "rounds": wanted.rounds,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "goals": GOALS,
        "load_before": os.getloadavg()[0],
    }
    found = about | measure(wanted.items, wanted.rounds, wanted.precisions.split(","))
    text = json.dumps(found | {"load_after": os.getloadavg()[0]}, indent=1)
    wanted.out.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
