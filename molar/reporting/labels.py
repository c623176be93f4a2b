"""What models, ablations, slices, metrics and results files are called: the one home of these names."""

from dataclasses import dataclass

from molar.core.schema import (
    ALIGNED,
    ATTAINABLE_ORACLE,
    BAYES_ORACLE,
    CONTENT,
    CONTENT_RANDOM,
    CONTENT_TFIDF,
    EVERYTHING,
    GUESSED,
    ID,
    LATENT_PREFERENCE_ORACLE,
)
from molar.data.segments import AMONG_COLD
from molar.experiments.results import NORMALISED_NDCG

NDCG, RECALL = "ndcg@10", "recall@10"
DEFAULT, BEFORE = ALIGNED, CONTENT  # the model that ablations differ from, and the same before alignment

CONTENT_KNN = "content-knn"
BASELINES = {
    "random": "random",
    "popularity": "popularity",
    "item-knn": "item-kNN",
    CONTENT_KNN: "content-kNN",
    f"{CONTENT_KNN}, tf-idf": "content-kNN, words of the texts",
}
TRAINED = {
    ID: "SASRec, ids only",
    "sasrec-bce": "SASRec, BCE",
    "sasrec-gbce": "SASRec, gBCE",
    "sasrec-sampled": "SASRec, sampled softmax",
    "sasrec-in-batch": "SASRec, in-batch softmax",
    "gru4rec": "GRU4Rec",
    "fpmc": "FPMC",
    "duorec": "DuoRec",
    CONTENT: "content only",
    CONTENT_TFIDF: "content model over the words of the texts",
    CONTENT_RANDOM: "content model over random vectors",
    "content-fused": "content, fused with ids",
    ALIGNED: "Molar, aligned",
    EVERYTHING: "everything joined",
    GUESSED: "SASRec, new items guessed from content",
    "slist": "SLIST",
    "ease": "EASE",
    "cold-knn": "SASRec, new items by KNN",
    "clcrec": "SASRec, new items by CLCRec",
    "aldi": "SASRec, new items by ALDI",
    "gorec": "SASRec, new items by GoRec",
    "molar-fused": "Molar, fused with ids",
    "targets-random": "control: aligned to random vectors",
    "targets-shuffled": "control: aligned to other users",
    "text": "SASRec over MiniLM",
    "image": "SASRec over CLIP",
    "both": "SASRec over MiniLM + CLIP",
    "random-linear": "SASRec over random vectors",
    "hllm": "HLLM: content, no picture",
    "both-mlp": "content over MiniLM + CLIP",
    "random-mlp": "content over random vectors",
    "id_tower-joint, ID tower": "the jointly trained ID model",
}
LIMITS = {
    ATTAINABLE_ORACLE: "the best that could be attained",
    BAYES_ORACLE: "Bayes oracle: reads the history, knows new items",
    LATENT_PREFERENCE_ORACLE: "latent-preference oracle: knows the taste",
}
MODELS = {**BASELINES, **TRAINED, **LIMITS}
FUSED = {"molar-fused": "fused Molar", "content-fused": "fused content"}
SHORT = {ID: "SASRec", CONTENT: "content", ALIGNED: "Molar", EVERYTHING: "everything"} | FUSED  # in a difference
SHORT |= {CONTENT_TFIDF: "content over words", CONTENT_RANDOM: "content over random vectors"}
OVER = {"text": "MiniLM", "image": "CLIP", "both": "MiniLM + CLIP"}  # content-knn's vectors
OVER |= {"tf-idf": "words of the texts"}
OVER |= dict.fromkeys(("random", "random-linear"), "random vectors")
BESIDE_CURVES = OVER | {  # there is room for fifteen letters or so; the table below has the names in full
    GUESSED: "SASRec, guessed",
    CONTENT_TFIDF: "over words",
    CONTENT_RANDOM: "over random",
    "sasrec-sampled": "sampled softmax",
    "sasrec-in-batch": "in-batch softmax",
    "targets-random": "control: random",
    "targets-shuffled": "control: others",
}
ABLATIONS = "ablations"  # how files of one factor at a time are named
SIMPLE, LEARNED, KNOWN = "Simple baselines", "Trained models", "Limits, known of simulated data alone"

