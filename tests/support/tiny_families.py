"""Random backbones of every class that the encoder knows, small enough for a test, saved as a hub would give them."""

from pathlib import Path

import torch
from tiny_backbone import PROMPT, save_tiny_backbone

MARKUP = [
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
    "<image>",
    "<fake_token_around_image>",
    "<global-img>",
    "<end_of_utterance>",
]
# As the real templates do it: the first writes a picture's markup itself, the second leaves it to the processor.
QWEN_CHAT = (
    "{% for message in messages %}<|im_start|>{{ message.role }} {% for part in message.content %}"
    "{% if part.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ part.text }}{% endif %}"
    "{% endfor %}<|im_end|> {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant {% endif %}"
)
IDEFICS_CHAT = (
    "<|im_start|>{% for message in messages %}User: {% for part in message.content %}"
    "{% if part.type == 'image' %}<image>{% else %}{{ part.text }}{% endif %}"
    "{% endfor %}<end_of_utterance> {% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}"
)
TEXT = dict(
    hidden_size=64,
    intermediate_size=128,
    num_hidden_layers=4,
    num_attention_heads=2,
    num_key_value_heads=2,
    vocab_size=64,
    tie_word_embeddings=True,
    pad_token_id=0,
    bos_token_id=0,
    eos_token_id=1,
)
QWEN_VISION = dict(depth=2, patch_size=4, spatial_merge_size=2, temporal_patch_size=2, in_channels=3)
FAMILIES = ("llava", "idefics3", "smolvlm", "qwen2_vl", "qwen2_5_vl", "qwen3_vl")


def save_tiny_family(family: str, folder: Path) -> Path:
    """Save a random model of one family with its tokenizer and image processor; `save_tiny_backbone` makes nano's."""
    from transformers import AutoModelForImageTextToText

    if family == "llava":
        return save_tiny_backbone(folder, hidden=64)
    ids = _save_tokenizer(folder, IDEFICS_CHAT if family in ("idefics3", "smolvlm") else QWEN_CHAT)
    config, processor = _parts(family, ids)
    torch.manual_seed(0)
    model = AutoModelForImageTextToText.from_config(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():  # a fresh model says nearly the same of everything
            if parameter.dim() > 1:
                parameter.normal_(std=0.3 if "embed_tokens" in name else 0.15)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def _save_tokenizer(folder: Path, chat_template: str) -> dict[str, int]:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    names = ["<unk>", "<end>", *PROMPT.split(), "user", "assistant", "<", ">", "|", "image_pad", *MARKUP]
    vocabulary = {word: number for number, word in enumerate(names)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", eos_token="<end>", additional_special_tokens=MARKUP
    )
    fast.chat_template = chat_template
    fast.save_pretrained(folder)
    return {name: fast.convert_tokens_to_ids(name) for name in MARKUP}


def _parts(family: str, ids: dict[str, int]):
    """Config and image processor of one family."""
    from transformers import (
        Idefics3Config,
        Idefics3ImageProcessorPil,
        Qwen2_5_VLConfig,
        Qwen2VLConfig,
        Qwen2VLImageProcessorPil,
        Qwen3VLConfig,
        SmolVLMConfig,
        SmolVLMImageProcessorPil,
    )

    if family in ("idefics3", "smolvlm"):
        vision = dict(hidden_size=24, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=32)
        smol = family == "smolvlm"
        config = (SmolVLMConfig if smol else Idefics3Config)(
            vision_config=vision | {"patch_size": 8},
            text_config={"model_type": "llama", **TEXT},
            image_token_id=ids["<image>"],
            scale_factor=2,
            pad_token_id=0,
            tie_word_embeddings=True,
        )
        return config, (SmolVLMImageProcessorPil if smol else Idefics3ImageProcessorPil)()
    marks = dict(
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        tie_word_embeddings=True,
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
    )
    rope = {"rope_type": "default", "mrope_section": [8, 4, 4], "rope_theta": 10000.0}
    if family == "qwen3_vl":
        vision = QWEN_VISION | dict(
            hidden_size=24,
            out_hidden_size=64,
            intermediate_size=32,
            num_heads=2,
            num_position_embeddings=64,
            deepstack_visual_indexes=[0, 1],
        )
        text = TEXT | dict(head_dim=32, rope_parameters=rope | {"mrope_interleaved": True})
        return Qwen3VLConfig(vision_config=vision, text_config=text, **marks), _qwen_pixels(Qwen2VLImageProcessorPil)
    text = TEXT | dict(rope_parameters=rope)
    if family == "qwen2_vl":
        vision = QWEN_VISION | dict(embed_dim=24, hidden_size=64, num_heads=2)
        return Qwen2VLConfig(vision_config=vision, text_config=text, **marks), _qwen_pixels(Qwen2VLImageProcessorPil)
    vision = QWEN_VISION | dict(
        hidden_size=24, out_hidden_size=64, intermediate_size=32, num_heads=2, window_size=16, fullatt_block_indexes=[1]
    )
    return Qwen2_5_VLConfig(vision_config=vision, text_config=text, **marks), _qwen_pixels(Qwen2VLImageProcessorPil)


def _qwen_pixels(process):
    return process(patch_size=QWEN_VISION["patch_size"], temporal_patch_size=2, merge_size=2)
