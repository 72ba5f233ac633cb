"""Scoring: outcomes and a metric become `Scores`, with intervals, floors and slices.

The same outcomes and seed give the same numbers to the last bit, in whatever order they come.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.document import plain
from affectlens.evaluation.metric import Metric, Tally
from affectlens.evaluation.outcome import Outcome
from affectlens.evaluation.score import Floor, Score, Scores, Slice
from affectlens.evaluation.statistics.bootstrap import Draws, Integers, grouped, measure
from affectlens.evaluation.statistics.floors import floors_of, warning
from affectlens.evaluation.statistics.slices import Gap, clusters, cut, sentence
from affectlens.foundation.errors import InputError
from affectlens.foundation.progress import Progress, silent


def score(  # noqa: PLR0913 - the door of all scoring
    metric: Metric,
    outcomes: Sequence[Outcome],
    *,
    settings: Mapping[str, Any],
    resamples: int = 1000,
    seed: int = 0,
    slices: Sequence[str] = (),
    cluster: str | None = None,
    floors: bool = True,
    progress: Progress = silent,
) -> Scores:
    """All that a metric says of outcomes.

    Args:
        metric: What counts.
        outcomes: Samples and their predictions.
        settings: The metric's, for whoever reads the scores.
        resamples: How many bootstrap samples the intervals are of.
        seed: What all draws start from.
        slices: Columns of the samples by which to look for differences.
        cluster: A column, such as the speaker, whose values are drawn as a whole.
        floors: Whether to score answers that look at nothing.
        progress: Who listens.

    Raises:
        InputError: there are no outcomes, an id stands twice, or a truth is missing or wrong.
        ConfigError: no sample has such a column.
    """
    draws = Draws(resamples=resamples, seed=seed)
    ordered = in_order(outcomes)
    samples = [outcome.truth for outcome in ordered]
    progress("counting", 0.0)
    tally = metric.tally(ordered)
    clusters_N, told = (None, ()) if cluster is None else clusters(samples, cluster)
    progress("resampling", 0.0)
    counts_CK = tally.counts_NK if clusters_N is None else grouped(tally.counts_NK, clusters_N)
    scores, unsure = measure(metric, counts_CK, tally.finish, draws)
    found = floors_of(metric, ordered, seed=seed, progress=progress) if floors else ()
    parts, gaps, cuts = _sliced(metric, tally, samples, slices, (draws, clusters_N))
    details = {
        **tally.details,
        "bootstrap": {"resamples": resamples, "seed": seed, "cluster": cluster},
        **({"gaps": gaps} if gaps else {}),
    }
    headline = next(one for one in scores if one.name == metric.headline)
    notes = (*tally.notes, *told, *_cautions(headline, found, tally), *unsure, *cuts)
    return Scores(
        metric=metric.name,
        mode=metric.mode,
        headline=metric.headline,
        settings=plain(settings),
        samples=len(ordered),
        counted=int(tally.counted_N.sum()),
        parsed=int(tally.parsed_N.sum()),
        failed=sum(outcome.prediction.failure is not None for outcome in ordered),
        scores=scores,
        floors=found,
        slices=parts,
        details=plain(details),
        notes=tuple(dict.fromkeys(notes)),
    )


def in_order(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Outcomes by id.

    Raises:
        InputError: there are none, an id stands twice, or a prediction is another sample's.
    """
    if not outcomes:
        raise InputError("There is nothing to score: wanted samples with predictions, found none.")
    for outcome in outcomes:
        if outcome.truth.id != outcome.prediction.id:
            raise InputError(
                f"Sample {outcome.truth.id!r} came with the prediction of "
                f"{outcome.prediction.id!r}: pair them by id."
            )
    counts = Counter(outcome.truth.id for outcome in outcomes)
    if twice := [name for name, count in counts.items() if count > 1]:
        places = [o.truth.place for o in outcomes if o.truth.id == twice[0] and o.truth.place]
        where = f" ({'; '.join(places)})" if places else ""
        raise InputError(
            f"Sample {twice[0]!r} stands {counts[twice[0]]} times{where}: each sample may be "
            "scored once. Remove the others."
        )
    return sorted(outcomes, key=lambda outcome: outcome.truth.id)


def _sliced(
    metric: Metric,
    tally: Tally,
    samples: Sequence[Sample],
    columns: Sequence[str],
    drawn: tuple[Draws, Integers | None],
) -> tuple[tuple[Slice, ...], list[Gap], tuple[str, ...]]:
    """Slices by all columns, the gaps between them, and notes."""
    draws, clusters_N = drawn
    found: list[Slice] = []
    gaps: list[Gap] = []
    notes: list[str] = []
    for column in dict.fromkeys(columns):
        one = cut(metric, tally, samples, column, draws=draws, clusters_N=clusters_N)
        found += one.slices
        notes += one.notes
        if one.gap is not None:
            gaps.append(one.gap)
            notes.append(sentence(one.gap, share=metric.headline not in metric.numbers))
    return tuple(found), gaps, tuple(notes)


def _cautions(headline: Score, floors: Sequence[Floor], tally: Tally) -> tuple[str, ...]:
    """What should be said beside the headline."""
    found = []
    if (below := warning(floors, headline)) is not None:
        found.append(below)
    counted = int(tally.counted_N.sum())
    if counted > 1 and headline.error == 0:
        found.append(
            f"All resamples give the same {headline.name}, so its interval has no width; as many "
            f"as {min(100, 300 / counted):.1f} % of other samples may still differ (rule of three)."
        )
    return tuple(found)
