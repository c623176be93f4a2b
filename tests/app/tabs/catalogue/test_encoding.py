"""A visitor's catalogue on its whole way, from the zip to item vectors, over a tiny random encoder."""

import numpy as np
import pytest
from archives import GOOD, counted, sent, ten_pictures_one_without_a_title
from standin import write_checkpoint
from tiny_backbone import save_tiny_backbone

from app.tabs.catalogue import encoding
from app.tabs.catalogue.encoding import Encoding
from app.tabs.catalogue.uploads import Uploads
from molar.core.errors import Cancelled
from molar.data.ingest.limits import Limits
from molar.data.ingest.upload import check_upload, without_bad_rows


@pytest.fixture
def encoder_thread(tmp_path, tiny_folder, monkeypatch):
    """The page's encoding over a random encoder of 16 dimensions."""
    from molar.encoder.item_encoder import EncoderConfig, ItemEncoder

    backbone = str(save_tiny_backbone(tmp_path / "backbone"))
    config = EncoderConfig(backbone, "float32")
    monkeypatch.setattr(encoding, "load_encoder", lambda checkpoint: ItemEncoder.load(config))
    made = Encoding(write_checkpoint(tmp_path / "checkpoint", tiny_folder))
    yield made
    made.close()


def test_a_picture_is_opened_for_the_checks_for_its_thumbnail_and_for_the_encoder(encoder_thread, tmp_path):
    """Once each. The checks decode at an eighth, the thumbnail at a fraction; only the encoder needs all pixels."""
    uploads = Uploads()
    _, upload = uploads.open()
    with counted() as seen:
        upload.received = sent(tmp_path, ten_pictures_one_without_a_title(), Limits())
        upload.checked = without_bad_rows(upload.received, check_upload(upload.received))
        assert encoder_thread.start(upload).wait(60)
        assert all(upload.thumbnail(number).startswith("data:image/webp") for number in range(1, 10))
    assert seen.pop("items.csv") == 1
    assert seen.pop("m2.png") == 1, "the bad row's"
    assert seen == {f"m{number}.png": 3 for number in (1, *range(3, 11))}
    assert np.isfinite(upload.vectors).all()
    assert upload.vectors[1:].any(axis=1).all()
    assert not upload.folder.exists()
    uploads.close()


def test_a_stopped_encoding_keeps_its_files_and_goes_on(encoder_thread, tmp_path):
    uploads = Uploads()
    _, upload = uploads.open()
    upload.received = sent(tmp_path, GOOD)
    upload.checked = check_upload(upload.received)
    upload.stop.set()
    with pytest.raises(Cancelled):
        encoder_thread.start(upload).wait(60)
    assert upload.encoded == 0
    assert upload.folder.exists()
    upload.stop.clear()
    assert encoder_thread.start(upload).wait(60)
    assert upload.encoded == 2
    assert not upload.folder.exists()
    uploads.close()
