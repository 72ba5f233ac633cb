"""What is said in other words than a space's is neither lost nor counted twice."""

from itertools import permutations

import pytest
from tests.reasoning.scenes import NET

from affectlens.emotions.labels import LabelSpace
from affectlens.emotions.spaces import DFEW7, MER6, MER9, SPACES
from affectlens.reasoning.evidence import Evidence, Opinion
from affectlens.reasoning.pool import fold, opined, probabilities, total
from affectlens.reasoning.rules import unknown
from affectlens.reasoning.weights import weights

ABLE = [space for space in SPACES.values() if not unknown(space)]
SHARED = ("happy", "sad", "angry", "surprise")


def net(**some: float) -> Evidence:
    """A net that is sure of some labels, and shares the rest evenly."""
    rest = (1 - sum(some.values())) / (len(NET) - len(some))
    return Evidence("face", "expression", {}, Opinion({n: some.get(n, rest) for n in NET}, 1, 0.05))


@pytest.mark.parametrize("space", ABLE, ids=[space.name for space in ABLE])
@pytest.mark.parametrize(("first", "second"), list(permutations(SHARED, 2)))
def test_the_order_of_what_a_net_says_is_the_same_in_every_space(
    space: LabelSpace, first: str, second: str
) -> None:
    nats = total([net(**{first: 0.5, second: 0.3})], space, weights())
    likely = probabilities(nats, space, weights())
    assert sorted(likely, key=lambda label: -likely[label])[:2] == [first, second]


def test_a_net_is_as_sure_of_angry_as_of_sad_in_every_space() -> None:
    for space in ABLE:
        angry, sad = (
            probabilities(total([net(**{x: 0.94})], space, weights()), space, weights())[x]
            for x in ("angry", "sad")
        )
        assert angry == pytest.approx(sad, abs=0.01)


def test_labels_that_a_net_does_not_know_are_no_better_than_those_it_rules_out_on_average() -> None:
    opinion = net(sad=0.94).opinion
    assert opinion is not None
    nats = opined(opinion, MER9, weights())
    emotions = [x for label, x in nats.items() if label not in ("neutral", "worried", "doubt")]
    assert nats["doubt"] == nats["worried"] == pytest.approx(sum(emotions) / len(emotions))
    assert nats["doubt"] < 0


def test_one_observation_that_says_one_thing_twice_counts_once() -> None:
    raised = weights().face.units["AU01"]
    assert fold(raised, MER6, weights())["worried"] == max(raised["fear"], raised["worried"])
    assert fold(raised, DFEW7, weights())["fear"] == raised["fear"]


def test_what_rules_a_relative_out_is_nothing_against_the_label() -> None:
    smile = weights().face.units["AU12"]
    assert smile["disgust"] < 0
    assert fold(smile, MER6, weights())["angry"] == smile["angry"]
