"""Visitors' catalogues while they are here: each an object and a folder of its own under a random token, until it expires."""

import base64
import io
import secrets
import shutil
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from app.components.pictures import placeholder
from molar.core.errors import MolarError
from molar.data.ingest.archive import Received
from molar.data.ingest.upload import Checked
from molar.serving.similar import ContentNeighbours

IDLE = 30 * 60  # seconds without a click after which a catalogue is deleted
MOST = 12  # catalogues at a time
MOST_OWN_PICKS = 50
THUMBNAIL = 200  # pixels of the longer side
LOOK = 30.0  # seconds between two looks for what has expired


@dataclass
class Upload:
    """One visitor's catalogue. `folder` holds the received files until all are encoded; the rest is in memory alone."""

    folder: Path
    touched: float
    received: Received | None = None
    checked: Checked | None = None
    vectors: np.ndarray | None = None  # (n_items + 1, dim) float32; rows of zeros are not encoded yet
    encoded: int = 0  # items 1 … encoded have vectors
    neighbours: ContentNeighbours | None = None
    tower: object = None  # the demo's content tower over these vectors, None where it does not fit
    picks: list[int] = field(default_factory=list)
    like: int = 0  # the item whose likes are shown; 0: the last pick
    thumbnails: dict[int, str] = field(default_factory=dict)
    words: object = None  # a WordIndex once checked
    gone: bool = False  # deleted: an encoding that still runs must leave nothing behind
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def dataset(self):
        return self.checked.dataset if self.checked else None

    @property
    def usable(self) -> int:
        """Items 1 … usable can be picked. `neighbours` follows the encoder in leaps, so it may trail `encoded`."""
        return 0 if self.neighbours is None else int(np.flatnonzero(self.neighbours.known).max(initial=0))

    def thumbnail(self, number: int) -> str:
        """A small picture of the item as a `data:` URL: it has no address that anybody else could ask for."""
        if number not in self.thumbnails:
            self.thumbnails[number] = _thumbnail(self.dataset, number)
        return self.thumbnails[number]

    def pick(self, number: int) -> None:
        """Add a usable item to the picks, or take it out again."""
        with self.lock:
            if number in self.picks:
                self.picks.remove(number)
            elif 1 <= number <= self.usable:
                self.picks = [*self.picks, number][-MOST_OWN_PICKS:]
            self.like = 0


class Uploads:
    """All catalogues that are here now, by token. The page owns one such object and no module holds any of it."""

    def __init__(self, idle: float = IDLE, clock=time.monotonic):
        self._idle, self._clock = idle, clock
        self._held: dict[str, Upload] = {}
        self._lock = threading.Lock()
        self._watch: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._held)

    def now(self) -> float:
        return self._clock()

    def open(self) -> tuple[str, Upload]:
        """A new, empty upload under a token of 128 random bits. Raises MolarError where too many are open."""
        self.sweep()
        with self._lock:
            if len(self._held) >= MOST:
                raise MolarError("Too many catalogues are open here at the moment: try again in a few minutes.")
            token = secrets.token_hex(16)
            upload = Upload(Path(tempfile.mkdtemp(prefix="molar-")), self._clock())
            self._held[token] = upload
            if self._watch is None or not self._watch.is_alive():
                self._watch = threading.Thread(target=self._look, daemon=True)
                self._watch.start()
            return token, upload

    def get(self, token) -> Upload | None:
        """The upload of this token, used just now; None when there is none any more."""
        self.sweep()
        with self._lock:
            upload = self._held.get(token) if isinstance(token, str) else None
            if upload:
                upload.touched = self._clock()
            return upload

    def delete(self, token) -> None:
        """Forget this upload and remove its files; an encoding that runs stops."""
        with self._lock:
            upload = self._held.pop(token, None) if isinstance(token, str) else None
        if upload:
            _end(upload)

    def sweep(self) -> None:
        """Delete what nobody has used for `idle` seconds."""
        with self._lock:
            old = [token for token, one in self._held.items() if self._clock() - one.touched > self._idle]
            gone = [self._held.pop(token) for token in old]
        for upload in gone:
            _end(upload)

    def close(self) -> None:
        """Delete everything, when the page ends."""
        for token in list(self._held):
            self.delete(token)

    def _look(self) -> None:
        while self._held:
            time.sleep(min(LOOK, self._idle))
            self.sweep()


def _end(upload: Upload) -> None:
    upload.gone = True
    upload.stop.set()
    shutil.rmtree(upload.folder, ignore_errors=True)


def _thumbnail(dataset, number: int) -> str:
    from PIL import Image

    from molar.data.images import open_picture
    from molar.data.ingest.archive import FORMATS

    path = dataset.image_path(number)
    if path is None or not path.is_file():
        return _inline(placeholder(dataset.title(number), 1.0).encode(), "svg+xml")
    with Image.open(path, formats=FORMATS) as picture:
        picture.draft("RGB", (2 * THUMBNAIL, 2 * THUMBNAIL))  # JPEG alone: decoded at a fraction of its size
        small = open_picture(picture)
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    out = io.BytesIO()
    small.save(out, "WEBP", quality=70)
    return _inline(out.getvalue(), "webp")


def _inline(data: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
