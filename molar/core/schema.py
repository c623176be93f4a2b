"""The one home of column names (the vocabulary of RecTools and of the field), of the padding id and of the names of models."""

USER = "user_id"
ITEM = "item_id"
TITLE = "title"
DESCRIPTION = "description"
IMAGE = "image"
AVAILABLE_FROM = "available_from"
TIMESTAMP = "timestamp"
ORDER = "order"
RATING = "rating"
TECHNICAL = (ITEM, IMAGE, AVAILABLE_FROM)  # columns of items.csv that are never encoded, searched or shown
NO_ATTRIBUTES = (*TECHNICAL, TITLE, DESCRIPTION)  # all others are attributes

# Items are numbered 1..n in the order of items.csv; 0 pads histories and is never ranked.
PAD = 0

# What the models of a checkpoint are called, in its folders and in results: the content model before and after
# alignment, and the ID model that it is aligned to.
CONTENT, ALIGNED, ID = "content", "molar", "sasrec"
MODELS = (CONTENT, ALIGNED, ID)
GUESSED = f"{ID}, guessed"  # the ID model with vectors for new items that are guessed from content

# The content model of the same training over vectors that know less: the words of the texts alone, and nothing at all, so
# that it can only learn items by heart. What looks and texts add is the difference to them.
CONTENT_TFIDF, CONTENT_RANDOM = "content-tf-idf", "content-random"

# What a checkpoint recommends by where it has it: a content model with a residual, the ID model and an item-to-item model,
# their scores joined.
EVERYTHING, SLIST = "everything", "slist"
ITEM_KNN = "item-knn"  # in the place of the item-to-item model where the catalogue is too large for one

# The oracles of simulated data, as results name them: one knows a user's latent preferences; one ranks by their Bayes posterior
# given the history; one does the same, but of a new item knows only what its text and picture tell: what could be attained.
LATENT_PREFERENCE_ORACLE, BAYES_ORACLE, ATTAINABLE_ORACLE = "oracle-knowing", "oracle-reading", "oracle-attainable"
