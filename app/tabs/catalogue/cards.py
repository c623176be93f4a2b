"""The HTML of the upload tab. Everything a visitor brought is escaped here, and pictures are inlined."""

from html import escape

from app.strings import page as words
from app.tabs.catalogue.uploads import Upload
from molar.data.ingest.upload import Checked
from molar.data.problems import WARNING, describe

SHOWN_ERRORS = 100


def intro() -> str:
    """What may be brought, and what happens to it."""
    return (
        f"<h2>{words.OWN_TITLE}</h2><p>{words.OWN_LEAD}</p><p>{words.OWN_TABLE}</p>"
        f'<pre>{escape(words.OWN_EXAMPLE)}</pre><p class="quiet">{words.OWN_PRIVATE}</p>'
    )


def note(text: str, *, look: str = "quiet") -> str:
    """One sentence: `quiet`, `own-bad` for a mistake, `unseen` for screen readers alone."""
    return f'<p class="{look}">{escape(text)}</p>' if text else ""


def report(checked: Checked, ignored: list[str]) -> str:
    """What the checks found: errors as a table, with what can be done about them; warnings folded away."""
    if checked.dataset is not None:
        return note(words.own_ignored(len(ignored))) + _warnings(checked)
    errors = checked.errors
    head = "".join(f'<th scope="col">{word}</th>' for word in words.OWN_ERRORS_HEAD)
    lines = "".join(
        "<tr>"
        + "".join(f"<td>{escape(str(cell or ''))}</td>" for cell in (one.file, one.row, one.column, one.what))
        + "</tr>"
        for one in errors[:SHOWN_ERRORS]
    )
    more = f'<p class="quiet">{words.own_more(len(errors) - SHOWN_ERRORS)}</p>' if len(errors) > SHOWN_ERRORS else ""
    other = _button("forget", words.OWN_OTHER)
    if checked.dropped:
        way, other = (
            words.own_drops(checked.dropped, checked.left),
            _button("go_on", words.OWN_GO_ON, main=True) + other,
        )
    else:
        way = words.OWN_NO_WAY
    return (
        f'<h2>{words.own_errors(len(errors))}</h2><div class="own-table" tabindex="0" role="region" '
        f'aria-label="{words.own_errors(len(errors))}"><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>'
        f'{more}{_warnings(checked)}<p>{escape(way)}</p><div class="own-buttons">{other}</div>'
    )


def _warnings(checked: Checked) -> str:
    found = [problem for problem in checked.problems if problem.severity == WARNING]
    if not found:
        return ""
    lines = "".join(f"<li>{escape(line.removeprefix('warning: '))}</li>" for line in describe(found).splitlines())
    return f'<details class="quiet"><summary>{words.own_remarks(len(found))}</summary><ul>{lines}</ul></details>'


def _button(act: str, label: str, main: bool = False) -> str:
    return f'<button type="button" class="plain{" main" if main else ""}" data-act="{act}">{label}</button>'


def progress(upload: Upload, text: str) -> str:
    """A bar and one line; its number also tells the cards which of them can be picked: none before the first answers."""
    total = upload.dataset.n_items
    bar = f'<progress value="{upload.encoded}" max="{total}" aria-label="{escape(text)}"></progress>'
    bar = "" if upload.encoded == total else bar
    return f'<div class="own-bar" data-usable="{upload.usable}">{bar}<span>{escape(text)}</span></div>'


def controls(*, stop: bool = False, resume: bool = False) -> str:
    """The buttons that belong to a catalogue that is here."""
    buttons = (_button("stop", words.OWN_STOP) if stop else "") + (
        _button("resume", words.OWN_RESUME) if resume else ""
    )
    return f'<div class="own-buttons">{buttons}{_button("forget", words.OWN_FORGET)}</div>'


def _picture(upload: Upload, number: int) -> str:
    return f'<span class="frame"><img src="{upload.thumbnail(number)}" alt="" decoding="async"></span>'


def _card(upload: Upload, number: int, rank: int = 0) -> str:
    title = escape(upload.dataset.title(number))
    badge = f'<span class="rank">{rank}</span>' if rank else ""
    return (
        f'<li><button type="button" class="card" data-act="take" data-own="{number}" title="{title}">'
        f'{badge}{_picture(upload, number)}<span class="name">{title}</span></button></li>'
    )


def gallery(upload: Upload, numbers: list[int], shown: int) -> str:
    """The first `shown` of the found items, in the order of the table."""
    if not numbers:
        return f'<p class="quiet nothing">{words.NOTHING_FOUND}</p>'
    cards = "".join(_card(upload, number) for number in numbers[:shown])
    more = _button("more", words.MORE) if shown < len(numbers) else ""
    count = words.found(min(shown, len(numbers)), len(numbers))
    return f'<ul class="grid">{cards}</ul><p class="quiet more"><span>{count}</span>{more}</p>'


def picks(upload: Upload) -> str:
    """The strip of picks; each can be taken out, or asked for what is like it."""
    items = []
    for number in upload.picks:
        title = escape(upload.dataset.title(number))
        items.append(
            f'<li class="pick" data-taken="{number}">{_picture(upload, number)}<span class="name">{title}</span>'
            f'<button type="button" class="own-like" data-act="similar" data-own="{number}" '
            f'aria-label="{words.OWN_SIMILAR}: {title}">{words.OWN_SIMILAR}</button>'
            f'<button type="button" class="drop" data-act="leave" data-own="{number}" aria-label="Remove {title}">×</button></li>'
        )
    hint = words.OWN_PICKS_HINT if upload.picks else words.OWN_NO_PICKS
    clear = _button("none", words.CLEAR) if upload.picks else ""
    return (
        f'<div class="head"><h2>{words.OWN_PICKS}</h2><span class="quiet">{words.picked(len(upload.picks))}</span>'
        f'<span class="hint">{hint}</span>{clear}</div><ol class="strip">{"".join(items)}</ol>'
    )


def answers(upload: Upload, rows: list[tuple[str, str, str, list[int]]], remark: str = "") -> str:
    """One ranked list a question: (kind, heading, what it rests on, item numbers)."""
    made = []
    for kind, heading, hint, numbers in rows:
        cards = "".join(_card(upload, number, rank) for rank, number in enumerate(numbers, start=1))
        made.append(
            f'<section class="answer" data-model="{kind}"><div class="head"><h2>{escape(heading)}</h2>'
            f'<span class="hint">{hint}</span></div><ol>{cards}</ol></section>'
        )
    return f'<div class="rows">{"".join(made)}</div>{note(remark)}'
