"""What the Evidence tab says around the tables; what stands in them molar.reporting says."""

TITLE = "How well do the models rank?"
PROTOCOL = (
    "One protocol for every number: each user’s last choice is hidden and asked for (leave-one-out, or the first choice after a "
    "moment where the data are split by time), every model ranks the full catalogue for it with no sampled negatives, ties "
    "count against the model, everything is chosen on the validation split, and the test split is read once, at the end."
)
INTERVALS = (
    "Whiskers and brackets: 95 % confidence interval (bootstrap over users, 1,000 resamples). They say nothing about luck in "
    "training: where a model was trained with several seeds, ± is the standard deviation over them, small dots are the single "
    "seeds, and the interval is the mean of theirs."
)
ELSEWHERE = (
    "Is the encoder worth it, and what do fewer bits cost? Those tables are in docs/encoder.md. "
    "The protocol in full: docs/evaluation.md."
)
NONE = (
    "There are no results to show: the folder results/ holds no file with test numbers. "
    "python -m molar evaluate DATASET --checkpoint DIR --out results/NAME.json measures a checkpoint."
)

RUN = "Results"
METRIC = "Measured by"
OF_THIS_DATA = "This page’s data"
OF_OTHER_DATA = "Other data: evidence about the method"
BY_TASTE_TITLE = "Print shop’s hidden-taste ratio, side by side"
STUDY_TITLE = "Where alignment pays: few training users, short histories"


def data_of(dataset: str, n: int) -> str:
    """Which data a run is of, by their own name."""
    return f"{dataset}: {n:,} users asked"


def chosen(run: str, metric: str) -> str:
    """Read aloud after every choice."""
    return f"Showing {run}, measured by {metric}."
