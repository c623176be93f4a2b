"""Pictures of a dataset folder: is a named one inside it, can it be read to its last byte, and what the encoder is shown."""

import os
import stat
import warnings
from pathlib import Path

from PIL import Image, ImageOps

from molar.core.errors import MolarError

IMAGES_FOLDER = "images"


def picture_problem(root: Path, name: str, *, decode: bool = True) -> str:
    """What is wrong with the picture `images/<name>`, "" when nothing is.

    The whole file is decoded, since only this finds a picture that was cut off (.25 ms for a thumbnail of 224 px);
    JPEG is decoded at an eighth of its size, so that large photographs stay cheap too. `decode=False` looks only whether
    there is such a file inside the folder.
    """
    if "\\" in name or "\0" in name:
        return f'"{name}" is no plain file name'.replace("\0", "\\0")
    if not decode and "/" not in name and _is_plain_file(f"{root}/{IMAGES_FOLDER}/{name}"):
        return ""  # the way of nearly every picture; following all links of a thousand paths would delay the page
    folder = root.resolve() / IMAGES_FOLDER
    path = folder / name
    try:
        if not path.resolve().is_relative_to(folder):
            return f'"{name}" leads out of the folder {IMAGES_FOLDER}/'
        if not path.is_file():
            return f'there is no picture "{name}" in {IMAGES_FOLDER}/'
        if not decode:
            return ""
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                picture.draft("RGB", (max(1, picture.width // 8), max(1, picture.height // 8)))
                picture.load()
    except (
        Exception
    ) as error:  # a broken file makes decoders raise nearly anything: OSError, struct.error, IndexError …
        return f'the picture "{name}" cannot be read ({type(error).__name__}); save it again as JPEG, PNG or WebP'
    return ""


def _is_plain_file(path: str) -> bool:
    """Whether there is a file at `path` that is itself no link."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def open_picture(source) -> Image.Image:
    """A path or PIL picture → upright RGB on white. Raises `MolarError` naming a picture that cannot be read."""
    try:
        picture = Image.open(source) if isinstance(source, (str, Path)) else source
        if picture.width * picture.height > Image.MAX_IMAGE_PIXELS:
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
