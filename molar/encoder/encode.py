"""Encode a catalogue: every item once, through the cache, in batches of similar length, resumable at any moment."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from molar.core.errors import MolarError
from molar.core.hashing import content_key
from molar.core.io import cache_folder, disk_array, require_writable
from molar.core.progress import Report, silent
from molar.data.images import open_picture
from molar.data.item_text import item_pictures, item_texts
from molar.encoder.vector_cache import VectorCache

BATCH = 16
GPU_BATCH = 256  # what a GPU is asked for; what does not fit is halved
AHEAD = 4  # batches of pictures decoded while the model works
SHOWN = 10  # items named in the closing remark


def encode_items(
    dataset_dir: Path,
    checkpoint_dir: Path,
    *,
    backbone: str = "nano",
    precision: str = "nf4",
    gate: bool = True,
    encoder: Path | None = None,
    ablation: str | None = None,
    report: Report = silent,
) -> Path:
    """Encode all items of a dataset folder and write `vectors.safetensors` into the checkpoint folder.

    encoder: the folder of a fine-tuned encoder, `checkpoint_dir/encoder` when not given. Without one, nothing is trained
    and in `nano` only the concatenated features tell what is in a picture; the report says so, and how many items have
    no picture or no text and are read by the other alone. An item whose picture cannot be read is named and read by its
    text alone; the same command reads it again once the picture is fixed. Stopped or killed, it loses the batch in
    flight; the same command resumes. ablation: one of `molar.encoder.input_ablations.ITEM_ABLATIONS`; items are then
    read without a part of them, or with another's, and the file is `vectors-ABLATION.safetensors`. Raises `MolarError`
    for a bad dataset, an absent backbone or a full disk.
    """
    from molar.data.dataset import load_dataset
    from molar.encoder.input_ablations import ablated_items, ablation_path
    from molar.encoder.item_encoder import EncoderConfig, ItemEncoder
    from molar.encoder.vectors import save_vectors

    dataset = load_dataset(dataset_dir, interactions=None, decode_pictures=False)  # each is decoded below, once
    trained = encoder_folder(checkpoint_dir, encoder)
    texts, paths = ablated_items(dataset, ablation) if ablation else (item_texts(dataset), item_pictures(dataset))
    notes = (
        [f"no fine-tuned encoder in {checkpoint_dir}: nothing is trained yet (--encoder names one)"]
        if trained is None
        else []
    )
    require_writable(Path(checkpoint_dir))
    for note in notes + absent_parts(texts, paths):
        report(0, 0, note)
    report(0, 0, f"{len(texts):,} items; loading the encoder, about ten seconds")
    model = ItemEncoder.load(EncoderConfig(backbone, precision, gate=gate), trained)
    report(0, 0, "what earlier runs encoded comes from the cache; the rest follows in batches")
    vectors = disk_array(cache_folder(), (dataset.n_items + 1, model.dim))
    encode_catalogue(model, texts, paths, cache_folder(), names=dataset.item_ids[1:], out=vectors[1:], report=report)
    out = Path(checkpoint_dir) / "vectors.safetensors"
    out = ablation_path(out, ablation) if ablation else out
    save_vectors(out, vectors, dataset, model.fingerprint | ({"probe": ablation} if ablation else {}))
    return out


def encoder_folder(checkpoint_dir: Path, given: Path | None = None) -> Path | None:
    """The folder of the fine-tuned encoder: the one given, else the checkpoint's own, else None."""
    own = Path(checkpoint_dir) / "encoder"
    return given or (own if own.exists() else None)


def absent_parts(texts: list[str], pictures: list) -> list[str]:
    """What the report says of items that lack a part, [] when none does."""
    no_picture, no_text = sum(picture is None for picture in pictures), sum(not text for text in texts)
    notes = [f"{no_picture:,} without a picture, read by their text alone"] if no_picture else []
    return notes + ([f"{no_text:,} without a text, read by their picture alone"] if no_text else [])


