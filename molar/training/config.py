"""How a recommender is trained: the numbers alone, without torch."""

from dataclasses import dataclass

from molar.core.errors import MolarError

PRECISIONS = ("float32", "bfloat16")


@dataclass(frozen=True)
class TrainingConfig:
    """AdamW, warm-up and cosine, gradients clipped, the best validation epoch kept. A config.json calls it `recipe`."""

    epochs: int
    batch_size: int
    lr: float
    weight_decay: float
    patience: int  # stop after so many epochs without a better validation NDCG@10
    warm_up: float = 0.05  # share of all steps
    clip: float = 1.0
    precision: str = "float32"  # of the matrix products in training: "bfloat16" is autocast; ranking is in float32

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise MolarError(f"precision must be {' or '.join(PRECISIONS)}, not {self.precision!r}.")
        for name in ("epochs", "batch_size", "lr", "patience", "clip"):
            if getattr(self, name) <= 0:
                raise MolarError(f"{name} must be above 0, not {getattr(self, name)}.")
        if self.weight_decay < 0 or not 0 <= self.warm_up < 1:
            raise MolarError(
                f"weight_decay must be at least 0 and warm_up in [0, 1), not {self.weight_decay} and {self.warm_up}."
            )


# Patience below the epochs stops while the rate is still high: on the Amazon Beauty sequences that cost a tenth of NDCG@10.
ID_TRAINING = TrainingConfig(epochs=30, batch_size=128, lr=3e-3, weight_decay=0.01, patience=30)
CONTENT_TRAINING = TrainingConfig(epochs=14, batch_size=64, lr=2e-3, weight_decay=0.05, patience=14)
