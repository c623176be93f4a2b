"""The plan of the ablation tables: what each trial changes in the default, one factor at a time."""

from dataclasses import dataclass

from molar.core.errors import MolarError

# Folders in --work: one a table of the results.
DEFAULT_TABLE, ALIGNMENT, ENCODERS, DECODER, SETTINGS = "default", "alignment", "encoders", "decoder", "settings"
NONE = ("align=none",)
# Where the search for the content model's settings begins. Each trial names them all, so that it is the same whatever --set says.
START = (
    "blocks=1",
    "streams=2",
    "components=256",
    "hidden=256",
    "popularity=0.5",
    "dropout=0.2",
    "batch_size=64",
    "lr=0.002",
)


@dataclass(frozen=True)
class Trial:
    """One row of a table: what differs from the default, in the settings of `train-content`, the vectors or the ID model."""

    label: str
    factor: str
    table: str = ALIGNMENT
    settings: tuple[str, ...] = ()
    vectors: str = "vectors"
    id_model: str = "sasrec"


def _set(factor: str, name: str, *values: str) -> tuple[Trial, ...]:
    return tuple(Trial(f"{factor}-{value}", factor, settings=(f"{name}={value}",)) for value in values)


PLAN = (
    Trial("content", "default", DEFAULT_TABLE, NONE),
    Trial("molar", "default", DEFAULT_TABLE),
    *_set("align", "align", "cosine", "procrustes", "cka"),
    *_set("on", "on", "items", "both"),
    *_set("id_tower", "id_tower", "joint"),
    *(Trial(f"fusion-{kind}", "fusion", settings=(*NONE, f"fusion={kind}")) for kind in ("early", "middle", "late")),
    *(Trial(f"to-{model}", "aligned to", id_model=model) for model in ("fpmc", "gru4rec", "duorec")),
    *_set("targets", "targets", "random", "shuffled"),
    *_set("alpha", "alpha", "0.1", "1"),
    *_set("tau", "tau", "0.05", "0.2"),
    # SASRec over frozen vectors, through a linear adapter as the paper's baselines; then the default's own form over them.
    # ("random" alone is the name of the baseline that ranks at random.)
    *(
        Trial(label, "baseline", ENCODERS, (*NONE, "hidden=0", "streams=1"), kind)
        for label, kind in (("text", "text"), ("image", "image"), ("both", "both"), ("random-linear", "random"))
    ),
    *(Trial(f"{kind}-mlp", "baseline", ENCODERS, NONE, kind) for kind in ("both", "random")),
    Trial("hllm", "hllm", ENCODERS, NONE, "vectors-no-picture"),
    Trial("image-only", "input", ENCODERS, vectors="vectors-no-text"),
    Trial("text-only", "input", ENCODERS, vectors="vectors-no-picture"),
    *(Trial(f"without-{task}", "stage 1", ENCODERS, vectors=f"without-{task}") for task in ("it", "sa", "ub", "all")),
    Trial("plain-form", "stage 1", ENCODERS, vectors="plain-form"),  # of the loss of stage 1, the paper's
    Trial("tuned-elsewhere", "stage 1", ENCODERS, vectors="tuned-elsewhere"),
    Trial("decoder-backbone", "decoder", DECODER, ("decoder=backbone", "layers=4")),  # hours without a GPU
    # What the default's own sizes and recipe are chosen by, on validation; never measured on the test split.
    *(
        Trial(f"settings-{label}", "settings", SETTINGS, (*NONE, *START, *settings))
        for label, settings in {
            "start": (),
            "blocks-2": ("blocks=2",),
            "one-stream": ("streams=1",),
            "batch-32": ("batch_size=32",),
            "wide": ("components=768", "hidden=512"),
            "popularity-1": ("popularity=1",),
            "dropout-0.3": ("dropout=0.3",),
            "lr-0.001": ("lr=0.001",),
            "blocks-2-wide-32": ("blocks=2", "components=768", "hidden=512", "batch_size=32"),
        }.items()
    ),
)


def chosen(only: str | None) -> list[Trial]:
    """The trials of these labels, factors or tables, separated by commas; all without. Raises MolarError for another name."""
    names = [name.strip() for name in only.split(",")] if only else []
    known = {name for trial in PLAN for name in (trial.label, trial.factor, trial.table)}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise MolarError(f"--only knows no {', '.join(unknown)}: name labels, factors or tables that --list shows.")
    return [trial for trial in PLAN if not names or {trial.label, trial.factor, trial.table} & set(names)]
