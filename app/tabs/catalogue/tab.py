"""Last tab: a visitor's own catalogue, checked, encoded and used at once. What it holds lives in `Uploads`, by token."""

from collections.abc import Callable, Iterator
from pathlib import Path

import gradio as gr
import numpy as np

from app.components.items import PAGE
from app.components.listeners import EVERY, ONCE, QUIET, Listening
from app.components.panel import number_of, still
from app.components.styles import stylesheets
from app.components.templates import note
from app.state import PageState
from app.strings import catalogue as words
from app.tabs.catalogue import view
from app.tabs.catalogue.answers import answers
from app.tabs.catalogue.encoding import FIRST, Encoding
from app.tabs.catalogue.layout import Layout
from app.tabs.catalogue.uploads import Upload, Uploads
from molar.core.errors import Cancelled, MolarError
from molar.data.ingest.archive import receive
from molar.data.ingest.upload import check_upload, without_bad_rows
from molar.serving.search import WordIndex
from molar.serving.similar import ContentNeighbours

# Only a stylesheet can put words into Gradio's file field.
STYLE = f':root {{ --own-drop: "{words.DROP}"; }}\n' + stylesheets(Path(__file__).parent, "catalogue.css")
TICK = 0.5  # seconds between two looks at the encoder
CLICK: Listening = {**EVERY, "concurrency_id": "catalogue", "concurrency_limit": 2}
SEARCH: Listening = {**CLICK, "trigger_mode": "always_last"}
ENCODE: Listening = {**QUIET, "concurrency_id": "encoder", "concurrency_limit": 1}


def build(shop: PageState, tab: gr.Tab) -> None:
    """Lay out the tab and connect it, or say what is missing. Must be called inside `gr.Blocks`."""
    encoding = Encoding(shop.checkpoint)
    if why := encoding.missing():
        still(view.intro(missing=why), elem_id="own-missing")
        return
    CatalogueTab(Uploads(), encoding).connect()

    def warm() -> None:
        encoding.warm()

    tab.select(warm, None, None, **QUIET)


