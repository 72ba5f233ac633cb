"""Frames become tokens of the whole clip and of each utterance: MicroEmo on TimeChat's skeleton.

No code of MicroEmo is published; this is the reconstruction of specs/fbp-microemo-dfer.md §B.4:
- a Q-Former reads each frame, its queries shifted by what time it is;
- what it read looks at the faces near that time, through a gate that begins closed;
- a second Q-Former reads all frames, then those of each utterance, with the same queries.
The sources are patches of frames, alone (TimeChat with one window), or also faces (a row each) and
utterances (start and end in seconds). Times enter as numbers, where TimeChat writes a sentence.
"""

# N samples, F frames of all samples, G segments of all samples, P patches of a frame, R rows,
# K faces, J utterances, Q queries, H hidden width, S tokens, D width

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from affectlens.foundation.errors import ConfigError, InputError
from affectlens.model.connector import Connector
from affectlens.model.padded import Padded, mask
from affectlens.model.qformer_net import QFormer, Shape

_TIMES = 16  # frequencies of a moment, from a turn a minute to 8 turns a second
_SLOWEST_HZ, _FASTEST_HZ = 1 / 60, 8.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """TimeChat's sizes; `whole` is whether tokens of the whole clip stand before the utterances'.

    `near_s` is how far from a frame faces are looked at; `gate` is what their gate begins with,
    0 being closed. `frame_layers` read a frame, `layers` read frames.
    """

    queries: int = 32
    frame_layers: int = 12
    layers: int = 2
    hidden: int = 768
    heads: int = 12
    intermediate: int = 3072
    dropout: float = 0.1
    per_frame: int = 256
    frames: int = 96
    near_s: float = 0.25
    gate: float = 0.0
    whole: bool = True

    def shape(self, layers: int, every: int) -> Shape:
        """The sizes of a Q-Former."""
        return Shape(
            queries=self.queries,
            layers=layers,
            hidden=self.hidden,
            heads=self.heads,
            intermediate=self.intermediate,
            every=every,
            dropout=self.dropout,
        )

    def __post_init__(self) -> None:
        self.shape(self.frame_layers, 2)
        self.shape(self.layers, 1)
        if min(self.per_frame, self.frames) < 1 or self.near_s < 0:
            raise ConfigError(
                "There is at least one frame with one patch, and faces are looked at 0 s or more "
                f"around it; got per_frame={self.per_frame}, frames={self.frames}, "
                f"near_s={self.near_s}."
            )


