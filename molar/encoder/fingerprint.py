"""What item vectors and picture features were made by. This file alone says what of it counts.

A fingerprint is a dictionary of JSON values. Every key of it counts, in the key of a cache (`molar.encoder.vector_cache`)
and where a content model refuses other vectors (`require_same`), but those of `RECORDED`, which are written down for
people. Library versions are among those: another release of torch moves the last bits of a vector, as another CPU does,
and a whole catalogue is not encoded again for that. Where an update does change what vectors say, in a library or in
this package, `ENCODER_FORMAT` is raised by hand.
"""

from importlib.metadata import version
from typing import TYPE_CHECKING

from molar.backbones.prompt import MAX_TEXT_TOKENS
from molar.core.errors import MolarError

if TYPE_CHECKING:  # the cache, which reads this file, does without torch
    from molar.backbones.base import Backbone

ENCODER_FORMAT = 1
FIRST = {"format": 1}  # what a fingerprint means that was written before there was this number

RECORDED = ("backbone", "versions")  # a name or folder, and libraries; the backbone's weights count

# What decides an item vector, in words → keys of its fingerprint.
PARTS = {
    "backbone": ("backbone_sha256", "backbone"),
    "prompt": ("prompt", "max_text_tokens"),
    "adapter": ("adapter_sha256",),
    "precision": ("precision",),
    "picture size": ("picture",),
    "pooling": ("pooling",),
    "feature concatenation": ("gate", "blocks"),
    "encoder format": ("format",),
}
# What decides picture features: neither prompt nor adapter, nor how the language model is quantised.
IMAGE_KEYS = ("format", "backbone_sha256", "pooling", "picture", "versions")

BLOCKS = "[Cur_Item] state | pooled picture | mean of the text's word vectors"  # which features are concatenated
UNTRAINED = "untrained"


def encoder_fingerprint(config: dict, backbone: "Backbone", name: str, weights_sha256: str) -> dict:
    """The fingerprint of an encoder before fine-tuning; what was fine-tuned replaces its `adapter_sha256`.

    config: the fields of `EncoderConfig`. name, weights_sha256: of the backbone.
    """
    settings = {key: config[key] for key in ("precision", "pooling", "gate")}  # `picture` tells the resolution
    return settings | {
        "format": ENCODER_FORMAT,
        "backbone": name,
        "backbone_sha256": weights_sha256,
        "adapter_sha256": UNTRAINED,
        "blocks": BLOCKS,
        "prompt": backbone.prompt,
        "picture": backbone.size,
        "max_text_tokens": MAX_TEXT_TOKENS,
        "versions": {package: version(package) for package in ("torch", "transformers", "bitsandbytes")},
    }


def image_fingerprint(fingerprint: dict) -> dict:
    """The fingerprint of the picture features behind an encoder's item vectors."""
    dtype = "float32" if fingerprint["precision"] == "float32" else "bfloat16"
    return {"part": "picture features", "dtype": dtype} | {key: fingerprint[key] for key in IMAGE_KEYS}


def decisive(fingerprint: dict) -> dict:
    """What counts of a fingerprint: two that agree in it stand for the same vectors."""
    return FIRST | {key: value for key, value in fingerprint.items() if key not in RECORDED}


def differing_parts(found: dict, wanted: dict) -> dict[str, str]:
    """Part → how it differs, in words. A backbone is its weights, whatever its name or folder."""
    found, wanted, differing = FIRST | found, FIRST | wanted, {}
    for part, keys in PARTS.items():
        others = [key for key in keys if found.get(key) != wanted.get(key)]
        if any(key not in RECORDED for key in others):
            differing[part] = f"{found.get(others[-1])}, not {wanted.get(others[-1])}"
    return differing


def require_same(found: dict, wanted: dict, found_is: str, wanted_is: str, remedy: str, *, besides: str = "") -> None:
    """Raise `MolarError` naming every differing part unless `found` and `wanted` make the same vectors.

    besides: a part of `PARTS` that may differ."""
    differing = {part: how for part, how in differing_parts(found, wanted).items() if part != besides}
    if differing:
        parts = " and ".join(f"another {part} ({how})" for part, how in differing.items())
        raise MolarError(f"{found_is} come from {parts} than {wanted_is}: {remedy}.")
