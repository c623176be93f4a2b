"""The real encoder behind the page: photographs whose titles say nothing find their like."""

import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from served import SIZES, Visit, chromium, serving
from standin import write_checkpoint
from tiny_world import write_tiny_folder

from app.tabs.catalogue import encoding
from app.tabs.catalogue import tab as catalogue
from app.tabs.catalogue.uploads import Uploads
from molar.backbones.hub import backbone_folder
from molar.core.errors import MolarError
from molar.data.images import open_picture
from molar.serving.similar import ContentNeighbours
from scripts.photographs import PHOTOGRAPHS, photograph, write_photographs

NAMES = list(PHOTOGRAPHS)
TRAINED = Path("checkpoints/demo/encoder")


@pytest.mark.backbone
@pytest.mark.browser
def test_photographs_find_their_like(tmp_path, monkeypatch, capsys):
    try:
        backbone_folder()
    except MolarError as missing:
        pytest.skip(str(missing))
    store, encoders, load = Uploads(), [], encoding.load_encoder
    monkeypatch.setattr(catalogue, "Uploads", lambda: store)
    monkeypatch.setattr(encoding, "load_encoder", lambda folder: encoders.append(load(folder)) or encoders[0])
    dataset = write_tiny_folder(tmp_path / "tiny")
    checkpoint = write_checkpoint(tmp_path / "checkpoint", dataset)
    if TRAINED.is_dir():
        shutil.copytree(TRAINED, checkpoint / "encoder")
    with serving(dataset, checkpoint) as address, chromium() as browser:
        opened = Visit(browser, address, *SIZES["desktop"])
        opened.page.get_by_role("tab", name="Your catalogue").click()
        archive = write_photographs(tmp_path / "photos.zip")
        started = time.monotonic()
        opened.page.locator("#own-drop input[type=file]").set_input_files(str(archive))
        opened.page.wait_for_selector("#own-rows .answer", timeout=300_000)
        seconds = time.monotonic() - started
        opened.page.wait_for_selector("text=All 12 items are encoded", timeout=300_000)
        nearest = opened.page.locator("#own-rows .answer").first.locator(".name").first.inner_text()
        opened.context.close()
        ((_, upload),) = store.held()
        vectors = upload.vectors
        store.close()
    with capsys.disabled():
        print(f"\nfirst recommendations after {seconds:.1f} s, encoder loading included")

    assert nearest == "photo 07", "the page shows the sitting cheetah next to the walking one"
    near = ContentNeighbours(vectors)
    cosines = near.units[1:] @ near.units[1:].T
    walking, sitting = NAMES.index("cheetah, walking"), NAMES.index("cheetah, sitting")
    others = [number for number in range(len(NAMES)) if number not in (walking, sitting)]
    assert cosines[walking, sitting] > cosines[[walking, sitting]][:, others].max()

    own = np.zeros((len(NAMES) + 1, encoders[0].image_dim), np.float32)
    pixels = [encoders[0].pixels(open_picture(photograph(name))) for name in NAMES]
    own[1:] = encoders[0].image_features(pixels).pooled.float().cpu().numpy()
    clip = ContentNeighbours(own)
    same = [near.like([number], 1)[0][0] == clip.like([number], 1)[0][0] for number in range(1, len(NAMES) + 1)]
    assert sum(same) >= 8, "most nearest neighbours are those that CLIP alone would name"