# what is changed -> label -> its name
FACTORS = {
    "The default, before it, and what it is aligned to": {
        **{label: TRAINED[label] for label in (ALIGNED, CONTENT, ID, *FUSED)},
        CONTENT: "content only, before alignment",
    },
    "How it is aligned": {"align-cosine": "cosine", "align-procrustes": "Procrustes, closed form", "align-cka": "CKA"},
    "What is aligned": {"on-items": "items", "on-both": "users and items"},
    "The ID model": {
        "id_tower-joint": "trained jointly",
        "to-fpmc": "aligned to FPMC",
        "to-gru4rec": "aligned to GRU4Rec",
        "to-duorec": "aligned to DuoRec",
    },
    "Controls": {"targets-random": "aligned to random targets", "targets-shuffled": "aligned to other users"},
    "Fusion of ids in place of alignment": {
        "fusion-early": "early: ids in the items",
        "fusion-middle": "middle: ids in the user encoder",
        "fusion-late": "late: ids beside the user vector",
    },
    "Strength α": {"alpha-0.1": "α = 0.1", "alpha-1": "α = 1"},
    "Temperature τ": {"tau-0.05": "τ = 0.05", "tau-0.2": "τ = 0.2"},
    "Decoder": {"decoder-backbone": "the language model’s own blocks"},
    "What the encoder reads": {
        "image-only": "pictures alone",
        "text-only": "texts alone",
        "hllm": "texts alone, no alignment (HLLM)",
    },
    "Encoder fine-tuning": {
        "without-it": "without pictures → description",
        "without-sa": "without attributes → description",
        "without-ub": "without histories → next item",
        "without-all": "not fine-tuned at all",
        "plain-form": "the answer sees past the vector",
        "tuned-elsewhere": "fine-tuned on other items",
    },
    "Other item vectors, no alignment": {
        "text": "MiniLM texts, linear",
        "image": "CLIP pictures, linear",
        "both": "MiniLM and CLIP, linear",
        "both-mlp": "MiniLM and CLIP",
        "random-linear": "random vectors, linear",
        "random-mlp": "random vectors",
        CONTENT_TFIDF: "words of the texts",
        CONTENT_RANDOM: "random vectors, 384 wide",
    },
    "ID models": {label: TRAINED[label] for label in ("fpmc", "gru4rec", "duorec")},
}
OTHERS = "Beside them"
OF_FACTORS = {label: says for group in FACTORS.values() for label, says in group.items()}

INPUT_ABLATIONS = {
    "shuffled-pictures": "every item has another’s picture",
    "no-picture": "no picture",
    "no-text": "no text",
    "no-title": "no title",
    "shuffled-history": "the history in another order",
    "id-blanked": "the ID model blanked",
}

SLICES = {
    "all": "all",
    "warm": "warm (items with a past)",
    "cold": "cold (items nobody chose before)",
    AMONG_COLD: "cold among cold items alone",
    "held-out": "held out from alignment",
}
# metric -> its name; those that a run has are offered in this order
METRICS = {
    NDCG: "NDCG@10",
    RECALL: "Recall@10",
    "ndcg@20": "NDCG@20",
    "recall@20": "Recall@20",
    "ndcg@50": "NDCG@50",
    "recall@50": "Recall@50",
    NORMALISED_NDCG: "share of the best attainable",
}


@dataclass(frozen=True)
class RunLabel:
    """What results/NAME.json holds, what makes it, what its reader must know, and what the documents add to that."""

    title: str
    command: str
    note: str = ""
    detail: str = ""


SHOP_COMMAND = "scripts/reproduce_demo.sh"
ID_COMMAND = "scripts/reproduce_ml1m_id.sh --data DATASET"
FILMS_COMMAND = "scripts/reproduce_ml1m.sh --data DATASET"
FASHION_COMMAND = "scripts/reproduce_fashion.sh --data DATASET"
ABLATE_COMMAND = "scripts/ablate_ml1m.sh --data DATASET"

