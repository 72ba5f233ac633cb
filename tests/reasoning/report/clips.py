"""A small clip whose two drawn faces are where `samples.two_people` says."""

from pathlib import Path

import av
import cv2
import numpy as np
from tests.reasoning.render.samples import two_people

WIDTH, HEIGHT, RATE_HZ, SOUND_HZ = 640, 360, 10, 16_000


def write_two_people(target: Path) -> None:
    """Six seconds of two faces made of fine noise on a plain ground, and a tone."""
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    tracks = [person.track for person in two_people().people if person.track]
    with av.open(str(target), "w") as container:
        video = container.add_stream("libx264", rate=RATE_HZ, options={"crf": "18"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        sound = container.add_stream("aac", rate=SOUND_HZ, layout="mono")
        for index in range(6 * RATE_HZ):
            picture = np.full((HEIGHT, WIDTH, 3), (70, 90 + index, 120), np.uint8)
            for track in tracks:
                if index / RATE_HZ in track.times_s:
                    left, top, right, bottom = track.boxes[track.times_s.index(index / RATE_HZ)]
                    center = round((left + right) / 2 * WIDTH), round((top + bottom) / 2 * HEIGHT)
                    half = round((right - left) / 2 * WIDTH), round((bottom - top) / 2 * HEIGHT)
                    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
                    cv2.ellipse(mask, center, half, 0, 0, 360, 255, -1)
                    picture[mask > 0] = noise[mask > 0]
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        tone = 0.2 * np.sin(2 * np.pi * 220 * np.arange(6 * SOUND_HZ) / SOUND_HZ)
        frame = av.AudioFrame.from_ndarray(tone[None].astype(np.float32), "fltp", "mono")
        frame.sample_rate = SOUND_HZ
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
        container.mux(video.encode(None))
