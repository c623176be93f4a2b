"""What the tab of a visitor's own catalogue says."""

TITLE = "Bring your own catalogue"
LEAD = (
    "Choose one zip of a dataset folder, or a CSV together with its pictures. Each item is read and looked at by the encoder "
    "that runs on this machine; after the first twelve you see what is alike and what goes with your picks."
)
TABLE = (
    "The table needs the columns `item_id` and `title`; `description`, `image` (a file name) and any others may follow."
)
EXAMPLE = "item_id,title,image\nmug-1,Blue mug,mug-blue.jpg\nmug-2,Green mug,mug-green.jpg"
PRIVATE = (
    "What you send is seen by you alone. The files are deleted as soon as they are encoded, everything else when you "
    "press “Delete now” or after half an hour without a click. If you close the page it is lost; links never carry it."
)
DROP = "Drop a zip, or a CSV with its pictures, here, or press to choose: up to 500 items and 100 MB"
READING = "Reading and checking your files …"
EXPIRED = "Your catalogue is no longer here: it was deleted or not used for half an hour. Choose it again."
WAITING = "Waiting for the encoder, which serves one catalogue at a time …"
LOADING = "Starting the encoder …"
STOPPED = "Stopped. What is encoded stays usable."
GO_ON = "Continue without the bad rows"
OTHER = "Choose other files"
RESUME = "Go on"
STOP = "Cancel"
FORGET = "Delete now"
FORGOTTEN = "Deleted: nothing of your catalogue is left on this machine."
SEARCH = "Search your catalogue by word"
SELECTED = "Your picks"
SELECTED_HINT = "of your own catalogue; nobody else sees them"
NONE_SELECTED = "Nothing picked. Pick anything you have brought."
SIMILAR = "Similar"
ALIKE_HINT = "by text and picture alone, nearest first"
TOGETHER = "Like your picks together"
TOGETHER_HINT = "average of your picks, no training"
CONTENT_MODEL = "The demo’s content model"
CONTENT_MODEL_HINT = "learned from the demo’s shoppers; not measured on items like yours"
NO_CONTENT_MODEL = (
    "The demo's content model is not asked: its items were encoded by another encoder than the one that runs here, so it "
    "could not read yours."
)
ERRORS_HEAD = ("File", "Row", "Column", "What is wrong")
NO_WAY = "These mistakes concern the table as a whole, so no rows can be left out: fix them and choose the files again."


def missing(why: str) -> str:
    """Why nothing can be encoded here."""
    return f"Catalogues cannot be encoded here yet. {why} Then start the page again."


def ignored(count: int) -> str:
    """Files of a zip that nothing here asks for."""
    if not count:
        return ""
    return "One file was not needed and not read." if count == 1 else f"{count:,} files were not needed and not read."


def remarks(count: int) -> str:
    """Warnings, folded away."""
    return "One remark on the table" if count == 1 else f"{count:,} remarks on the table"


def errors(count: int) -> str:
    """Heading of the table of errors."""
    return "One mistake to fix" if count == 1 else f"{count:,} mistakes to fix"


def more(count: int) -> str:
    """Errors beyond those shown."""
    return f"… and {count:,} more"


def drops(rows: list[tuple[int, str]], left: int) -> str:
    """What would be left out."""
    shown = "; ".join(f"row {row}" + (f" ({name})" if name else "") for row, name in rows[:30])
    more = f"; and {len(rows) - 30:,} more" if len(rows) > 30 else ""
    return f"Leaves out {len(rows):,} of {len(rows) + left:,} items: {shown}{more}. {left:,} remain."


def progress(done: int, total: int, left: str) -> str:
    """How far the encoder is."""
    return f"{done:,} of {total:,} items encoded" + (f", {left} left" if left else "")


def soon(count: int) -> str:
    """While nothing can be answered yet."""
    return f"The first answers come when {count:,} items are encoded." if count > 1 else ""


def done(total: int) -> str:
    """All is encoded."""
    return f"All {total:,} items are encoded, and your files are deleted."


def alike(title: str) -> str:
    """Heading of the row of similar items."""
    return f"Most like “{title}”"
