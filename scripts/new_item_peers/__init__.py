"""Published ways to give new items a vector, on our split and over our item vectors: for comparison alone.

Each is written anew from its paper, over one frozen backbone, a trained ID model: its user vectors after a history, its
vectors of the items that somebody has bought. What a method learns on these items it then says of new ones. Nothing here is
a part of Molar; `python -m scripts.new_item_peers` measures them.
"""
