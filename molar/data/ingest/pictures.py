"""A picture that somebody else has made: its bytes say what it is, how large, and whether it is whole.

The one time that it is opened before it is encoded.
"""

import warnings
from pathlib import Path

from PIL import Image

from molar.data.images import decoding_error
from molar.data.ingest.limits import Limits

SUPPORTED = (".jpg", ".jpeg", ".png", ".webp", ".gif")
UNSUPPORTED = (".svg", ".svgz", ".html", ".htm", ".xhtml", ".xml", ".pdf", ".heic", ".avif", ".tif", ".tiff", ".bmp")
SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")  # and WebP's, which is in two parts
FORMATS = ("JPEG", "PNG", "GIF", "WEBP")


def check_picture(path: Path, limits: Limits = Limits()) -> tuple[str, str]:
    """Why this file is not taken as a picture, by its bytes, whatever its name says, and the name of the error that
    decoding it ends in; "" where nothing is wrong."""
    with open(path, "rb") as file:
        start = file.read(1024)
    if refusal := _foreign(start, path.suffix.lower()):
        return refusal, ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as picture:
                refusal = _oversized(*picture.size, limits)
                return refusal, "" if refusal else decoding_error(picture)
    except Image.DecompressionBombError:
        return _oversized(limits.pixels + 1, 1, limits), ""
    except Exception as error:  # a broken head makes decoders raise nearly anything
        return f"this picture is cut off or damaged ({type(error).__name__}): save it again as JPEG, PNG or WebP", ""


def _foreign(start: bytes, suffix: str) -> str:
    """Why a file that begins so is none of the formats that are read, "" if it may be one."""
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in text or suffix in (".svg", ".svgz"):
        return "this is an SVG drawing, which can carry scripts: save it as JPEG, PNG or WebP"
    if b"<html" in text or b"<!doctype html" in text or b"<script" in text:
        return "this is a web page, not a picture: save the picture itself as JPEG, PNG or WebP"
    if not start.startswith(SIGNATURES) and not (start.startswith(b"RIFF") and start[8:12] == b"WEBP"):
        return "this is no JPEG, PNG, WebP or GIF: save it as one of these"
    return ""


def _oversized(width: int, height: int, limits: Limits) -> str:
    """Why a picture of this size is not decoded, "" if it may be."""
    short, long = sorted((width, height))
    if short * long > limits.pixels:
        return f"this picture has more than {limits.pixels // 1_000_000} million pixels: save it smaller"
    if long > limits.aspect * short:
        return f"one side of this picture is more than {limits.aspect} times the other ({short} × {long}): crop it"
    return ""
