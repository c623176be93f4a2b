"""The offline encoder at work on visitors' catalogues: loaded once, in a thread of its own, one catalogue at a time."""

import shutil
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from app.tabs.catalogue.uploads import Upload
from molar.core.errors import Cancelled, MolarError
from molar.core.progress import remaining
from molar.core.schema import CONTENT

if TYPE_CHECKING:
    from molar.encoder.item_encoder import ItemEncoder
    from molar.models.content import ContentUserEncoder

STEP = 4  # items between two reports; a cancel takes hold at the next
FIRST = 12  # encoded items from which on recommendations are shown


def load_encoder(checkpoint: Path) -> "ItemEncoder":
    """The offline encoder with what the checkpoint's fine-tuning has taught it."""
    import torch

    from molar.encoder.item_encoder import EncoderConfig, ItemEncoder

    # One core reads an item in .4 s and two take longer, waiting for each other; the page keeps the other one.
    torch.set_num_threads(1)
    adapter = checkpoint / "encoder"
    return ItemEncoder.load(EncoderConfig(), adapter if (adapter / "adapter.safetensors").is_file() else None)


class Encoding:
    """Runs `molar.encoder.encode` for the page. Knows no visitor: whatever it makes goes into the upload it is given."""

    def __init__(self, checkpoint: Path):
        self.checkpoint = checkpoint
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="encoder")
        self._lock = threading.Lock()
        self._loaded: Future[ItemEncoder] | None = None

    def missing(self) -> str:
        """What keeps the encoder from working here, in one sentence; "" when nothing does."""
        from molar.backbones.hub import backbone_folder

        try:
            backbone_folder()
        except MolarError as error:
            return str(error)
        return ""

    def warm(self) -> "Future[ItemEncoder]":
        """Begin to load the encoder, since somebody has come near it."""
        with self._lock:
            if self._loaded is None or (self._loaded.done() and self._loaded.exception()):
                self._loaded = self._pool.submit(load_encoder, self.checkpoint)
            return self._loaded

    def start(self, upload: Upload) -> "Job":
        """Encode what of the upload is not encoded yet."""
        job, loaded = Job(upload), self.warm()
        job.future = self._pool.submit(self._work, job, loaded)
        return job

    def close(self) -> None:
        """Take no more jobs."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _work(self, job: "Job", loaded: "Future[ItemEncoder]") -> None:
        try:
            self._encode(job, loaded)
        finally:
            if job.upload.deleted or job.upload.encoded == job.upload.dataset.n_items:
                shutil.rmtree(job.upload.folder, ignore_errors=True)

    def _encode(self, job: "Job", loaded: "Future[ItemEncoder]") -> None:
        """Step by step. Each picture is decoded whole for the encoder and, before its file is deleted, at a fraction of its
        size for its thumbnail: the pixels of a step's pictures together may not fit into memory."""
        from molar.data.item_text import item_texts
        from molar.encoder.encode import encode_catalogue

        upload = job.upload
        job.stop_if_asked()
        encoder = loaded.result()
        dataset, texts = upload.dataset, item_texts(upload.dataset)
        if upload.vectors is None:
            upload.vectors = np.zeros((dataset.n_items + 1, encoder.dim), np.float32)
        upload.content_model = upload.content_model or _fitting_content_model(self.checkpoint, encoder)
        job.begin()
        while upload.encoded < dataset.n_items:
            numbers = range(upload.encoded + 1, min(upload.encoded + STEP, dataset.n_items) + 1)
            for number in numbers:
                upload.thumbnail(number)
            # A cache of its own: what visitors bring never enters the one that commands share.
            upload.vectors[list(numbers)] = encode_catalogue(
                encoder,
                [texts[number - 1] for number in numbers],
                [dataset.image_path(number) for number in numbers],
                upload.folder / "cache" / str(numbers[0]),
                report=job.report,
            )
            upload.encoded = numbers[-1]
            job.last = time.monotonic()


class Job:
    """One catalogue on its way through the encoder, as its visitor may watch it."""

    def __init__(self, upload: Upload):
        self.upload = upload
        self.future: Future[None]  # given by whoever starts the job
        self.started: float | None = None
        self.last, self.already = 0.0, 0

    def begin(self) -> None:
        """The encoder is loaded and turns to this catalogue."""
        self.started = self.last = time.monotonic()
        self.already = self.upload.encoded

    def report(self, done: int, total: int, note: str = "") -> None:
        """Called by the encoder between batches."""
        self.stop_if_asked()

    def stop_if_asked(self) -> None:
        """Raises Cancelled once the visitor has asked to stop."""
        if self.upload.stop.is_set():
            raise Cancelled("stopped")

    def wait(self, seconds: float) -> bool:
        """Until the job ends, but no longer; whether it has ended. Raises what went wrong, Cancelled too."""
        try:
            self.future.result(seconds)
        except TimeoutError:
            return False
        return True

    def left(self) -> str:
        """The time that remains, in words; "" while there is nothing to tell it from."""
        made = self.upload.encoded - self.already
        if not made or self.started is None:
            return ""
        each = (self.last - self.started) / made
        return remaining((self.upload.dataset.n_items - self.upload.encoded) * each - (time.monotonic() - self.last))


def _fitting_content_model(checkpoint: Path, encoder: "ItemEncoder") -> "ContentUserEncoder | None":
    """The demo's content model, if its items were encoded by this very encoder; else None."""
    from molar.encoder.fingerprint import differing_parts
    from molar.encoder.vectors import vectors_fingerprint
    from molar.storage.checkpoint import load_model

    if differing_parts(encoder.fingerprint, vectors_fingerprint(checkpoint / "vectors.safetensors")):
        return None
    model = cast("ContentUserEncoder", load_model(checkpoint / CONTENT))
    model.content_only = True  # the visitor's items are none of the demo's
    return model
