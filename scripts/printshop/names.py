"""Made-up names for artists and series, and the words that mood and motif add to a title.

Two disjoint stocks: SHOP is for the catalogue, PRACTICE for the prints that only train the item encoder.
No word here names a colour or a technique, and none says more about a motif than another.
"""

SHOP_ARTISTS = (
    "Ines Varga", "Tomas Eklund", "Mira Okafor", "Jules Tremain", "Anselm Kroy", "Lucia Bramante", "Oren Feld",
    "Saskia Dunmore", "Hiro Tanabe", "Petra Lindqvist", "Caspar Wyeth", "Noor Haddad", "Elowen Pryce", "Mateo Quiroga",
    "Freya Halloran", "Idris Bello", "Wanda Kosta", "Lars Amundsen", "Celia Montfort", "Yuki Arai", "Bruno Salvetti",
    "Tamsin Clerk", "Radek Novotny", "Amara Diallo", "Piers Holloway", "Greta Sommer", "Kofi Ansah", "Maren Tofte",
    "Leonie Abend", "Stellan Roos", "Paloma Reyes", "Emre Aydin", "Nadia Petrov", "Owen Cadwell", "Ilse Vermeer",
    "Ravi Menon", "Sunniva Berg", "Dario Conti", "Maeve Larkin", "Abel Fontaine",
)
PRACTICE_ARTISTS = (
    "Gilda Storm", "Per Aldous", "Rhona Beck", "Ugo Marchetti", "Lina Farah", "Theo Vance", "Astrid Moe", "Kenji Ono",
    "Vera Zelenka", "Silas Penn", "Bianca Duarte", "Joss Merrick", "Alma Keita", "Nils Rask", "Farah Aziz", "Enid Cole",
    "Zoltan Barta", "Cleo Martel", "Hamish Orr", "Dilys Wen", "Marek Sobol", "Opal Finch", "Tove Strand", "Luc Arnaud",
)
SERIES_FIRST = (
    "Sunday", "Third", "Hollow", "Slow", "Borrowed", "Northern", "Second", "Folded", "Lost", "Common", "Early", "Spare",
    "Distant", "Patient", "Narrow", "Open", "Secret", "Long", "Half", "Late", "Minor", "Inner", "Seventh", "Winter",
)
SERIES_SECOND = (
    "Letters", "Notes", "Hours", "Almanac", "Chapters", "Songs", "Diary", "Postcards", "Verses", "Errands", "Seasons",
    "Weather", "Corners", "Fables", "Stories", "Journeys", "Returns", "Atlas", "Index", "Measures", "Echoes",
    "Conversations", "Proverbs", "Answers",
)
PRACTICE_PLACES = (
    "Aldermere", "Brackwater", "Cullen Hay", "Dunvarra", "Estwick", "Farrowby", "Glenholt", "Hartsea", "Inverlow",
    "Jessamy", "Kettering Vale", "Lowmoor", "Marlsby", "Netherfold", "Orrin", "Penmarrow", "Quillan", "Rushmere",
)
PRACTICE_SERIES = ("{} Portfolio", "The {} Set", "Views of {}", "{} Suite", "The {} Years")

MOODS = {  # mood: adjectives that a title or description may use
    "calm": ("Calm", "Still", "Quiet"),
    "bright": ("Bright", "Cheerful", "Sunlit"),
    "dreamy": ("Dreaming", "Moonstruck", "Drowsy"),
    "windswept": ("Windswept", "Restless", "Gusty"),
    "playful": ("Playful", "Merry", "Dancing"),
    "nostalgic": ("Nostalgic", "Half-Remembered", "Faraway"),
}
MOOD_PHRASES = {
    "calm": ("at rest", "in the quiet hours", "without a sound"),
    "bright": ("in full sun", "on a cheerful day", "at high noon"),
    "dreamy": ("in a dream", "under drifting stars", "half asleep"),
    "windswept": ("in a stiff wind", "before the storm", "on a gusty day"),
    "playful": ("at play", "on holiday", "in good spirits"),
    "nostalgic": ("remembered", "long ago", "as it used to be"),
}
# What the text says of a motif (all of it true of every drawing of that motif).
MOTIF_PHRASES = {
    "lighthouse": ("a lighthouse above the sea", "a lighthouse on its rock"),
    "whale": ("a whale in the open sea", "a great whale and its spout"),
    "fern": ("a fern unfolding its fronds", "the fronds of a fern"),
    "bicycle": ("a bicycle, ready to leave", "a town bicycle"),
    "city": ("a city skyline", "the towers of a city"),
    "mountain": ("mountain peaks, one behind another", "a mountain and its ridges"),
    "fox": ("a fox, alert", "a sitting fox"),
    "owl": ("an owl on a branch", "a wide-eyed owl"),
    "sailboat": ("a sailboat on the water", "a small sailboat under way"),
    "cactus": ("a cactus in the desert", "a tall cactus"),
    "moon": ("the moon over low hills", "the moon and its stars"),
    "mushroom": ("mushrooms on the forest floor", "a family of mushrooms"),
    "teapot": ("a teapot on the table", "a round teapot"),
    "cat": ("a cat, sitting", "a house cat"),
    "fish": ("a shoal of fish", "fish among the weeds"),
    "tree": ("a single tree in a field", "a tree with a wide crown"),
    "house": ("a house among hills", "a little house with a chimney"),
    "balloon": ("a hot-air balloon over the land", "a hot-air balloon aloft"),
    "heron": ("a heron among the reeds", "a heron, standing in water"),
    "guitar": ("a guitar", "a six-string guitar"),
    "wave": ("a breaking wave", "a great wave"),
    "poppy": ("poppies in bloom", "poppies on long stems"),
    "bee": ("a bee at work", "a bee among flowers"),
    "train": ("a steam train", "a train crossing the country"),
    "bridge": ("a bridge over a river", "a suspension bridge"),
    "deer": ("a deer with tall antlers", "a deer at the edge of the wood"),
    "stripes": ("abstract stripes", "an abstract of bands and stripes"),
    "arcs": ("nested arcs", "an abstract of nested arcs"),
    "grid": ("an abstract grid", "an abstract built on a grid"),
    "pebbles": ("abstract pebble shapes", "an abstract of rounded, leaf-like shapes"),
    "circles": ("overlapping circles", "an abstract of overlapping circles"),
    "terrazzo": ("scattered terrazzo chips", "an abstract of terrazzo chips"),
    "contours": ("abstract contour lines", "an abstract like the contour lines of a map"),
    "shapes": ("plain geometry", "an abstract of squares, discs and triangles"),
}
TITLE_NOUNS = {  # for motifs whose bare name makes a poor title
    "stripes": "Stripes", "arcs": "Arcs", "grid": "Grid", "pebbles": "Pebble Shapes", "circles": "Circles",
    "terrazzo": "Terrazzo", "contours": "Contours", "shapes": "Geometry", "balloon": "Hot-Air Balloon",
    "mushroom": "Mushrooms", "poppy": "Poppies", "fish": "Shoal of Fish",
}
