"""The one home of what the page says to its visitors; tabs/evidence/words.py is its wing for the Evidence tab."""

BRAND = "Molar"
PAGE_TITLE = "Molar: recommendations that read, look and remember"
LEAD = "Pick what you like. Three recommenders answer: one reads and looks, one is aligned with people, one knows only ids."
THEME_SWITCH = "Light or dark"

TAB_RECOMMEND = "Recommend"
TAB_GAME = "What next?"
TAB_ALIGNMENT = "Alignment"
TAB_EVIDENCE = "Evidence"  # its words: tabs/evidence/words.py

SEARCH = "Search by word: title, description, anything written"
MORE = "Show more"
NOTHING_FOUND = "Nothing matches all of these words. Try fewer, or only the beginning of one."

SURPRISE = "Surprise me"
SURPRISE_HINT = "Adds one of the items found, at random"
AS_LIST = "As a list"
AS_LIST_HINT = "The same items as text"

HISTORY = "Your history"
HISTORY_HINT = "oldest first; the last ones count most"
BORROWED = "a test shopper’s last choices; add yours"
UNDO = "Undo"
CLEAR = "Clear"
COPY_LINK = "Copy link"
COPY_LINK_HINT = "A link that opens this page with this history"
COPIED = "Copied"
JUMP = "Add more"
EMPTY_HISTORY = "Nothing picked yet, so all three show what is popular. Pick anything to begin."
BECAUSE = "because you picked"
MOVED_EXAMPLE, MOVED_KEY = (31, 2), "would mean: from rank 31 before alignment to rank 2 after it"

# model -> (heading, what it knows)
ROWS = {
    "content": ("Content only", "reads the text and sees the picture"),
    "molar": ("Aligned", "the same, aligned with people"),
    "sasrec": ("ID only", "knows who chose what, sees nothing"),
}

GAME_TITLE = "What did they buy next?"
GAME_LEAD = (
    "A test shopper bought these, the oldest first. No model has seen what came next. Which of the eight was it?"
)
GAME_RULE = (
    "The seven others are drawn at random from what this shopper does not own, in proportion to how often each was bought "
    "in the training histories, plus one. A model’s guess is the one of the eight that it scores highest."
)
GAME_CHOICES = "One of these came next"
GAME_NEXT = "Next shopper"
GAME_SKIP = "Another shopper"
GAME_YOU = "You"
GAME_BOUGHT = "bought"
GAME_NONE = "There is no test shopper with a history long enough for this game."
GAME_CANNOT = "cannot rank it: nobody had bought it before"
GAME_TABLE = ("", "guess among the eight", "rank of what was bought, 1 is best")
ORACLES = {
    "oracle-knowing": "Oracle that knows this shopper’s taste",
    "oracle-reading": "Oracle that reads only the history",
}

MAP_TITLE = "The same shoppers, before and after alignment"
MAP_LEAD = (
    "Each point is one shopper, on three maps: as the content model saw them before alignment, as it sees them after it, and "
    "as the ID model knows them. Press play and they travel. Point at a shopper to see the last choices, click to see who is near."
)
MAP_TITLES = {"before": "Content, before alignment", "after": "Content, after alignment", "id": "ID only"}
MAP_LIMITS_TITLE = "What a map may not be read for"
MAP_LIMITS = (
    "A UMAP keeps neighbourhoods, not distances: the size of a cluster, the gap between two of them, their density and the "
    "axes mean nothing, and no amount of movement may be read off as an amount of alignment. Drawing the three maps together "
    "pulls them towards each other, so they show less movement than there was. What is near, who is shared and the table "
    "are measured in the models' own spaces: trust those."
)
FIGURE_LIMITS = (
    "A UMAP keeps neighbourhoods, not distances: sizes of clusters, gaps between them and the axes mean nothing. "
    "The three maps were drawn together, which understates movement."
)
MAP_SUMMARY_TITLE = "The maps in words"
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
    "prints": "items",
    "example": "such as ID",
}
OTHER = MAPS["other"]
YOU = MAPS["you"]
COLOUR_ACTIVITY = "Activity (length of the history)"
COLOUR_CHANGE = "Change of neighbourhood"
CHANGE_ENDS = ("same ten nearest", "all ten replaced")
YOUR_HISTORY_ON_MAPS = "Your history on the maps"
NOT_ON_MAPS = "Your history is empty, so you are not on the maps. Click a shopper to see who is near."
HISTORY_OLDEST_FIRST = "History, oldest first"
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


