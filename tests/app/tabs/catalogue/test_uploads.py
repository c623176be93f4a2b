"""Visitors' catalogues while they are here, without a browser."""

import pytest

from app import page
from app.tabs.catalogue import encoding, uploads
from app.tabs.catalogue import tab as catalogue
from app.tabs.catalogue.encoding import Encoding
from app.tabs.catalogue.uploads import MAX_UPLOADS, Upload, Uploads
from molar.core.errors import MolarError


def test_an_unused_catalogue_expires():
    clock = [0.0]
    store = Uploads(expiry=100, clock=lambda: clock[0])
    token, upload = store.open()
    clock[0] = 99
    assert store.get(token) is upload
    clock[0] = 198
    assert store.get(token) is upload
    clock[0] = 299
    assert store.get(token) is None and not upload.folder.exists() and upload.stop.is_set()
    assert store.get("") is None and store.get(None) is None and store.get(["x"]) is None


def test_no_module_holds_a_catalogue():
    for module in (catalogue, encoding, page, uploads):
        assert not [name for name, value in vars(module).items() if isinstance(value, (Uploads, Upload, Encoding))]


def test_no_more_than_a_few_are_open_at_a_time():
    store = Uploads()
    tokens = [store.open()[0] for _ in range(MAX_UPLOADS)]
    assert len(set(tokens)) == MAX_UPLOADS
    with pytest.raises(MolarError, match="Too many catalogues are open"):
        store.open()
    store.delete(tokens[0])
    store.open()
    folders = [upload.folder for _, upload in store.held()]
    store.close()
    assert store.held() == []
    assert not any(folder.exists() for folder in folders)
