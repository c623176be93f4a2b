"""Pre-trained multimodal language models behind one interface: found, fetched, loaded in few bits. Imports data and core."""
