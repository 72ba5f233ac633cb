"""Faces are changed by chance that a seed fixes, and stay faces."""

# B faces, H height, W width

import torch
from torch import Generator, Tensor

from affectlens.training.schools import hidden
from affectlens.training.schools.changes import changed


def faces(count: int = 64) -> Tensor:
    ramp = torch.linspace(30, 220, 48)
    return ramp.expand(count, 1, 48, 48).clone()


def chance(seed: int = 3) -> Generator:
    return Generator().manual_seed(seed)


def test_the_same_seed_changes_them_the_same_way() -> None:
    assert torch.equal(changed(faces(), chance()), changed(faces(), chance()))
    assert not torch.equal(changed(faces(), chance()), changed(faces(), chance(4)))


def test_each_is_changed_in_its_own_way_and_what_was_given_stays() -> None:
    given_B1HW = faces()
    found_B1HW = changed(given_B1HW, chance())
    assert torch.equal(given_B1HW, faces())
    assert len(torch.unique(found_B1HW.flatten(1).mean(1))) == len(given_B1HW)
    assert found_B1HW.isfinite().all()
    assert -60 < found_B1HW.min() < found_B1HW.max() < 420


def test_one_half_of_them_is_mirrored() -> None:
    found_B1HW = changed(faces(400), chance())
    brighter_B = found_B1HW[..., 24:].mean((1, 2, 3)) > found_B1HW[..., :24].mean((1, 2, 3))
    assert 0.35 < float((~brighter_B).float().mean()) < 0.65


def test_most_of_a_face_can_still_be_seen() -> None:
    given_B1HW = faces(200)
    upright_B1HW = changed(given_B1HW, chance())
    pairs = torch.stack([given_B1HW.flatten(1), upright_B1HW.flatten(1)], 1)
    alike_B = torch.stack([torch.corrcoef(pair)[0, 1].abs() for pair in pairs])
    assert alike_B.median() > 0.8


def test_as_many_patches_are_hidden_of_each_picture() -> None:
    hidden_B1HW = hidden.hide(faces(10), chance())
    assert hidden_B1HW.flatten(1).float().mean(1).tolist() == [hidden_B1HW[0].float().mean()] * 10
    assert 0.6 < float(hidden_B1HW.float().mean()) < 0.75
    assert not torch.equal(hidden_B1HW[0], hidden_B1HW[1])


def test_only_hidden_pixels_count() -> None:
    given_B1HW = torch.randn(4, 1, 48, 48, generator=chance())
    hidden_B1HW = hidden.hide(given_B1HW, chance())
    perfect = torch.nn.Module()
    perfect.forward = lambda x: torch.where(hidden_B1HW, given_B1HW, 99.0)
    assert float(hidden.loss(perfect, given_B1HW, hidden_B1HW)) == 0.0
