"""What the upload tab shows. Pictures are inlined, so that nobody else can ask for them."""

from app.components import items
from app.components.items import Item, Ranked
from app.components.templates import note, render
from app.strings import catalogue as words
from app.tabs.catalogue.uploads import Upload
from molar.data.ingest.upload import Checked
from molar.data.problems import WARNING, describe

SHOWN_ERRORS = 100


def bad(text: str) -> str:
    """One sentence about a mistake."""
    return note(text, look="own-bad")


def unseen(text: str) -> str:
    """One sentence for screen readers alone."""
    return note(text, look="unseen")


def expired() -> str:
    """Where the catalogue is no longer here."""
    return bad(words.EXPIRED)


def intro(missing: str = "") -> str:
    """What may be brought, and what happens to it; `missing`: why nothing can be encoded here."""
    return render("tabs/catalogue/intro.html", missing=missing)


def report(checked: Checked, ignored: list[str]) -> str:
    """What the checks found: errors as a table, with what can be done about them; warnings folded away."""
    warnings = [problem for problem in checked.problems if problem.severity == WARNING]
    return render(
        "tabs/catalogue/report.html",
        errors=checked.errors[:SHOWN_ERRORS] if checked.dataset is None else [],
        count=len(checked.errors),
        dropped=checked.dropped,
        left=checked.left,
        ignored=len(ignored),
        warnings=[line.removeprefix("warning: ") for line in describe(warnings).splitlines()] if warnings else [],
    )


def progress(upload: Upload, text: str) -> str:
    """A bar and one line."""
    total = upload.dataset.n_items
    return render("tabs/catalogue/progress.html", usable=upload.usable, encoded=upload.encoded, total=total, text=text)


def controls(*, stop: bool = False, resume: bool = False) -> str:
    """The buttons that belong to a catalogue that is here."""
    return render("tabs/catalogue/controls.html", stop=stop, resume=resume)


def item(upload: Upload, number: int) -> Item:
    """An item of the visitor's own catalogue."""
    return Item(number, upload.dataset.title(number), upload.thumbnail(number))


def gallery(upload: Upload, numbers: list[int], shown: int) -> str:
    """The first `shown` of the found items, in the order of the table."""
    return items.gallery([item(upload, number) for number in numbers[:shown]], len(numbers))


def selected_items(upload: Upload) -> str:
    """The selected items; each can be taken out, or asked for what is like it."""
    return render("tabs/catalogue/selected_items.html", items=[item(upload, number) for number in upload.selected])


def ranked(upload: Upload, numbers: list[int]) -> list[Ranked]:
    """Items with their ranks, best first."""
    return [Ranked(item(upload, number), rank) for rank, number in enumerate(numbers, start=1)]