class CatalogueTab:
    """What fills the components of the tab; the visitor's own things come in through the token alone."""

    def __init__(self, uploads: Uploads, encoding: Encoding):
        self.uploads, self.encoding = uploads, encoding
        self.on = Layout(uploads)

    def connect(self) -> None:
        """Bind the listeners."""
        on, everything = self.on, self.on.everything
        received = on.drop.upload(self.reading, None, [on.said], **ONCE)
        checked = received.then(self.read, [on.token, on.drop], everything, **QUIET)
        for ready in (
            checked,
            on.report.go_on(self.leave_out, on.token, everything, **ONCE),
            on.controls.resume(self.prepare, on.token, everything, **ONCE),
        ):
            ready.then(self.encode, on.token, everything, **ENCODE)
        on.controls.stop(self.stop, on.token, everything, **CLICK)
        for panel in (on.report, on.controls):
            panel.forget(self.forget, on.token, everything, **ONCE)
        drawn = [on.selected, on.rows]
        for event in (on.gallery.pick, on.rows.pick, on.selected.drop):
            event(self.pick, on.token, drawn, **CLICK)
        on.selected.clear(self.clear, on.token, drawn, **CLICK)
        on.selected.similar(self.similar, on.token, drawn, **CLICK)
        found = [on.shown, on.gallery]
        on.query.change(self.search, [on.token, on.query], found, **SEARCH)
        on.gallery.more(self.more, [on.token, on.query, on.shown], found, **ONCE)

    # Receiving and checking

    def reading(self) -> dict:
        return {self.on.said: note(words.READING)}

    def read(self, token: str, files: list[tuple[str, Path]]) -> dict:
        """Take the files in, check them, and delete what the browser sent."""
        self.uploads.delete(token)
        try:
            token, upload = self.uploads.open()
            try:
                upload.received = receive(files, upload.folder / "catalogue")
                upload.checked = check_upload(upload.received)
            except BaseException:
                self.uploads.delete(token)
                raise
        except MolarError as error:
            return self.on.empty(view.bad(str(error)))
        finally:
            for _, path in files:
                path.unlink(missing_ok=True)
        return {self.on.token: token} | self.checked(upload)

    def leave_out(self, token: str) -> dict:
        """Continue without the bad rows."""
        upload = self.uploads.get(token)
        if upload is None or not upload.checked.dropped:
            return self.on.empty(view.expired())
        with upload.lock:
            upload.checked = without_bad_rows(upload.received, upload.checked)
        return self.checked(upload)

    def checked(self, upload: Upload) -> dict:
        errors = len(upload.checked.errors)
        news = {
            self.on.start: gr.update(visible=False),
            self.on.drop: None,
            self.on.said: view.unseen("" if upload.sound else words.errors(errors)),
            self.on.report: view.report(upload.checked, upload.received.ignored),
        }
        if not upload.sound:
            return news
        upload.word_index = WordIndex(upload.dataset.items, np.zeros(upload.dataset.n_items + 1))
        return news | self.waiting(upload)

    # Encoding

    def prepare(self, token: str) -> dict:
        """Before going on after a cancel."""
        upload = self.uploads.get(token)
        if upload is None:
            return self.on.empty(view.expired())
        upload.stop.clear()
        return self.waiting(upload)

    def waiting(self, upload: Upload) -> dict:
        return {
            self.on.bar: gr.update(visible=True),
            self.on.progress: view.progress(upload, words.WAITING),
            self.on.controls: view.controls(stop=True),
        }

    def encode(self, token: str) -> Iterator[dict]:
        """Watch the encoder at work: the bar twice a second, answers after the first twelve items and then ever more."""
        upload = self.uploads.get(token)
        if upload is None or not upload.sound or upload.encoded == upload.dataset.n_items:
            yield {self.on.token: token}  # a generator that yields nothing would empty all of its outputs
            return
        first = min(FIRST, upload.dataset.n_items)
        try:
            yield from self.watch(upload, first)
        except MolarError as error:
            stopped = isinstance(error, Cancelled)
            if not upload.deleted:
                news = self.opened(upload) if upload.encoded >= first else {}  # all that is encoded can be used
                said = note(words.STOPPED) if stopped else view.bad(str(error))
                yield news | self.stopped(upload, said)
        except GeneratorExit:  # the visitor has left
            upload.stop.set()
            raise
        else:
            if not upload.deleted:
                yield self.finished(upload)

    def watch(self, upload: Upload, first: int) -> Iterator[dict]:
        """Until the encoder ends. Raises what went wrong, Cancelled too."""
        job, shown = self.encoding.start(upload), upload.encoded
        if upload.neighbours is None:
            yield self.laid_out(upload)
        while not job.wait(TICK) and not upload.deleted:
            news: dict = {}
            if upload.encoded >= max(first, shown + 1 if shown < first else 2 * shown):
                news = self.opened(upload)
                shown = upload.encoded
            text = words.progress(upload.encoded, upload.dataset.n_items, job.left())
            news[self.on.progress] = view.progress(upload, text if job.started else words.LOADING)
            upload.last_used = self.uploads.now()
            yield news

    def laid_out(self, upload: Upload) -> dict:
        """Before the first answers: the pictures that come first, which wait, greyed out."""
        return {
            self.on.items: gr.update(visible=True),
            self.on.gallery: view.gallery(upload, _all(upload), FIRST),
            self.on.selected: "",
            self.on.rows: note(words.soon(min(FIRST, upload.dataset.n_items))),
        }

    def opened(self, upload: Upload) -> dict:
        """Answers over what is encoded so far; the first time with the whole gallery and an item selected to begin with."""
        begun, encoded = upload.neighbours is not None, upload.encoded
        assert upload.vectors is not None, "the encoder makes them before it begins"
        vectors = upload.vectors.copy()
        vectors[encoded + 1 :] = 0  # where the encoder may just be writing
        with upload.lock:  # a click must not find the one renewed and the other not
            upload.neighbours = ContentNeighbours(vectors)
            if upload.content_model is not None:
                upload.content_model.set_item_vectors(vectors)
        if begun:
            return {self.on.rows: answers(upload)}
        upload.selected = [1]
        return {
            self.on.gallery: view.gallery(upload, _all(upload), PAGE),
            self.on.shown: PAGE,
            self.on.selected: view.selected_items(upload),
            self.on.rows: answers(upload),
            self.on.said: view.unseen(words.progress(upload.encoded, upload.dataset.n_items, "")),
        }

    def finished(self, upload: Upload) -> dict:
        text = words.done(upload.dataset.n_items)
        return self.opened(upload) | {
            self.on.progress: view.progress(upload, text),
            self.on.controls: view.controls(),
            self.on.said: view.unseen(text),
        }

    def stopped(self, upload: Upload, said: str) -> dict:
        text = words.progress(upload.encoded, upload.dataset.n_items, "")
        return {
            self.on.progress: view.progress(upload, text),
            self.on.controls: view.controls(resume=True),
            self.on.said: said,
        }

    def stop(self, token: str) -> dict:
        """Ask the encoder to stop; it does so within a few items."""
        upload = self.uploads.get(token)
        if upload is None:
            return self.on.empty(view.expired())
        upload.stop.set()
        return self.stopped(upload, note(words.STOPPED))

    def forget(self, token: str) -> dict:
        """Delete now."""
        known = self.uploads.get(token)
        self.uploads.delete(token)
        return self.on.empty(note(words.FORGOTTEN if known else ""))

    # Using

    def changed(self, token: str, change: Callable[[Upload], None]) -> tuple[str, str]:
        """The selected items and the answers after a change."""
        upload = self.uploads.get(token)
        if upload is None or upload.neighbours is None:
            return view.expired(), ""
        with upload.lock:
            change(upload)
            return view.selected_items(upload), answers(upload)

    def pick(self, token: str, event: gr.EventData) -> tuple[str, str]:
        return self.changed(token, lambda upload: upload.pick(number_of(event, upload.dataset.n_items)))

    def clear(self, token: str) -> tuple[str, str]:
        return self.changed(token, lambda upload: upload.selected.clear())

    def similar(self, token: str, event: gr.EventData) -> tuple[str, str]:
        return self.changed(token, lambda upload: setattr(upload, "like", number_of(event, upload.dataset.n_items)))

    def search(self, token: str, text: str) -> tuple[int, str]:
        return self.found(token, text, PAGE)

    def more(self, token: str, text: str, shown: int) -> tuple[int, str]:
        return self.found(token, text, shown + PAGE)

    def found(self, token: str, text: str, shown: int) -> tuple[int, str]:
        upload = self.uploads.get(token)
        if upload is None or upload.word_index is None:
            return PAGE, ""
        return shown, view.gallery(upload, upload.word_index.find(text), shown)


def _all(upload: Upload) -> list[int]:
    return list(range(1, upload.dataset.n_items + 1))
