"""The roomy cache holds what transformers' own holds, also when it is cut, grown and reordered."""

# B samples, H heads, N new tokens, D width of a head

import torch
from torch import Tensor
from transformers import Cache, DynamicCache

from affectlens.model.cache import roomy_cache


def states(tokens: int, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    keys_BHND = torch.randn(3, 2, tokens, 4, generator=generator)
    return keys_BHND, keys_BHND * 2


def fed(cache: Cache, lengths: list[int]) -> tuple[Tensor, Tensor]:
    for seed, tokens in enumerate(lengths):
        keys_BHTD, values_BHTD = cache.update(*states(tokens, seed), 0)
    return keys_BHTD, values_BHTD


def test_it_holds_what_the_plain_cache_holds_far_beyond_its_room() -> None:
    lengths = [5, 1, 1, 400, *[1] * 300]
    torch.testing.assert_close(fed(roomy_cache(), lengths), fed(DynamicCache(), lengths))


def test_new_tokens_are_written_in_place() -> None:
    cache = roomy_cache()
    (first_BHTD, _), (second_BHTD, _) = fed(cache, [5]), fed(cache, [1])
    assert first_BHTD.data_ptr() == second_BHTD.data_ptr()
    assert cache.get_seq_length() == 6


def test_what_was_cut_off_is_overwritten() -> None:
    found, wanted = roomy_cache(), DynamicCache()
    for cache in (found, wanted):
        fed(cache, [5, 3])
        cache.crop(-3)
    torch.testing.assert_close(fed(found, [2]), fed(wanted, [2]))


def test_beams_may_reorder_repeat_and_select_samples() -> None:
    found, wanted = roomy_cache(), DynamicCache()
    for cache in (found, wanted):
        fed(cache, [5, 1])
        cache.reorder_cache(torch.tensor([2, 0, 0]))
        fed(cache, [1])
        cache.batch_select_indices(torch.tensor([1]))
        cache.batch_repeat_interleave(3)
    torch.testing.assert_close(fed(found, [2, 1]), fed(wanted, [2, 1]))


def test_two_caches_and_an_emptied_one_share_nothing() -> None:
    cache = roomy_cache()
    fed(cache, [5])
    cache.reset()
    torch.testing.assert_close(fed(cache, [4]), fed(DynamicCache(), [4]))
