"""Losses, post-alignment (Eq. 4), the one training loop, alone or distributed. Imports evaluation and below."""
