"""`Padded`: features of several samples in one tensor, as connectors take them."""

# N samples, T rows, D width

from collections.abc import Sequence
from typing import TypedDict

import torch
from torch import Tensor

from affectlens.encoders.features import Features


class Padded(TypedDict):
    """A plain dict at run time, so that Trainer and accelerate move it between devices."""

    values_NTD: Tensor  # float; zeros behind a sample's last row
    times_NT: Tensor  # float, seconds; zeros behind the last row
    lengths_N: Tensor  # long, rows of each sample, at least 1


def pad(features: Sequence[Features]) -> Padded:
    """Stack samples of different length, padded on the right."""
    longest = max(len(one.times_T) for one in features)
    width = features[0].values_TD.shape[1]
    values_NTD = torch.zeros(len(features), longest, width)
    times_NT = torch.zeros(len(features), longest)
    for i, one in enumerate(features):
        rows = len(one.times_T)
        values_NTD[i, :rows] = torch.from_numpy(one.values_TD)
        times_NT[i, :rows] = torch.from_numpy(one.times_T)
    lengths_N = torch.tensor([len(one.times_T) for one in features])
    return Padded(values_NTD=values_NTD, times_NT=times_NT, lengths_N=lengths_N)


def mask(padded: Padded) -> Tensor:
    """Bool, shape (N, T): True where a row is real."""
    rows_T = torch.arange(padded["values_NTD"].shape[1], device=padded["lengths_N"].device)
    return rows_T < padded["lengths_N"][:, None]
