"""Stage 1 (paper §3.3): teach the item encoder to see, by describing pictures through `[Cur_Item]`.

The paper fine-tunes on generation after the item, which can look past `[Cur_Item]` at the text and the picture. Gist
masking closes that, but the description then reads the token's keys and values of every layer, and the last hidden
state, which is the item's vector, stays untrained. So here the bottleneck is the vector itself: a second pass of the
same frozen language model writes the caption from a linear image of `e_i` and nothing else. A second term asks which
words the caption holds, whatever their order. Trained: projector, token and two small heads that are thrown away.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import cross_entropy, normalize

from molar.encoder import ItemEncoder
from molar.errors import MolarError
from molar.progress import Report, silent
from molar.tune_samples import Samples

@dataclass(frozen=True)
class TuneConfig:
    """The schedule. `samples` is how often a pair is shown in all; 3,200 take about 20 minutes on two quiet cores."""

    count: int = 2400
    samples: int = 3200
    batch: int = 8
    lr: float = 5e-4
    word_weight: float = 1.0
    warm_up_steps: int = 400
    seed: int = 0

    def __post_init__(self):
        # A quarter of the pairs is held out, so fewer than four leave none to measure with.
        least_of = {"count": 4, "samples": 1, "batch": 1, "word_weight": 0, "warm_up_steps": 0, "seed": 0}
        for name, least in least_of.items():
            if not getattr(self, name) >= least:
                raise MolarError(f"{name} must be at least {least}, not {getattr(self, name)}.")
        if not self.lr > 0:
            raise MolarError(f"lr must be above 0, not {self.lr}.")


class Tuner(nn.Module):
    """The adapter in training, with the heads that only training needs.

    Args:
        encoder: in bfloat16 or float32, or quantised and loaded as trainable. Any other quantised one is refused: after
            a first inference it silently stops passing gradients on some CPUs.
        samples: pictures' features, texts and captions.
    """

    def __init__(self, encoder: ItemEncoder, samples: Samples, config: TuneConfig):
        super().__init__()
        if not encoder.trainable:
            raise ValueError("Stage 1 trains through the language model: load it in bfloat16, or with trainable=True.")
        self.encoder, self.samples, self.config = encoder, samples, config
        self.adapter = encoder.adapter.train()
        self.to_prompt = nn.Sequential(nn.LayerNorm(encoder.hidden), nn.Linear(encoder.hidden, encoder.hidden))
        self.to_words = nn.Sequential(nn.LayerNorm(encoder.hidden), nn.Linear(encoder.hidden, encoder.hidden))
        used = encoder.backbone.words.weight[samples.used_words].float()
        self.register_buffer("word_mean", used.mean(0), persistent=False)
        self.register_buffer("used_words", normalize(used - used.mean(0), dim=1), persistent=False)
        self.device = encoder.backbone.device
        self.to(self.device)  # what is drawn here is drawn on the CPU, so that a seed means the same everywhere

    def start(self) -> None:
        """Begin the fresh parts at the length of the language model's own input vectors, so that it can read them."""
        words = self.encoder.backbone.words.weight.float()
        with torch.no_grad():
            self.adapter.word_length.copy_(words.norm(dim=1).mean())
            self.adapter.cur_item.copy_(words.mean(0) + words.std() * torch.randn(self.encoder.hidden).to(self.device))

    def word_bag_loss(self, vectors: torch.Tensor, rows: list[int]) -> torch.Tensor:
        """Which words do the captions of `rows` hold? Asked of (batch, hidden) vectors, in nats.

        The classes are the language model's own word vectors, so what answers well lies where words lie.
        """
        logits = normalize(vectors - self.word_mean, dim=1) @ self.used_words.T / 0.05
        return cross_entropy(logits, self.samples.word_bags[rows].to(self.device))

    def warm_up_loss(self, rows: list[int]) -> torch.Tensor:
        """The word loss of the mean visual token: puts visual tokens among words without a pass of the model."""
        tokens = self.adapter.project(self.samples.seen(rows).tokens.to(self.device))
        return self.word_bag_loss((tokens * self.samples.shares(rows).to(self.device)[..., None]).sum(1), rows)

    def loss(self, rows: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """Caption loss (nats a token) and word loss (nats) of the samples `rows`, both seeing `e_i` alone."""
        texts = [self.samples.texts[row] for row in rows]
        state, _ = self.encoder.read(texts, self.samples.seen(rows), torch.ones(len(rows), dtype=torch.bool))
        return self._caption_loss(state, rows), self.word_bag_loss(self.to_words(state.float()), rows)

    def _caption_loss(self, state: torch.Tensor, rows: list[int]) -> torch.Tensor:
        dtype = self.encoder.backbone.words.weight.dtype
        end = self.encoder.backbone.tokenizer.eos_token_id
        captions = [self.encoder.token_ids(self.samples.captions[row]) + [end] for row in rows]
        ids = [torch.tensor(caption, device=self.device) for caption in captions]
        padded = nn.utils.rnn.pad_sequence(ids, batch_first=True, padding_value=end)  # (batch, longest)
        wanted = nn.utils.rnn.pad_sequence(ids, batch_first=True, padding_value=-100)
        prompt = self.adapter.word_length * normalize(self.to_prompt(state.float()), dim=1)
        words = self.encoder.backbone.words(padded[:, :-1])
        embedded = torch.cat([prompt.to(dtype)[:, None], words], 1)  # position t sees the vector and words < t
        written = self.encoder.backbone.logits(embedded)
        return cross_entropy(written.float().flatten(0, 1), wanted.flatten(), ignore_index=-100)

    @torch.no_grad()
    def held_out_loss(self, rows: list[int]) -> dict[str, float]:
        """Mean losses over samples that training never showed."""
        losses = torch.tensor([[part.item() for part in self.loss(rows[i : i + 8])] for i in range(0, len(rows), 8)])
        caption, words = losses.mean(0).tolist()
        return {"caption": round(caption, 4), "words": round(words, 4)}

    @torch.no_grad()
    def centre_gate(self, rows: list[int]) -> None:
        """Centres and scales of the late gate's blocks from stage-1 samples that come with a text."""
        states, texts = [], []
        for start in range(0, len(rows), 16):
            chunk = rows[start : start + 16]
            read = self.encoder.read(
                [self.samples.texts[row] for row in chunk], self.samples.seen(chunk), torch.ones(len(chunk)) > 0
            )
            states.append(read[0].float())
            texts.append(read[1])
        self.adapter.fit_gate(
            {"cur_item": torch.cat(states), "picture": self.samples.seen(rows).pooled, "text": torch.cat(texts)}
        )


def tune_encoder(
    pairs: str, out: Path, *, backbone: str = "nano", config: TuneConfig = TuneConfig(), command: str = "",
    report: Report = silent,
) -> Path:  # fmt: skip
    """Run stage 1 and write the adapter to the folder `out` (`adapter.safetensors`, `config.json`).

    Args:
        pairs: `module:function`; called as `function(seed=…, count=…)` it yields objects with `image` (PIL), `text`
            (what the item's prompt would hold, may be empty) and `caption`.
    Interrupted, the same command resumes from the last saved step. Raises `MolarError` for unknown pairs, an absent
    backbone or a full disk.
    """
    from molar.encoder import EncoderConfig
    from molar.tune_loop import run_schedule
    from molar.tune_samples import draw_samples

    torch.manual_seed(config.seed)
    encoder = ItemEncoder.load(EncoderConfig(backbone, "bfloat16"))
    samples = draw_samples(encoder, pairs, config.seed, config.count, report=report)
    tuner = Tuner(encoder, samples, config)
    curve = run_schedule(tuner, Path(out), report)
    with_text = [row for row, text in enumerate(samples.texts) if text][:512] or list(range(min(512, len(samples))))
    tuner.centre_gate(with_text)
    about = {"config": asdict(config), "pairs": pairs, "backbone": encoder.fingerprint, "curve": curve}
    tuner.adapter.save(Path(out), about | {"command": command})
    return Path(out)
