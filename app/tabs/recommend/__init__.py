"""First tab: gallery, history, three rows of recommendations."""
