"""`OverTime`: a layer that sees how rows change, whatever stands behind a sample's last one."""

# N samples, T rows, H width

from torch import Tensor, nn


class OverTime(nn.Module):
    """A depthwise-separable convolution over time, added to what comes in."""

    def __init__(self, hidden: int, kernel: int = 3) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(hidden)
        self.over_time = nn.Conv1d(hidden, hidden, kernel, padding=kernel // 2, groups=hidden)
        self.across = nn.Linear(hidden, hidden)

    def forward(self, x_NTH: Tensor, real_NT1: Tensor) -> Tensor:
        """Rows (NTH); behind a sample's last row it sees what it sees where a batch ends: zeros."""
        seen_NHT = self.norm(x_NTH).masked_fill(~real_NT1, 0).transpose(1, 2)
        moved_NTH = self.over_time(seen_NHT).transpose(1, 2)
        changed_NTH: Tensor = x_NTH + self.across(nn.functional.gelu(moved_NTH))
        return changed_NTH
