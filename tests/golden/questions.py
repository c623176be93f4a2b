"""What the records ask of the demo: fixed, so that an answer can be compared with an earlier one.

Chosen so that no two neighbours of an answer are so close that another processor's rounding could exchange them.
"""

# Item ids, oldest first. Real shoppers' beginnings, and some that no shopper has.
HISTORIES = {
    "1, warm": ["p0729"],
    "1, cold": ["p0077"],
    "2": ["p0156", "p0283"],
    "2, all cold": ["p0033", "p0049"],
    "3, a pick repeated": ["p0382", "p0847", "p0382"],
    "4": ["p0729", "p0336", "p0815", "p0932"],
    "5, cold last": ["p0478", "p0064", "p1226", "p0885", "p0077"],
    "6": ["p1152", "p1172", "p1009", "p0155", "p0047", "p0404"],
    "7, the same forwards and back": ["p0795", "p0835", "p0591", "p1105", "p0591", "p0835", "p0795"],
    "8": ["p1152", "p1109", "p0042", "p0062", "p0427", "p0055", "p0957", "p1162"],
    "9": ["p0438", "p0850", "p0416", "p0754", "p0600", "p0411", "p0444", "p0107", "p0348"],
    "10": ["p0897", "p0843", "p0770", "p1004", "p0306", "p1109", "p1120", "p0694", "p0872", "p0127"],
    "11": ["p0268", "p1065", "p0045", "p0713", "p1182", "p0440", "p1123", "p1111", "p0086", "p1207", "p0123"],
    "12": ["p0156", "p0283", "p0729", "p0480", "p0511", "p0461", "p0739", "p0378", "p0624", "p0155", "p0852", "p0003"],
    "60, longer than a tower looks back": [f"p{number:04d}" for number in range(3, 1203, 20)],
    "0": [],
}

QUERIES = [
    "",
    "whale",
    "WHALE",
    "whale blue",
    "wha",
    "lars amundsen",
    "borrowed errands",
    "a3",
    "2019",
    "geometry wind",
    "stripes, windswept",
    "sun",
    "p0001",
    "café",
    "nothing like this",
    "  fox  ",
]

LIKE = ["p0001", "p0002", "p0005", "p0100", "p0333", "p0729", "p1000", "p1250"]  # p0005 is cold

# The ID model takes all cold picks for the same, so either of two is as good a reason: such ties are not recorded.
TIED = {"2, all cold"}

LOCATED = ["1, warm", "1, cold", "2, all cold", "8", "12", "60, longer than a tower looks back", "0"]

PUZZLES = 8  # of the game's own order, which follows from the shoppers' ids: no seed is drawn
PUZZLES_HASHED = 200

# What is asked through the running page.
SERVED = [
    ("/search_items", ["whale", 5]),
    ("/search_items", ["borrowed err"]),
    ("/search_items", ["", 3]),
    ("/recommend", [[]]),
    ("/recommend", [HISTORIES["1, cold"], "sasrec", 5]),
    ("/recommend", [HISTORIES["6"], "content", 10]),
    ("/recommend", [HISTORIES["12"], "molar", 10]),
    ("/similar_items", ["p0729", 5]),
    ("/similar_items", ["p0005"]),
    ("/locate_user", [HISTORIES["8"]]),
    ("/locate_user", [HISTORIES["1, cold"]]),
    ("/locate_user", [[]]),
]
