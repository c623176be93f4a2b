"""Compares an answer with the recorded one, and writes records that people can read and compare line by line."""

import json
import math

# Models run in float32: another processor, thread count or build of PyTorch adds in another order, and the last of its
# seven digits differ. A change of the method moves far more than one part in ten thousand; ids must be the same anyway.
# The absolute one is a little wider, since an endpoint that rounds to four digits may round the other way.
RELATIVE, ABSOLUTE = 1e-4, 1.01e-4


def differences(recorded, found, where: str = "") -> list[str]:
    """Each place where `found` is not what was recorded; [] when they agree. Both are plain data, as JSON holds them."""
    if isinstance(recorded, dict) and isinstance(found, dict):
        keys = list(dict.fromkeys([*recorded, *found]))
        return [line for key in keys for line in _inside(recorded, found, key, f"{where}/{key}")]
    if isinstance(recorded, list) and isinstance(found, list) and len(recorded) == len(found):
        pairs = enumerate(zip(recorded, found))
        return [line for place, (one, other) in pairs for line in differences(one, other, f"{where}[{place}]")]
    if isinstance(recorded, float) and isinstance(found, float):
        same = math.isclose(recorded, found, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    else:
        same = type(recorded) is type(found) and recorded == found
    return [] if same else [f"{where}: recorded {recorded!r}, now {found!r}"]


def _inside(recorded: dict, found: dict, key: str, where: str) -> list[str]:
    if key not in recorded or key not in found:
        return [f"{where}: {'not recorded' if key in found else 'recorded, now absent'}"]
    return differences(recorded[key], found[key], where)


def written(record, depth: int, indent: str = "") -> str:
    """JSON with a line for each entry of the outer `depth` levels of dicts, keys sorted."""
    if not isinstance(record, dict) or not record or not depth:
        return json.dumps(record, ensure_ascii=False, sort_keys=True)
    lines = []
    for key in sorted(record):
        entry = written(record[key], depth - 1, indent + " ")
        lines.append(f"{indent} {json.dumps(key, ensure_ascii=False)}: {entry}")
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
