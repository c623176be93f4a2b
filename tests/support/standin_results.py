"""Results files of every shape that the Evidence tab may meet, with invented numbers."""

import hashlib
import json
from pathlib import Path

OURS, OTHERS = "feedfeedfeedfeed", "c0ffeec0ffeec0ff"
SHARE = "share_of_attainable@ndcg10"
SLICES = {"all": 1.0, "warm": 1.2, "cold": 0.3}
BUCKETS = {"popularity 1": 2.0, "popularity 2": 1.1, "popularity 3": 0.7, "popularity 4": 0.2}
LENGTHS = {"history <20": 0.8, "history 20–99": 1.0, "history ≥100": 1.1}
ORACLES = {"oracle-attainable": 0.256, "oracle-reading": 0.282, "oracle-knowing": 0.295}
UNTRAINED = ("random", "popularity", "item-knn", *ORACLES)
COMPARED = {  # (model, other) -> difference, p after Holm's correction
    ("content", "item-knn"): (0.02, 0.00011),
    ("molar", "content"): (0.001, 0.412),
    ("molar", "sasrec"): (-0.009, 0.018),
}
TRAINED = ("fpmc", "gru4rec", "sasrec-bce", "sasrec-gbce", "sasrec", "duorec", "sasrec-wide & deep")
MODELS = {"random": 0.004, "popularity": 0.034, "item-knn": 0.102, "sasrec": 0.121, "content": 0.122, "molar": 0.123}


def row(
    model: str,
    slice_: str = "all",
    *,
    value: float = 0.1,
    kind: str = "own",
    other: str = "",
    ablation: str = "",
    setting: str = "",
    seed: int = 0,
    n: int = 200,
    data: str = OURS,
    dataset: str = "Tiny shop",
    split: str = "test",
    command: str = "python -m molar evaluate X",
    half: float = 0.006,
    more: dict[str, float] | None = None,
) -> dict:
    """One row as `molar.experiments.results` writes it; `half` is half the width of the intervals, `more` are further metrics."""
    metrics = {"ndcg@10": value, "recall@10": 2 * value, **(more or {})}
    with_ci = [name for name in metrics if not name.startswith(("p_", "coverage", "gini", "popularity"))]
    return {
        "dataset": dataset,
        "data_hash": data,
        "split": split,
        "slice": slice_,
        "model": model,
        "kind": kind,
        "other": other,
        "ablation": ablation,
        "setting": setting,
        "seed": seed,
        "n": n,
        "metrics": metrics,
        "command": command,
        "ci": {name: [round(metrics[name] - half, 6), round(metrics[name] + half, 6)] for name in with_ci},
        "weights_sha256": "" if model in UNTRAINED else hashlib.sha256(f"{model} {seed}".encode()).hexdigest(),
    }


def minus(model: str, other: str = "", slice_: str = "all", *, p: float | None = None, **facts) -> dict:
    """A row of a difference: of two models, or with `ablation` of one with and without a part of its input."""
    more = {} if p is None else {"p_value": p / 2, "p_holm": p}
    return row(model, slice_, kind="difference", other=other, more=more, **facts)


def shop_rows(data: str = OURS, **facts) -> list[dict]:
    """A table of every kind: slices known and unknown, oracles, differences with p-values, beyond accuracy."""
    rows = []
    for slice_, factor in (SLICES | BUCKETS | LENGTHS | {"held-out": 1.0, "left-handed": 0.9}).items():
        for model, value in (MODELS | ORACLES).items():
            more = {SHARE: round(value / ORACLES["oracle-attainable"], 4)}
            if slice_ == "all":
                more |= {"coverage@10": 0.61, "gini@10": 0.72, "popularity_bias@10": 2.41}
            rows.append(row(model, slice_, value=round(value * factor, 6), data=data, more=more, **facts))
    for slice_ in SLICES:
        for (model, other), (value, p) in COMPARED.items():
            rows.append(minus(model, other, slice_, value=value, p=p, data=data, **facts))
    return [*rows, row("molar", split="validation", value=0.999, data=data, **facts)]


def film_rows(**facts) -> list[dict]:
    """Several ID models with three seeds each, on as many users as all of MovieLens-1M has."""
    command = "python -m molar evaluate-id ml1m FOLDER --out results/ml1m-id.json"
    known = {"dataset": "ml1m-posters", "data": OTHERS, "n": 6040, "command": command} | facts
    rows = []
    for slice_ in ("all", "warm", "popularity 1 (20 items)", "popularity 2 (70 items)"):
        rows += [row(model, slice_, value=value, **known) for model, value in (("random", 0.001), ("item-knn", 0.09))]
        for place, model in enumerate(TRAINED):
            for seed in range(3):
                rows.append(row(model, slice_, value=round(0.1 + 0.013 * place + 0.002 * seed, 6), seed=seed, **known))
    return rows


def aligned(model: str, change: float | None, *, seed: int = 0, other: str = "", **facts) -> dict:
    """A row of held-out users with numbers of alignment, to the ID model `other` where it is not the model's own, and NDCG@10
    minus that before alignment."""
    numbers = {
        "align/paired_cosine": 0.82 + 0.01 * seed,
        "align/procrustes_paired_cosine": 0.89,
        "align/retrieval_mrr": 0.9,
    }
    made = row(
        model,
        "held-out",
        n=40,
        seed=seed,
        kind="alignment" if other else "own",
        other=other,
        half=0.01,
        more=numbers,
        **facts,
    )
    if change is not None:
        made["metrics"]["delta_ndcg@10"] = change
        made["ci"]["delta_ndcg@10"] = [change - 0.002, change + 0.002]
    made["metrics"] |= {
        "align/shuffled_cosine": 0.05,
        "align/retrieval_mrr_chance": 0.012,
        "align/effective_rank_content": 55.1,
    }
    return made


