"""What the page says on several tabs, and around them."""

from molar.core.schema import ALIGNED, CONTENT, EVERYTHING, ID

BRAND = "Molar"
PAGE_TITLE = "Molar: recommendations that read, look and remember"
THEME_SWITCH = "Light or dark"
TAB_RECOMMEND = "Recommend"
TAB_QUIZ = "What next?"
TAB_ALIGNMENT = "Alignment"
TAB_EVIDENCE = "Evidence"
TAB_CATALOGUE = "Your catalogue"
MORE = "Show more"
NOTHING_FOUND = "Nothing matches all of these words. Try fewer, or only the beginning of one."
CLEAR = "Clear"
# model -> (heading, what it knows)
ROWS = {
    EVERYTHING: ("Everything", "joins content, who chose what, and what follows what"),
    CONTENT: ("Content only", "reads the text and sees the picture"),
    ALIGNED: ("Aligned", "the same, aligned with people"),
    ID: ("ID only", "knows who chose what, sees nothing"),
}
NEW, NEW_HINT = "new", "nobody had chosen it before"
BECAUSE = "because you picked"
MOVED_EXAMPLE, MOVED_KEY = (31, 2), "means: rank 31 before alignment, rank 2 after it"
HISTORY_OLDEST_FIRST = "History, oldest first"


def lead(joined: bool) -> str:
    """What the page is, to a visitor; joined: whether it has what joins all recommenders."""
    if joined:
        return "Pick what you like. One list joins all that is known; beside it, three recommenders answer alone."
    return "Pick what you like. Three recommenders answer: one reads and looks, one is aligned with people, one knows only ids."


def size(items: int, users: int, choices: int) -> str:
    """What the page's data hold."""
    return f"{items:,} items, {users:,} shoppers, {choices:,} choices"


def found(shown: int, total: int) -> str:
    """How much of the catalogue the gallery shows."""
    return f"{shown:,} of {total:,}"


def picked(count: int) -> str:
    """The length of the history."""
    return f"{count} picked" if count else "empty"


def moved(before: int, after: int) -> str:
    """How far alignment moved an item."""
    if before == after:
        return f"rank {after:,}, with or without alignment"
    return f"rank {before:,} before alignment, {after:,} after it"


def ranks(before: int, after: int) -> str:
    """The same as a sign."""
    return f"{before:,} → {after:,}"


def remove(title: str) -> str:
    """The button that takes a selected item away, to a screen reader."""
    return f"Remove {title}"