class SegmentQFormer(Connector):
    """Q tokens of the whole, and Q of each utterance in their order."""

    def __init__(self, config: Config, widths: Sequence[int], width: int) -> None:
        super().__init__()
        self.config = config
        hidden = config.hidden
        self.qformer = QFormer(config.shape(config.frame_layers, 2), widths[0])  # BLIP-2's kind
        self.when = nn.Linear(2 * _TIMES, hidden)
        self.positions = nn.Embedding(config.frames, hidden)
        self.segments = QFormer(config.shape(config.layers, 1), hidden)
        self.linear = nn.Linear(hidden, width)
        self.looks_closer = len(widths) > 1
        if self.looks_closer:
            self.face = nn.Linear(widths[1], hidden)
            self.norm_frame, self.norm_face = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
            self.closer = nn.MultiheadAttention(hidden, config.heads, batch_first=True)
            self.gate = nn.Parameter(torch.full((1,), config.gate))

    def count(self, lengths: Sequence[int]) -> int:
        """Q for each segment."""
        most = self.config.frames * self.config.per_frame
        if lengths[0] % self.config.per_frame or lengths[0] > most:
            raise InputError(
                f"This connector takes up to {self.config.frames} frames of "
                f"{self.config.per_frame} rows each; these are {lengths[0]} rows."
            )
        utterances = lengths[2] if self.looks_closer else 0
        return self.config.queries * (utterances + self._has_whole)

    def forward(self, inputs: Sequence[Padded]) -> Tensor:
        """Tokens (N, S, D)."""
        frames = inputs[0]
        counts = [length // self.config.per_frame for length in frames["lengths_N"].tolist()]
        times_F, owner_F, place_F = _places(frames, counts, self.config.per_frame)
        read_FQH = self._read(frames, times_F, owner_F, place_F)
        if self.looks_closer:
            read_FQH = self._closer(read_FQH, inputs[1], times_F, owner_F)
        read_FQH = read_FQH + self.positions(place_F)[:, None]
        segments = [
            (n, inside_T)
            for n, times_T in enumerate(torch.split(times_F, counts))
            for inside_T in self._segments(times_T, inputs, n)
        ]
        tokens_GQD = self._tokens(torch.split(read_FQH, counts), segments)
        of_sample = [[g for g, (owner, _) in enumerate(segments) if owner == n]
                     for n in range(len(counts))]  # fmt: skip
        return nn.utils.rnn.pad_sequence(
            [tokens_GQD[places].flatten(0, 1) for places in of_sample], batch_first=True
        )

    @property
    def _has_whole(self) -> bool:
        return self.config.whole or not self.looks_closer

    def _read(self, frames: Padded, times_F: Tensor, owner_F: Tensor, place_F: Tensor) -> Tensor:
        """What the queries (F, Q, H) read of each frame."""
        values_NRD = frames["values_NTD"]
        samples, _, wide = values_NRD.shape
        patches_FPD = values_NRD.reshape(samples, -1, self.config.per_frame, wide)[owner_F, place_F]
        real_FP = torch.ones(patches_FPD.shape[:2], dtype=torch.bool, device=patches_FPD.device)
        when_F1H = self.when(_moment(times_F).to(values_NRD.dtype))[:, None]
        read_FQH: Tensor = self.qformer(patches_FPD, real_FP, when_F1H)
        return read_FQH

    def _closer(self, read_FQH: Tensor, faces: Padded, times_F: Tensor, owner_F: Tensor) -> Tensor:
        """The same with what faces show at that time; a frame without a face stays as it is."""
        apart_FK = (faces["times_NT"][owner_F] - times_F[:, None]).abs()
        near_FK = (apart_FK <= self.config.near_s) & mask(faces)[owner_F]
        has_F = near_FK.any(1)
        if not has_F.any():
            return read_FQH
        faces_FKH = self.norm_face(self.face(faces["values_NTD"]))[owner_F[has_F]]
        seen_FQH, _ = self.closer(
            self.norm_frame(read_FQH[has_F]),
            faces_FKH,
            faces_FKH,
            key_padding_mask=~near_FK[has_F],
            need_weights=False,
        )
        closer_FQH = read_FQH.clone()
        closer_FQH[has_F] = read_FQH[has_F] + torch.tanh(self.gate) * seen_FQH
        return closer_FQH

    def _segments(self, times_T: Tensor, inputs: Sequence[Padded], n: int) -> list[Tensor]:
        """Which frames of a sample each segment has: bool (T,), at least one True."""
        whole = [torch.ones_like(times_T, dtype=torch.bool)] if self._has_whole else []
        if not self.looks_closer:
            return whole
        spans = inputs[2]
        edges_J2 = spans["values_NTD"][n, : int(spans["lengths_N"][n])].float()
        return [*whole, *(_inside(times_T, one, last=j + 1 == len(edges_J2))
                          for j, one in enumerate(edges_J2))]  # fmt: skip

    def _tokens(self, read: Sequence[Tensor], segments: Sequence[tuple[int, Tensor]]) -> Tensor:
        """Tokens (G, Q, D) of segments, each of the frames of one sample."""
        rows = [read[n][inside_T].flatten(0, 1) for n, inside_T in segments]
        lengths_G = torch.tensor([len(one) for one in rows], device=rows[0].device)
        rows_GRH = nn.utils.rnn.pad_sequence(rows, batch_first=True)
        real_GR = torch.arange(rows_GRH.shape[1], device=rows_GRH.device) < lengths_G[:, None]
        tokens_GQD: Tensor = self.linear(self.segments(rows_GRH, real_GR))
        return tokens_GQD


def _places(frames: Padded, counts: Sequence[int], per_frame: int) -> tuple[Tensor, Tensor, Tensor]:
    """Of all samples' frames one after the other: the moment, the sample, the place in it."""
    device = frames["times_NT"].device
    owner_F = torch.repeat_interleave(
        torch.arange(len(counts), device=device), torch.tensor(counts, device=device)
    )
    place_F = torch.cat([torch.arange(count, device=device) for count in counts])
    return frames["times_NT"][owner_F, place_F * per_frame], owner_F, place_F


def _moment(times_F: Tensor) -> Tensor:
    """Moments as sines and cosines (F, 2 · _TIMES)."""
    steps = torch.linspace(0, 1, _TIMES, device=times_F.device)
    turns = 2 * torch.pi * _SLOWEST_HZ * (_FASTEST_HZ / _SLOWEST_HZ) ** steps
    angles = times_F.float()[:, None] * turns
    return torch.cat([angles.sin(), angles.cos()], -1)


def _inside(times_T: Tensor, edges_2: Tensor, *, last: bool) -> Tensor:
    """Frames from the start up to the end; the last utterance has its end, an empty one a frame.

    That is the frame nearest to its middle.
    """
    start, end = edges_2
    before_end_T = times_T <= end if last else times_T < end
    inside_T: Tensor = (times_T >= start) & before_end_T
    if not inside_T.any():
        inside_T = inside_T.clone()
        inside_T[(times_T - (start + end) / 2).abs().argmin()] = True
    return inside_T


def tiny(config: Config) -> Config:
    """Small nets for pictures of 4 × 4 patches, four tokens a segment."""
    return replace(
        config, queries=4, frame_layers=2, layers=1, hidden=16, heads=2, intermediate=32,
        per_frame=16,
    )  # fmt: skip


def build(config: Config, widths: Sequence[int], width: int) -> SegmentQFormer:
    """A connector of frames, or of frames, faces and utterances."""
    if len(widths) not in (1, 3) or (len(widths) == 3 and widths[2] != 2):
        raise ConfigError(
            "The connector segment_qformer takes frames alone, or frames, faces and utterances "
            f"(rows of start and end); the stream's sources are {list(widths)} wide."
        )
    return SegmentQFormer(config, widths, width)
