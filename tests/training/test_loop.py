"""The training loop alone, over a plan of one weight: saved when it is time, resumed where it stopped, best weights last."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from molar.core.errors import Cancelled
from molar.core.progress import silent
from molar.training.loop import STATE, Plan, State, fit, load_state, save_state, warm_up_and_cosine


class Counting(Plan[int]):
    """Six units of two steps that draw a weight towards a number; the third unit counts as the best."""

    def __init__(self):
        self.weight = torch.nn.Parameter(torch.zeros(2))
        self.parameters, self.warmed_up = [self.weight], 0

    def start(self) -> State:
        return State({"weight": self.weight}, torch.optim.AdamW([{"params": [self.weight], "peak": 0.1}]))

    def warm_up(self, state):
        self.warmed_up += 1

    def finished(self, state):
        return state.units == 6

    def batches(self, state):
        yield from (2 * state.units, 2 * state.units + 1)

    def lr_factor(self, state):
        return warm_up_and_cosine(state.units, 6, 1, smallest=0)

    def loss(self, batch):
        return ((self.weight - batch) ** 2).sum(), 1

    def measure(self, state):
        state.curve.append({"unit": state.units, "weight": self.weight.tolist()})
        if state.units == 3:
            state.keep_best()

    def progress(self, state):
        return state.units, 6, ""


def train(plan: Plan, path=None, report=silent, run: str = "run") -> list[dict]:
    return fit(plan, run=run, path=path, report=report)


def cancel_at(unit: int, step: int = 1):
    """A report that stops before a step (1 or 2) of a unit."""
    seen = []

    def report(done, total, note):
        seen.append(done)
        if seen.count(unit) == step:
            raise Cancelled("stopped")

    return report


def test_it_ends_with_the_best_weights():
    plan = Counting()
    curve = train(plan)
    assert len(curve) == 6 and plan.weight.tolist() == curve[2]["weight"] != curve[5]["weight"]


@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize("every", [0.0, 1e9])
def test_a_cancelled_training_ends_as_an_undisturbed_one(tmp_path, every, step):
    """Cancelled between units it is saved then; within one, what the unit has done is lost."""
    path, whole = tmp_path / STATE, Counting()
    plan, again = Counting(), Counting()
    plan.seconds_between_saves = again.seconds_between_saves = every
    with pytest.raises(Cancelled):
        train(plan, path, cancel_at(4, step))
    saved = every == 0 or step == 1
    assert path.exists() == saved
    first = []
    assert train(again, path, lambda done, *_: first.append(done)) == train(whole)
    assert torch.equal(again.weight, whole.weight)
    assert (first[0], again.warmed_up) == ((4, 0) if saved else (0, 1))


def test_a_training_that_is_cancelled_before_it_begins_leaves_nothing(tmp_path):
    """A state beside a finished model would have that model trained again."""
    with pytest.raises(Cancelled):
        train(Counting(), tmp_path / STATE, cancel_at(0))
    assert not list(tmp_path.iterdir())


def test_what_is_no_state_of_this_run_is_passed_over(tmp_path):
    path, plan = tmp_path / STATE, Counting()
    assert not load_state(path, plan.start(), "run"), "there is none"
    save_state(path, plan.start(), "run")
    assert load_state(path, plan.start(), "run") and not load_state(path, plan.start(), "another run")
    save_file(load_file(path), path, {"run": "run", "curve": "[]"})
    assert not load_state(path, plan.start(), "run"), "as it was written before there were units"
    path.write_bytes(path.read_bytes()[:20])
    assert not load_state(path, plan.start(), "run"), "cut short"


def test_the_learning_rate_rises_from_a_hundredth_and_falls_along_a_cosine():
    factors = [warm_up_and_cosine(done, 100, 20, smallest=0.01) for done in range(101)]
    assert factors[0] == 0.01 and factors[20] == 1 and factors[60] == pytest.approx(0.505)
    assert factors[:21] == sorted(factors[:21]) and factors[20:] == sorted(factors[20:], reverse=True)
    assert factors[100] == pytest.approx(0.01)
