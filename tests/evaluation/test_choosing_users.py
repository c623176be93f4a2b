"""Which validation users choose."""

import numpy as np

from molar.evaluation import choosing_users as module
from molar.evaluation.choosing_users import choosing_users


def test_everybody_chooses_where_that_is_quick(tiny):
    np.testing.assert_array_equal(choosing_users(tiny.split), tiny.split.evaluation_users("validation"))


def test_else_a_few_evenly_spread(tiny, monkeypatch):
    everybody = tiny.split.evaluation_users("validation")
    monkeypatch.setattr(module, "MOST_USERS", 7)
    np.testing.assert_array_equal(choosing_users(tiny.split), everybody[::3])
    monkeypatch.setattr(module, "MOST_SCORES", 2 * 31)
    np.testing.assert_array_equal(choosing_users(tiny.split), everybody[::10])