def encode_catalogue(
    encoder,
    texts: list[str],
    pictures: list,
    cache: Path,
    *,
    names=None,
    out: np.ndarray | None = None,
    report: Report = silent,
) -> np.ndarray:
    """Vectors (n_items, dim) float16 of items given by text and picture (a path, a PIL picture, or None).

    The batch plan depends on the texts alone, so a resumed run does what an undisturbed one would have done (on a GPU, the
    last bits also depend on how much of its memory was free). An item whose picture cannot be read is named and read by
    its text alone, a damaged shard is named and its items are encoded again.

    Args:
        names: what the report calls the items; their numbers from 1 when not given.
        out: where the vectors go, such as a file in place of memory; a new array when not given. Besides it and the
            arguments, memory holds the items' keys and `AHEAD` batches of pictures.
    Raises `MolarError` for a full disk, and when not even one item fits into the GPU.
    """
    work = _CachedEncoder(encoder, cache)
    names = range(1, len(texts) + 1) if names is None else names
    vectors = np.zeros((len(texts), encoder.dim), np.float16) if out is None else out
    size = GPU_BATCH if encoder.backbone.device.type == "cuda" else BATCH
    order = sorted(range(len(texts)), key=lambda item: (len(encoder.token_ids(texts[item])), item))
    plan = [order[start : start + size] for start in range(0, len(order), size)]
    done, unread = 0, []
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(_decode, encoder, pictures, batch) for batch in plan[:AHEAD]]
        try:
            for number, batch in enumerate(plan):
                pixels = waiting.pop(0).result()
                if number + AHEAD < len(plan):
                    waiting.append(pool.submit(_decode, encoder, pictures, plan[number + AHEAD]))
                for item, own in zip(batch, pixels):
                    if isinstance(own, MolarError):
                        unread.append(str(names[item]))
                        report(0, 0, f"item {names[item]} is read by its text alone. {own}")
                pixels = [None if isinstance(own, MolarError) else own for own in pixels]
                vectors[batch] = work.encode([texts[item] for item in batch], pixels)
                for shard in work.damaged():
                    report(0, 0, f"damaged and encoded again: {shard}")
                done += len(batch)
                if work.encoded or done == len(texts):  # what comes from the cache at once is no measure of speed
                    report(done, len(texts), "")
        finally:
            for future in waiting:
                future.cancel()
    if unread:
        shown = ", ".join(unread[:SHOWN]) + (" …" if len(unread) > SHOWN else "")
        report(0, 0, f"{len(unread):,} read by their text alone, since their pictures cannot be read: {shown}")
    return vectors


def catalogue_features(encoder, pictures: list, cache: Path, *, names=None, report: Report = silent) -> np.ndarray:
    """(n_items, image_dim) float32: the frozen tower's pooled features of each picture; zeros where there is none.

    Through the cache that `encode_catalogue` fills too. Arguments, unreadable pictures and errors: `encode_catalogue`."""
    from molar.encoder.image_features import MicroBatches, cached_image_features

    kept, micro_batches = VectorCache(cache / "pictures", encoder.image_fingerprint), MicroBatches()
    names = range(1, len(pictures) + 1) if names is None else names
    pooled = np.zeros((len(pictures), encoder.image_dim), np.float32)
    for start in range(0, len(pictures), BATCH):
        batch = list(range(start, min(start + BATCH, len(pictures))))
        pixels = _decode(encoder, pictures, batch)
        for item, own in zip(batch, pixels):
            if isinstance(own, MolarError):
                report(0, 0, f"item {names[item]} has no picture to read. {own}")
        pixels = [None if isinstance(own, MolarError) else own for own in pixels]
        keys = ["" if own is None else own.key for own in pixels]
        features, has = cached_image_features(encoder, pixels, keys, kept, micro_batches)
        pooled[batch] = (features.pooled * has[:, None]).numpy()
        report(batch[-1] + 1, len(pictures), "pictures")
    return pooled


class _CachedEncoder:
    """An encoder behind its two caches, of item vectors and of the tower's picture features."""

    def __init__(self, encoder, cache: Path):
        from molar.encoder.image_features import MicroBatches

        self.encoder, self.encoded = encoder, 0  # items that were not in the cache
        self.vectors = VectorCache(cache / "vectors", encoder.fingerprint)
        self.pictures = VectorCache(cache / "pictures", encoder.image_fingerprint)
        self.tower_batches, self.model_batches = MicroBatches(), MicroBatches()

    def encode(self, texts: list[str], pixels: list) -> np.ndarray:
        """Vectors of one batch: from the cache where they are known, else computed and stored, each distinct item once."""
        from molar.encoder.image_features import cached_image_features

        picture_keys = ["" if own is None else own.key for own in pixels]
        keys = [content_key(text, key) for text, key in zip(texts, picture_keys)]
        found = self.vectors.find(keys)
        missing = {key: row for row, key in enumerate(keys) if key not in found}
        if missing:
            rows = list(missing.values())
            wanted = [texts[row] for row in rows]
            features, has = cached_image_features(
                self.encoder,
                [pixels[row] for row in rows],
                [picture_keys[row] for row in rows],
                self.pictures,
                self.tower_batches,
            )
            made = self.model_batches.run(
                lambda some: self.encoder.encode(wanted[some], features.rows(some), has[some]), len(rows)
            )
            found |= self.vectors.put(list(missing), made)
            self.encoded += len(missing)
        return np.stack([found[key] for key in keys])

    def damaged(self) -> list[str]:
        """Shards that were found damaged since the last call."""
        found = self.vectors.damaged + self.pictures.damaged
        self.vectors.damaged, self.pictures.damaged = [], []
        return found


def _decode(encoder, pictures: list, batch: list[int]) -> list:
    """The batch's pictures as the tower wants them; None where an item has none, the error where it cannot be read."""
    return [None if pictures[item] is None else _pixels(encoder, pictures[item]) for item in batch]


def _pixels(encoder, source):
    try:
        return encoder.pixels(open_picture(source))
    except MolarError as error:
        return error
