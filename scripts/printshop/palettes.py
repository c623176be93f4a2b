"""Ten palettes. A motif speaks in roles (paper, sky, far, near, main …); a palette turns roles into colours."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Palette:
    """Colours as hex strings. `words` are what a caption says; they never enter the shop's own text."""

    words: tuple[str, ...]
    paper: str
    sky: str
    far: str
    near: str
    main: str
    accent: str
    dark: str
    light: str

    def rgb(self, role: str) -> tuple[int, int, int]:
        """Colour of a role as (red, green, blue), 0–255."""
        value = getattr(self, role)
        return tuple(int(value[i : i + 2], 16) for i in (1, 3, 5))

    @property
    def detail(self) -> str:
        """The role for fine marks on `main`: dark where main is pale, light where it is deep."""
        return "dark" if sum(self.rgb("main")) > 460 else "light"


PALETTES = {
    "harbour": Palette(
        ("deep navy and brass", "navy blue with touches of brass", "ivory, navy and golden brass"),
        "#f4ecd9",
        "#d9dccf",
        "#8fa3b5",
        "#4a688c",
        "#1d3a66",
        "#c8973a",
        "#12243f",
        "#fbf5e6",
    ),
    "terracotta": Palette(
        ("terracotta and sand", "warm terracotta, clay and sand", "rust, clay and desert sand"),
        "#f3e2cb",
        "#eccaa5",
        "#dda277",
        "#c4683f",
        "#a8482a",
        "#e8b04b",
        "#54261a",
        "#faf0e0",
    ),
    "forest": Palette(
        ("forest green and moss", "deep forest green with moss and sage", "moss, sage and pine green"),
        "#e9ecd6",
        "#cdd9b4",
        "#9bb583",
        "#5f8a55",
        "#2f6141",
        "#d2b04c",
        "#17352a",
        "#f5f6e6",
    ),
    "rose": Palette(
        ("rose pink and plum", "blush, rose and dark plum", "soft pink with plum"),
        "#fae6e3",
        "#f4c8ca",
        "#e39aa8",
        "#c9628a",
        "#8c2f5e",
        "#f0a07c",
        "#431533",
        "#fff4f0",
    ),
    "coral": Palette(
        ("mint and coral", "coral red on fresh mint", "mint green, teal and coral"),
        "#e3f4ea",
        "#b9e4d6",
        "#7fcabd",
        "#3a9d9a",
        "#f0654f",
        "#ffc2a1",
        "#16494f",
        "#f6fcf6",
    ),
    "ink": Palette(
        ("black ink and vermilion", "black, grey and one bright vermilion red", "black and white with vermilion"),
        "#f6f4ef",
        "#dfddd7",
        "#b4b1ab",
        "#75726d",
        "#2a2828",
        "#de3a22",
        "#121111",
        "#fdfcf9",
    ),
    "lavender": Palette(
        ("lavender and lemon", "violet and lavender with pale lemon", "lilac, violet and lemon yellow"),
        "#eee8f7",
        "#d8cdf0",
        "#b3a0e0",
        "#8468c4",
        "#5a3ca0",
        "#f5e06a",
        "#2b1a5c",
        "#faf7ff",
    ),
    "mustard": Palette(
        ("mustard yellow and charcoal", "bright mustard with charcoal grey", "golden mustard, charcoal and cream"),
        "#f6d567",
        "#f0bf3a",
        "#d99e22",
        "#8d7a4e",
        "#3b3d42",
        "#b8661b",
        "#222327",
        "#fdf3d3",
    ),
    "glacier": Palette(
        ("ice blue and slate", "pale ice blue with slate grey", "glacier blue, frost white and slate"),
        "#eef5f9",
        "#d3e7f1",
        "#a5cce0",
        "#6ba3c4",
        "#3f6f92",
        "#8fd8e8",
        "#2c4254",
        "#fbfeff",
    ),
    "midnight": Palette(
        ("midnight indigo and apricot", "dark indigo night tones with glowing apricot", "midnight blue and peach"),
        "#1b1d44",
        "#272a5e",
        "#3a3d7d",
        "#5c5aa0",
        "#f2a679",
        "#ffd9a8",
        "#0e0f2a",
        "#fbe9d6",
    ),
}
