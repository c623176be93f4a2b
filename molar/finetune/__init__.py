"""Fine-tuning of the item encoder on a dataset's own texts, pictures and histories. Imports training and below."""
