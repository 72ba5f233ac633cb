"""Our own word table: every word in one group, all forms together, opposites apart."""

import tomllib
from collections import defaultdict
from importlib import resources

import pytest

from affectlens.emotions.spaces import DFEW7, MER6, MER9
from affectlens.evaluation.wheel import own

TABLE = own.table()

GOEMOTIONS = {
    "admiration": "love", "amusement": "happy", "anger": "angry", "annoyance": "angry",
    "approval": "love", "caring": "love", "confusion": "thought", "curiosity": "thought",
    "desire": "love", "disappointment": "sad", "disapproval": "angry", "disgust": "disgust",
    "embarrassment": "sad", "excitement": "happy", "fear": "fear", "gratitude": "love",
    "grief": "sad", "joy": "happy", "love": "love", "nervousness": "fear", "optimism": "happy",
    "pride": "happy", "realization": "surprise", "relief": "happy", "remorse": "sad",
    "sadness": "sad", "surprise": "surprise", "neutral": "neutral",
}  # fmt: skip
FAMILY_OF = {
    "neutral": "neutral", "angry": "angry", "happy": "happy", "sad": "sad", "worried": "fear",
    "surprise": "surprise", "fear": "fear", "contempt": "disgust", "doubt": "thought",
    "disgust": "disgust",
}  # fmt: skip
OPPOSITES = """
happy sad; happy unhappy; love hate; calm angry; calm anxious; brave afraid; fearless fear;
hopeful hopeless; joyful joyless; proud ashamed; confident unsure; certain doubtful; trust distrust;
interested bored; interested uninterested; attentive indifferent; relaxed tense; relieved worried;
satisfied dissatisfied; content discontent; pleased displeased; friendly hostile; polite rude;
kind cruel; grateful resentful; admiration contempt; respect disrespect; approve disapprove;
accept refuse; agree argue; patient impatient; willing reluctant; energetic tired; excited bored;
comfortable uncomfortable; positive negative; optimistic pessimistic; playful serious; like dislike;
understanding confused; focused distracted; secure insecure; strong weak; emotional unemotional;
warm cold; powerful powerless; useful useless; sincere sarcastic; modest arrogant; praise blame;
喜欢 讨厌; 高兴 难过; 平静 激动; 放心 担心; 满意 不满; 自信 自卑; 勇敢 胆小;
希望 绝望; 尊重 蔑视; 信任 怀疑; 积极 消极
"""


def _lines() -> list[tuple[str, str, str]]:
    """Each word family as it is written, with the group and family it stands in."""
    raw = resources.files("affectlens.evaluation.wheel").joinpath("own.toml").read_text("utf-8")
    found = []
    for group in tomllib.loads(raw)["group"]:
        written = [*group["en"].split(";"), *group["zh"].split()]
        found += [(line.strip(), group["name"], group["family"]) for line in written]
    return found


def test_has_nine_families_of_about_forty_groups_and_thousands_of_words() -> None:
    assert TABLE.families == (
        "neutral", "happy", "love", "angry", "disgust", "sad", "fear", "surprise", "thought",
    )  # fmt: skip
    assert 35 <= len(TABLE.groups) <= 45
    latin = [word for word in TABLE.places if word.isascii()]
    assert len(latin) >= 900
    assert len(TABLE.places) - len(latin) >= 150


def test_every_word_stands_in_one_group_under_one_name() -> None:
    where = defaultdict(set)
    for line, group, _ in _lines():
        made = [form for written in line.split(",") for form in own.forms(written)]
        for word in map(own.tidy, made):
            where[word].add((own.tidy(made[0]), group))
    assert {word: places for word, places in where.items() if len(places) > 1} == {}
    assert "" not in where


def test_no_line_says_a_word_twice_and_no_group_is_in_two_families() -> None:
    families = defaultdict(set)
    for line, group, family in _lines():
        families[group].add(family)
        words = [own.tidy(word.partition(".")[0]) for word in line.split(",")]
        assert len(words) == len(set(words)), line
    assert {group: found for group, found in families.items() if len(found) > 1} == {}


def test_all_forms_of_a_word_fall_where_it_falls() -> None:
    for line, group, family in _lines():
        head = own.tidy(line.split(",")[0].partition(".")[0])
        for word in (form for written in line.split(",") for form in own.forms(written)):
            assert TABLE.map("form", word) == head, word
            assert TABLE.map("level2", word) == group, word
            assert TABLE.map("level1", word) == family, word


