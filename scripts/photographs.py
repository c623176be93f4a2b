"""Twelve photographs that ship with scikit-image, scikit-learn and Gradio, as a zip whose text says nothing."""

import csv
import io
import zipfile
from importlib.util import find_spec
from pathlib import Path

PHOTOGRAPHS = {
    "cheetah, walking": "gradio/media_assets/images/cheetah1.jpg",
    "rocket": "skimage/data/rocket.jpg",
    "coffee": "skimage/data/coffee.png",
    "lion": "gradio/media_assets/images/lion.jpg",
    "astronaut": "skimage/data/astronaut.png",
    "cat": "skimage/data/chelsea.png",
    "cheetah, sitting": "gradio/test_data/cheetah2.jpg",
    "tower": "gradio/media_assets/images/tower.jpg",
    "flower": "sklearn/datasets/images/flower.jpg",
    "temple": "sklearn/datasets/images/china.jpg",
    "motorcycle": "skimage/data/motorcycle_left.png",
    "moon": "skimage/data/moon.png",
}


def photograph(name: str) -> Path:
    """The file, found without importing the package that carries it."""
    package, _, inside = PHOTOGRAPHS[name].partition("/")
    return Path(find_spec(package).submodule_search_locations[0]) / inside


def write_photographs(path: Path) -> Path:
    """A dataset folder as a zip; item k has the title "photo 0k"."""
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(["item_id", "title", "image"])
    with zipfile.ZipFile(path, "w") as archive:
        for number, name in enumerate(PHOTOGRAPHS, start=1):
            source = photograph(name)
            rows.writerow([f"photo-{number:02d}", f"photo {number:02d}", f"{number:02d}{source.suffix}"])
            archive.write(source, f"photos/images/{number:02d}{source.suffix}")
        archive.writestr("photos/items.csv", table.getvalue())
    return path