def found(shown: int, total: int) -> str:
    """How much of the catalogue the gallery shows."""
    return f"{shown:,} of {total:,}"


def picked(count: int) -> str:
    """The length of the history."""
    return f"{count} picked" if count else "empty"


def true_column(column: str) -> str:
    """A column that the data's maker knows, as a way to colour."""
    return f"True {column.replace('_', ' ')}"


def history_ends(low: int, high: int) -> tuple[str, str]:
    """The ends of the scale of activity; a few shoppers lie beyond them."""
    return f"{low} or fewer", f"{high} or more"


def figure_title(count: int, colour: str) -> str:
    """The heading of an exported figure."""
    return f"{MAP_TITLE}: {count:,} of them, coloured by {colour[0].lower()}{colour[1:]}"


def shopper(user_id: str) -> str:
    """The heading of a shopper's inspector."""
    return f"Shopper {user_id}"


def prints_bought(count: int) -> str:
    """The length of a history on the maps."""
    return f"{count:,} item" if count == 1 else f"{count:,} items"


def prints_earlier(count: int) -> str:
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


def filter_label(column: str) -> str:
    """What a filter is called to a screen reader."""
    return f"Filter by {column}"


def filter_any(column: str) -> str:
    """The choice of a filter that filters nothing."""
    return f"Any {column}"


def borrow(column: str | None) -> str:
    """Before the buttons that borrow a test shopper's history; their labels tell this column."""
    return f"Borrow a test shopper, by {column}" if column else "Borrow a test shopper"


def moved(before: int, after: int) -> str:
    """How far alignment moved an item."""
    if before == after:
        return f"rank {after:,}, with or without alignment"
    return f"rank {before:,} before alignment, {after:,} after it"


def said(count: int, first: list[str]) -> str:
    """Read aloud after every change of the history."""
    return f"{picked(count)}. Aligned now begins with: {'; '.join(first)}."


def unknown_items(count: int) -> str:
    """About a link or a kept history that names what this catalogue does not hold."""
    what = (
        "One item is not in this catalogue and was"
        if count == 1
        else f"{count:,} items are not in this catalogue and were"
    )
    return f"{what} left out."


def verdict(right: bool, title: str) -> str:
    """After a guess in the game."""
    return f"Right: it was {title}." if right else f"No: it was {title}."


def tally(right: int, rounds: int) -> str:
    """A running score."""
    return f"{right} of {rounds}"


def position(rank: int, of: int) -> str:
    """A rank over the full catalogue."""
    return f"{rank:,} of {of:,}"


def true_of(user_id: str, facts: dict[str, str]) -> str:
    """What the dataset knows to be true of a shopper."""
    told = "; ".join(f"{column.replace('_', ' ')}: {value}" for column, value in facts.items())
    return f"Shopper {user_id}, as the dataset knows: {told}." if told else f"Shopper {user_id}."


def chosen_by(names: list[str]) -> str:
    """Who guessed an item."""
    return "guessed by " + ", ".join(names)


def handle(title: str, place: int, count: int) -> str:
    """A pick in the history, to a screen reader."""
    return f"{title}, {place} of {count}. Arrow keys move it, Delete removes it."


def earlier(title: str) -> str:
    return f"Move {title} earlier"


def later(title: str) -> str:
    return f"Move {title} later"


def remove(title: str) -> str:
    return f"Remove {title}"


