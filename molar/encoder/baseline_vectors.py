"""Item vectors without a language model or a picture: of the words of the texts alone, and of nothing at all.

What a content model reaches over the first is what any reader of words could have; over the second, which only tell items
apart, what it learns by heart. The difference to them is what looks and texts add.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from molar.data.item_text import item_texts
from molar.data.splits import Split
from molar.encoder.vectors import save_vectors

TFIDF, RANDOM = "tf-idf", "random"  # names of the files, and of the vectors in results
WIDTH = 384
FOLDER = "baselines"  # of a checkpoint, where these files lie


def write_baseline_vectors(split: Split, out: Path) -> list[Path]:
    """Write tf-idf.safetensors and random.safetensors, in the format of `molar.encoder.vectors`, and return their paths.

    The first is fitted on the texts of the items that train. Raises MolarError when the disk is full or not writable."""
    texts, dataset = item_texts(split.dataset), split.dataset
    about = {"baseline": TFIDF, "width": WIDTH, "split": split.split_hash}
    of_words, random = out / f"{TFIDF}.safetensors", out / f"{RANDOM}.safetensors"
    save_vectors(of_words, padded(tfidf_vectors(texts, ~split.cold[1:])), dataset, about)
    save_vectors(random, padded(random_vectors(len(texts))), dataset, {"baseline": RANDOM, "width": WIDTH, "seed": 0})
    return [of_words, random]


def tfidf_vectors(texts: Sequence[str], fitted_on: np.ndarray, *, width: int = WIDTH) -> np.ndarray:
    """(n, width) float32, latent semantic analysis (Deerwester et al. 1990): TF-IDF of words, then its leading singular
    vectors. Fewer columns where words or items are fewer, or say the same.

    fitted_on: (n,) bool, the items whose texts the weights of words and the axes are fitted on: those that train, since a
    fitted statistic must not see cold items. Words of fewer than two of them are left out, unless none is left then."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    known = [text for text, fits in zip(texts, fitted_on, strict=True) if fits]
    found = np.zeros((len(texts), width), np.float32)
    for rarest in (2, 1):
        try:
            words = TfidfVectorizer(sublinear_tf=True, min_df=rarest).fit(known)
        except ValueError:  # no word is left
            continue
        weights = words.transform(texts)
        axes = min(width, weights.shape[1] - 1, len(known) - 1)
        if axes > 0:
            svd = TruncatedSVD(axes, n_iter=10, random_state=0).fit(weights[np.flatnonzero(fitted_on)])
            strong = svd.singular_values_ > 1e-4 * svd.singular_values_[0]  # the others are noise of the solver
            return svd.transform(weights)[:, strong].astype(np.float32)
    return found


def random_vectors(n: int, width: int = WIDTH) -> np.ndarray:
    """(n, width) float32 standard normal numbers, always the same ones."""
    return np.random.default_rng(0).standard_normal((n, width)).astype(np.float32)


def padded(vectors: np.ndarray) -> np.ndarray:
    """(n + 1, width): a row of zeros for the padding id before the items'."""
    return np.vstack([np.zeros((1, vectors.shape[1]), vectors.dtype), vectors])
