"""The losses of fine-tuning, in two forms.

bottleneck: the answer is written by a second pass of the language model as it came, from a linear image of the items'
vectors and nothing else. Gist masking would close the view past `[Cur_Item]` too, but then the answer reads that token's
keys and values of every layer, and the last hidden state, which is the item's vector, stays untrained. For ub every item
of the history is read by itself, as encoding reads it, and the answer is written from the row of their images in order:
so the task asks of each vector what its item says of later choices, which is what the user encoder builds on, and an item
costs one pass however long the history. A second term asks which words the answer holds, whatever their order; of a
history, it asks the mean of the vectors. ub has a linear image and a word head of its own, since what an item is and what
comes after it are two questions to one vector.

plain, the paper's: item or history, `[Cur_Item]` and the answer in one row with causal attention, so that the answer can
look past the token. Kept as an ablation.
"""

from itertools import chain

import torch
from torch import nn
from torch.nn.functional import cross_entropy, normalize

from molar.encoder.item_encoder import ItemEncoder
from molar.encoder.lora import lora_weights, without_lora
from molar.finetune.samples import LONGEST_ANSWER, Samples
from molar.finetune.tasks import Sample, Shown

FORMS = ("bottleneck", "plain")


class FineTuner(nn.Module):
    """What is in training: the encoder's adapter and LoRA, and the heads that only the bottleneck needs.

    Args:
        encoder: in bfloat16 or float32, or quantised and loaded as trainable. Any other quantised one is refused: after
            a first inference it silently stops passing gradients on some CPUs.
        samples: what is read and answered.
    """

    word_mean: torch.Tensor  # (hidden,)
    used_words: torch.Tensor  # (used words, hidden)

    def __init__(self, encoder: ItemEncoder, samples: Samples, *, form: str = "bottleneck", word_weight: float = 1.0):
        super().__init__()
        if not encoder.trainable:
            raise ValueError(
                "Fine-tuning goes through the language model: load it in bfloat16, or with trainable=True."
            )
        self.encoder, self.samples, self.form, self.word_weight = encoder, samples, form, word_weight
        self.adapter = encoder.adapter.train()
        hidden = encoder.hidden
        if form == "bottleneck":
            kinds = sorted({_kind(task) for task in samples.training})
            heads = {kind: nn.Sequential(nn.LayerNorm(hidden), nn.Linear(hidden, hidden)) for kind in kinds}
            self.to_prompt = nn.ModuleDict(heads)
            heads = {kind: nn.Sequential(nn.LayerNorm(hidden), nn.Linear(hidden, hidden)) for kind in kinds}
            self.to_words = nn.ModuleDict(heads)
        used = encoder.backbone.token_embeddings.weight[samples.used_words].float()
        self.register_buffer("word_mean", used.mean(0), persistent=False)
        self.register_buffer("used_words", normalize(used - used.mean(0), dim=1), persistent=False)
        self.device = encoder.backbone.device
        self.to(self.device)  # what is drawn here is drawn on the CPU, so that a seed means the same everywhere

    def start(self) -> None:
        """Begin the fresh parts at the length of the language model's own input vectors, so that it can read them."""
        words = self.encoder.backbone.token_embeddings.weight.float()
        with torch.no_grad():
            self.adapter.word_length.copy_(words.norm(dim=1).mean())
            self.adapter.cur_item.copy_(words.mean(0) + words.std() * torch.randn(self.encoder.hidden).to(self.device))

    def trained(self) -> dict[str, nn.Parameter]:
        """All that training changes, by name; LoRA lies in the language model, which is no part of this module."""
        own = {name: weight for name, weight in self.named_parameters() if weight.requires_grad}
        return own | {f"lora.{name}": weight for name, weight in lora_weights(self.encoder.backbone).items()}

    def loss(self, batch: list[Sample]) -> dict[str, torch.Tensor]:
        """Losses of samples of one task: "answer" (nats a token), and in the bottleneck form "words" (nats)."""
        shown = [one for sample in batch for one in sample.items]
        seen, has = self.samples.seen(shown)
        if self.form == "plain":
            rows, places = self.encoder.build_inputs(
                self._messages(batch, has.tolist()), seen, history=batch[0].task == "ub"
            )
            return {"answer": self.answer_loss(rows, batch, places, seen)}
        states, _ = self.encoder.forward([one.text for one in shown], seen, has)
        kind, lengths = _kind(batch[0].task), [len(sample.items) for sample in batch]
        prompts = self.adapter.word_length * normalize(self.to_prompt[kind](states.float()), dim=1)
        prompts = prompts.to(states.dtype).split(lengths)  # of each sample (items, hidden)
        means = torch.stack([own.float().mean(0) for own in states.split(lengths)])
        with without_lora(self.encoder.backbone):
            answer = self.answer_loss(list(prompts), batch)
        return {"answer": answer, "words": self.word_bag_loss(self.to_words[kind](means), batch)}

    def total(self, losses: dict[str, torch.Tensor]) -> torch.Tensor:
        """What is minimised."""
        return losses["answer"] + self.word_weight * losses.get("words", 0)

    def _messages(self, batch: list[Sample], has: list[bool]) -> list[list[tuple[str, int | None]]]:
        messages, number = [], 0
        for sample in batch:
            rows = range(number, number + len(sample.items))
            messages.append([(one.text, row if has[row] else None) for one, row in zip(sample.items, rows)])
            number = rows.stop
        return messages

    def answer_loss(self, rows: list[torch.Tensor], batch: list[Sample], places=(), seen=None) -> torch.Tensor:
        """The answers' loss where each is written after its row (length, hidden) of input vectors."""
        words, end = self.encoder.backbone.token_embeddings, self.encoder.backbone.tokenizer.eos_token_id
        answers = [[*self.answer_ids(sample), end] for sample in batch]
        written = [  # position length - 1 + t sees the row and the answer's words before t
            torch.cat([row, words(torch.tensor(ids[:-1], dtype=torch.long, device=self.device))])
            for row, ids in zip(rows, answers)
        ]
        states = self.encoder.hidden_states(written, list(places), seen)
        at = [(row, len(rows[row]) - 1 + t) for row, ids in enumerate(answers) for t in range(len(ids))]
        numbers, positions = torch.tensor(at, device=self.device).T
        logits = self.encoder.backbone.logits(states[numbers, positions])  # (tokens of all answers, words)
        return cross_entropy(logits.float(), torch.tensor(list(chain(*answers)), device=self.device))

    def answer_ids(self, sample: Sample) -> list[int]:
        """The token ids of a sample's answer, `LONGEST_ANSWER` of them at most."""
        return self.encoder.token_ids(sample.answer)[:LONGEST_ANSWER]

    def word_bag_loss(self, vectors: torch.Tensor, batch: list[Sample]) -> torch.Tensor:
        """Which words do the answers hold? Asked of (batch, hidden) vectors, in nats.

        The classes are the language model's own word vectors, so what answers well lies where words lie.
        """
        logits = normalize(vectors - self.word_mean, dim=1) @ self.used_words.T / 0.05
        return cross_entropy(logits, self.samples.word_bags(list(map(self.answer_ids, batch))).to(self.device))

    def warm_up_loss(self, batch: list[Sample]) -> torch.Tensor:
        """The word loss of the mean visual token of one picture each: puts visual tokens among words without a pass of
        the model."""
        seen, _ = self.samples.seen([sample.items[0] for sample in batch])
        counts = torch.tensor([self.encoder.backbone.n_image_tokens(grid) for grid in seen.grids])[:, None]
        shares = (torch.arange(seen.tokens.shape[1]) < counts) / counts  # (batch, tokens), zero behind the last
        tokens = self.adapter.project(seen.tokens.to(self.device))
        return self.word_bag_loss((tokens * shares.to(self.device)[..., None]).sum(1), batch)

    @torch.no_grad()
    def held_out_loss(self, samples: list[Sample], size: int = 8) -> dict[str, float]:
        """Mean losses over samples of one task that training never shows."""
        parts = [(self.loss(samples[i : i + size]), len(samples[i : i + size])) for i in range(0, len(samples), size)]
        names = parts[0][0]
        return {name: round(sum(part[name].item() * n for part, n in parts) / len(samples), 4) for name in names}

    @torch.no_grad()
    def fit_centring(self, shown: list[Shown], size: int = 16) -> None:
        """Centres and scales of the concatenated features' blocks from items as encoding reads them."""
        blocks: dict[str, list[torch.Tensor]] = {"cur_item": [], "picture": [], "text": []}
        for start in range(0, len(shown), size):
            chunk = shown[start : start + size]
            seen, has = self.samples.seen(chunk)
            state, text = self.encoder.forward([one.text for one in chunk], seen, has)
            present = {
                "cur_item": [True] * len(chunk),
                "picture": has.tolist(),
                "text": [one.text != "" for one in chunk],
            }
            for name, block in (("cur_item", state), ("picture", seen.pooled), ("text", text)):
                blocks[name].append(block.float()[[row for row, there in enumerate(present[name]) if there]])
        joined = {name: torch.cat(parts) for name, parts in blocks.items()}
        self.adapter.fit_centring({name: block for name, block in joined.items() if len(block) > 1})


def _kind(task: str) -> str:
    """What a head is asked for: what comes next, or what the item itself is."""
    return "next" if task == "ub" else "describe"
