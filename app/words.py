"""The one home of what the page says to its visitors."""

BRAND = "Molar"
PAGE_TITLE = "Molar: recommendations that read, look and remember"
LEAD = "Pick what you like. Three recommenders answer: one reads and looks, one is aligned with people, one knows only ids."
THEME_SWITCH = "Light or dark"

TAB_RECOMMEND = "Recommend"
TAB_ALIGNMENT = "Alignment"

SEARCH = "Search by word: title, description, anything written"
MORE = "Show more"
NOTHING_FOUND = "Nothing matches all of these words. Try fewer, or only the beginning of one."

HISTORY = "Your history"
HISTORY_HINT = "oldest first; the last ones count most"
CLEAR = "Clear"
JUMP = "Add more"
RESTART = "A shopper's history"
EMPTY_HISTORY = "Nothing picked yet, so all three show what is popular. Pick anything to begin."
BORROWED = "The last choices of one test shopper, for a start. Add yours."

# model -> (heading, what it knows)
ROWS = {
    "content": ("Content only", "reads the text and sees the picture"),
    "molar": ("Aligned", "the same, aligned with what people chose"),
    "sasrec": ("ID only", "knows who chose what, sees nothing"),
}

MAP_TITLE = "The same shoppers, before and after alignment"
MAP_BEFORE = "Before"
MAP_AFTER = "After"
MAP_LIMITS = (
    "How to read this: each point is a shopper, near points have similar vectors. A UMAP keeps neighbourhoods, not "
    "distances: sizes of clusters, gaps between them and the axes mean nothing, and drawing both maps together pulls them "
    "towards each other, so it shows less movement than there was. Trust the numbers, which are measured on the vectors."
)
NO_MAPS = "This checkpoint holds no maps yet; python -m molar draw-maps draws them."
NO_NUMBERS = "This checkpoint holds no measured numbers yet; python -m molar evaluate measures them."
NUMBERS_TITLE = "What alignment changed, in numbers"
NUMBERS_LIMITS = (
    "Alignment is worth something only if the ranking gains: read the first numbers together with NDCG@10 below them. "
    "In brackets: 95 % interval of the change; chance: what random answers give."
)
NUMBERS_HEAD = ("", "before", "after", "change", "chance")
# measure -> (what it says, the measure that holds its chance level)
ALIGNMENT_NUMBERS = {
    "procrustes_paired_cosine": ("Cosine of a shopper's content and ID vector, best rotation", "procrustes_shuffled_cosine"),
    "retrieval_r@10": ("Finds its own ID vector among the ten nearest", "retrieval_r@10_chance"),
    "mutual_knn@10": ("Ten nearest shoppers shared with the ID model", "mutual_knn@10_chance"),
    "debiased_cka": ("Likeness of the two spaces (debiased CKA)", None),
}
RANKING_NUMBERS = {"all": "NDCG@10, all items", "warm": "NDCG@10, items with a past", "cold": "NDCG@10, new items"}


def held_out(count: int) -> str:
    """Whom the alignment numbers were measured on."""
    return f"Alignment, on {count:,} shoppers that it never saw"


def ranked(count: int) -> str:
    """Whom the ranking numbers were measured on."""
    return f"Ranking the next item, on {count:,} test shoppers"


def found(shown: int, total: int) -> str:
    """How much of the catalogue the gallery shows."""
    return f"{shown:,} of {total:,}"


def picked(count: int) -> str:
    """The length of the history."""
    return f"{count} picked" if count else "empty"


def map_caption(shown: int, total: int, colour: str | None) -> str:
    """How many shoppers the map shows, and what their colours stand for."""
    who = f"{shown:,} shoppers" if shown == total else f"{shown:,} of {total:,} shoppers"
    return f"{who}, coloured by {colour.replace('_', ' ')}." if colour else f"{who}."
