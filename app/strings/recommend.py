"""What the Recommend tab says."""

from app.strings.common import picked

SEARCH = "Search by word: title, description, anything written"
SURPRISE = "Surprise me"
SURPRISE_HINT = "Adds one of the items found, at random"
AS_LIST = "As a list"
AS_LIST_HINT = "The same items as text"
HISTORY = "Your history"
HISTORY_HINT = "oldest first; the last ones count most"
BORROWED = "a test shopper’s last choices; add yours"
UNDO = "Undo"
COPY_LINK = "Copy link"
COPY_LINK_HINT = "A link that opens this page with this history"
COPIED = "Copied"
JUMP = "Add more"
EMPTY_HISTORY = "Nothing picked yet, so all lists show what is popular. Pick anything to begin."
NEW_ITEMS = "New items"
FEWER, MORE = "fewer", "more"
NEW_ITEMS_HINT = "places what nobody had chosen yet lower or higher"
AS_CHOSEN = "as served other shoppers best"


def filter_label(column: str) -> str:
    """What a filter is called to a screen reader."""
    return f"Filter by {column}"


def filter_any(column: str) -> str:
    """The choice of a filter that filters nothing."""
    return f"Any {column}"


def borrow(column: str | None) -> str:
    """Before the buttons that borrow a test shopper's history; their labels tell this column."""
    return f"Borrow a test shopper, by {column}" if column else "Borrow a test shopper"


def said(count: int, heading: str, first: list[str]) -> str:
    """Read aloud after every change of the history, or of how many new items are wanted; heading: of the list that is read."""
    return f"{picked(count)}. {heading} now begins with: {'; '.join(first)}."


def unknown_items(count: int) -> str:
    """About a link or a kept history that names what this catalogue does not hold."""
    what = (
        "One item is not in this catalogue and was"
        if count == 1
        else f"{count:,} items are not in this catalogue and were"
    )
    return f"{what} left out."


def handle(title: str, place: int, count: int) -> str:
    """A selected item in the history, to a screen reader."""
    return f"{title}, {place} of {count}. Arrow keys move it, Delete removes it."


def earlier(title: str) -> str:
    return f"Move {title} earlier"


def later(title: str) -> str:
    return f"Move {title} later"
