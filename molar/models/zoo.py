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
CLASSES = {pair[0].__name__: pair for pair in (*ID_MODELS.values(), (ContentUserEncoder, ContentConfig))}
