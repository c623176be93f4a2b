"""What the Alignment tab says: the maps, what opens beside them, and the numbers."""

TITLE = "The same shoppers, before and after alignment"
LEAD = (
    "Each point is one shopper, on three maps: as the content model saw them before alignment, as it sees them after it, and "
    "as the ID model knows them. Press play and they travel. Point at a shopper to see the last choices, click to see who is near."
)
MAP_TITLES = {"before": "Content, before alignment", "after": "Content, after alignment", "id": "ID only"}
LIMITS_TITLE = "How not to read these maps"
LIMITS = (
    "A UMAP keeps neighbourhoods, not distances: the size of a cluster, the gap between two of them, their density and the "
    "axes mean nothing, and no amount of movement may be read off as an amount of alignment. Drawing the three maps together "
    "pulls them towards each other, so they show less movement than there was. What is near, who is shared and the table "
    "are measured in the models' own spaces: trust those."
)
FIGURE_LIMITS = (
    "A UMAP keeps neighbourhoods, not distances: sizes of clusters, gaps between them and the axes mean nothing. "
    "The three maps were drawn together, which understates movement."
)
SUMMARY_TITLE = "The maps in words"
# What the component itself says (map.html)
MAPS = {
    "before": MAP_TITLES["before"],
    "after": MAP_TITLES["after"],
    "between": "Content, PERCENT % of the way",
    "id": MAP_TITLES["id"],
    "play": "Play from before to after alignment",
    "slider": "From before alignment to after it",
    "slider_before": "before",
    "slider_after": "after",
    "colour": "Colour by",
    "legend": "Show one group",
    "find": "Open a shopper by id",
    "unknown": "No shopper ID on these maps.",
    "opened": "Opened: ",
    "you": "You",
    "you_hint": "Your history on the maps",
    "waiting": "Finding your place on the maps …",
    "png": "Save as PNG",
    "html": "Save as HTML",
    "working": "Drawing …",
    "failed": "This could not be loaded. Reload the page to try again.",
    "other": "other",
    "items": "items",
    "example": "such as ID",
}
OTHER = MAPS["other"]
YOU = MAPS["you"]
COLOUR_ACTIVITY = "Activity (length of the history)"
COLOUR_CHANGE = "Change of neighbourhood"
CHANGE_ENDS = ("same ten nearest", "all ten replaced")
YOUR_HISTORY_ON_MAPS = "Your history on the maps"
NOT_ON_MAPS = "Your history is empty, so you are not on the maps. Click a shopper to see who is near."
NEAR = {"before": "Nearest before alignment", "after": "Nearest after alignment", "id": "Nearest by ID"}
SPACES = {"before": "before", "after": "after", "id": "ID"}
NO_ID_PLACE = "The ID model has never seen any of these items, so it cannot place them."
NO_NUMBERS = "This checkpoint holds no measured numbers yet; python -m molar evaluate measures them."
NUMBERS_TITLE = "What alignment changed, in numbers"
NUMBERS_LIMITS = (
    "Alignment is worth something only if the ranking gains: read the first numbers together with NDCG@10 below them. "
    "In brackets: 95 % interval of the change; chance: what random answers give."
)
NUMBERS_HEAD = ("", "before", "after", "change", "chance")
# measure -> (what it says, the measure that holds its chance level)
ALIGNMENT_NUMBERS = {
    "procrustes_paired_cosine": (
        "Cosine of a shopper's content and ID vector, best rotation",
        "procrustes_shuffled_cosine",
    ),
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


def true_column(column: str) -> str:
    """A column that the data's maker knows, as a way to colour."""
    return f"True {column.replace('_', ' ')}"


def history_ends(low: int, high: int) -> tuple[str, str]:
    """The ends of the scale of activity; a few shoppers lie beyond them."""
    return f"{low} or fewer", f"{high} or more"


def figure_title(count: int, colour: str) -> str:
    """The heading of an exported figure."""
    return f"{TITLE}: {count:,} of them, coloured by {colour[0].lower()}{colour[1:]}"


def shopper(user_id: str) -> str:
    """The heading of a shopper's inspector."""
    return f"Shopper {user_id}"


def items_bought(count: int) -> str:
    """The length of a history on the maps."""
    return f"{count:,} item" if count == 1 else f"{count:,} items"


def items_earlier(count: int) -> str:
    """How many items of a history are not shown."""
    return f"{count:,} earlier"


def cosine(value: float) -> str:
    """A similarity, with a true minus sign."""
    return f"{value:.2f}".replace("-", "−")


def shared(count: int, others: dict[str, int]) -> str:
    """How many of the nearest are also near in the other spaces."""
    parts = [f"{many} also {'by ID' if other == 'ID' else other}" for other, many in others.items()]
    return f"Of {count}: {', '.join(parts)}" if parts else ""


def summary_neighbours(count: int, before: float, after: float, kept: float, chance: float) -> str:
    """Who is near whom, for all shoppers of the maps."""
    return (
        f"{count:,} shoppers. Of the ten shoppers nearest by content, {before:.1f} are also among the ten nearest by "
        f"ID before alignment and {after:.1f} after it; chance would give {chance:.2f}. Alignment kept {kept:.1f} of the ten "
        f"and replaced the others."
    )


def summary_agreement(column: str, shares: dict[str, float]) -> str:
    """How often near shoppers agree in what is known of them."""
    before, after, ids, chance = (
        f"{100 * shares[view]:.0f}\N{NO-BREAK SPACE}%" for view in ("before", "after", "id", "chance")
    )
    return (
        f"Same true {column.replace('_', ' ')} among the ten nearest: {before} before alignment, {after} after it, {ids} by ID, "
        f"{chance} by chance."
    )
