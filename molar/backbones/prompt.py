"""The item prompt of the paper (§3.3): text, then picture, then the token whose last hidden state is the item's vector."""

import hashlib

BEFORE_TEXT = "Compress the text and image into embedding. Item information: "
BEFORE_IMAGE = " Item Image:"
# A history in one message: fine-tuning alone reads these, so that they do not enter the prompt's hash.
BEFORE_HISTORY = "Tell the next item of this history. Item information: "
BEFORE_NEXT = " Item information: "
# After the picture comes [Cur_Item]: a trained input vector, not a word, so it has no text here.
MAX_TEXT_TOKENS = 160


def prompt_hash(*frame: str) -> str:
    """Eight hex digits that change with the wording, the text limit or what a backbone puts around them (`frame`)."""
    return hashlib.sha256(repr((BEFORE_TEXT, BEFORE_IMAGE, MAX_TEXT_TOKENS, *frame)).encode()).hexdigest()[:8]
