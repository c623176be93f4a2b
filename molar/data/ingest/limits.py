"""How much one upload may bring."""

from dataclasses import dataclass

MAX_ITEMS = 500  # about a second an item on two cores, and one encoder serves all visitors
MAX_COLUMNS = 60


@dataclass(frozen=True)
class Limits:
    """Of the files themselves. Bytes, but for `files`, `ratio` (unpacked to packed) and, of one picture, `pixels`
    and `aspect` (longer to shorter side: of a strip, nothing is left at the size at which the encoder looks)."""

    files: int = 2_000
    packed: int = 100 << 20
    unpacked: int = 300 << 20
    one_file: int = 25 << 20
    pixels: int = 50_000_000
    ratio: int = 100
    aspect: int = 20
