"""What a next-item model is trained by: full, sampled and in-batch softmax, gBCE, and BCE with one negative.

All of them ask every position of every window at once. Negatives are shared by the whole batch (but BCE's, of which
each position has its own), so that scoring them is one matrix product.
"""

from dataclasses import dataclass, replace
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
from molar.training.candidates import MOST_REPEATS, Candidates, LeftOut, Mask, repeat_share

LOSSES = ("full", "sampled", "in-batch", "gbce", "bce")
CANDIDATES = ("unseen", "all")
FULL_UP_TO = 5_000  # items; above it "auto" is the sampled softmax, over as many
ROWS = 512  # positions whose logits exist at one time: what they take stays in the cache
REDRAWN = 5  # times that a negative of BCE is drawn anew where the user has it


@dataclass(frozen=True)
class LossConfig:
    """Which loss, its negatives, and what is a candidate.

    kind: "full", softmax over all warm items; "sampled", over the target and `negatives` others, drawn evenly;
    "in-batch", over the target and `negatives` targets of the same batch, corrected for their popularity (logQ, the
    target itself left as it is: arXiv 2507.09331);
    "gbce", generalised BCE (gSASRec, arXiv 2308.07192) with calibration `t`, of scores less the logarithm of the number
    of warm items; "bce", one negative a position (SASRec and the paper's Eq. 3); "auto": full up to 5,000 warm items,
    above it sampled with 5,000 negatives at least, so that one item more does not make another recipe.
    candidates: "unseen", items of the user's prefix compete with no target, as in ranking; "all", they do; "auto": unseen
    unless more than 1 % of the training targets are repeats."""

    kind: str = "auto"
    negatives: int = 1_024
    t: float = 0.75
    candidates: str = "auto"

    def __post_init__(self) -> None:
        if self.kind not in (*LOSSES, "auto"):
            raise MolarError(f"There is no loss {self.kind!r}: known are {', '.join(LOSSES)}.")
        if self.candidates not in (*CANDIDATES, "auto"):
            raise MolarError(f"candidates must be {', '.join(CANDIDATES)} or auto, not {self.candidates!r}.")
        if self.negatives < 1:
            raise MolarError(f"negatives must be at least 1, not {self.negatives}.")
        if not 0 <= self.t <= 1:
            raise MolarError(f"t must lie in [0, 1], not {self.t}.")

    def resolved(self, split: Split) -> "LossConfig":
        """The same with what "auto" is for a split."""
        kind, negatives, candidates = self.kind, self.negatives, self.candidates
        if kind == "auto":
            full = (split.train_counts() > 0).sum() <= FULL_UP_TO
            kind, negatives = ("full", negatives) if full else ("sampled", max(negatives, FULL_UP_TO))
        if candidates == "auto":
            candidates = "unseen" if repeat_share(split) <= MOST_REPEATS else "all"
        return replace(self, kind=kind, negatives=negatives, candidates=candidates)

    def told(self) -> str:
        """The loss in words, once it is resolved."""
        negatives = {"full": "all warm items", "bce": "one negative a position"}.get(self.kind)
        left_out = (
            "items that the user has left out" if self.candidates == "unseen" else "items that the user has kept in"
        )
        return f"loss {self.kind} over {negatives or f'{self.negatives:,} negatives'}, {left_out}"


