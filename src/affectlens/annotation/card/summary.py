"""`Summary`: all that a data card tells, counted in one pass over the clips."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from affectlens.annotation.annotation import Annotation
from affectlens.annotation.review import decisions
from affectlens.annotation.twins import known_as
from affectlens.foundation.missing import Missing

NO_LABEL = "no label"
_EXAMPLES, _OF_ONE = 6, 3  # clips, and of one label
DESCRIBED = ("face", "objective", "tone", "coarse", "fine", "label")


@dataclass(slots=True)
class Tried:
    """What became of one check."""

    passed: int = 0
    failed: int = 0
    unchecked: int = 0  # there was nothing to check
    total: float = 0.0  # of the scores of those that were checked


@dataclass(slots=True)
class Part:
    """One split."""

    labels: Counter[str] = field(default_factory=Counter)
    speakers: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    length_s: float = 0.0


@dataclass(slots=True)
class Summary:
    """Counts over clips; those of the data set are kept, all that were annotated are judged."""

    kept: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)  # by the name of what spoke against
    before: Counter[str] = field(default_factory=Counter)  # labels of all, rejected ones too
    after: Counter[str] = field(default_factory=Counter)
    parts: dict[str, Part] = field(default_factory=dict)
    words: Counter[str] = field(default_factory=Counter)  # open-vocabulary labels
    worded: int = 0
    lengths_s: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    rejected_scores: list[float] = field(default_factory=list)
    media: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    corpora: Counter[str] = field(default_factory=Counter)
    makers: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    checks: dict[str, Tried] = field(default_factory=lambda: defaultdict(Tried))
    pairs: list[tuple[str | Missing, str | Missing]] = field(default_factory=list)  # given, read
    units: dict[str, dict[str, list[float]]] = field(default_factory=dict)  # label, unit: sum, n
    best: dict[str, list[Annotation]] = field(default_factory=dict)  # a few of each label
    light: list[Annotation] = field(default_factory=list)  # kept ones, what leaks are seen by
    seen: dict[str, str] = field(default_factory=dict)  # by id, what reviewers judged

    @property
    def speakers(self) -> int:
        """Different ones of all splits."""
        return len(set().union(*(part.speakers for part in self.parts.values())))

    @property
    def sources(self) -> int:
        """Different ones of all splits."""
        return len(set().union(*(part.sources for part in self.parts.values())))

    def examples(self) -> list[Annotation]:
        """The best of each label, the most frequent labels first, then the second best."""
        order = sorted(self.best, key=lambda label: (-self.after[label], label))
        rounds = ([self.best[n][place : place + 1] for n in order] for place in range(_OF_ONE))
        return [one for some in rounds for few in some for one in few][:_EXAMPLES]


def summary(
    kept: Iterable[Annotation], rejected: Iterable[Annotation], *, reviewed: bool = False
) -> Summary:
    """Count; the annotations are read once, in any order, and none of them is held but examples."""
    found = Summary()
    for one in kept:
        _judged(found, one, reviewed=reviewed)
        _kept(found, one)
    for one in rejected:
        _judged(found, one, reviewed=reviewed)
        found.rejected += 1
        found.reasons[_reason(one.rejected)] += 1
        if not isinstance(one.score, Missing):
            found.rejected_scores.append(one.score)
    return found


def _judged(found: Summary, one: Annotation, *, reviewed: bool) -> None:
    """What is told of all that were annotated."""
    found.before[_label(one)] += 1
    found.pairs.append((one.given, one.read))
    for check in one.checks:
        tried = found.checks[check.name]
        if isinstance(check.score, Missing):
            tried.unchecked += 1
        else:
            tried.passed, tried.failed = (
                tried.passed + check.passed,
                tried.failed + 1 - check.passed,
            )
            tried.total += check.score
    for name in DESCRIBED:
        if name in one.provenance and not isinstance(getattr(one, name), Missing):
            found.makers[name][one.provenance[name].by] += 1
    if reviewed:
        found.seen[one.id] = decisions.seen(one)


def _kept(found: Summary, one: Annotation) -> None:
    label, source = _label(one), one.source
    found.kept += 1
    found.after[label] += 1
    found.light.append(Annotation(id=one.id, source=source, split=one.split, given=one.given))
    part = found.parts.setdefault(one.split if isinstance(one.split, str) else "no split", Part())
    part.labels[label] += 1
    for names, kind in ((part.speakers, "speaker"), (part.sources, "source")):
        name = known_as(one, kind)
        if not isinstance(name, Missing):
            names.add(name)
    if not isinstance(source.duration_s, Missing):
        part.length_s += source.duration_s
        if source.duration_s > 0:  # not of pictures and texts
            found.lengths_s.append(source.duration_s)
    if not isinstance(one.score, Missing):
        found.scores.append(one.score)
    found.media[_kind(one)] += 1
    found.licences[source.licence] += 1
    found.corpora[source.corpus or ""] += 1
    if not isinstance(one.labels, Missing):
        found.worded += bool(one.labels)
        found.words.update(set(one.labels))
    _count_units(found, one, label)
    best = [*found.best.get(label, []), one]
    found.best[label] = sorted(best, key=_worth)[:_OF_ONE]


def _count_units(found: Summary, one: Annotation, label: str) -> None:
    if isinstance(one.peak, Missing):
        return
    units = found.units.setdefault(label, {})
    for unit, intensity in one.peak.action_units.items():
        both = units.setdefault(unit, [0.0, 0])
        both[0] += intensity
        both[1] += 1


def _worth(one: Annotation) -> tuple[bool, float, str]:
    """What says most for itself as an example comes first."""
    score = 0.0 if isinstance(one.score, Missing) else one.score
    return isinstance(one.fine, Missing), -score, one.id


def _label(one: Annotation) -> str:
    return NO_LABEL if isinstance(one.label, Missing) else one.label


def _kind(one: Annotation) -> str:
    media, streams = one.media, one.source.streams
    if media.picture is not None:
        return "pictures"
    if media.video is not None:
        return "videos with sound" if streams.get("sound") else "videos without sound"
    return "sounds" if media.sound is not None else "without media"


def _reason(rejected: Sequence[str]) -> str:
    """The name of what spoke against it first."""
    return rejected[0].partition(":")[0] if rejected else "not told"