# Last tab: a visitor's own catalogue
TAB_CATALOGUE = "Your catalogue"
OWN_TITLE = "Bring your own catalogue"
OWN_LEAD = (
    "Choose one zip of a dataset folder, or a CSV together with its pictures. Each item is read and looked at by the encoder "
    "that runs on this machine; after the first twelve you see what is alike and what goes with your picks."
)
OWN_TABLE = (
    "The table needs the columns <code>item_id</code> and <code>title</code>; <code>description</code>, <code>image</code> "
    "(a file name) and any others may follow."
)
OWN_EXAMPLE = "item_id,title,image\nmug-1,Blue mug,mug-blue.jpg\nmug-2,Green mug,mug-green.jpg"
OWN_PRIVATE = (
    "What you send is seen by you alone. The files are deleted as soon as they are encoded, everything else when you "
    "press “Delete now” or after half an hour without a click. Closing the page loses sight of it; links never carry it."
)
OWN_DROP = "Drop a zip, or a CSV with its pictures, here, or press to choose: up to 500 items and 100 MB"
OWN_READING = "Reading and checking your files …"
OWN_EXPIRED = "Your catalogue is no longer here: it was deleted or not used for half an hour. Choose it again."
OWN_WAITING = "Waiting for the encoder, which serves one catalogue at a time …"
OWN_LOADING = "Starting the encoder …"
OWN_STOPPED = "Stopped. What is encoded stays usable."
OWN_GO_ON = "Continue without the bad rows"
OWN_OTHER = "Choose other files"
OWN_RESUME = "Go on"
OWN_STOP = "Cancel"
OWN_FORGET = "Delete now"
OWN_FORGOTTEN = "Deleted: nothing of your catalogue is left on this machine."
OWN_SEARCH = "Search your catalogue by word"
OWN_PICKS = "Your picks"
OWN_PICKS_HINT = "of your own catalogue; nobody else sees them"
OWN_NO_PICKS = "Nothing picked. Pick anything you have brought."
OWN_SIMILAR = "Similar"
OWN_ALIKE_HINT = "by text and picture alone, nearest first"
OWN_TOGETHER = "Like your picks together"
OWN_TOGETHER_HINT = "nearest to the mean of your picks, nothing learned"
OWN_TOWER = "The demo’s content model"
OWN_TOWER_HINT = "learned from the demo’s shoppers; not measured on items like yours"
OWN_NO_TOWER = (
    "The demo's content model is not asked: its items were encoded by another encoder than the one that runs here, so it "
    "could not read yours."
)
OWN_ERRORS_HEAD = ("File", "Row", "Column", "What is wrong")
OWN_NO_WAY = (
    "These mistakes concern the table as a whole, so no rows can be left out: mend them and choose the files again."
)


def own_missing(why: str) -> str:
    """Why nothing can be encoded here."""
    return f"Catalogues cannot be encoded here yet. {why} Then start the page again."


def own_ignored(count: int) -> str:
    """Files of a zip that nothing here asks for."""
    if not count:
        return ""
    return "One file was not needed and not read." if count == 1 else f"{count:,} files were not needed and not read."


def own_remarks(count: int) -> str:
    """Warnings, folded away."""
    return "One remark on the table" if count == 1 else f"{count:,} remarks on the table"


def own_errors(count: int) -> str:
    """Heading of the table of errors."""
    return "One mistake to mend" if count == 1 else f"{count:,} mistakes to mend"


def own_more(count: int) -> str:
    """Errors beyond those shown."""
    return f"… and {count:,} more"


def own_drops(rows: list[tuple[int, str]], left: int) -> str:
    """What would be left out."""
    shown = "; ".join(f"row {row}" + (f" ({name})" if name else "") for row, name in rows[:30])
    more = f"; and {len(rows) - 30:,} more" if len(rows) > 30 else ""
    return f"Leaves out {len(rows):,} of {len(rows) + left:,} items: {shown}{more}. {left:,} remain."


def own_progress(done: int, total: int, left: str) -> str:
    """How far the encoder is."""
    return f"{done:,} of {total:,} items encoded" + (f", {left} left" if left else "")


def own_soon(count: int) -> str:
    """While nothing can be answered yet."""
    return f"The first answers come when {count:,} items are encoded." if count > 1 else ""


def own_done(total: int) -> str:
    """All is encoded."""
    return f"All {total:,} items are encoded, and your files are deleted."


def own_alike(title: str) -> str:
    """Heading of the row of similar items."""
    return f"Most like “{title}”"
