"""What does fewer bits cost? Item vectors of every precision beside those of bfloat16, alone and mixed.

Mixed use is a catalogue encoded in one precision and asked in another: a shop encodes on a GPU in bfloat16, a visitor's
item comes in on a CPU in nf4. Accuracy is measured on the given items alone: they are the candidates, histories are cut
to them, so that every vector in it is of the precision it stands for. Given all items it is full ranking.
"""

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from molar.backbones.quantisation import BITS, PRECISIONS, weight_bytes
from molar.core.errors import MolarError
from molar.core.io import cache_folder
from molar.core.progress import Report, silent
from molar.data.dataset import Dataset, load_dataset
from molar.data.images import open_picture
from molar.data.item_text import item_texts
from molar.encoder.encode import encode_catalogue, encoder_folder
from molar.encoder.fingerprint import require_same
from molar.evaluation.ranking import best_columns
from molar.experiments.quantised_ranking import SUBSET, ContentModels, compare, content_models, users_ndcg
from molar.experiments.results import row, run_metadata, write_rows

if TYPE_CHECKING:
    from molar.encoder.item_encoder import ItemEncoder

REFERENCE = "bfloat16"
NEIGHBOURS = 10
TIMED = 32  # items that the speed is measured on, in batches of 8, after one batch to warm up
ROUNDS = 3  # over these items; the median counts


@dataclass(frozen=True)
class Encoded:
    """The vectors (n_items + 1, dim) of one precision, zero where not chosen, and what the encoder costs."""

    vectors: np.ndarray
    costs: dict[str, float]


def measure_quantisation(
    dataset_dir: Path,
    checkpoint_dir: Path,
    out: Path,
    *,
    items: int = 300,
    backbone: str = "nano",
    gate: bool = True,
    encoder: Path | None = None,
    precisions: tuple[str, ...] = PRECISIONS,
    interactions: str = "interactions.csv",
    command: str = "",
    report: Report = silent,
) -> list[dict]:
    """Encode `items` items in every precision and write one row a precision and one a mixed pair to `out`.

    Metrics: `cosine` to bfloat16 (mean) and `cosine_p5` (5th percentile), of the whole vector and, named cur_item/…, of
    the language model's state in it, which alone depends on the precision; `overlap@10` of neighbours with those of
    bfloat16; `memory_mb` of the weights; `items_per_second` of the language model and `pictures_per_second` of the
    image tower on this machine; NAME/ndcg@10 and NAME/delta_ndcg@10 of the content models in the checkpoint, with
    intervals over users. These were trained on vectors of one precision, `trained_bits` in every row, so these differences
    favour it. Vectors come through the cache, so the same command resumes. Raises `MolarError` as encoding does, and
    for models of other data, of another split, or of vectors that another encoder made (in any precision).
    """
    from molar.encoder.item_encoder import EncoderConfig, ItemEncoder

    precisions = tuple(dict.fromkeys((REFERENCE, *precisions)))
    configs = {precision: EncoderConfig(backbone, precision, gate=gate) for precision in precisions}
    histories = (Path(dataset_dir) / interactions).is_file()
    dataset = load_dataset(dataset_dir, interactions=interactions if histories else None)
    chosen = sample_items(dataset, items)
    models = content_models(Path(checkpoint_dir), dataset) if histories else None
    tuned = encoder_folder(checkpoint_dir, encoder)
    encoded, hidden = {}, 0
    for done, precision in enumerate(precisions):

        def report_part(part: int, total: int, note: str = "", base=done, name=precision) -> None:
            report(base * total + part, len(precisions) * total, f"{name} {note}".strip())

        model = ItemEncoder.load(configs[precision], tuned)
        if models:
            require_same(
                models.trained_on,
                model.fingerprint,
                f"The vectors that the models in {checkpoint_dir} learnt from",
                "those to be measured",
                "name the encoder that made them, or a checkpoint without models",
                besides="precision",
            )
        encoded[precision] = _encode(dataset, chosen, model, report_part)
        hidden, fingerprint = model.hidden, model.fingerprint
        del model  # two at once may be more than memory holds
    weights = f"{fingerprint['backbone_sha256']} {fingerprint['adapter_sha256']}"
    metadata = run_metadata(dataset, SUBSET, command, weights_sha256=weights)
    rows = _rows(metadata, fingerprint["backbone"], chosen, encoded, hidden if gate else 0, models)
    write_rows(Path(out), rows)
    return rows


