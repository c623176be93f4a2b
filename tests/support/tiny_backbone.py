"""A random backbone of the real classes, small enough for a test: 32 pixels, 4 visual tokens, 16 and 24 wide."""

from pathlib import Path

import torch

PROMPT = "compress the text and image into embedding . item information : title a print of red blue fox whale by"


def save_tiny_backbone(folder: Path, seed: int = 0, hidden: int = 16) -> Path:
    """Save a random `LlavaForConditionalGeneration`, its tokenizer and its image processor to `folder`.

    `hidden`: width of the language model; bitsandbytes runs four-bit layers of multiples of 32 alone.
    """
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    from transformers import (
        CLIPImageProcessorPil,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        PreTrainedTokenizerFast,
    )

    vocabulary = {word: number for number, word in enumerate(["<unk>", "<end>", "<image>", *PROMPT.split()])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", eos_token="<end>").save_pretrained(folder)
    CLIPImageProcessorPil(size={"height": 32, "width": 32}, do_center_crop=False).save_pretrained(folder)
    shape = dict(num_hidden_layers=2, num_attention_heads=2)
    vision = CLIPVisionConfig(hidden_size=24, intermediate_size=32, image_size=32, patch_size=8, **shape)
    text = LlamaConfig(
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_key_value_heads=2,
        vocab_size=len(vocabulary),
        eos_token_id=1,
        **shape,
    )
    torch.manual_seed(seed)
    config = LlavaConfig(vision_config=vision.to_dict(), text_config=text.to_dict(), image_token_index=2)
    LlavaForConditionalGeneration(config).save_pretrained(folder)
    return folder
