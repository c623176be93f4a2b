"""The demo shop's pictures and text: deterministic, and palette and technique show in the picture alone."""

import csv
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scripts.printshop import captions, names
from scripts.printshop.catalogue import (
    ABSTRACTS,
    COLUMNS,
    CUT,
    HORIZON,
    MOTIFS,
    TECHNIQUES,
    TRUTH_COLUMNS,
    build_catalogue,
    item_row,
)
from scripts.printshop.draw import draw
from scripts.printshop.palettes import PALETTES
from scripts.printshop.write_catalogue import write_catalogue, write_tables

PRINTS = build_catalogue()
DEMO = Path(__file__).parents[2] / "assets" / "demo"
# Words that would give away what only the picture may show.
COLOURS = """amber apricot ash azure beige black blue blush brass brown charcoal clay coral cream crimson gold golden
green grey ice indigo ivory lavender lemon lilac mint moss mustard navy ochre orange peach pink plum red rose rust sage
sand scarlet silver slate teal terracotta turquoise vermilion violet white yellow midnight glacier ink colour color"""
TECHNIQUE_WORDS = """linocut lino woodcut carved screenprint screen watercolour watercolor wash risograph riso halftone
dotted etching etched hatched papercut paper cut-out cutout cut layered"""


def pixels(work, size=64):
    return np.asarray(draw(work, size), np.float32)


def test_catalogue_is_deterministic_and_differs_by_seed():
    assert build_catalogue(count=40) == build_catalogue(count=40)
    assert build_catalogue(seed=8, count=40) != build_catalogue(seed=7, count=40)


def test_catalogue_has_the_promised_variety():
    assert len(PRINTS) >= 1200
    assert len(MOTIFS) >= 24 and len(ABSTRACTS) >= 6 and len(PALETTES) == 10 and len(TECHNIQUES) == 6
    assert {p.motif for p in PRINTS} == {*MOTIFS, *ABSTRACTS}
    assert 0.6 < sum(p.kind == "motif" for p in PRINTS) / len(PRINTS) < 0.72
    assert len({p.item_id for p in PRINTS}) == len({p.seed for p in PRINTS}) == len(PRINTS)


def test_a_tenth_launches_after_the_cut_in_both_kinds_and_across_artists():
    late = [p for p in PRINTS if p.launch > CUT]
    assert len(late) == round(0.1 * len(PRINTS))
    assert all(p.launch < HORIZON for p in late)
    assert not any(600 < p.launch <= CUT for p in PRINTS)
    assert min(Counter(p.kind for p in late).values()) > 20
    assert len({p.artist for p in late}) > 20
    old_series = {p.series for p in PRINTS if p.launch <= CUT}
    assert 0.3 < np.mean([p.series in old_series for p in late]) < 0.7


def test_editions_of_a_series_launch_in_order():
    for one in PRINTS:
        later = [p for p in PRINTS if p.series == one.series and p.edition > one.edition]
        assert all(p.artist == one.artist and p.launch >= one.launch for p in later)


@pytest.mark.parametrize("words", [COLOURS, TECHNIQUE_WORDS], ids=["palette", "technique"])
def test_the_text_never_names_palette_or_technique(words):
    pattern = re.compile(rf"\b({'|'.join(words.split())})\b", re.IGNORECASE)
    for work in PRINTS:
        text = " ".join(value for column, value in item_row(work).items() if column != "image")
        assert not pattern.search(text), text


def test_the_text_tells_motif_artist_and_series():
    for work in PRINTS[:200]:
        row = item_row(work)
        text = (row["title"] + " " + row["description"]).lower()
        noun = names.TITLE_NOUNS.get(work.motif, work.motif).lower()
        assert noun in text
        assert work.artist in row["description"] and work.series in row["description"]


