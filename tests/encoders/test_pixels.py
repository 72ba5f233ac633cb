"""Pixels: the numbers of the processors that the checkpoints were published with."""

# T pictures, C colours, H height, W width

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PIL.Image import Resampling

from affectlens.encoders.pixels import Preparation, batches, prepared

CLIP = Preparation(side=224, mean_std="clip", fit="crop")


def picture(tall: int, wide: int) -> NDArray[np.uint8]:
    """Smooth colours with noise on them, so that neither resizing nor cropping goes unnoticed."""
    rng = np.random.default_rng(tall * 1000 + wide)
    rows = np.linspace(0, 200, tall)[:, None, None]
    columns = np.linspace(0, 50, wide)[None, :, None] * np.array([0, 1, 0.5])
    noise = rng.integers(0, 5, (tall, wide, 3))
    shades: NDArray[np.float64] = rows + columns + noise
    return shades.astype(np.uint8)


@pytest.mark.parametrize(
    "size", [(224, 224), (360, 640), (641, 359), (225, 224), (64, 48), (101, 333)]
)
def test_the_crop_gives_the_numbers_of_clips_own_processor(size: tuple[int, int]) -> None:
    from transformers import CLIPImageProcessorPil

    rgb_HWC = picture(*size)
    processor = CLIPImageProcessorPil()
    theirs = processor(images=[Image.fromarray(rgb_HWC)], return_tensors="np")["pixel_values"]
    np.testing.assert_array_equal(prepared(rgb_HWC[None], CLIP), np.asarray(theirs))


def test_videos_of_faces_get_the_numbers_of_videomaes_own_processor() -> None:
    from transformers import VideoMAEImageProcessorPil

    rgb_HWC = picture(300, 300)
    mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    processor = VideoMAEImageProcessorPil(image_mean=mean, image_std=std)
    theirs = processor([[rgb_HWC]], return_tensors="np")["pixel_values"][0]
    how = Preparation(side=224, mean_std="imagenet", filter="bilinear")
    np.testing.assert_array_equal(prepared(rgb_HWC[None], how), np.asarray(theirs))


def test_a_squeezed_picture_is_whole_whatever_its_aspect() -> None:
    rgb_HWC = picture(120, 300)
    how = Preparation(side=56, mean_std="imagenet")
    squeezed_HWC = np.asarray(Image.fromarray(rgb_HWC).resize((56, 56), Resampling.BICUBIC))
    mean_C, std_C = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    wanted_CHW = ((squeezed_HWC / 255 - mean_C) / std_C).transpose(2, 0, 1)
    np.testing.assert_allclose(prepared(rgb_HWC[None], how)[0], wanted_CHW, atol=1e-5)


def test_batches_hold_at_most_so_many_pictures_and_the_same_numbers() -> None:
    rgb_THWC = np.stack([picture(60, 80) + shade for shade in range(5)]).astype(np.uint8)
    how = Preparation(side=28, mean_std="clip")
    parts = list(batches(rgb_THWC, how, 2))
    assert [len(part) for part in parts] == [2, 2, 1]
    np.testing.assert_array_equal(np.concatenate(parts), prepared(rgb_THWC, how))
    np.testing.assert_array_equal(parts[2], prepared(rgb_THWC[4:], how))
