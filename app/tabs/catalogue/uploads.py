"""Visitors' catalogues while they are here: each an object and a folder of its own under a random token, until it expires."""

import base64
import io
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.components.pictures import placeholder
from molar.core.errors import MolarError
from molar.data.dataset import Dataset
from molar.data.ingest.archive import Received
from molar.data.ingest.upload import Checked
from molar.serving.similar import ContentNeighbours

if TYPE_CHECKING:
    from molar.models.content import ContentUserEncoder
    from molar.serving.search import WordIndex

EXPIRY = 30 * 60  # seconds without a click after which a catalogue is deleted
SWEEP = 30.0  # seconds between two looks for what has expired
MAX_UPLOADS = 12
MAX_SELECTED = 50
THUMBNAIL = 200  # pixels of the longer side


@dataclass
class Upload:
    """One visitor's catalogue. `folder` holds the received files until all are encoded; the rest is in memory alone."""

    folder: Path
    last_used: float
    received: Received = field(init=False)  # these two are given by whoever opens the upload, before its token is known
    checked: Checked = field(init=False)
    vectors: np.ndarray | None = None  # (n_items + 1, dim) float32; rows of zeros are not encoded yet
    encoded: int = 0  # items 1 … encoded have vectors
    neighbours: ContentNeighbours | None = None
    content_model: "ContentUserEncoder | None" = None  # the demo's over these vectors, None where it does not fit
    selected: list[int] = field(default_factory=list)
    like: int = 0  # the item whose likes are shown; 0: the last selected
    thumbnails: dict[int, str] = field(default_factory=dict)
    word_index: "WordIndex | None" = None  # once checked
    deleted: bool = False  # an encoding that still runs must leave nothing behind
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def sound(self) -> bool:
        """Whether the checks have found no error, so that there is a dataset."""
        return self.checked.dataset is not None

    @property
    def dataset(self) -> Dataset:
        """The catalogue, where it is sound."""
        assert self.checked.dataset is not None
        return self.checked.dataset

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
        """Add a usable item to the selected ones, or take it out again."""
        with self.lock:
            if number in self.selected:
                self.selected.remove(number)
            elif 1 <= number <= self.usable:
                self.selected = [*self.selected, number][-MAX_SELECTED:]
            self.like = 0


class Uploads:
    """All catalogues that are here now, by token. The page owns one such object and no module holds any of it."""

    def __init__(self, expiry: float = EXPIRY, clock: Callable[[], float] = time.monotonic):
        self._expiry, self._clock = expiry, clock
        self._held: dict[str, Upload] = {}
        self._lock = threading.Lock()
        self._sweeper: threading.Thread | None = None

    def held(self) -> list[tuple[str, Upload]]:
        """(token, upload) of everything that is here now."""
        return list(self._held.items())

    def now(self) -> float:
        """The time by which uploads expire."""
        return self._clock()

    def open(self) -> tuple[str, Upload]:
        """A new, empty upload under a token of 128 random bits. Raises MolarError where too many are open."""
        self.sweep()
        with self._lock:
            if len(self._held) >= MAX_UPLOADS:
                raise MolarError("Too many catalogues are open here at the moment: try again in a few minutes.")
            token = secrets.token_hex(16)
            upload = Upload(Path(tempfile.mkdtemp(prefix="molar-")), self._clock())
            self._held[token] = upload
            if self._sweeper is None or not self._sweeper.is_alive():
                self._sweeper = threading.Thread(target=self._sweep_while_held, daemon=True)
                self._sweeper.start()
            return token, upload

    def get(self, token: object) -> Upload | None:
        """The upload of this token, used just now; None when there is none any more."""
        self.sweep()
        with self._lock:
            upload = self._held.get(token) if isinstance(token, str) else None
            if upload:
                upload.last_used = self._clock()
            return upload

    def delete(self, token: object) -> None:
        """Forget this upload and remove its files; an encoding that runs stops."""
        with self._lock:
            upload = self._held.pop(token, None) if isinstance(token, str) else None
        if upload:
            _end(upload)

    def sweep(self) -> None:
        """Delete what nobody has used for `expiry` seconds."""
        with self._lock:
            old = [token for token, one in self._held.items() if self._clock() - one.last_used > self._expiry]
            expired = [self._held.pop(token) for token in old]
        for upload in expired:
            _end(upload)

    def close(self) -> None:
        """Delete everything, when the page ends."""
        for token in list(self._held):
            self.delete(token)

    def _sweep_while_held(self) -> None:
        while self._held:
            time.sleep(min(SWEEP, self._expiry))
            self.sweep()


def _end(upload: Upload) -> None:
    upload.deleted = True
    upload.stop.set()
    shutil.rmtree(upload.folder, ignore_errors=True)


def _thumbnail(dataset: Dataset, number: int) -> str:
    from PIL import Image

    from molar.data.images import open_picture
    from molar.data.ingest.pictures import FORMATS

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
