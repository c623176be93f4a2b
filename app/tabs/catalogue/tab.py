"""Last tab: a visitor's own catalogue, checked, encoded and used at once. What it holds lives in `Uploads`, by token."""

from pathlib import Path

import gradio as gr
import numpy as np

from app.components.upload_panel import FileDrop, Tray
from app.state import PAGE, Shop
from app.strings import page as words
from app.tabs.catalogue import cards as html
from app.tabs.catalogue.encoding import FIRST, Encoding
from app.tabs.catalogue.uploads import Upload, Uploads
from molar.core.errors import Cancelled, MolarError
from molar.core.schema import PAD
from molar.data.ingest.archive import receive
from molar.data.ingest.upload import check_upload, without_bad_rows
from molar.evaluation.ranking import best_items
from molar.serving.search import WordIndex
from molar.serving.similar import ContentNeighbours

ROW = 8
TICK = 0.5  # seconds between two looks at the encoder
QUIET = {"api_visibility": "private", "show_progress": "hidden"}
CLICK = {**QUIET, "trigger_mode": "multiple", "concurrency_id": "catalogue", "concurrency_limit": 2}


class Tab:
    """The components of the tab and what fills them; the visitor's own things come in through the token alone."""

    def __init__(self, shop: Shop, uploads: Uploads, encoding: Encoding):
        self.shop, self.uploads, self.encoding = shop, uploads, encoding
        self.token = gr.State("", delete_callback=uploads.delete)
        self.shown = gr.State(PAGE)
        with gr.Column(elem_id="own"):
            self.status()
            with gr.Row(elem_id="own-desk", visible=False, equal_height=False) as self.desk:
                with gr.Column(elem_id="own-browse"):
                    self.query = gr.Textbox(
                        placeholder=words.OWN_SEARCH,
                        show_label=False,
                        label=words.OWN_SEARCH,
                        container=False,
                        elem_id="own-search",
                        max_lines=1,
                    )
                    self.shelf = Tray(elem_id="own-shelf")
                with gr.Column(elem_id="own-answers"):
                    self.strip = Tray(elem_id="own-picks")
                    self.rows = Tray(elem_id="own-rows")

    def status(self) -> None:
        """What is above the desk: the way in, the checks, the encoder's progress."""
        with gr.Row(elem_id="own-start", equal_height=False) as self.start:
            gr.HTML(html.intro(), apply_default_css=False, js_on_load=None, elem_id="own-intro")
            # No `file_types`: Gradio's own refusal names no file and no reason; ours, after the upload, does.
            self.drop = FileDrop(file_count="multiple", label=words.OWN_DROP, elem_id="own-drop", height=260)
        self.said = Tray(elem_id="own-said", live=True)
        self.report = Tray(elem_id="own-report")
        with gr.Row(elem_id="own-status", visible=False) as self.bar:
            self.progress = Tray(elem_id="own-progress")
            self.controls = Tray(elem_id="own-controls")

    def connect(self) -> None:
        """Bind the listeners; all are private."""
        everything = [
            self.token,
            self.start,
            self.drop,
            self.said,
            self.report,
            self.bar,
            self.progress,
            self.controls,
            self.desk,
            self.shelf,
            self.strip,
            self.rows,
            self.shown,
        ]
        encode = {
            "fn": self.encode,
            "inputs": self.token,
            "outputs": everything,
            **QUIET,
            "concurrency_id": "encoder",
            "concurrency_limit": 1,
        }
        once = {**QUIET, "trigger_mode": "once"}
        self.drop.upload(self.reading, None, [self.said], **once).then(
            self.read, [self.token, self.drop], everything, **QUIET
        ).then(**encode)
        self.report.go_on(self.leave_out, self.token, everything, **once).then(**encode)
        self.controls.resume(self.prepare, self.token, everything, **once).then(**encode)
        self.controls.stop(self.stop, self.token, everything, **CLICK)
        for tray in (self.report, self.controls):
            tray.forget(self.forget, self.token, everything, **once)
        picked = [self.strip, self.rows]
        for tray in (self.shelf, self.rows):
            tray.take(self.take, self.token, picked, **CLICK)
        self.strip.leave(self.take, self.token, picked, **CLICK)
        self.strip.none(self.none, self.token, picked, **CLICK)
        self.strip.similar(self.similar, self.token, picked, **CLICK)
        found = [self.shown, self.shelf]
        self.query.change(self.search, [self.token, self.query], found, **{**CLICK, "trigger_mode": "always_last"})
        self.shelf.more(self.more, [self.token, self.query, self.shown], found, **once)

    # Receiving and checking

    def reading(self) -> dict:
        return {self.said: html.note(words.OWN_READING)}

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
            return self.empty(html.note(str(error), look="own-bad"))
        finally:
            for _, path in files:
                path.unlink(missing_ok=True)
        return {self.token: token} | self.checked(upload)

    def leave_out(self, token: str) -> dict:
        """Continue without the bad rows."""
        upload = self.uploads.get(token)
        if upload is None or not upload.checked.dropped:
            return self.empty(html.note(words.OWN_EXPIRED, look="own-bad"))
        with upload.lock:
            upload.checked = without_bad_rows(upload.received, upload.checked)
        return self.checked(upload)

    def checked(self, upload: Upload) -> dict:
        ready = upload.sound
        if ready:
            upload.word_index = WordIndex(upload.dataset.items, np.zeros(upload.dataset.n_items + 1))
        found = html.report(upload.checked, upload.received.ignored)
        said = "" if ready else words.own_errors(len(upload.checked.errors))
        news = {
            self.start: gr.update(visible=False),
            self.drop: None,
            self.said: html.note(said, look="unseen"),
            self.report: found,
        }
        return news | self.waiting(upload) if ready else news

    # Encoding

    def prepare(self, token: str) -> dict:
        """Before going on after a cancel."""
        upload = self.uploads.get(token)
        if upload is None:
            return self.empty(html.note(words.OWN_EXPIRED, look="own-bad"))
        upload.stop.clear()
        return self.waiting(upload)

    def waiting(self, upload: Upload) -> dict:
        return {
            self.bar: gr.update(visible=True),
            self.progress: html.progress(upload, words.OWN_WAITING),
            self.controls: html.controls(stop=True),
        }

    def encode(self, token: str):
        """Watch the encoder at work: the bar twice a second, answers after the first twelve items and then ever more."""
        upload = self.uploads.get(token)
        if upload is None or not upload.sound or upload.encoded == upload.dataset.n_items:
            yield {self.token: token}  # a generator that yields nothing would empty all of its outputs
            return
        job, shown = self.encoding.start(upload), upload.encoded
        first = min(FIRST, upload.dataset.n_items)
        try:
            if upload.neighbours is None:
                yield self.laid_out(upload)
            while not job.wait(TICK) and not upload.deleted:
                news = {}
                if upload.encoded >= max(first, shown + 1 if shown < first else 2 * shown):
                    news = self.opened(upload)
                    shown = upload.encoded
                text = words.own_progress(upload.encoded, upload.dataset.n_items, job.left())
                news[self.progress] = html.progress(upload, text if job.started else words.OWN_LOADING)
                upload.last_used = self.uploads.now()
                yield news
        except MolarError as error:
            said = words.OWN_STOPPED if isinstance(error, Cancelled) else str(error)
            if not upload.deleted:
                news = self.opened(upload) if upload.encoded >= first else {}  # all that is encoded can be used
                look = "quiet" if isinstance(error, Cancelled) else "own-bad"
                yield news | self.stopped(upload, html.note(said, look=look))
        except GeneratorExit:  # the visitor has left
            upload.stop.set()
            raise
        else:
            if not upload.deleted:
                yield self.finished(upload)

    def laid_out(self, upload: Upload) -> dict:
        """Before the first answers: the pictures that come first, which wait, greyed out."""
        everything = list(range(1, upload.dataset.n_items + 1))
        return {
            self.desk: gr.update(visible=True),
            self.shelf: html.gallery(upload, everything, FIRST),
            self.strip: "",
            self.rows: html.note(words.own_soon(min(FIRST, upload.dataset.n_items))),
        }

    def opened(self, upload: Upload) -> dict:
        """Answers over what is encoded so far; the first time with the whole shelf and something picked to begin with."""
        begun, encoded = upload.neighbours is not None, upload.encoded
        vectors = upload.vectors.copy()
        vectors[encoded + 1 :] = 0  # where the encoder may just be writing
        with upload.lock:  # a click must not find the one renewed and the other not
            upload.neighbours = ContentNeighbours(vectors)
            if upload.content_model is not None:
                upload.content_model.set_item_vectors(vectors)
        if begun:
            return {self.rows: self.answers(upload)}
        upload.picks = [1]
        text = words.own_progress(upload.encoded, upload.dataset.n_items, "")
        everything = list(range(1, upload.dataset.n_items + 1))
        return {
            self.shelf: html.gallery(upload, everything, PAGE),
            self.shown: PAGE,
            self.strip: html.picks(upload),
            self.rows: self.answers(upload),
            self.said: html.note(text, look="unseen"),
        }

    def finished(self, upload: Upload) -> dict:
        text = words.own_done(upload.dataset.n_items)
        return self.opened(upload) | {
            self.progress: html.progress(upload, text),
            self.controls: html.controls(),
            self.said: html.note(text, look="unseen"),
        }

    def stopped(self, upload: Upload, said: str) -> dict:
        text = words.own_progress(upload.encoded, upload.dataset.n_items, "")
        return {self.progress: html.progress(upload, text), self.controls: html.controls(resume=True), self.said: said}

    def stop(self, token: str) -> dict:
        """Ask the encoder to stop; it does so within a few items."""
        upload = self.uploads.get(token)
        if upload is None:
            return self.empty(html.note(words.OWN_EXPIRED, look="own-bad"))
        upload.stop.set()
        return self.stopped(upload, html.note(words.OWN_STOPPED))

    def forget(self, token: str) -> dict:
        """Delete now."""
        known = self.uploads.get(token)
        self.uploads.delete(token)
        return self.empty(html.note(words.OWN_FORGOTTEN if known else ""))

    def empty(self, said: str) -> dict:
        """The tab as it was before anything was brought."""
        return {
            self.token: "",
            self.start: gr.update(visible=True),
            self.drop: None,
            self.said: said,
            self.report: "",
            self.bar: gr.update(visible=False),
            self.progress: "",
            self.controls: "",
            self.desk: gr.update(visible=False),
            self.shelf: "",
            self.strip: "",
            self.rows: "",
        }

    # Using

    def answers(self, upload: Upload) -> str:
        """Rows for the picks: like the last one (or the one asked for), like all, and the demo's model where it fits."""
        picks, near = upload.picks, upload.neighbours
        if not picks or near is None:
            return ""
        one = upload.like if upload.like in picks else picks[-1]
        rows = [("content", words.own_alike(upload.dataset.title(one)), words.OWN_ALIKE_HINT, near.like([one], ROW)[0])]
        if len(picks) > 1:
            rows.append(("molar", words.OWN_TOGETHER, words.OWN_TOGETHER_HINT, near.like(picks, ROW)[0]))
        if upload.content_model is None:
            return html.answers(upload, rows, words.OWN_NO_TOWER)
        rows.append(("sasrec", words.OWN_TOWER, words.OWN_TOWER_HINT, self.asked(upload, picks)))
        return html.answers(upload, rows)

    def asked(self, upload: Upload, picks: list[int]) -> np.ndarray:
        """What the demo's content tower ranks first after these picks."""
        scores = (
            upload.content_model.item_matrix().detach().numpy()
            @ upload.content_model.user_vectors([np.array(picks)])[0]
        )
        scores[~upload.neighbours.known] = -np.inf
        best = best_items(scores[None], np.array(picks), ROW)[0]
        return best[best != PAD]

    def picked(self, token: str, change) -> tuple:
        upload = self.uploads.get(token)
        if upload is None or upload.neighbours is None:
            return html.note(words.OWN_EXPIRED, look="own-bad"), ""
        with upload.lock:
            change(upload)
            return html.picks(upload), self.answers(upload)

    def take(self, token: str, event: gr.EventData) -> tuple:
        return self.picked(token, lambda upload: upload.pick(_number(event, upload)))

    def none(self, token: str) -> tuple:
        return self.picked(token, lambda upload: upload.picks.clear())

    def similar(self, token: str, event: gr.EventData) -> tuple:
        return self.picked(token, lambda upload: setattr(upload, "like", _number(event, upload)))

    def search(self, token: str, text: str) -> tuple:
        return self.found(token, text, PAGE)

    def more(self, token: str, text: str, shown: int) -> tuple:
        return self.found(token, text, shown + PAGE)

    def found(self, token: str, text: str, shown: int) -> tuple:
        upload = self.uploads.get(token)
        if upload is None or upload.word_index is None:
            return PAGE, ""
        return shown, html.gallery(upload, upload.word_index.find(text), shown)


def build(shop: Shop, uploads: Uploads, encoding: Encoding, tab: gr.Tab) -> None:
    """Lay out the tab and connect it, or say what is missing. Must be called inside `gr.Blocks`."""
    if why := encoding.missing():
        gr.HTML(
            f"<h2>{words.OWN_TITLE}</h2>{html.note(words.own_missing(why))}",
            apply_default_css=False,
            js_on_load=None,
            elem_id="own-missing",
        )
        return
    Tab(shop, uploads, encoding).connect()
    tab.select(encoding.warm, None, None, **QUIET)


def _number(event: gr.EventData, upload: Upload) -> int:
    """The item number a browser sent; 0 unless it is one of this upload."""
    number = (event._data or {}).get("number")
    whole = isinstance(number, int) and not isinstance(number, bool)
    return number if whole and 1 <= number <= upload.dataset.n_items else 0
