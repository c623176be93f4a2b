"""Molar: next-item recommendation from text and pictures, post-aligned with collaborative filtering.

    import molar

    shop = molar.load("assets/demo", "checkpoints/demo")
    shop.recommend(["p0611", "p0108"], k=10)

`load` opens what is trained; the stages that make it are functions of their own: `load_dataset`, `check`,
`encode_items`, `train_id_model`, `train_molar`, `train_everything`, `evaluate`, `draw_maps`. Each is imported when it is
first asked for, so that `import molar` costs nothing. Source of the method: arXiv 2412.18176.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from molar.core.errors import MolarError
from molar.core.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from molar.data.dataset import load_dataset
    from molar.data.dataset import open_dataset as check
    from molar.data.splits import split_dataset
    from molar.encoder.encode import encode_items
    from molar.encoder.vectors import load_vectors
    from molar.experiments.evaluate_checkpoint import evaluate_checkpoint as evaluate
    from molar.serving.shop import Shop
    from molar.serving.user_maps import draw_maps
    from molar.training.joined.everything import train_everything
    from molar.training.train import train_id_model, train_molar

__all__ = [
    "MolarError",
    "Shop",
    "__version__",
    "check",
    "draw_maps",
    "encode_items",
    "evaluate",
    "load",
    "load_dataset",
    "load_vectors",
    "split_dataset",
    "train_everything",
    "train_id_model",
    "train_molar",
]

# Name → the module and the name in it.
_WHERE = {
    "Shop": ("molar.serving.shop", "Shop"),
    "check": ("molar.data.dataset", "open_dataset"),
    "draw_maps": ("molar.serving.user_maps", "draw_maps"),
    "encode_items": ("molar.encoder.encode", "encode_items"),
    "evaluate": ("molar.experiments.evaluate_checkpoint", "evaluate_checkpoint"),
    "load_dataset": ("molar.data.dataset", "load_dataset"),
    "load_vectors": ("molar.encoder.vectors", "load_vectors"),
    "split_dataset": ("molar.data.splits", "split_dataset"),
    "train_everything": ("molar.training.joined.everything", "train_everything"),
    "train_id_model": ("molar.training.train", "train_id_model"),
    "train_molar": ("molar.training.train", "train_molar"),
}


def load(dataset_dir: "str | Path", checkpoint_dir: "str | Path") -> "Shop":
    """Open a dataset folder and its checkpoint, to be asked as often as you like.

    Raises MolarError, one sentence that says what is missing and how to make it, when a part is absent or does not fit.
    """
    from molar.serving.shop import Shop

    return Shop.load(dataset_dir, checkpoint_dir)


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module 'molar' has no attribute '{name}'")
    module, attribute = _WHERE[name]
    found = getattr(import_module(module), attribute)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
