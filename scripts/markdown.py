"""How numbers and tables look in README.md and docs/results.md."""

from statistics import mean, stdev

from molar.experiments.results import BAYES_ORACLE

NAMES = {
    "item-knn": "item-kNN",
    "content-knn": "content-kNN",
    "sasrec": "SASRec",
    "molar": "**molar**, aligned",
    "gru4rec": "GRU4Rec",
    "fpmc": "FPMC",
    "duorec": "DuoRec",
    "sasrec-bce": "SASRec, BCE",
    "sasrec-gbce": "SASRec, gBCE",
    "sasrec-sampled": "SASRec, sampled softmax",
    "sasrec-in-batch": "SASRec, in-batch softmax",
    "content": "content only",
    "molar-fused": "**molar**, fused with ids",
    "content-fused": "content, fused with ids",
    BAYES_ORACLE: "reading oracle",
    "oracle-knowing": "knowing oracle",
    "text": "SASRec over MiniLM",
    "image": "SASRec over CLIP",
    "both": "SASRec over MiniLM + CLIP",
    "random-linear": "SASRec over random vectors",
    "hllm": "HLLM: content, no picture",
    "both-mlp": "content over MiniLM + CLIP",
    "random-mlp": "content over random vectors",
    "content-knn, text": "content-kNN, MiniLM",
    "content-knn, image": "content-kNN, CLIP",
    "content-knn, both": "content-kNN, MiniLM + CLIP",
    "content-knn, random": "content-kNN, random vectors",
}


def name(model: str) -> str:
    """A model as the tables call it; a label of train-id or train-content is its own name."""
    return NAMES.get(model, model)


def head(heads: list[str]) -> list[str]:
    """The first two lines of a table."""
    return [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]


def line(first: str, cells: list[str]) -> str:
    """One row of a table."""
    return f"| {first} | {' | '.join(cells)} |"


def cell(found: list[dict] | None, metric: str) -> str:
    """A metric of a model on a slice: its value with the interval, or the mean ± sd of its seeds."""
    values = [row["metrics"][metric] for row in found or [] if metric in row["metrics"]]
    if not values:
        return "–"
    if len(values) > 1:
        return f"{mean(values):.3f} ± {stdev(values):.3f}"
    ci = found[0]["ci"].get(metric)
    return f"{values[0]:.3f}" + (f" [{ci[0]:.3f}, {ci[1]:.3f}]" if ci else "")


def difference(row: dict | None) -> str:
    """A difference of NDCG@10 with its interval, and p after Holm's correction."""
    if row is None:
        return "–"
    low, high = row["ci"]["ndcg@10"]
    told = f"{row['metrics']['ndcg@10']:+.3f} [{low:+.3f}, {high:+.3f}]"
    p_holm = row["metrics"].get("p_holm")
    if p_holm is None:
        return told
    return f"{told}, p {'< .001' if p_holm < 0.001 else f'= {p_holm:.3f}'.replace('0.', '.', 1)}"