class NextItemLoss:
    """The loss over one split's training prefixes. Items of no training prefix are neither targets nor negatives.

    `loss(model, batch, rng)` gives the mean over all real positions, a scalar, and the states (batch, length, dim) that
    it came from. A model's `prior` (n_items + 1,), where it has one, is added to the logits."""

    def __init__(self, split: Split, config: LossConfig = LossConfig()):
        counts = split.train_counts()
        self.warm = np.flatnonzero(counts > 0)  # the only targets and negatives there are
        self.log_share = np.log(np.maximum(counts, 1) / max(counts.sum(), 1)).astype(np.float32)
        self.config = config = config.resolved(split)
        self.kind, self.t = config.kind, config.t
        # Drawn without replacement, but from a batch's targets.
        self.negatives = config.negatives if self.kind == "in-batch" else min(config.negatives, len(self.warm))
        self.candidates = Candidates(split, unseen=config.candidates == "unseen")

    def __call__(
        self, model: IDModel | ContentUserEncoder, batch: Batch, rng: np.random.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        real = batch.targets != PAD
        targets = batch.targets[real]  # (positions,)
        left_out = self.candidates.left_out(batch)
        negatives = self.draw_negatives(targets, left_out, rng)
        rows = np.unique(np.concatenate([[PAD], batch.items.ravel(), targets, negatives]))
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
        bias = (
            torch.zeros(len(rows), device=device)
            if prior is None
            else prior.to(device)[torch.from_numpy(rows).to(device)]
        )
        own, others = place(targets), place(negatives)
        if self.kind == "bce":
            positive = (queries * scored[own]).sum(-1).float() + bias[own]  # (positions,)
            negative = (queries * scored[others]).sum(-1).float() + bias[others]  # (positions,), one of each
            out = torch.from_numpy((negatives == targets) | left_out.holds(negatives)).to(device)
            return self.binary(positive, negative.masked_fill(out, -torch.inf)[:, None]), states
        mask = left_out.among(negatives, targets, device)
        if self.kind == "gbce":
            positive = (queries * scored[own]).sum(-1).float() + bias[own]
            negative = (queries @ scored[others].T).float() + bias[others]  # (positions, negatives)
            out = mask.fill(torch.zeros(negative.shape, dtype=torch.bool, device=device), 0, True)
            return self.binary(positive, negative.masked_fill(out, -torch.inf)), states
        added = self.correction(negatives)
        correction = torch.from_numpy(added).to(device) if prior is not None or added.any() else None
        return softmax_loss(queries, scored, bias, own, others, correction, mask), states

    def draw_negatives(self, targets: np.ndarray, left_out: LeftOut, rng: np.random.Generator) -> np.ndarray:
        """Item numbers of the negatives: each position's own for BCE, (positions,), the whole batch's, (negatives,)
        sorted, else."""
        if self.kind == "full":
            return self.warm
        if self.kind == "in-batch":
            return np.sort(rng.choice(targets, self.negatives))
        if self.kind != "bce":
            return np.sort(rng.choice(self.warm, self.negatives, replace=False))
        drawn = rng.choice(self.warm, len(targets))
        for _ in range(REDRAWN):
            owned = np.flatnonzero(left_out.holds(drawn))
            drawn[owned] = rng.choice(self.warm, len(owned))
        return drawn

    def correction(self, negatives: np.ndarray) -> np.ndarray:
        """What is added to the logits of the negatives (n,) of a softmax, (n,) float32: of how many items each stands for."""
        if self.kind == "in-batch":  # each stands for 1 / (draws × share) items; the target stands for itself alone
            return -self.log_share[negatives] - np.float32(log(len(negatives)))
        return np.full(len(negatives), log(len(self.warm) / len(negatives)), np.float32)

    def binary(self, positive: torch.Tensor, negative: torch.Tensor) -> torch.Tensor:
        """(g)BCE of logits: `positive` (positions,) of the targets, `negative` (positions, n) of the drawn."""
        beta = 1.0
        if self.kind == "gbce":
            rate = self.negatives / max(len(self.warm) - 1, 1)  # α of gBCE
            # A constant changes no order. Without it every item starts at probability one half, and until all scores
            # have sunk, what pushes the shared negatives down drowns what lifts the targets.
            positive, negative = positive - log(len(self.warm)), negative - log(len(self.warm))
            beta = rate * (self.t * (1 - 1 / rate) + 1 / rate)
        return (beta * F.softplus(-positive) + F.softplus(negative).sum(-1)).mean() / (1 + negative.shape[1])


def softmax_loss(
    queries: torch.Tensor,
    items: torch.Tensor,
    bias: torch.Tensor,
    own: torch.Tensor,
    others: torch.Tensor,
    correction: torch.Tensor | None,
    mask: Mask,
) -> torch.Tensor:
    """Mean cross-entropy of each query's own item among `others`, a scalar.

    queries (positions, dim); items (rows, dim) with a constant bias (rows,) in their logits; own: (positions,) the row
    of each target; others: (n,) rows of what it is told from, with a correction (n,) of their logits, None where
    neither it nor the bias adds anything, which saves a tenth of the time; mask: what of them
    is no candidate at a position, the target among it. Logits and their gradient are made a few hundred positions at a
    time, within the cache, and are never kept, where autograd would take the whole table through memory several
    times. In the precision of the queries (bfloat16 under autocast)."""
    return _Softmax.apply(queries, items, bias, own, others, correction, mask)


class _Softmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx, queries, items, bias, own, others, correction, mask):
        kind = queries.dtype
        queries_, items_ = queries.detach(), items.detach().to(kind)
        rivals = items_[others]
        columns = rivals.T.contiguous()
        of_rivals = None if correction is None else (bias[others] + correction).to(kind)
        to_queries = torch.empty_like(queries_)
        to_items = torch.zeros(items.shape, device=items.device)
        to_rivals = torch.zeros(rivals.shape, device=items.device)
        loss = torch.zeros((), device=items.device)
        for start in range(0, len(own), ROWS):
            part, targets = queries_[start : start + ROWS], own[start : start + ROWS]
            mine = items_[targets]
            chosen = (part.float() * mine.float()).sum(1, keepdim=True) + bias[targets, None]
            logits = part @ columns
            logits = mask.fill(logits if of_rivals is None else logits.add_(of_rivals), start)
            most = torch.maximum(logits.amax(1, keepdim=True), chosen.to(kind))
            shares, positive = logits.sub_(most).exp_(), (chosen - most).exp()
            total = shares.sum(1, keepdim=True, dtype=torch.float32) + positive
            loss += (total.log() - chosen + most).sum()
            # Shares sum to `total`, not to one: dividing the two products is cheaper than dividing every share.
            to_queries[start : start + ROWS] = (shares @ rivals + positive * mine) / total - mine
            to_rivals += (shares.T @ (part / total).to(kind)).float()
            to_items.index_add_(0, targets, part.float() * (positive / total - 1))
        to_items.index_add_(0, others, to_rivals)
        ctx.save_for_backward(to_queries, to_items)
        ctx.kind = items.dtype
        return loss / len(own)

    @staticmethod
    def backward(ctx, gradient):
        to_queries, to_items = ctx.saved_tensors
        share = gradient / len(to_queries)
        return to_queries * share.to(to_queries.dtype), (to_items * share).to(ctx.kind), *[None] * 5