@pytest.mark.parametrize("hidden", ["palette", "technique"])
@pytest.mark.parametrize("told", ["artist", "motif", "mood", "year"])
def test_palette_and_technique_are_independent_of_what_the_text_tells(hidden, told):
    table = Counter((getattr(p, told), getattr(p, hidden)) for p in PRINTS)
    rows, columns = Counter(getattr(p, told) for p in PRINTS), Counter(getattr(p, hidden) for p in PRINTS)
    expected = {(r, c): rows[r] * columns[c] / len(PRINTS) for r in rows for c in columns}
    chi2 = sum((table[cell] - e) ** 2 / e for cell, e in expected.items())
    freedom = (len(rows) - 1) * (len(columns) - 1)
    assert chi2 < freedom + 4 * np.sqrt(2 * freedom)


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_same_print_gives_same_pixels(technique):
    work = replace(PRINTS[0], technique=technique)
    assert np.array_equal(pixels(work), pixels(work))
    assert not np.array_equal(pixels(work), pixels(replace(work, seed=work.seed + 1)))


@pytest.mark.slow
@pytest.mark.parametrize("motif", [*MOTIFS, *ABSTRACTS])
def test_every_motif_is_drawn_whatever_its_seed(motif):
    for seed in range(6):
        picture = pixels(replace(PRINTS[0], motif=motif, seed=seed, mood=tuple(names.MOODS)[seed]))
        assert picture.std() > 10  # not an empty sheet


def test_palette_and_technique_change_the_picture():
    base = replace(PRINTS[0], motif="fox", kind="motif")
    looks = [pixels(replace(base, palette=palette, technique=t)) for palette in ("ink", "coral") for t in TECHNIQUES]
    apart = [np.abs(a - b).mean() for n, a in enumerate(looks) for b in looks[:n]]
    assert min(apart) > 5


def test_an_unknown_motif_is_refused_by_name():
    with pytest.raises(ValueError, match="no motif is called 'unicorn'"):
        draw(replace(PRINTS[0], motif="unicorn"))


def test_captions_say_what_their_labels_say():
    for one in captions.captioned_prints(seed=3, count=24, size=32):
        assert any(words in one.caption for words in PALETTES[one.labels["palette"]].words)
        assert any(words in one.caption for words in captions.TECHNIQUE_WORDS[one.labels["technique"]])
        assert any(words.lower() in one.caption.lower() for words in names.MOTIF_PHRASES[one.labels["motif"]])


def test_practice_prints_leak_nothing_of_the_catalogue():
    practice = [captions.practice_print(1, n) for n in range(300)]
    assert not {p.seed for p in practice} & {p.seed for p in PRINTS}
    assert not {p.artist for p in practice} & set(names.SHOP_ARTISTS)
    assert not {p.series for p in practice} & {p.series for p in PRINTS}


@pytest.mark.slow
def test_half_of_the_practice_texts_say_nothing():
    texts = [one.text for one in captions.captioned_prints(seed=5, count=120, size=16)]
    mute = sum(text.rstrip(".") in ("", *captions.BLAND) for text in texts)
    assert 40 < mute < 80


def test_the_shipped_tables_are_what_the_writer_writes(tmp_path):
    write_tables(tmp_path, PRINTS)
    written = [path.relative_to(tmp_path) for path in sorted(tmp_path.rglob("*.*"))]
    assert [path.as_posix() for path in written] == ["dataset.json", "items.csv", "truth/items.csv"]
    assert [path.name for path in written if (tmp_path / path).read_bytes() != (DEMO / path).read_bytes()] == []


@pytest.mark.slow
def test_written_folder_holds_rows_truth_and_pictures(tmp_path):
    write_catalogue(tmp_path, count=12)
    rows = list(csv.DictReader((tmp_path / "items.csv").open(encoding="utf-8")))
    truth = list(csv.DictReader((tmp_path / "truth" / "items.csv").open(encoding="utf-8")))
    assert tuple(rows[0]) == COLUMNS and tuple(truth[0]) == TRUTH_COLUMNS
    assert [r["item_id"] for r in rows] == [t["item_id"] for t in truth]
    for row in rows:
        with Image.open(tmp_path / "images" / row["image"]) as picture:
            assert picture.size == (256, 256)