def _rows(
    metadata: dict,
    backbone: str,
    chosen: np.ndarray,
    encoded: dict[str, Encoded],
    state: int,
    models: ContentModels | None,
) -> list[dict]:
    """One row a precision, one a mixed pair; `state` columns of a vector are the language model's own, 0 for all."""
    pairs, vectors = _pairs(tuple(encoded)), {precision: one.vectors for precision, one in encoded.items()}
    reference = vectors[REFERENCE]
    gains = {
        (catalogue, query): users_ndcg(models, vectors[catalogue], vectors[query], chosen) if models else {}
        for catalogue, query in pairs
    }
    rows = []
    for catalogue, query in pairs:
        values = {f"overlap@{NEIGHBOURS}": overlap(reference, vectors[catalogue], vectors[query], chosen)}
        if catalogue == query:
            values |= cosines(vectors[query], reference, chosen) | encoded[query].costs
            if state:
                own = cosines(vectors[query][:, :state], reference[:, :state], chosen)
                values |= {f"cur_item/{name}": number for name, number in own.items()}
        values |= {"trained_bits": BITS[models.trained_on["precision"]]} if models else {}
        of_models, ci = compare(gains[catalogue, query], gains[REFERENCE, REFERENCE])
        setting = query if catalogue == query else f"catalogue {catalogue}, query {query}"
        fields = {"slice": f"{len(chosen)} items", "model": backbone, "setting": setting}
        rows.append(row(metadata, **fields, n=len(chosen), values=values | of_models, ci=ci))
    return rows


def sample_items(dataset: Dataset, count: int) -> np.ndarray:
    """Numbers of at most `count` items, chosen by a hash of their ids, ascending. Raises `MolarError` for too few."""
    if min(count, dataset.n_items) <= NEIGHBOURS:
        given = min(count, dataset.n_items)
        raise MolarError(f"Neighbours are compared among more than {NEIGHBOURS} items; {given} are given.")
    by_hash = [hashlib.sha256(f"fidelity {item}".encode()).digest() for item in dataset.item_ids[1:]]
    return np.sort(1 + np.array(sorted(range(dataset.n_items), key=by_hash.__getitem__)[:count]))


def _pairs(precisions: tuple[str, ...]) -> list[tuple[str, str]]:
    """(catalogue, query): each precision with itself first, then mixed."""
    mixed = [(catalogue, query) for catalogue in precisions for query in precisions if catalogue != query]
    return [(precision, precision) for precision in precisions] + mixed


def _encode(dataset: Dataset, chosen: np.ndarray, encoder: "ItemEncoder", report: Report) -> Encoded:
    texts = item_texts(dataset)
    texts, paths = [texts[number - 1] for number in chosen], [dataset.image_path(number) for number in chosen]
    vectors = np.zeros((dataset.n_items + 1, encoder.dim), np.float32)
    vectors[chosen] = encode_catalogue(encoder, texts, paths, cache_folder(), report=report)
    return Encoded(vectors, {"memory_mb": weight_bytes(encoder.backbone.model) / 1e6} | _speed(encoder, texts, paths))


def _speed(encoder: "ItemEncoder", texts: list[str], paths: list[Path | None]) -> dict[str, float]:
    """Items a second through the language model and pictures a second through the image tower, past every cache."""
    import torch

    shown = [(text, encoder.pixels(open_picture(path))) for text, path in zip(texts, paths) if path is not None][:TIMED]
    if not shown:
        return {}
    batches = [shown[start : start + 8] for start in range(0, len(shown), 8)]

    def clock() -> float:
        if encoder.backbone.device.type == "cuda":
            torch.cuda.synchronize()  # what a GPU was told is not yet done
        return time.perf_counter()

    def timed(batch) -> tuple[float, float]:
        start = clock()
        seen = encoder.image_features([pixels for _, pixels in batch])
        looked = clock()
        encoder.encode([text for text, _ in batch], seen, torch.ones(len(batch), dtype=torch.bool))
        return looked - start, clock() - looked

    timed(batches[0])
    rounds = [np.sum([timed(batch) for batch in batches], axis=0) for _ in range(ROUNDS)]
    looking, reading = np.median(rounds, axis=0)
    return {"items_per_second": len(shown) / reading, "pictures_per_second": len(shown) / looking}


def cosines(vectors: np.ndarray, reference: np.ndarray, chosen: np.ndarray) -> dict[str, float]:
    """Mean and 5th percentile of the cosine of every chosen row to its own row in `reference`."""
    one, other = vectors[chosen].astype(np.float64), reference[chosen].astype(np.float64)
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    cosine = (one * other).sum(1) / np.maximum(lengths, 1e-12)
    return {"cosine": cosine.mean(), "cosine_p5": np.percentile(cosine, 5)}


def overlap(reference: np.ndarray, catalogue: np.ndarray, queries: np.ndarray, chosen: np.ndarray) -> float:
    """Share of each item's ten nearest in `catalogue`, asked by its row of `queries`, that are also in `reference`."""
    wanted, found = _nearest(reference, reference, chosen), _nearest(catalogue, queries, chosen)
    return float(np.mean([len(set(a) & set(b)) / NEIGHBOURS for a, b in zip(wanted, found)]))


def _nearest(catalogue: np.ndarray, queries: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """(chosen, 10) places in `chosen` of the nearest by cosine, after the catalogue's mean is taken off; not itself."""
    centre = catalogue[chosen].mean(0)
    units = [
        some / np.maximum(np.linalg.norm(some, axis=1, keepdims=True), 1e-12)
        for some in (catalogue[chosen] - centre, queries[chosen] - centre)
    ]
    likeness = units[1] @ units[0].T
    np.fill_diagonal(likeness, -np.inf)
    return best_columns(likeness, NEIGHBOURS)
