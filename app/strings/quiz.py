"""What the quiz says."""

from molar.core.schema import ATTAINABLE_ORACLE, LATENT_PREFERENCE_ORACLE

TITLE = "What did they buy next?"
LEAD = "A test shopper bought these, the oldest first. No model has seen what came next. Which of the eight was it?"
RULE = (
    "The seven others are drawn at random from what this shopper does not own, in proportion to how often each was bought "
    "in the training histories, plus one. A model’s guess is the one of the eight that it scores highest."
)
CHOICES = "One of these came next"
NEXT = "Next shopper"
SKIP = "Another shopper"
YOU = "You"
BOUGHT = "bought"
RIGHT, WRONG = "✓ right", "wrong"
NONE = "There is no test shopper with a history long enough for this game."
NOT_RANKED = "not ranked: no purchases in the training data"
TABLE = ("", "guess among the eight", "rank of what was bought, 1 is best")
ORACLES = {
    LATENT_PREFERENCE_ORACLE: "Oracle that knows this shopper’s taste",
    ATTAINABLE_ORACLE: "The best that could be attained",
}


def verdict(right: bool, title: str) -> str:
    """After a guess."""
    return f"Right: it was {title}." if right else f"No: it was {title}."


def tally(right: int, rounds: int) -> str:
    """A running score."""
    return f"{right} of {rounds}"


def position(rank: int, of: int) -> str:
    """A rank over the full catalogue."""
    return f"{rank:,} of {of:,}"


def true_of(user_id: str, facts: dict[str, str]) -> str:
    """What the dataset knows to be true of a shopper."""
    told = "; ".join(f"{column.replace('_', ' ')}: {value}" for column, value in facts.items())
    return f"Shopper {user_id}, as the dataset knows: {told}." if told else f"Shopper {user_id}."
