"""Pictures of a dataset folder: is a named one inside it, can it be read to its last byte, and what the encoder is shown."""

import os
import stat
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from PIL import Image, ImageOps

from molar.core.errors import MolarError

IMAGES_FOLDER = "images"

ErrorOf: TypeAlias = Callable[[Path], str]  # a picture file → what decoding it ends in, see `decoding_error`


def decoding_error(source: Path | Image.Image) -> str:
    """The name of the error that decoding a picture, a file or one that is open, ends in; "" when it is whole.

    It is decoded to its last byte, since only this finds a picture that was cut off (.25 ms for a thumbnail of 224 px);
    JPEG is decoded at an eighth of its size, so that large photographs stay cheap too.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(source) if isinstance(source, Path) else source as picture:
                picture.draft("RGB", (max(1, picture.width // 8), max(1, picture.height // 8)))
                picture.load()
    except (
        Exception
    ) as error:  # a broken file makes decoders raise nearly anything: OSError, struct.error, IndexError …
        return type(error).__name__
    return ""


def picture_problem(root: Path, name: str, error_of: ErrorOf | None = decoding_error) -> str:
    """What is wrong with the picture `images/<name>`, "" when nothing is.

    `error_of` names the error that decoding the file at a path ends in, or ends in by what is known already; None looks
    only whether there is such a file inside the folder.
    """
    if "\\" in name or "\0" in name:
        return f'"{name}" is no plain file name'.replace("\0", "\\0")
    if error_of is None and "/" not in name and _is_plain_file(f"{root}/{IMAGES_FOLDER}/{name}"):
        return ""  # the way of nearly every picture; following all links of a thousand paths would delay the page
    folder = root.resolve() / IMAGES_FOLDER
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder):
            return f'"{name}" leads out of the folder {IMAGES_FOLDER}/'
        if not path.is_file():
            return f'there is no picture "{name}" in {IMAGES_FOLDER}/'
        error = "" if error_of is None else error_of(path)
    except (OSError, RuntimeError, ValueError) as odd:  # no name of a file: too long, a circle of links
        error = type(odd).__name__
    if error:
        return f'the picture "{name}" cannot be read ({error}); save it again as JPEG, PNG or WebP'
    return ""


def _is_plain_file(path: str) -> bool:
    """Whether there is a file at `path` that is itself no link."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def open_picture(source: str | Path | Image.Image) -> Image.Image:
    """A path or PIL picture → upright RGB on white. Raises `MolarError` naming a picture that cannot be read."""
    try:
        picture = Image.open(source) if isinstance(source, (str, Path)) else source
        if picture.width * picture.height > (Image.MAX_IMAGE_PIXELS or float("inf")):
            raise ValueError(f"{picture.width} × {picture.height} pixels are too many")
        picture = ImageOps.exif_transpose(picture)
        if picture.mode in ("RGBA", "LA", "P", "PA"):
            picture = picture.convert("RGBA")
            picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
        return picture.convert("RGB")
    except Exception as error:  # whatever a decoder raises
        raise MolarError(
            f"The picture {source} cannot be read ({error}): replace it or leave its cell empty."
        ) from error
