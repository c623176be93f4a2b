"""Every model by name: as the command line calls the ID models, and by the class that a config.json tells."""

from molar.models.content import ContentConfig, ContentUserEncoder
from molar.models.duorec import DuoRec, DuoRecConfig
from molar.models.fpmc import FPMC, FPMCConfig
from molar.models.gru4rec import GRU4Rec, GRU4RecConfig
from molar.models.sasrec import SASRec, SASRecConfig

ID_MODELS = {
    "sasrec": (SASRec, SASRecConfig),
    "gru4rec": (GRU4Rec, GRU4RecConfig),
    "fpmc": (FPMC, FPMCConfig),
    "duorec": (DuoRec, DuoRecConfig),
}
CLASSES: dict[str, tuple] = {
    pair[0].__name__: pair for pair in (*ID_MODELS.values(), (ContentUserEncoder, ContentConfig))
}


def required(class_name: str) -> tuple[str, ...]:
    """What every model of a class must be given before it can answer; () for a class that is not known."""
    return CLASSES[class_name][0].requires if class_name in CLASSES else ()
