"""The one home of column names and of the padding id (vocabulary of RecTools and of the field)."""

USER = "user_id"
ITEM = "item_id"
TITLE = "title"
DESCRIPTION = "description"
IMAGE = "image"
TIMESTAMP = "timestamp"
ORDER = "order"
RATING = "rating"

# Items are numbered 1..n in the order of items.csv; 0 pads histories and is never ranked.
PAD = 0
