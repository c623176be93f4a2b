"""What does fewer bits cost? Item vectors of every precision beside those of bfloat16, alone and mixed.

Mixed use is a catalogue encoded in one precision and asked in another: a shop encodes on a GPU in bfloat16, a visitor's
item comes in on a CPU in nf4. Accuracy is measured on the given items alone: they are the candidates, histories are cut
to them, so that every vector in it is of the precision it stands for. Given all items it is full ranking.
"""

import hashlib
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from molar.backbones.quantisation import BITS, PRECISIONS, weight_bytes
from molar.core.errors import MolarError
from molar.core.io import cache_folder
from molar.core.progress import Report, silent
from molar.core.schema import ALIGNED, CONTENT, PAD
from molar.data.dataset import Dataset, load_dataset
from molar.data.images import open_picture
from molar.data.item_text import item_texts
from molar.data.splits import Split, leave_one_out
from molar.encoder.encode import encode_catalogue, encoder_folder
from molar.encoder.fingerprint import require_same
from molar.evaluation.metrics import ndcg
from molar.evaluation.ranking import rank_targets
from molar.evaluation.significance import interval, resampled_means
from molar.experiments.results import row, write_rows

REFERENCE = "bfloat16"
NEIGHBOURS = 10
TIMED = 32  # items that the speed is measured on, in batches of 8, after one batch to warm up
ROUNDS = 3  # over these items; the median counts
WHICH = "validation"  # precision is chosen by these numbers, so they are not of the test split


