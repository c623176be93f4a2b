"""What a next-item model is trained by: full, sampled and in-batch softmax, gBCE, and BCE with one negative.

All of them ask every position of every window at once. Negatives are shared by the whole batch (but BCE's, of which
each position has its own), so that scoring them is one matrix product.
"""

from dataclasses import dataclass
from math import log

import numpy as np
import torch
import torch.nn.functional as F

from molar.core.errors import MolarError
from molar.core.schema import PAD
from molar.data.splits import Split
from molar.models.content import ContentUserEncoder
from molar.models.id_model import IDModel
from molar.models.sequences import Batch

LOSSES = ("full", "sampled", "in-batch", "gbce", "bce")
FULL_UP_TO = 5_000  # items; above it "auto" is the sampled softmax
ROWS = 512  # positions whose logits exist at one time: what they take stays in the cache


@dataclass(frozen=True)
class LossConfig:
    """Which loss, and its negatives.

    kind: "full", softmax over all warm items; "sampled", over the target and `negatives` others, drawn evenly;
    "in-batch", over the target and `negatives` targets of the same batch, corrected for their popularity (logQ, the
    target itself left as it is: arXiv 2507.09331);
    "gbce", generalised BCE (gSASRec, arXiv 2308.07192) with calibration `t`, of scores less the logarithm of the number
    of warm items; "bce", one negative a position (SASRec and the paper's Eq. 3); "auto": full up to 5,000 warm items,
    else sampled."""

    kind: str = "auto"
    negatives: int = 1_024
    t: float = 0.75

    def __post_init__(self) -> None:
        if self.kind not in (*LOSSES, "auto"):
            raise MolarError(f"There is no loss {self.kind!r}: known are {', '.join(LOSSES)}.")
        if self.negatives < 1:
            raise MolarError(f"negatives must be at least 1, not {self.negatives}.")
        if not 0 <= self.t <= 1:
            raise MolarError(f"t must lie in [0, 1], not {self.t}.")


