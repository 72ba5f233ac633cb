"""The reconstruction of MicroEmo keeps what its spec demands: fbp-microemo-dfer.md §B.6."""

# N samples, T frames, R rows, K faces, S tokens, D width

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from affectlens.encoders.backends.utterances import Utterances, joined
from affectlens.encoders.features import Features
from affectlens.encoders.view import Waves
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.timeline import Span
from affectlens.model.connectors.segment_qformer import Config, SegmentQFormer, build
from affectlens.model.padded import Padded, pad
from affectlens.model.published import published
from affectlens.model.systems import microemo

P, Q, FRAMES = 3, 4, 6
SMALL = Config(
    queries=Q, frame_layers=2, layers=2, hidden=16, heads=2, intermediate=32, per_frame=P,
    frames=8, near_s=0.25,
)  # fmt: skip
ALL = (0.0, 5.0)


def net(*, sources: int = 3, positions: bool = True, **settings: Any) -> SegmentQFormer:
    """The connector in double precision, the same weights each time."""
    torch.manual_seed(0)
    config = Config(
        **{name: getattr(SMALL, name) for name in Config.__dataclass_fields__} | settings
    )
    made = build(config, (5, 7, 2)[:sources], 8).double().eval()
    torch.manual_seed(1)
    for parameter in made.parameters():
        if parameter.shape != (1,):
            torch.nn.init.normal_(parameter, std=0.3)
    if not positions:
        torch.nn.init.zeros_(made.positions.weight)
    return made


def rows(values_RD: Tensor, times: list[float]) -> Features:
    return Features(values_RD.float().numpy(), np.array(times))


