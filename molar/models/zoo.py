"""Every model by name: as the command line calls those that know ids alone, and by the class that a config.json tells."""

from molar.models.content import ContentConfig, ContentUserEncoder
from molar.models.duorec import DuoRec, DuoRecConfig
from molar.models.fpmc import FPMC, FPMCConfig
from molar.models.gru4rec import GRU4Rec, GRU4RecConfig
from molar.models.item_to_item import EASE, SLIST, EASEConfig, SLISTConfig
from molar.models.sasrec import SASRec, SASRecConfig

ID_MODELS = {  # trained by gradient
    "sasrec": (SASRec, SASRecConfig),
    "gru4rec": (GRU4Rec, GRU4RecConfig),
    "fpmc": (FPMC, FPMCConfig),
    "duorec": (DuoRec, DuoRecConfig),
}
ITEM_TO_ITEM = {"slist": (SLIST, SLISTConfig), "ease": (EASE, EASEConfig)}  # solved in closed form
CLASSES: dict[str, tuple] = {
    pair[0].__name__: pair
    for pair in (*ID_MODELS.values(), *ITEM_TO_ITEM.values(), (ContentUserEncoder, ContentConfig))
}


def required(class_name: str) -> tuple[str, ...]:
    """What every model of a class must be given before it can answer; () for a class that is not known."""
    return CLASSES[class_name][0].requires if class_name in CLASSES else ()
