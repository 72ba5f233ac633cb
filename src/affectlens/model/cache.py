"""A key and value cache with room: one more token is written into it, not all tokens copied."""

# B samples, H heads, T tokens, N new tokens, D width of a head

import torch
from torch import Tensor
from transformers import Cache
from transformers.cache_utils import DynamicLayer

_LEAST = 128  # tokens of room made at once, or a quarter of what is there


class RoomyLayer(DynamicLayer):
    """Its `keys` and `values` are views of larger tensors.

    Transformers' own growing layer copies everything for each token; on a CPU with 8 prompts of 330
    tokens that is a quarter of a step (`benchmarks/model.py`).
    """

    def __init__(self) -> None:
        super().__init__()
        self._rooms: tuple[Tensor, Tensor] | None = None

    def update(
        self, key_states: Tensor, value_states: Tensor, *_: object, **__: object
    ) -> tuple[Tensor, Tensor]:
        """Take new keys and values (B, H, N, D); gives all so far (B, H, T + N, D)."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
            self.keys, self.values = key_states[..., :0, :], value_states[..., :0, :]
        length = self.keys.shape[-2]
        end = length + key_states.shape[-2]
        rooms = self._rooms
        if rooms is None or not self._fits(rooms[0], end):
            rooms = self._rooms = (_enlarged(self.keys, end), _enlarged(self.values, end))
        for room_BHTD, new_BHND in zip(rooms, (key_states, value_states), strict=True):
            room_BHTD[..., length:end, :] = new_BHND
        self.keys, self.values = (room_BHTD[..., :end, :] for room_BHTD in rooms)
        return self.keys, self.values

    def _fits(self, room_BHTD: Tensor, end: int) -> bool:
        """Whether `keys` still lie in there, which beam search changes, and the new ones will."""
        same = self.keys.untyped_storage().data_ptr() == room_BHTD.untyped_storage().data_ptr()
        return same and self.keys.shape[0] == room_BHTD.shape[0] and end <= room_BHTD.shape[-2]


def roomy_cache() -> Cache:
    """An empty cache whose layers keep every token; sliding windows are left to the masks."""
    return Cache(layer_class_to_replicate=RoomyLayer)


def _enlarged(old_BHTD: Tensor, end: int) -> Tensor:
    *outer, length, width = old_BHTD.shape
    room_BHTD = torch.empty(
        *outer, end + max(_LEAST, end // 4), width, dtype=old_BHTD.dtype, device=old_BHTD.device
    )
    room_BHTD[..., :length, :] = old_BHTD
    return room_BHTD
