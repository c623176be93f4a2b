"""Does alignment learn faster? From the learning curves beside results/alignment-study.json."""

from collections.abc import Sequence
from statistics import mean

from molar.core.schema import ALIGNED, CONTENT
from molar.reporting.labels import NDCG
from molar.reporting.study.sections import ALL, TITLE, StudyRows, share_in_words
from molar.reporting.tables import Column, Row, Section, Source, Table

ENOUGH = 0.9  # of what content reaches at its best
NOTE = (
    f"How many epochs until validation NDCG@10 is {ENOUGH:.0%} of what content before alignment reaches at its best, mean over "
    "seeds (– where a seed never does), and what the first epoch ends with."
)


def speed(study: StudyRows, curves: Sequence[dict]) -> Section | None:
    """Epochs to `ENOUGH`, content beside aligned to the ID model of all users; None without curves of both."""
    own = [curve for curve in curves if curve["dataset"] == study.dataset]
    rows = []
    for users in study.shares:
        setting = " ".join(f"{name}={value}" for name, value in study.aligned_by.items())
        names = f"{CONTENT} users={users}", f"{ALIGNED} users={users} ids={ALL} {setting}".rstrip()
        content, aligned = (
            {curve["seed"]: curve["curve"] for curve in own if curve["model"] == name} for name in names
        )
        seeds = sorted(set(content) & set(aligned))
        if not seeds:
            continue
        needed = [[epochs_until(found[seed], content[seed]) for seed in seeds] for found in (content, aligned)]
        first = [mean(found[seed][0][NDCG] for seed in seeds) for found in (content, aligned)]
        cells = [_mean(one) for one in needed] + [f"{one:.3f}" for one in first]
        rows.append(Row(f"{share_in_words(users)} of the users train", cells))
    if not rows:
        return None
    heads = ("epochs, content", "epochs, aligned", "first epoch, content", "first epoch, aligned")
    table = Table("", [Column(head) for head in heads], rows, layout="ev-numbers")
    return Section(
        f"{TITLE}, speed of learning: {study.dataset}",
        [NOTE],
        table=table,
        source=Source.of(one | {"weights_sha256": ""} for one in own),
    )


def _mean(epochs: Sequence[int | None]) -> str:
    known = [one for one in epochs if one is not None]
    return f"{mean(known):.1f}" if len(known) == len(epochs) else "–"


def epochs_until(curve: Sequence[dict], content: Sequence[dict]) -> int | None:
    """The first epoch of `curve` that reaches `ENOUGH` of the best of `content`; None where none does."""
    wanted = ENOUGH * max(epoch[NDCG] for epoch in content)
    return next((epoch["epoch"] for epoch in curve if epoch[NDCG] >= wanted), None)
