"""The real offline backbone, once `python -m molar fetch-backbone` has brought it; skipped where it is absent."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from molar.backbones.hub import backbone_folder
from molar.backbones.quantisation import quantised_layers
from molar.core.errors import MolarError
from molar.core.io import molar_home
from molar.data.dataset import load_dataset
from molar.data.item_text import item_texts
from molar.encoder.encode import encode_catalogue
from molar.encoder.item_encoder import EncoderConfig, ItemEncoder
from molar.encoder.vectors import load_vectors

DEMO, CHECKPOINT = Path("assets/demo"), Path("checkpoints/demo")


def absent() -> str:
    """Why the backbone cannot be used here, "" when it can."""
    try:
        backbone_folder()
    except MolarError as error:
        return str(error)
    return ""


pytestmark = [pytest.mark.backbone, pytest.mark.skipif(bool(absent()), reason=absent() or "it is here")]

# `molar encode` that is killed at its own first report: nothing depends on which of two processes is faster.
KILLED_AT_THE_FIRST_REPORT = """
import os, signal, sys
import molar.cli.main, molar.cli.prepare
molar.cli.prepare.Terminal = lambda label: lambda done, total, note="": total and os.kill(os.getpid(), signal.SIGKILL)
molar.cli.main.main(sys.argv[1:])
"""


@pytest.fixture(scope="module")
def encoder():
    return ItemEncoder.load(EncoderConfig(), CHECKPOINT / "encoder")


def cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = a.astype(np.float64), b.astype(np.float64)
    return (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)


def test_exactly_the_language_model_is_in_four_bits(encoder):
    names = quantised_layers(encoder.backbone.model)
    assert len(names) == 210 and all(name.startswith("model.language_model.") for name in names)


def test_encoding_again_gives_the_vectors_that_are_shipped(encoder, tmp_path):
    """To rounding: packing four-bit weights differs a little between kinds of CPU."""
    dataset = load_dataset(DEMO)
    some = [0, 200, 700, 1249]
    texts = item_texts(dataset)
    pictures = [dataset.image_path(row + 1) for row in some]
    again = encode_catalogue(encoder, [texts[row] for row in some], pictures, tmp_path)
    shipped = load_vectors(CHECKPOINT / "vectors.safetensors", dataset)[[row + 1 for row in some]]
    assert cosine(again, shipped).min() > 0.98


def test_a_photograph_is_seen(encoder, tmp_path):
    """Two red pictures are nearer to each other than to a blue one, with the same words about all three."""
    red, dark_red, blue = (Image.new("RGB", (64, 64), c) for c in ((220, 30, 30), (190, 20, 40), (20, 40, 220)))
    vectors = encode_catalogue(encoder, ["Photo"] * 3, [red, dark_red, blue], tmp_path)
    assert cosine(vectors[0], vectors[1]) > cosine(vectors[0], vectors[2])


def test_killed_while_encoding_nothing_is_lost(tmp_path, monkeypatch):
    """kill -9 in the middle; then only what is missing is encoded, to the same vectors as undisturbed."""
    folder, backbone = _small_shop(tmp_path / "shop", 32), molar_home() / "nano"

    def encode_into(name: str) -> list[str]:
        """The arguments for a fresh home that shares the backbone alone."""
        (tmp_path / name).mkdir()
        (tmp_path / name / "nano").symlink_to(backbone)
        monkeypatch.setenv("MOLAR_HOME", str(tmp_path / name))
        return ["encode", str(folder), "--checkpoint", str(tmp_path / name / "out")]

    arguments = encode_into("killed")
    shards = tmp_path / "killed" / "cache" / "vectors"
    killed = subprocess.run([sys.executable, "-c", KILLED_AT_THE_FIRST_REPORT, *arguments], capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    before = {path: path.stat().st_mtime_ns for path in shards.glob("*/*.safetensors")}
    assert len(before) == 1, "one batch was finished"
    subprocess.run([sys.executable, "-m", "molar", *arguments], check=True, capture_output=True)
    assert len(list(shards.glob("*/*.safetensors"))) == 2
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in before.items()), "nothing was encoded twice"
    subprocess.run([sys.executable, "-m", "molar", *encode_into("undisturbed")], check=True, capture_output=True)
    resumed, undisturbed = (tmp_path / name / "out" / "vectors.safetensors" for name in ("killed", "undisturbed"))
    assert resumed.read_bytes() == undisturbed.read_bytes()


def _small_shop(folder: Path, count: int) -> Path:
    """A catalogue of `count` flat pictures, texts of different lengths."""
    (folder / "images").mkdir(parents=True)
    rows = ["item_id,title,image"]
    for number in range(count):
        Image.new("RGB", (40, 40), (5 * number, 100, 255 - 5 * number)).save(folder / "images" / f"{number}.png")
        rows.append(f"i{number},Flat picture {'and so on ' * (number % 5)}{number},{number}.png")
    (folder / "items.csv").write_text("\n".join(rows) + "\n")
    (folder / "dataset.json").write_text(json.dumps({"name": "flat"}))
    return folder