@pytest.mark.parametrize("pair", [pair.strip() for pair in OPPOSITES.split(";")])
def test_opposites_are_in_two_families(pair: str) -> None:
    one, other = (TABLE.map("level1", word) for word in pair.split())
    assert one is None or other is None or one != other


def test_most_of_those_opposites_are_known() -> None:
    words = OPPOSITES.replace(";", " ").split()
    known = [word for word in words if TABLE.find(word)]
    assert len(known) >= 0.95 * len(words)


@pytest.mark.parametrize("label", sorted({*MER6.labels, *MER9.labels, *DFEW7.labels}))
def test_labels_of_the_closed_sets_are_in_their_families(label: str) -> None:
    assert TABLE.map("level1", label) == FAMILY_OF[label]


def test_labels_of_mer6_and_dfew_differ_in_family_and_those_of_mer9_in_group() -> None:
    for space, level in ((MER6, "level1"), (DFEW7, "level1"), (MER9, "level2")):
        assert len({TABLE.map(level, label) for label in space.labels}) == len(space.labels)


@pytest.mark.parametrize(("label", "family"), GOEMOTIONS.items())
def test_labels_of_goemotions_are_in_their_families(label: str, family: str) -> None:
    assert TABLE.map("level1", label) == family


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("happy.a", {"happily", "happiness"}),
        ("gentle.a", {"gently", "gentleness"}),
        ("energetic.a", {"energetically"}),
        ("confident.a", {"confidently", "confidence"}),
        ("irritable.a", {"irritably", "irritability"}),
        ("excited.a", {"excitedly"}),
        ("worry.v", {"worries", "worried", "worrying"}),
        ("enjoy.v", {"enjoys", "enjoyed", "enjoying"}),
        ("tease.v", {"teases", "teased", "teasing"}),
        ("beg.v", {"begs", "begged", "begging"}),
        ("cheer.v", {"cheers", "cheered", "cheering"}),
        ("admonish.v", {"admonishes", "admonished", "admonishing"}),
        ("agree.v", {"agrees", "agreed", "agreeing"}),
        ("anxiety.n", {"anxieties"}),
        ("wish.n", {"wishes"}),
        ("dull.a", {"dully", "dullness"}),
        ("unwell", set()),
    ],
)
def test_inflections_are_regular(written: str, made: set[str]) -> None:
    word = written.partition(".")[0]
    assert set(own.forms(written)) == {word, *made}


@pytest.mark.parametrize(
    ("word", "family"),
    [
        ("fearless", "happy"),
        ("fearlessness", "happy"),
        ("unafraid", "happy"),
        ("emotionless", "neutral"),
        ("joyless", "sad"),
        ("hopeless", "sad"),
        ("unhappy", "sad"),
        ("not happy", "sad"),
        ("not very happy", "sad"),
        ("not afraid", "happy"),
        ("not satisfied", "angry"),
        ("not patient", "angry"),
        ("not angry", None),
        ("not sad", None),
        ("without fear", None),
        ("no fear", None),
        ("lack of confidence", None),
        ("no emotion", "neutral"),
        ("不高兴", "sad"),
        ("不满", "angry"),
        ("不安", "fear"),
        ("不生气", None),
    ],
)
def test_what_negates_a_word_is_never_taken_for_it(word: str, family: str | None) -> None:
    assert TABLE.map("level1", word) == family


@pytest.mark.parametrize(
    ("word", "same"),
    [
        ("  Happy. ", "happy"),
        ("very happy", "happy"),
        ("feeling of sadness", "sad"),
        ("positive emotions", "positive"),
        ("low mood", "low"),
        ("Self-Blame", "self blame"),
        ("非常高兴", "高兴"),
        ("喜悦之情", "喜悦"),
        ("愤怒的情绪", "愤怒"),
    ],
)
def test_degree_case_and_hyphens_do_not_matter(word: str, same: str) -> None:
    assert TABLE.find(same) is not None
    assert TABLE.map("level2", word) == TABLE.map("level2", same)


@pytest.mark.parametrize("word", ["", " ", "xyzzy", "very", "feeling", "不", "not", "情绪", "-"])
def test_an_unknown_word_is_in_no_group(word: str) -> None:
    assert [TABLE.map(name, word) for name in TABLE.names] == [None] * 3
