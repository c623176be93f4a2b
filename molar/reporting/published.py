"""Numbers that others have published, each once. They were read in the sources named; none is a run of ours."""

from dataclasses import dataclass

from molar.core.schema import ALIGNED, CONTENT

ANTKLEN = "antklen/sasrec-bert4rec-recsys23"
BLONDERED = "blondered/transformer_benchmark"


# The conditions under which a number came about, as short flags, and what they mean.
SEES_TIME, BEST_ON_TEST, FEWER_FILMS, ONE_SPLIT = "sees time", "best on test", "3,416 films", "common split"
ORDER_ONLY, ON_VALIDATION = "order only", "on validation"
CONDITIONS = {
    SEES_TIME: "the model is told when the choice was made that it is to guess",
    BEST_ON_TEST: "no validation item is held out, and the epoch that is told is the best one on the test items",
    FEWER_FILMS: "films with fewer than five ratings are left out, so there are fewer candidates; elsewhere all 3,706",
    ONE_SPLIT: "one source measured all of these models on the same data, those of others again",
    ORDER_ONLY: "of the past the model knows the order alone, of the choice to come nothing",
    ON_VALIDATION: "the epoch and all settings were chosen on validation items, and the test items read afterwards",
}


@dataclass(frozen=True)
class Published:
    """NDCG@10 and Recall@10 of MovieLens-1M; two values where two sources or settings differ. `conditions` are those of
    CONDITIONS that are known to hold."""

    model: str
    ndcg: tuple[float, ...]
    recall: tuple[float, ...]
    where: str
    conditions: tuple[str, ...] = ()


MOVIELENS = (
    Published(
        "SASRec, BCE with one negative",
        (0.1259, 0.1341),
        (0.2392, 0.2500),
        f"asash/gSASRec-pytorch; {ANTKLEN}",
        (FEWER_FILMS,),
    ),
    Published("BERT4Rec", (0.1516, 0.1537), (0.2821, 0.2843), f"asash/bert4rec_repro; {ANTKLEN}", (FEWER_FILMS,)),
    Published("SASRec, sampled softmax", (0.1684,), (0.2929,), BLONDERED, (ONE_SPLIT,)),
    Published("HSTU, measured again", (0.1719,), (0.3037,), BLONDERED, (SEES_TIME, ONE_SPLIT)),
    Published("gSASRec (gBCE)", (0.1726,), (0.3003,), "asash/gSASRec-pytorch", (FEWER_FILMS,)),
    Published("Molar, the paper", (0.1768,), (0.3124,), "arXiv 2412.18176"),
    Published("eSASRec", (0.1772,), (0.3133,), BLONDERED, (ONE_SPLIT,)),
    Published("FuXi-α, measured again", (0.1813,), (0.3164,), BLONDERED, (SEES_TIME, ONE_SPLIT)),
    Published(
        "SASRec+, full cross-entropy; 3,000 negatives", (0.1821, 0.1857), (0.3152, 0.3159), ANTKLEN, (FEWER_FILMS,)
    ),
    Published(
        "HSTU-large",
        (0.1893,),
        (0.3294,),
        "meta-recsys/generative-recommenders; run again by others: .1802",
        (SEES_TIME, BEST_ON_TEST),
    ),
    Published("HSTU, full softmax", (0.1944,), (0.3419,), "NetEase-Media/HSTU-Tensorflow", (SEES_TIME, BEST_ON_TEST)),
)

# The paper's tables of NDCG@10 on PixelRec: (its row, its number, the label of ours)
TABLE_3 = (
    ("all", 0.0197, ALIGNED),
    ("image only", 0.0182, "image-only"),
    ("text only", 0.0181, "text-only"),
    ("without IT", 0.0186, "without-it"),
    ("without SA", 0.0189, "without-sa"),
    ("without UB", 0.0183, "without-ub"),
    ("without IT, SA, UB", 0.0180, "without-all"),
    ("without alignment", 0.0182, CONTENT),
)
TABLE_4 = (
    ("FPMC", 0.0194, "to-fpmc"),
    ("GRU4Rec", 0.0195, "to-gru4rec"),
    ("SASRec", 0.0197, ALIGNED),
    ("DuoRec", 0.0200, "to-duorec"),
)
TABLE_5 = (
    ("Qwen2-VL-2B", 0.0197),
    ("InternVL2.5-2B", 0.0191),
    ("deepseek-vl-1.3b", 0.0183),
    ("Qwen2-VL-7B, LoRA", 0.0200),
    ("Llama-3.2-11B-Vision, LoRA", 0.0194),
)
