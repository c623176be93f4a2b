"""Encode a catalogue: every item once, through the cache, in batches of similar length, resumable at any moment."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from molar.cache import VectorCache, content_key
from molar.errors import MolarError
from molar.progress import Report, silent

BATCH = 16
AHEAD = 4  # batches of pictures decoded while the model works


def encode_items(
    dataset_dir: Path, checkpoint_dir: Path, *, backbone: str = "nano", precision: str = "nf4", gate: bool = True,
    encoder: Path | None = None, report: Report = silent,
) -> Path:  # fmt: skip
    """Encode all items of a dataset folder and write `vectors.safetensors` into the checkpoint folder.

    encoder: the folder of what stage 1 trained, `checkpoint_dir/encoder` when not given. Without one, nothing is trained
    and in `nano` only the late gate tells what is in a picture; the report says so, and how many items have no picture
    or no text and are read by the other alone. Stopped or killed, it loses the batch in flight; the same command
    resumes. Raises `MolarError` for a bad dataset, an absent backbone or a full disk.
    """
    from molar.data import load_dataset
    from molar.encoder import EncoderConfig, ItemEncoder
    from molar.vectors import save_vectors

    dataset = load_dataset(dataset_dir, interactions=None)
    own = Path(checkpoint_dir) / "encoder"
    trained = encoder or (own if own.exists() else None)
    texts, paths = item_texts(dataset), [dataset.image_path(number) for number in range(1, dataset.n_items + 1)]
    notes = [f"no tuned encoder at {own}: nothing is trained yet (--encoder names one)"] if trained is None else []
    for note in notes + absent_parts(texts, paths):
        report(0, 0, note)
    model = ItemEncoder.load(EncoderConfig(backbone, precision, gate=gate), trained)
    vectors = np.zeros((dataset.n_items + 1, model.dim), np.float16)
    vectors[1:] = encode_catalogue(model, texts, paths, cache_folder(), report=report)
    out = Path(checkpoint_dir) / "vectors.safetensors"
    save_vectors(out, vectors, dataset, model.fingerprint)
    return out


def cache_folder() -> Path:
    """Where encoded vectors and picture features are kept between runs: `cache` in `molar_home()`."""
    from molar.backbone import molar_home

    return molar_home() / "cache"


def item_texts(dataset) -> list[str]:
    """Each item's prompt text from the dataset's encoded columns, in item order."""
    from molar.prompt import item_text

    columns = list(dataset.encoded_columns)
    return [item_text(dict(zip(columns, row))) for row in dataset.items[columns].itertuples(index=False)]


def absent_parts(texts: list[str], pictures: list) -> list[str]:
    """What the report says of items that lack a part, [] when none does."""
    no_picture, no_text = sum(picture is None for picture in pictures), sum(not text for text in texts)
    notes = [f"{no_picture:,} without a picture, read by their text alone"] if no_picture else []
    return notes + ([f"{no_text:,} without a text, read by their picture alone"] if no_text else [])


def encode_catalogue(encoder, texts: list[str], pictures: list, cache: Path, *, report: Report = silent) -> np.ndarray:
    """Vectors (n_items, dim) float16 of items given by text and picture (a path, a PIL picture, or None).

    The batch plan depends on the texts alone, so a resumed run does what an undisturbed one would have done.
    """
    known = VectorCache(cache / "vectors", encoder.fingerprint)
    seen = VectorCache(cache / "pictures", encoder.tower_fingerprint)
    for shard in known.damaged + seen.damaged:
        report(0, 0, f"damaged and encoded again: {shard}")
    order = sorted(range(len(texts)), key=lambda item: (len(encoder.token_ids(texts[item])), item))
    plan = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    vectors = np.zeros((len(texts), encoder.dim), np.float16)
    done, had = 0, len(known)
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(_decode, encoder, pictures, batch) for batch in plan[:AHEAD]]
        try:
            for number, batch in enumerate(plan):
                pixels = waiting.pop(0).result()
                if number + AHEAD < len(plan):
                    waiting.append(pool.submit(_decode, encoder, pictures, plan[number + AHEAD]))
                vectors[batch] = _encode_batch(encoder, [texts[item] for item in batch], pixels, known, seen)
                done += len(batch)
                if len(known) > had or done == len(texts):  # what comes from the cache at once is no measure of speed
                    report(done, len(texts), "")
        finally:
            for future in waiting:
                future.cancel()
    return vectors


def _encode_batch(encoder, texts, pixels, known: VectorCache, seen: VectorCache) -> np.ndarray:
    """Vectors of one batch: from the cache where they are known, else computed and stored, each distinct item once."""
    picture_keys = ["" if p is None else p.key for p in pixels]
    keys = [content_key(text, key) for text, key in zip(texts, picture_keys)]
    missing = {key: row for row, key in enumerate(keys) if key not in known}
    if missing:
        rows = list(missing.values())
        features = picture_features(encoder, [pixels[row] for row in rows], [picture_keys[row] for row in rows], seen)
        known.put(list(missing), encoder.encode([texts[row] for row in rows], *features))
    return np.stack([known.get(key) for key in keys])


def picture_features(encoder, pixels: list, keys: list[str], seen: VectorCache):
    """The frozen tower's features of a batch, through their own cache, and which rows have a picture at all."""
    import torch

    from molar.multimodal import PictureFeatures

    new = {key: p for key, p in zip(keys, pixels) if p is not None and key not in seen}
    if new:
        seen.put(list(new), pack_features(encoder.see(list(new.values()))))
    has_picture = torch.tensor([bool(key) for key in keys])
    blank = np.zeros((1 + encoder.backbone.most_tokens, encoder.backbone.width), np.float16)
    stored = torch.from_numpy(np.stack([seen.get(key) if key else blank for key in keys])).float()
    grids = [None if p is None else p.grid for p in pixels]
    return PictureFeatures(stored[:, 1:], stored[:, 0, : encoder.wide], grids), has_picture


def pack_features(features) -> np.ndarray:
    """One array (batch, 1 + tokens, width) for the cache: pooled features, filled up with zeros, before the tokens."""
    import torch

    wider = features.tokens.shape[2] - features.pooled.shape[1]
    pooled = torch.nn.functional.pad(features.pooled.float(), (0, wider))
    return torch.cat([pooled[:, None], features.tokens.float()], 1).cpu().numpy()


def _decode(encoder, pictures: list, batch: list[int]) -> list:
    """The batch's pictures as the tower wants them, None where an item has none."""
    return [None if pictures[item] is None else encoder.pixels(open_picture(pictures[item])) for item in batch]


def open_picture(source):
    """A path or PIL picture → upright RGB on white. Raises `MolarError` naming a picture that cannot be read."""
    from PIL import Image, ImageOps

    try:
        picture = Image.open(source) if isinstance(source, (str, Path)) else source
        picture = ImageOps.exif_transpose(picture)
        if picture.mode in ("RGBA", "LA", "P", "PA"):
            picture = picture.convert("RGBA")
            picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
        return picture.convert("RGB")
    except (OSError, ValueError, SyntaxError) as error:
        raise MolarError(f"The picture {source} cannot be read ({error}): replace it or leave its cell empty.") from error