def measure_fidelity(
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
    tower on this machine; NAME/ndcg@10 and NAME/delta_ndcg@10 of the content towers in the checkpoint, with intervals
    over users. The towers were trained on vectors of one precision, `trained_bits` in every row, so these differences
    favour it. Vectors come through the cache, so the same command resumes. Raises `MolarError` as encoding does, and
    for towers of other data, of another split, or of vectors that another encoder made (in any precision).
    """
    from molar.encoder.item_encoder import EncoderConfig, ItemEncoder

    precisions = tuple(dict.fromkeys((REFERENCE, *precisions)))
    configs = {precision: EncoderConfig(backbone, precision, gate=gate) for precision in precisions}
    histories = (Path(dataset_dir) / interactions).is_file()
    dataset = load_dataset(dataset_dir, interactions=interactions if histories else None)
    chosen = sample_items(dataset, items)
    towers = _towers(Path(checkpoint_dir), dataset) if histories else Towers()
    trained = encoder_folder(checkpoint_dir, encoder)
    vectors, costs, hidden = {}, {}, 0
    for done, precision in enumerate(precisions):

        def told(part: int, total: int, note: str = "", base=done, name=precision) -> None:
            report(base * total + part, len(precisions) * total, f"{name} {note}".strip())

        model = ItemEncoder.load(configs[precision], trained)
        if towers.models:
            require_same(
                towers.trained_on,
                model.fingerprint,
                f"The vectors that the towers in {checkpoint_dir} learnt from",
                "those to be measured",
                "name the encoder that made them, or a checkpoint without towers",
                besides="precision",
            )
        vectors[precision], costs[precision] = _encode(dataset, chosen, model, told)
        hidden, fingerprint = model.hidden, model.fingerprint
        del model  # two at once may be more than memory holds
    facts = {
        "dataset": dataset.name,
        "data_hash": dataset.data_hash,
        "split": WHICH,
        "seed": 0,
        "command": command,
        "weights_sha256": f"{fingerprint['backbone_sha256']} {fingerprint['adapter_sha256']}",
    }
    rows = _rows(facts, fingerprint["backbone"], chosen, vectors, costs, hidden if gate else 0, towers)
    write_rows(Path(out), rows)
    return rows


def _rows(facts: dict, model: str, chosen: np.ndarray, vectors: dict, costs: dict, state: int, towers) -> list[dict]:
    """One row a precision, one a mixed pair; `state` columns of a vector are the language model's own, 0 for all."""
    reference, pairs = vectors[REFERENCE], _pairs(tuple(vectors))
    gains = {pair: users_ndcg(towers, vectors[pair[0]], vectors[pair[1]], chosen) for pair in pairs}
    rows = []
    for catalogue, query in pairs:
        values = {f"overlap@{NEIGHBOURS}": overlap(reference, vectors[catalogue], vectors[query], chosen)}
        if catalogue == query:
            values |= cosines(vectors[query], reference, chosen) | costs[query]
            if state:
                own = cosines(vectors[query][:, :state], reference[:, :state], chosen)
                values |= {f"cur_item/{name}": number for name, number in own.items()}
        values |= {"trained_bits": BITS[towers.trained_on["precision"]]} if towers.models else {}
        of_towers, ci = compare(gains[catalogue, query], gains[REFERENCE, REFERENCE])
        setting = query if catalogue == query else f"catalogue {catalogue}, query {query}"
        about = {"slice": f"{len(chosen)} items", "setting": setting, "n": len(chosen)}
        rows.append(row(facts, **about, model=model, values=values | of_towers, ci=ci))
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


def _encode(dataset: Dataset, chosen: np.ndarray, encoder, report: Report) -> tuple[np.ndarray, dict[str, float]]:
    """Vectors (n_items + 1, dim) float32, zero outside `chosen`, and what the encoder costs."""
    every = item_texts(dataset)
    texts, paths = [every[number - 1] for number in chosen], [dataset.image_path(number) for number in chosen]
    vectors = np.zeros((dataset.n_items + 1, encoder.dim), np.float32)
    vectors[chosen] = encode_catalogue(encoder, texts, paths, cache_folder(), report=report)
    return vectors, {"memory_mb": weight_bytes(encoder.backbone.model) / 1e6} | _speed(encoder, texts, paths)


def _speed(encoder, texts: list[str], paths: list) -> dict[str, float]:
    """Items a second through the language model and pictures a second through the tower, past every cache."""
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
    tower, text = np.median(rounds, axis=0)
    return {"items_per_second": len(shown) / text, "pictures_per_second": len(shown) / tower}


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
    return np.argsort(-likeness, axis=1, kind="stable")[:, :NEIGHBOURS]


@dataclass(frozen=True)
class Towers:
    """Content towers by name, the split they are asked on, and the fingerprint of the vectors they learnt from."""

    split: Split | None = None
    models: dict = field(default_factory=dict)
    trained_on: dict = field(default_factory=dict)


def _towers(checkpoint: Path, dataset: Dataset) -> Towers:
    """The content towers of a checkpoint; none where there are none. Raises `MolarError` for those of other data,
    another split or other vectors than lie beside them."""
    from molar.encoder.vectors import load_vectors, vectors_fingerprint
    from molar.storage.checkpoint import CONFIG, load_trained

    names = [name for name in (CONTENT, ALIGNED) if (checkpoint / name / CONFIG).is_file()]
    if not names:
        return Towers()
    path, split = checkpoint / "vectors.safetensors", leave_one_out(dataset)
    vectors = load_vectors(path, dataset)
    models = {name: load_trained(checkpoint / name, split, vectors) for name in names}
    return Towers(split, models, vectors_fingerprint(path))


def users_ndcg(towers: Towers, catalogue: np.ndarray, queries: np.ndarray, chosen: np.ndarray) -> dict[str, np.ndarray]:
    """NDCG@10 of each user, by tower: histories of `queries`, candidates of `catalogue`, both of `chosen` items alone.

    Users are those whose target is chosen, and one item or more of what came before.
    """
    split, scores = towers.split, {}
    if not towers.models:
        return scores
    known = np.zeros(len(catalogue), bool)
    known[chosen] = True
    users = [user for user in split.evaluation_users(WHICH) if known[split.target(user, WHICH)]]
    cut = {user: split.history_for(user, WHICH) for user in users}
    cut = {user: history[known[history]] for user, history in cut.items() if known[history].any()}
    if not cut:
        return scores
    targets = split.targets_of(np.array(list(cut)), WHICH)
    for name, model in towers.models.items():
        model.set_item_vectors(catalogue)
        model.set_counts(split.train_counts())
        matrix, bias = model.item_matrix().detach().numpy(), model.item_bias().detach().numpy()
        model.set_item_vectors(queries)
        table = model.user_vectors(list(cut.values())) @ matrix.T + bias  # (users, n_items + 1)
        table[:, ~known] = -np.inf
        table[:, PAD] = -np.inf
        scores[name] = ndcg(rank_targets(table, list(cut.values()), targets), 10)
    return scores


def compare(found: dict[str, np.ndarray], reference: dict[str, np.ndarray]) -> tuple[dict, dict]:
    """Means of users' NDCG@10 and of its paired difference to the reference, by tower, and 95 % intervals."""
    values, ci = {}, {}
    for name, own in found.items():
        both = np.stack([own, own - reference[name]], axis=1)
        drawn = resampled_means(both)
        for column, metric in enumerate(("ndcg@10", "delta_ndcg@10")):
            values[f"{name}/{metric}"], ci[f"{name}/{metric}"] = both[:, column].mean(), interval(drawn[:, column])
        values[f"{name}/users"] = len(own)
    return values, ci
