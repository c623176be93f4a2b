"""What item vectors were made by, part by part: which part differs, and a refusal that says so."""

from molar.core.errors import MolarError

# What decides a vector, in words → the keys of an encoder's fingerprint. Library versions do not count.
PARTS = {
    "backbone": ("backbone_sha256", "backbone"),
    "prompt": ("prompt", "max_text_tokens"),
    "adapter": ("adapter_sha256",),
    "precision": ("precision",),
    "picture size": ("picture",),
    "pooling": ("pooling",),
    "late gate": ("gate", "blocks"),
}


def decisive(fingerprint: dict) -> dict:
    """What a vector depends on: a fingerprint without the backbone's name, since its weights are in it."""
    return {key: value for key, value in fingerprint.items() if key != "backbone"}


def differing_parts(found: dict, wanted: dict) -> dict[str, str]:
    """Part → how it differs, in words. A backbone is its weights, whatever its name or folder."""
    differing = {}
    for part, keys in PARTS.items():
        decisive = keys[:1] if part == "backbone" else keys
        if any(found.get(key) != wanted.get(key) for key in decisive):
            key = next(key for key in reversed(keys) if found.get(key) != wanted.get(key))
            differing[part] = f"{found.get(key)}, not {wanted.get(key)}"
    return differing


def require_same(found: dict, wanted: dict, found_is: str, wanted_is: str, remedy: str, *, besides: str = "") -> None:
    """Raise `MolarError` naming every differing part unless `found` and `wanted` make the same vectors.

    besides: a part of `PARTS` that may differ."""
    differing = {part: how for part, how in differing_parts(found, wanted).items() if part != besides}
    if differing:
        parts = " and ".join(f"another {part} ({how})" for part, how in differing.items())
        raise MolarError(f"{found_is} come from {parts} than {wanted_is}: {remedy}.")
