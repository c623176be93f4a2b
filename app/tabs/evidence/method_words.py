"""What the Evidence tab says of the method: alignment numbers, ablations, probes."""

from app.tabs.evidence import words

ALIGNMENT_NOTE = (
    "Content and ID vectors of the same users, side by side. Alone, high numbers here are worth nothing: what counts is the "
    "first column, NDCG@10 on the very same users minus that of the same tower before alignment. Two towers trained apart "
    "share no axes, so raw numbers before alignment are near chance by construction; after the best rotation, fitted on other "
    "users, the comparison is fair."
)
CHANGE = "NDCG@10 minus content’s"
NO_CHANGE = "the tower before alignment"
# measure -> (its name, what it means, the measure that holds its chance level)
ALIGNMENT = {
    "paired_cosine": ("cosine of pairs", "1: the same direction", None),
    "retrieval_r@1": ("R@1", "finds its own ID vector", "retrieval_r@1_chance"),
    "retrieval_r@10": ("R@10", "among the nearest ten", "retrieval_r@10_chance"),
    "retrieval_mrr": ("MRR", "", "retrieval_mrr_chance"),
    "procrustes_paired_cosine": ("cosine, best rotation", "1: the same direction", None),
    "procrustes_retrieval_r@1": ("R@1, best rotation", "", "retrieval_r@1_chance"),
    "procrustes_retrieval_mrr": ("MRR, best rotation", "", "retrieval_mrr_chance"),
    "mutual_knn@10": ("shared of ten nearest", "", "mutual_knn@10_chance"),
    "debiased_cka": ("debiased CKA", "likeness of the two spaces", None),
    "alignment": ("alignment", "squared distance of pairs", None),
    "uniformity_content": ("uniformity", "lower: users more spread", None),
    "centroid_gap": ("centroid gap", "distance of the two means", None),
    "effective_rank_content": ("effective rank", "near 1: a collapse", None),
}
SHUFFLED = {"paired_cosine": "shuffled_cosine", "procrustes_paired_cosine": "procrustes_shuffled_cosine"}

ABLATIONS = "One factor at a time"
ABLATIONS_NOTE = (
    "The default is Molar, content users aligned to SASRec’s; every other tower differs from it in the one thing that its row "
    "names. Differences are of NDCG@10, user by user; a full dot is told apart from zero after Holm’s correction."
)
# what is changed -> label -> its name
FACTORS = {
    "The default, before it, and what it is aligned to": {
        "molar": "Molar, aligned",
        "content": "content only, before alignment",
        "sasrec": "SASRec, ids only",
        "molar-fused": "Molar, fused with ids",
        "content-fused": "content, fused with ids",
    },
    "How it is aligned": {"align-cosine": "cosine", "align-procrustes": "Procrustes, closed form", "align-cka": "CKA"},
    "What is aligned": {"on-items": "items", "on-both": "users and items"},
    "The ID tower": {
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
    "Stage 1": {
        "without-it": "without pictures → description",
        "without-sa": "without attributes → description",
        "without-ub": "without histories → next item",
        "without-all": "not tuned at all",
        "plain-form": "the answer sees past the vector",
        "tuned-elsewhere": "tuned on other items",
    },
    "Other item vectors, no alignment": {
        "text": "MiniLM texts, linear",
        "image": "CLIP pictures, linear",
        "both": "MiniLM and CLIP, linear",
        "both-mlp": "MiniLM and CLIP",
        "random-linear": "random vectors, linear",
        "random-mlp": "random vectors",
    },
    "ID models": {"fpmc": "FPMC", "gru4rec": "GRU4Rec", "duorec": "DuoRec"},
}
OTHERS = "Beside them"

BY_DIAL = "What alignment adds: Molar minus content"
BY_DIAL_NOTE = (
    "NDCG@10 of the aligned tower minus that of the same tower before alignment, shopper by shopper. Where reading alone explains "
    "taste, alignment should add nothing; the more of it only the histories tell, the more there is to learn. A full dot is told "
    "apart from zero after Holm’s correction."
)
ASKED_FOR = "asked for"

PROBE, COST = "What is changed", "what it costs"
PROBES_TITLE = "Probes: what does a trained tower live on?"
PROBES_NOTE = (
    "Nothing is trained again: the tower is asked with a part of its input taken away or exchanged. The cost is its own NDCG@10 "
    "minus that under the probe, user by user; a full dot is told apart from zero."
)
PROBES = {
    "shuffled-pictures": "every item has another’s picture",
    "no-picture": "no picture",
    "no-text": "no text",
    "no-title": "no title",
    "shuffled-history": "the history in another order",
    "id-blanked": "the ID tower blanked",
}


def aligned_on(count: int) -> str:
    """Whom the alignment numbers were measured on."""
    return f"Alignment, on {count:,} users that it never saw"


def chance(level: float) -> str:
    """What random answers give."""
    return f"chance {words.number(level)}"


def shuffled(value: float) -> str:
    """The same of pairs that do not belong together."""
    return f"shuffled {words.number(value)}"


def minus(other: str) -> str:
    """The head of a column of differences of NDCG@10."""
    return f"NDCG@10 minus {words.short(other)}’s"


def tower(label: str, variant: str = "") -> str:
    """A tower's name; an ablation's label alone says little."""
    known = {name: says for group in FACTORS.values() for name, says in group.items()}
    says = known.get(label) or words.model(label)
    return f"{says}, {variant}" if variant else says


def factors(labels: list[str]) -> list[tuple[str, list[str]]]:
    """(what is changed, labels) of those that were measured, baselines and what has no group of its own at the end."""
    groups = [(heading, [label for label in group if label in labels]) for heading, group in FACTORS.items()]
    grouped = {label for group in FACTORS.values() for label in group}
    groups.append((OTHERS, [label for label in labels if label not in grouped]))
    return [(heading, group) for heading, group in groups if group]