class NextItemLoss:
    """The loss over one split's training prefixes. Items of no training prefix are neither targets nor negatives.

    `loss(model, batch, rng)` gives the mean over all real positions, a scalar, and the states (batch, length, dim) that
    it came from. A model's `prior` (n_items + 1,), where it has one, is added to the logits."""

    def __init__(self, split: Split, config: LossConfig = LossConfig()):
        counts = split.train_counts()
        self.warm = np.flatnonzero(counts > 0)  # the only targets and negatives there are
        self.log_share = np.log(np.maximum(counts, 1) / max(counts.sum(), 1)).astype(np.float32)
        kind = config.kind
        if kind == "auto":
            kind = "full" if len(self.warm) <= FULL_UP_TO else "sampled"
        self.kind, self.t = kind, config.t
        # Drawn without replacement, but from a batch's targets.
        self.negatives = config.negatives if kind == "in-batch" else min(config.negatives, len(self.warm))

    def __call__(
        self, model: IDModel | ContentUserEncoder, batch: Batch, rng: np.random.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        real = batch.targets != PAD
        targets = batch.targets[real]  # (positions,)
        negatives = self.draw_negatives(targets, rng)
        rows = np.unique(np.concatenate([[PAD], batch.items.ravel(), targets, negatives.ravel()]))
        device = next(model.parameters()).device
        table = model.embed_items(torch.from_numpy(rows).to(device))  # (rows, dim): every item of this step, once

        def place(numbers: np.ndarray) -> torch.Tensor:
            return torch.from_numpy(np.searchsorted(rows, numbers)).to(device)

        users = torch.from_numpy(batch.users).to(device)
        states = model.encode(F.embedding(place(batch.items), table), users)
        asked = torch.from_numpy(np.flatnonzero(real)).to(device)  # a mask would make a GPU wait for its count
        queries = model.scaled_users(states.flatten(0, 1)[asked])  # (positions, dim)
        scored = model.scoring_embeddings(table)
        prior: torch.Tensor | None = getattr(model, "prior", None)
        bias = None if prior is None else prior.to(device)[torch.from_numpy(rows).to(device)]
        if self.kind == "full":
            every, own = place(self.warm), torch.from_numpy(np.searchsorted(self.warm, targets)).to(device)
            return full_softmax(queries, scored[every], None if bias is None else bias[every], own), states
        own, others = place(targets), place(negatives)
        positive = (queries * scored[own]).sum(-1).float()  # (positions,)
        if self.kind == "bce":
            negative = (queries.unsqueeze(1) * scored[others]).sum(-1).float()  # (positions, 1)
        else:
            negative = (queries @ scored[others].T).float()  # (positions, negatives)
        if bias is not None:
            positive, negative = positive + bias[own], negative + bias[others]
        equal = torch.from_numpy(negatives == targets[:, None]).to(device)
        return self.value(positive, negative.masked_fill(equal, -torch.inf), negatives), states

    def draw_negatives(self, targets: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Item numbers of the negatives: each position's own for BCE, (positions, 1), the whole batch's (negatives,) else."""
        if self.kind == "bce":
            return rng.choice(self.warm, (len(targets), 1))
        if self.kind == "in-batch":
            return rng.choice(targets, self.negatives)
        return self.warm if self.kind == "full" else np.sort(rng.choice(self.warm, self.negatives, replace=False))

    def value(self, positive: torch.Tensor, negative: torch.Tensor, negatives: np.ndarray) -> torch.Tensor:
        """The loss of logits: `positive` (positions,) of the targets, `negative` (positions, n) of the drawn."""
        if self.kind in ("bce", "gbce"):
            rate = self.negatives / max(len(self.warm) - 1, 1)  # α of gBCE
            beta = 1.0
            if self.kind == "gbce":
                # A constant changes no order. Without it every item starts at probability one half, and until all scores
                # have sunk, what pushes the shared negatives down drowns what lifts the targets.
                positive, negative = positive - log(len(self.warm)), negative - log(len(self.warm))
                beta = rate * (self.t * (1 - 1 / rate) + 1 / rate)
            return (beta * F.softplus(-positive) + F.softplus(negative).sum(-1)).mean() / (1 + negative.shape[1])
        if self.kind == "in-batch":  # each stands for 1 / (draws × share) items; the target stands for itself alone
            negative = negative - torch.from_numpy(self.log_share[negatives]).to(negative.device) - log(len(negatives))
        else:  # each negative stands for so many of the warm items
            negative = negative + log(len(self.warm) / self.negatives)
        logits = torch.cat([positive[:, None], negative], dim=1)
        return F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long, device=logits.device))


def full_softmax(
    queries: torch.Tensor, items: torch.Tensor, bias: torch.Tensor | None, own: torch.Tensor
) -> torch.Tensor:
    """Mean cross-entropy of queries (positions, dim) over items (items, dim), with a constant bias (items,) or None.

    own: (positions,) the row of each position's target. Logits and their gradient are made a few hundred positions at a
    time, within the cache, and are never kept, where autograd would take the whole table through memory several
    times. In the precision of the queries (bfloat16 under autocast)."""
    return _FullSoftmax.apply(queries, items, bias, own)


class _FullSoftmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx, queries, items, bias, own):
        kind = queries.dtype
        queries_, items_ = queries.detach(), items.detach().to(kind)
        columns = items_.T.contiguous()
        to_queries = torch.empty_like(queries_)
        to_items = torch.zeros(items.shape, device=items.device)
        loss = torch.zeros((), device=items.device)
        for start in range(0, len(own), ROWS):
            part, targets = queries_[start : start + ROWS], own[start : start + ROWS]
            logits = part @ columns
            if bias is not None:
                logits += bias
            logits.sub_(logits.amax(1, keepdim=True))
            chosen = logits.gather(1, targets[:, None]).float()
            shares = logits.exp_()
            total = shares.sum(1, keepdim=True, dtype=torch.float32)
            loss += (total.log() - chosen).sum()
            # Shares sum to `total`, not to one: dividing the two products is cheaper than dividing every share.
            to_queries[start : start + ROWS] = (shares @ items_) / total - items_[targets]
            to_items += (shares.T @ (part / total).to(kind)).float()
            to_items.index_add_(0, targets, part.float(), alpha=-1)
        ctx.save_for_backward(to_queries, to_items)
        ctx.kind = items.dtype
        return loss / len(own)

    @staticmethod
    def backward(ctx, gradient):
        to_queries, to_items = ctx.saved_tensors
        share = gradient / len(to_queries)
        return to_queries * share.to(to_queries.dtype), (to_items * share).to(ctx.kind), None, None
