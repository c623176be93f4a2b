"""What the Evidence tab says; words.py holds the rest of the page's words."""

TITLE = "How well do the models rank?"
PROTOCOL = (
    "One protocol for every number: each user’s last choice is hidden and asked for (leave-one-out, or the first choice after a "
    "moment where the data are split by time), every model ranks the full catalogue for it with no sampled negatives, ties "
    "count against the model, everything is chosen on the validation split, and the test split is read once, at the end."
)
INTERVALS = (
    "Whiskers and brackets are 95 % intervals: had other users of the same kind been asked, the number would most likely lie in "
    "there (bootstrap over users, 1,000 resamples). They say nothing about luck in training: where a model was trained with "
    "several seeds, ± is the standard deviation over them, small dots are the single seeds, and the interval is the mean "
    "of theirs."
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

# results/NAME.json -> what was run
RUNS = {
    "demo": "Print shop: content, ID and aligned models",
    "demo-temporal": "Print shop, split by time",
    "demo-dial-0": "Print shop, dial at 0 %",
    "demo-dial-50": "Print shop, dial at 50 %",
    "demo-dial-100": "Print shop, dial at 100 %",
    "ml1m": "MovieLens-1M in full: content, aligned, fused",
    "ml1m-cold": "MovieLens-1M with films nobody chose before",
    "ml1m-id": "MovieLens-1M in full: ID models",
    "ablations-alignment": "Ablations: how users are aligned (exploratory)",
    "ablations-encoders": "Ablations: what items are read by (exploratory)",
    "ablations-stage-1": "Ablations: stage 1, what is read, probes (exploratory)",
    "ml1m-1500": "MovieLens-1M, 1,500 users (exploratory)",
    "ml1m-600": "MovieLens-1M, 600 users (proof of the pipeline)",
}
DIALS = {"demo-dial-0": "dial at 0 %", "demo-dial-50": "dial at 50 %", "demo-dial-100": "dial at 100 %"}
DIAL = "dial"
DIAL_RUN = "Print shop’s dial, side by side"
DIAL_MEANS = (
    "The dial says how much of a shopper’s taste is hidden: at 0 % motif, palette and technique explain all of it, so that a "
    "reader of texts and pictures could find it; at 100 % they explain nothing, and only who chose what can tell."
)
# results/NAME.json -> what its reader must know
ONE_RECIPE = "All ID models had one recipe of at most 24 epochs, and the best by validation is measured."
DIAL_RECIPE = (
    f"{ONE_RECIPE} Content towers had at most 14. The test split was read again for further seeds, at 0 % "
    "for two controls, and when stage 1 of the encoder had been run anew."
)
EXPLORATORY = "Exploratory: a frozen subset of 1,500 users, one seed. It hints at what to expect and settles nothing."
NO_FILM = "Stage 1 taught the item encoder on drawn prints: it had seen no film."
NOTES = {
    "ml1m": f"{NO_FILM} Content and aligned towers had six epochs, SASRec twelve.",
    "ml1m-cold": "A tenth of the films was taken out of every history that trains: they are the cold ones, and only texts and "
    f"pictures tell of them. {NO_FILM}",
    "ablations-alignment": EXPLORATORY,
    "ablations-encoders": EXPLORATORY,
    "ablations-stage-1": "Exploratory: 1,500 users and the 500 films that they chose most, targets counted too, which flatters every "
    "model. Stage 1 taught the item encoder on these very films.",
    "ml1m-1500": f"{EXPLORATORY} "
    "SASRec under the sampled losses shares 1,024 negatives within a batch; all else is as under the full softmax.",
    "ml1m-600": "A proof of the pipeline: 600 users and their 500 most chosen films, targets counted too, "
    "which flatters every model.",
    "demo-temporal": f"Split by time: nothing that trains is later than anything that is asked, for any user. {ONE_RECIPE}",
    **dict.fromkeys(DIALS, f"{DIAL_MEANS} {DIAL_RECIPE}"),
    DIAL: f"{DIAL_MEANS} {DIAL_RECIPE}",
}
NO_TIMES = "MovieLens-1M here has no timestamps, only an order of choices, so there is no temporal split of it."
SHARE_MEANS = (
    "The share of the reading oracle divides NDCG@10 by that of an oracle which knows the simulator’s rules but, like the "
    "models, only the user’s history: 1 is all that any model could learn."
)

# metric -> its name; those that a run has are offered in this order
METRICS = {
    "ndcg@10": "NDCG@10",
    "recall@10": "Recall@10",
    "ndcg@20": "NDCG@20",
    "recall@20": "Recall@20",
    "ndcg@50": "NDCG@50",
    "recall@50": "Recall@50",
    "share_of_reading_oracle@ndcg10": "Share of the reading oracle",
}
# model -> its name; any other is shown by its own
BASELINES = {
    "random": "random",
    "popularity": "popularity",
    "item-knn": "item-kNN",
    "content-knn": "content-kNN",
}
TRAINED = {
    "sasrec": "SASRec, ids only",
    "sasrec-bce": "SASRec, BCE",
    "sasrec-gbce": "SASRec, gBCE",
    "sasrec-sampled": "SASRec, sampled softmax",
    "sasrec-in-batch": "SASRec, in-batch softmax",
    "gru4rec": "GRU4Rec",
    "fpmc": "FPMC",
    "duorec": "DuoRec",
    "content": "content only",
    "content-fused": "content, fused with ids",
    "molar": "Molar, aligned",
    "molar-fused": "Molar, fused with ids",
    "targets-random": "control: aligned to random vectors",
    "targets-shuffled": "control: aligned to other users",
}
LIMITS = {
    "oracle-reading": "oracle that reads the history",
    "oracle-knowing": "oracle that knows the taste",
}
MODELS = {**BASELINES, **TRAINED, **LIMITS}
GROUPS = (("Simple baselines", BASELINES), ("Trained models", None), ("Limits, known of simulated data alone", LIMITS))
SHORT = {
    "sasrec": "SASRec",
    "content": "content",
    "molar": "Molar",
    "molar-fused": "fused Molar",
    "content-fused": "fused content",
}  # in a difference or beside a curve

MODEL, DIFFERENCE = "model", "difference"
ACCURACY = "Accuracy"
BY_POPULARITY = "By popularity of what was asked for"
BY_HISTORY = "By length of the history"
SLICE_NOTES = {
    BY_POPULARITY: "1 holds the few items that make a quarter of all training choices, 4 the many rare ones that make another.",
    BY_HISTORY: "Users with the shortest histories first.",
}
OTHER_SLICES = "Other groups of users"
SLICES = {
    "all": "all",
    "warm": "warm (items with a past)",
    "cold": "cold (items nobody chose before)",
    "held-out": "held out from alignment",
}
BEYOND_AXIS = "▸ lies beyond the axis, which fits the models; its number stands beside it."

BEYOND = "Beyond accuracy"
BEYOND_METRICS = {
    "coverage@10": ("Coverage@10", "share of the catalogue in somebody’s ten; more is more varied"),
    "gini@10": ("Gini@10", "0: all items recommended equally often; 1: always the same"),
    "popularity_bias@10": ("Popularity bias@10", "how popular the recommended are; lower is less biased"),
}

DIFFERENCES = "Who is ahead, on the same users"
DIFFERENCES_NOTE = (
    "Differences of NDCG@10, user by user; a model of several seeds enters with its mean over them. A full dot is told apart "
    "from zero (p < 0.05), a hollow one is not. Holm’s correction pays for asking all questions of a column of the same users."
)
DIFFERENCES_NOTE_PLAIN = (
    "Differences of NDCG@10, user by user. A full dot: the interval excludes zero; a hollow one: it does not. These results "
    "hold no p-values."
)
MORE_DIFFERENCES = "More differences"

CURVES = "While they learned"
CURVES_NOTE = "Validation NDCG@10 after each epoch. The dot is the best epoch, whose weights are kept."
CURVES_SEEDS = "Thin lines are single seeds, the thick line is their mean."
CURVES_AXES = ("epoch", "validation NDCG@10")
CURVES_HEAD = ("model", "seeds", "epochs", "best epoch", "NDCG@10 there", "seconds an epoch")
NO_CURVES = "No metric-by-epoch curves were kept with these results."

PUBLISHED_TITLE = "Beside what others have published"
PUBLISHED_NOTE = (
    "Leave-one-out and full ranking on MovieLens-1M, but not our runs: others filter and order the data in their own way, and "
    "breaking ties of time anew changes a quarter of the test items. Read the order of magnitude, not the third digit."
)
PUBLISHED_HEAD = ("model", "NDCG@10", "Recall@10", "where from")
HERE = "measured here"
PUBLISHED_BY = "published elsewhere"
# (model, NDCG@10, Recall@10, source); two values where two sources or settings differ
PUBLISHED = (
    (
        "SASRec, BCE with one negative",
        (0.1259, 0.1341),
        (0.2392, 0.2500),
        "asash/gSASRec-pytorch; antklen/sasrec-bert4rec-recsys23",
    ),
    ("BERT4Rec", (0.1516, 0.1537), (0.2821, 0.2843), "asash/bert4rec_repro; antklen/sasrec-bert4rec-recsys23"),
    ("SASRec, sampled softmax", (0.1684,), (0.2929,), "blondered/transformer_benchmark"),
    ("gSASRec (gBCE)", (0.1726,), (0.3003,), "asash/gSASRec-pytorch, 3,416 items"),
    ("Molar, the paper", (0.1768,), (0.3124,), "arXiv 2412.18176, 3,706 items"),
    ("eSASRec", (0.1772,), (0.3133,), "blondered/transformer_benchmark, 3,706 items"),
    (
        "SASRec+, full cross-entropy; 3,000 negatives",
        (0.1821, 0.1857),
        (0.3152, 0.3159),
        "antklen/sasrec-bert4rec-recsys23",
    ),
    ("HSTU-large", (0.1893,), (0.3294,), "meta-recsys/generative-recommenders"),
)

COPY = "Copy"
COPIED = "Copied"
DATA, SPLIT, SEEDS, WEIGHTS = "data", "split", "seeds", "weights"
SPLIT_UNKNOWN = "hash not in these results"
MANY_WEIGHTS = "Weights of"


def number(value: float | None, digits: int = 3, sign: str = "") -> str:
    """A number with a true minus sign; a dash for none. Large ones need fewer digits."""
    if value is None:
        return "–"
    return format(value, f"{sign}.{digits if abs(value) < 10 else 1}f").replace("-", "−")


def interval(ci: list[float] | None, sign: str = "") -> str:
    """A 95 % interval; "" for none."""
    return f"[{number(ci[0], sign=sign)}, {number(ci[1], sign=sign)}]" if ci else ""


def spread(sd: float) -> str:
    """A standard deviation over seeds."""
    return f"± {number(sd)}"


def probability(p: float, corrected: bool) -> str:
    """A p-value, as it stands behind a difference."""
    said = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
    return f"{said} after Holm’s correction" if corrected else f"{said}, uncorrected"


def model(name: str, variant: str = "") -> str:
    """A model's name as a row shows it."""
    said = MODELS.get(name, name)
    return f"{said}, {variant}" if variant else said


def short(name: str) -> str:
    """A model's name inside of a sentence."""
    return SHORT.get(name) or MODELS.get(name, name)


def difference(name: str, other: str) -> str:
    """Which two models are compared."""
    return f"{short(name)} minus {short(other)}"


def slice_name(name: str, n: int) -> str:
    """A group of users, with its size."""
    return f"{SLICES.get(name, name)}, {n:,} users"


def measured(title: str, metric: str) -> str:
    """The heading of a table of one metric."""
    return f"{title}: {METRICS.get(metric, metric)}"


def strip_says(model_name: str, where: str, metric: str, said: str) -> str:
    """What one dot with its whisker shows, to a screen reader."""
    return f"{model_name}, {where}: {metric} {said}"


def curve_says(lines: list[tuple[str, int, float]]) -> str:
    """All curves, to a screen reader: model, best epoch, NDCG@10 there."""
    told = "; ".join(f"{name} best at epoch {epoch} with {value:.3f}" for name, epoch, value in lines)
    return f"Lines of validation NDCG@10 by epoch: {told}."


def ours(dataset: str, n: int) -> str:
    """Heading of the rows measured here."""
    return f"{HERE} ({dataset}, {n:,} users)"


def more_differences(count: int) -> str:
    return f"{MORE_DIFFERENCES} ({count:,})"


def commands(count: int) -> str:
    return f"The {count:,} commands"


def trained(name: str, seed: object = None) -> str:
    """One training; its seed is told where there are several."""
    return short(name) if seed is None else f"{short(name)} seed {seed}"


def weights_of(count: int) -> str:
    return f"{MANY_WEIGHTS} {count:,} trainings"


def data_of(dataset: str, n: int) -> str:
    """Which data a run is of, by their own name."""
    return f"{dataset}: {n:,} users asked"


def chosen(run: str, metric: str) -> str:
    """Read aloud after every choice."""
    return f"Showing {run}, measured by {metric}."