TASTE_MEANS = (
    "The hidden-taste ratio says how much of a shopper’s taste is hidden: at 0 % motif, palette and technique explain all of it, "
    "so that a reader of texts and pictures could find it; at 100 % they explain nothing, and only who chose what can tell."
)
ONE_CONFIG = "All ID models had one training config of at most 24 epochs, and the best by validation is measured."
TASTE_NOTE = (
    f"{TASTE_MEANS} {ONE_CONFIG} Content models had at most 14. The test split was read again for further seeds, at 0 % "
    "for two controls, and when the encoder had been fine-tuned again."
)
EXPLORATORY = "Exploratory: a frozen subset of 1,500 users, one seed. It hints at what to expect and settles nothing."
NO_FILM = "The item encoder was fine-tuned on drawn prints: it had seen no film."
OF_PRINTS = "Its adapter, fine-tuned on captioned prints alone: `81d3d46ba36d5a66`."
TASTES = {f"demo-dial-{ratio}": f"hidden taste {ratio} %" for ratio in (0, 50, 100)}
RUNS = {
    "demo": RunLabel(
        "Print shop: content, ID and aligned models",
        SHOP_COMMAND,
        detail="Simulated: the limits are known.",
    ),
    "demo-temporal": RunLabel(
        "Print shop, split by time",
        SHOP_COMMAND,
        f"Split by time: nothing that trains is later than anything that is asked, for any user. {ONE_CONFIG}",
    ),
    **{name: RunLabel(f"Print shop, {says}", SHOP_COMMAND, TASTE_NOTE) for name, says in TASTES.items()},
    "ml1m": RunLabel(
        "MovieLens-1M in full: content, aligned, fused",
        f"{FILMS_COMMAND} --encoder checkpoints/demo/encoder",
        f"{NO_FILM} Content and aligned models had six epochs, SASRec twelve.",
        OF_PRINTS,
    ),
    "ml1m-cold": RunLabel(
        "MovieLens-1M with films nobody chose before",
        f"{FILMS_COMMAND} --cold",
        "A tenth of the films was taken out of every history that trains: they are the cold ones, and only texts and "
        f"pictures tell of them. {NO_FILM}",
        f"{OF_PRINTS} The histories are the same; which films are cold is chosen by a hash: `molar/data/subsets.py`.",
    ),
    "fashion": RunLabel(
        "A week of fashion: real purchases, texts and photographs",
        FASHION_COMMAND,
        "Everybody trains; asked are the customers who bought on two days or more. Within a day the order is not known, and many "
        "targets are the same garment in another colour, which says little of taste: these are told apart. The "
        "item encoder was fine-tuned on drawn prints: it had seen no photograph of a garment.",
        f"{OF_PRINTS} The data may not be passed on; garments are told by the first seven characters of an item’s id.",
    ),
    "ml1m-id": RunLabel("MovieLens-1M in full: ID models", ID_COMMAND, detail="All 6,040 users."),
    "ablations-alignment": RunLabel("Ablations: how users are aligned (exploratory)", ABLATE_COMMAND, EXPLORATORY),
    "ablations-encoders": RunLabel("Ablations: what items are read by (exploratory)", ABLATE_COMMAND, EXPLORATORY),
    "ablations-stage-1": RunLabel(
        "Ablations: encoder fine-tuning, what is read, input ablations (exploratory)",
        "scripts/ablate_stage1.sh --data DATASET",
        "Exploratory: 1,500 users and the 500 films that they chose most, targets counted too, which flatters every "
        "model. The item encoder was fine-tuned on these very films.",
    ),
    "ml1m-1500": RunLabel(
        "MovieLens-1M, 1,500 users (exploratory)",
        ID_COMMAND,
        f"{EXPLORATORY} SASRec under the sampled losses shares 1,024 negatives within a batch; all else is as under the "
        "full softmax.",
    ),
    "ml1m-600": RunLabel(
        "MovieLens-1M, 600 users (proof of the pipeline)",
        f"{FILMS_COMMAND} --users 600 --films 500",
        "A proof of the pipeline: 600 users and their 500 most chosen films, targets counted too, "
        "which flatters every model.",
    ),
}
NO_TIMES = "MovieLens-1M here has no timestamps, only an order of choices, so there is no temporal split of it."


def model(label: str) -> str:
    """A model's name as a row shows it; an unknown label is its own name."""
    base, _, vectors = label.partition(", ")
    if base == CONTENT_KNN and vectors:
        return f"{MODELS[base]}, {OVER.get(vectors, OF_FACTORS.get(vectors, vectors))}"
    return MODELS.get(label) or OF_FACTORS.get(label, label)


def short(label: str) -> str:
    """A model's name inside of a sentence."""
    return SHORT.get(label) or model(label)


def beside_curve(label: str) -> str:
    """A model's name beside its learning curve."""
    return BESIDE_CURVES.get(label) or short(label)


def ablated(label: str) -> str:
    """A model's name where it stands for what is changed."""
    return OF_FACTORS.get(label) or model(label)


def is_baseline(label: str) -> bool:
    """Whether it is a simple baseline, over whatever vectors."""
    return label.partition(", ")[0] in BASELINES


def group(label: str) -> str:
    """Which kind of model it is."""
    return SIMPLE if is_baseline(label) else KNOWN if label in LIMITS else LEARNED


def factors(labels: list[str]) -> list[tuple[str, list[str]]]:
    """What is changed → the labels that are there; what no factor names comes last."""
    found = [(heading, [label for label in of if label in labels]) for heading, of in FACTORS.items()]
    found.append((OTHERS, [label for label in labels if label not in OF_FACTORS]))
    return [(heading, of) for heading, of in found if of]


def difference(label: str, other: str) -> str:
    """Which two models are compared."""
    return f"{short(label)} minus {short(other)}"


def minus(other: str) -> str:
    """The head of a column of differences of NDCG@10."""
    return f"NDCG@10 minus {short(other)}’s"


def slice_name(name: str, n: int) -> str:
    """A group of users, with its size."""
    return f"{SLICES.get(name, name)}, {n:,} users"


def metric_name(name: str) -> str:
    """What tables call a metric of the rows; an unknown one has its own name."""
    return METRICS.get(name, name)