def method_rows(n: int = 6040) -> list[dict]:
    """What `evaluate-content` writes of full data: three seeds of each model, alignment, input ablations."""
    known = {"dataset": "ml1m-posters", "data": OTHERS}
    rows = []
    for place, model in enumerate(("sasrec", "content", "molar", "molar-fused")):
        rows += [row(model, value=0.17 + 0.01 * place, seed=seed, n=n, **known) for seed in range(3)]
    for seed in range(3):
        rows += [
            aligned("content", None, seed=seed, **known),
            aligned("molar", 0.003 + 0.001 * seed, seed=seed, **known),
        ]
    rows += [aligned("content", None, other="fpmc", **known)]
    rows += [minus("molar", "content", value=0.004, n=n, p=0.002, **known)]
    for ablation, value in (("no-text", 0.1), ("id-blanked", 0.12)):
        rows += [row("molar", kind="ablation", ablation=ablation, value=value, n=n, **known)]
        rows += [minus("molar", ablation=ablation, value=0.12 - value, n=n, p=0.002, **known)]
    return rows


def ablation_rows(n: int = 1500) -> list[dict]:
    """The default, content and one model that differs from it; brief, so of all users and the held-out alone."""
    known = {"dataset": "ml1m-posters, 1500 users", "data": OTHERS}
    rows = [
        row(model, value=value, n=n, **known)
        for model, value in (("popularity", 0.02), ("content", 0.117), ("molar", 0.13), ("tau-0.05", 0.12))
    ]
    rows += [minus("molar", "content", value=0.013, n=n, p=0.002, **known)]
    rows += [minus("tau-0.05", "molar", value=-0.01, n=n, p=0.002, **known)]
    rows += [minus("tau-0.05", "content", value=0.003, n=n, p=0.002, **known)]
    return [*rows, aligned("molar", 0.01, **known), aligned("tau-0.05", 0.005, **known)]


def curve(model: str, seed: int = 0, *, epochs: int = 12, top: float = 0.13, data: str = OTHERS) -> dict:
    """One training as results/NAME-curves.json keeps it; it is best two epochs before its end."""
    values = [top * one / (one + 3) - 0.004 * max(0, one - epochs + 2) for one in range(1, epochs + 1)]
    told = [{"epoch": one, "ndcg@10": round(at, 5), "loss": 5.0, "seconds": 2.5} for one, at in enumerate(values, 1)]
    return {
        "dataset": "ml1m-posters",
        "data_hash": data,
        "split_hash": "5b17" * 4,
        "model": model,
        "seed": seed,
        "command": f"python -m molar train-id ml1m --name {model}/seed-{seed} --seed {seed}",
        "weights_sha256": hashlib.sha256(f"{model} {seed}".encode()).hexdigest(),
        "curve": told,
    }


def offset_line(model: str, seed: int = 0, *, data: str = OURS, dataset: str = "Tiny shop", **parts) -> dict:
    """One curve over three offsets as results/NAME-offsets.json keeps it; `parts` are NDCG@10 at each, or among cold."""
    told = {"all": [0.1, 0.12, 0.13], "warm": [0.14, 0.13, 0.1], "cold": [0.02, 0.1, 0.25], "among_cold": 0.3} | parts
    about = {"dataset": dataset, "data_hash": data, "split": "validation", "model": model, "seed": seed}
    digest = hashlib.sha256(f"{model} {seed}".encode()).hexdigest()
    line = {**about, "offsets": [-1, 0, 1], **told, "n": 200, "n_cold": 40, "command": "python -m molar evaluate X"}
    return line | {"weights_sha256": digest}


def write_offsets(folder: Path, name: str, lines: list[dict]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}-offsets.json").write_text(json.dumps({"towers": lines}), encoding="utf-8")


def write(folder: Path, name: str, rows: list[dict]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps({"rows": rows}), encoding="utf-8")


def write_curves(folder: Path, name: str, curves: list[dict]) -> None:
    (folder / f"{name}-curves.json").write_text(json.dumps({"curves": curves}), encoding="utf-8")


def write_all(folder: Path, data: str = OURS) -> Path:
    """A folder with one file of each shape; the page's own data are `data`."""
    write(folder, "demo", shop_rows(data))
    write(folder, "demo-temporal", shop_rows(data))
    for place, dial in enumerate((0, 50, 100)):
        write(folder, f"demo-dial-{dial}", shop_rows(f"{place}" * 16))
    write(folder, "ml1m-id", film_rows())
    drawn = [
        curve(model, seed, epochs=12 + 3 * place + seed, top=0.1 + 0.013 * place)
        for place, model in enumerate(TRAINED[:5])
        for seed in range(3)
    ]
    write_curves(folder, "ml1m-id", drawn)
    write(folder, "ml1m-1500", film_rows(n=1500))
    write(folder, "of-my-own", [row("my & model", value=0.2, half=0.03), row("popularity", value=0.05)])
    (folder / "encoder-probe.json").write_text('{"rows": []}', encoding="utf-8")
    return folder
