"""A label space is a set of words."""

import pytest

from affectlens.emotions.labels import LabelSpace
from affectlens.foundation.errors import ConfigError


@pytest.mark.parametrize(
    ("labels", "said"),
    [((), "has words"), (("happy", " "), "has words"), (("sad", "happy", "sad"), "twice: sad")],
)
def test_labels_are_words_each_once(labels: tuple[str, ...], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        LabelSpace("mine", labels)
