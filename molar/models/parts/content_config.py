"""The sizes and choices of the content model, checked."""

from dataclasses import dataclass

from molar.core.errors import MolarError
from molar.models.id_fusion import FUSIONS
from molar.models.layers import check_sizes

CHOICES = {
    "scaling": ("whitened", "pca"),
    "residual": ("none", "free", "capped", "null-space"),
    "fusion": FUSIONS,
    "decoder": ("light", "ema", "ema+light", "backbone"),
}


@dataclass(frozen=True)
class ContentConfig:
    """Sizes and regularisation of the content model; `dim_in` is the width of an item vector.

    scaling: of the principal axes of the item vectors. "whitened", all vary alike; "pca", each as it does, so that what
    many items differ in weighs most.
    residual: what the model may learn by heart of a single item, beside its content (`molar.models.parts.residual`).
    "free"; "capped", of length `cap` at most, where content has length one; "null-space", the last `null_dim` coordinates,
    which content leaves empty; "none".
    decoder: who a user is. "light", `blocks` causal blocks; "ema", a linear map of decayed means of the history, with
    `half_lives`; "ema+light", the means and what the blocks add to them; "backbone", `layers` (0: all) of the language
    model `backbone`, the first `frozen` of them as they are; blocks, heads and streams then mean nothing.
    streams: of the light decoder. 2, `[User]` tokens beside the items, as an appended token; 1, the state at the last
    item is the user's, as in SASRec, which costs less.
    fusion: where a frozen ID model comes in. "early", its item vectors beside the content at the input; "middle", its user
    vector before the last block; "late", its user vector beside the finished one; "none". What scores is always content."""

    dim_in: int
    dim: int = 128
    blocks: int = 1
    heads: int = 2
    max_length: int = 50
    dropout: float = 0.2
    hidden: int = 256  # width of the adapter's inner layer; 0: the adapter is linear
    components: int = 256  # at most so many principal axes of the item vectors are read
    scaling: str = "whitened"
    popularity: float = 0.5  # exponent of an item's popularity that its content need not explain
    residual: str = "none"
    cap: float = 0.5
    null_dim: int = 64
    item_dropout: float = 0.3  # share of the items that lose their residual in a training step
    catalogue_size: int = 0  # how many items the residuals are of; training takes it from the data
    rotated: bool = False  # the finished model is turned by an orthogonal map (Procrustes)
    streams: int = 2
    fusion: str = "none"
    decoder: str = "light"
    half_lives: str = "1, 4, inf"  # in purchases; inf weighs all alike
    backbone: str = "nano"
    backbone_sha256: str = ""
    layers: int = 0
    frozen: int = 0

    def __post_init__(self):
        check_sizes(self)
        if min(self.dim_in, self.components) < 1 or min(self.hidden, self.catalogue_size) < 0:
            raise MolarError("dim_in and components must be at least 1, hidden and catalogue_size at least 0.")
        if self.popularity < 0:
            raise MolarError(f"popularity must be at least 0, not {self.popularity}.")
        if not 0 <= self.item_dropout < 1:
            raise MolarError(f"item_dropout must lie in [0, 1), not {self.item_dropout}.")
        for name, known in CHOICES.items():
            if getattr(self, name) not in known:
                raise MolarError(f"{name} must be one of {', '.join(known)}, not {getattr(self, name)!r}.")
        if not self.cap > 0:
            raise MolarError(f"cap must be above 0, not {self.cap}.")
        if self.residual == "null-space" and not 0 < self.null_dim < self.dim:
            raise MolarError(f"null_dim must lie between 0 and dim ({self.dim}), not {self.null_dim}.")
        if self.streams not in (1, 2):
            raise MolarError(f"streams must be 1 or 2, not {self.streams}.")
        if min(self.layers, self.frozen) < 0 or (self.layers and self.frozen > self.layers):
            raise MolarError(
                f"layers and frozen must be at least 0, frozen at most layers, not {self.layers} and {self.frozen}."
            )
        if self.fusion == "middle" and not self.has_blocks:
            raise MolarError("Middle fusion enters before the last block of the light decoder: give decoder=light.")
        _ = self.decays

    @property
    def axes(self) -> int:
        """How many principal axes of the item vectors are read."""
        return min(self.components, self.dim_in)

    @property
    def null_space(self) -> int:
        """How many coordinates content leaves to the residual alone."""
        return self.null_dim if self.residual == "null-space" else 0

    @property
    def has_blocks(self) -> bool:
        """Whether the light decoder's blocks read the history."""
        return self.decoder in ("light", "ema+light")

    @property
    def has_means(self) -> bool:
        """Whether decayed means read the history."""
        return self.decoder in ("ema", "ema+light")

    @property
    def decays(self) -> tuple[float, ...]:
        """`half_lives` as numbers. MolarError unless all are above 0, and at least one is there."""
        try:
            decays = tuple(float(text) for text in self.half_lives.split(","))
        except ValueError:
            decays = ()
        if not decays or not min(decays) > 0:
            raise MolarError(f"half_lives must be numbers above 0, such as 1, 4, inf, not {self.half_lives!r}.")
        return decays