def sample(
    *spans: tuple[float, float], faces: list[float] | None = None, frames: int = FRAMES
) -> list[Features]:
    """Frames a second apart, faces at some moments, utterances."""
    chance = torch.Generator().manual_seed(frames)
    seen = rows(torch.randn(frames * P, 5, generator=chance), [i // P for i in range(frames * P)])
    moments = [0.1, 2.0, 2.2, 9.0] if faces is None else faces
    close = rows(torch.randn(len(moments), 7, generator=chance), moments)
    edges = torch.tensor([[float(s), float(e)] for s, e in spans])
    return [seen, close, rows(edges, [s for s, _ in spans])]


def tokens(made: SegmentQFormer, *samples: list[Features]) -> list[Tensor]:
    """Of each sample, by segments (G, Q, D)."""
    sources = 3 if made.looks_closer else 1
    inputs: list[Padded] = []
    for one in list(zip(*samples, strict=True))[:sources]:
        padded = pad(one)
        padded["values_NTD"] = padded["values_NTD"].double()
        inputs.append(padded)
    given_NSD = made(inputs)
    counts = [made.count([len(one.times_T) for one in each[:sources]]) for each in samples]
    return [given_NSD[n, :count].unflatten(0, (-1, Q)) for n, count in enumerate(counts)]


def same(one: Tensor, other: Tensor) -> bool:
    return torch.allclose(one, other, atol=1e-9)


def test_there_are_tokens_of_the_whole_and_of_each_utterance() -> None:
    made = net()
    assert [made.count([FRAMES * P, 4, n]) for n in (1, 2, 7)] == [2 * Q, 3 * Q, 8 * Q]
    assert net(whole=False).count([FRAMES * P, 4, 2]) == 2 * Q
    assert net(sources=1).count([FRAMES * P]) == Q
    with pytest.raises(InputError, match="8 frames of 3 rows"):
        made.count([9 * P, 4, 1])
    with pytest.raises(InputError):
        made.count([P + 1, 4, 1])


def test_an_utterance_that_spans_the_clip_is_the_whole() -> None:
    ((whole, utterance),) = tokens(net(), sample(ALL))
    assert same(whole, utterance)


def test_swapped_utterances_swap_their_tokens_and_leave_the_whole() -> None:
    first, second = (0.0, 1.5), (3.0, 4.5)
    (one,), (other,) = (tokens(net(), sample(*o)) for o in ((first, second), (second, first)))
    assert same(one[[0, 2, 1]], other)
    assert not same(one[1], one[2])


def test_a_frame_at_the_end_belongs_to_the_next_utterance_and_the_last_has_its_end() -> None:
    (given,) = tokens(net(), sample((0.0, 2.0), (2.0, 5.0)))
    (apart,) = tokens(net(), sample((0.0, 1.9), (1.5, 5.0)))
    assert same(given, apart)
    ((_, short),) = tokens(net(), sample((2.0, 4.9)))
    assert not same(given[2], short)


def test_an_utterance_between_two_frames_takes_the_nearest() -> None:
    ((_, between),) = tokens(net(), sample((3.1, 3.3)))
    ((_, nearest),) = tokens(net(), sample((2.9, 3.1)))
    assert torch.isfinite(between).all()
    assert same(between, nearest)


def test_a_frame_changes_the_utterances_that_it_is_in_and_no_other() -> None:
    made, spans = net(), ((0.0, 2.0), (2.0, 5.0))
    before, changed = sample(*spans), sample(*spans)
    changed[0].values_TD[P] += 1  # the frame of second 1
    (one,), (other,) = tokens(made, before), tokens(made, changed)
    assert [same(a, b) for a, b in zip(one, other, strict=True)] == [False, False, True]


def test_a_closed_gate_and_no_faces_near_are_the_same_as_no_look_at_faces() -> None:
    closed, open_ = net(gate=0.0), net(gate=0.7)
    far = sample(ALL, faces=[50.0, 60.0])
    (shut,), (alone,), (seen,) = (
        tokens(closed, sample(ALL)), tokens(open_, far), tokens(open_, sample(ALL)),
    )  # fmt: skip
    assert same(shut, alone)
    assert not same(shut, seen)


def test_faces_count_for_the_frames_near_them_alone() -> None:
    made, spans = net(gate=0.7), ((0.0, 0.5), (1.8, 2.5), (3.5, 5.0))
    before, changed = sample(*spans), sample(*spans)
    changed[1].values_TD[2] += 1  # the face of second 2.2
    (one,), (other,) = tokens(made, before), tokens(made, changed)
    alike = [same(a, b) for a, b in zip(one, other, strict=True)]
    assert alike == [False, True, False, True]


def test_a_closed_gate_learns_to_open() -> None:
    made = net(gate=0.0)
    torch.autograd.backward(torch.stack(tokens(made, sample(ALL))).square().sum())
    assert made.gate.grad is not None
    assert made.gate.grad.abs().item() > 0


def test_the_time_of_a_frame_counts() -> None:
    made = net(sources=1, positions=False)
    early, late = sample(ALL), sample(ALL)
    late[0] = Features(late[0].values_TD, late[0].times_T + 0.5)
    assert not same(tokens(made, early)[0], tokens(made, late)[0])


def test_without_places_and_times_the_order_of_frames_says_nothing() -> None:
    made = net(sources=1, positions=False)
    torch.nn.init.zeros_(made.when.weight)
    there, back = sample(ALL), sample(ALL)
    values_TPD = back[0].values_TD.reshape(FRAMES, P, -1)[::-1]
    back[0] = Features(values_TPD.reshape(FRAMES * P, -1).copy(), back[0].times_T)
    assert same(tokens(made, there)[0], tokens(made, back)[0])
    ordered = net(sources=1)
    assert not same(tokens(ordered, there)[0], tokens(ordered, back)[0])


def test_a_sample_does_not_depend_on_those_beside_it() -> None:
    made = net(gate=0.7)
    one, other = sample((0.0, 2.0), (2.5, 5.0)), sample((0.0, 1.0), frames=2, faces=[1.0])
    for alone, together in zip((one, other), tokens(made, one, other), strict=True):
        assert same(tokens(made, alone)[0], together)


@pytest.mark.parametrize("widths", [(5, 7), (5, 7, 3), ()])
def test_other_sources_are_refused(widths: tuple[int, ...]) -> None:
    with pytest.raises(ConfigError, match="frames, faces and utterances"):
        build(SMALL, widths, 8)


def test_utterances_are_stretches_of_speech_on_the_clips_clock() -> None:
    speech = [Span(0.2, 0.9), Span(1.0, 1.4), Span(2.0, 2.5)]
    found = Utterances(lambda _: speech, most=7, fingerprint="")(
        Waves((np.zeros(48_000, np.float32),), np.array([10.0]))
    )["spans"]
    np.testing.assert_allclose(found.values_TD, [[10.2, 11.4], [12.0, 12.5]], atol=1e-6)
    np.testing.assert_allclose(found.times_T, [10.2, 12.0])


def test_where_nobody_speaks_the_whole_sound_is_one_utterance() -> None:
    found = Utterances(lambda _: [], most=7, fingerprint="")(
        Waves((np.zeros(48_000, np.float32),), np.zeros(1))
    )["spans"]
    assert found.values_TD.tolist() == [[0, 3]]


def test_too_many_utterances_are_joined_over_the_shortest_pauses() -> None:
    spans = [Span(0, 1), Span(2, 3), Span(3.5, 4), Span(6, 7)]
    assert joined(spans, 3) == [Span(0, 1), Span(2, 4), Span(6, 7)]
    assert joined(spans, 2) == [Span(0, 4), Span(6, 7)]
    assert joined(spans, 1) == [Span(0, 7)]
    assert joined(spans, 9) == spans


def test_the_system_looks_at_frames_faces_and_utterances_together() -> None:
    system = published("microemo", frames=32, utterances=5)
    frames, faces, spans = system.stream("visual").sources
    assert (frames.view.count, faces.view.of, spans.encoder.settings["most"]) == (32, "faces", 5)
    assert "{visual}" in system.training.first[0]
    with pytest.raises(ConfigError, match="1 to 96 frames"):
        microemo.Config(frames=97)
