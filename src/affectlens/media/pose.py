"""How a stored picture must be turned to stand upright: from the display matrix or EXIF.

A pose is three switches, applied in this order: swap the axes, mirror left–right, mirror up–down.
"""

import struct
from typing import Any

Pose = tuple[bool, bool, bool]
UPRIGHT: Pose = (False, False, False)
# EXIF 2.32, table 6, tag 0x0112
_EXIF: dict[int, Pose] = {
    1: UPRIGHT,
    2: (False, True, False),
    3: (False, True, True),
    4: (False, False, True),
    5: (True, False, False),
    6: (True, True, False),
    7: (True, True, True),
    8: (True, False, True),
}
_QUARTERS: tuple[Pose, ...] = (UPRIGHT, _EXIF[8], _EXIF[3], _EXIF[6])  # counterclockwise


def read_pose(frame: Any, packet: bytes) -> Pose:
    """The pose of a decoded frame that came from these bytes.

    PyAV's `rotation` cannot tell a mirrored picture from a turned one, hence the other two ways.
    """
    try:
        matrices = [bytes(data) for data in frame.side_data if data.type.name == "DISPLAYMATRIX"]
    except ValueError:  # PyAV 18 does not know FFmpeg 8's kinds of side data, such as EXIF
        matrices = []
    if matrices:
        return from_matrix(matrices[0])
    orientation = exif_orientation(packet)
    if orientation is not None:
        return _EXIF.get(orientation, UPRIGHT)
    return _QUARTERS[round(frame.rotation / 90) % 4]


def from_matrix(matrix: bytes) -> Pose:
    """The nearest pose of FFmpeg's 3×3 display matrix, which maps stored to shown coordinates."""
    across_x, across_y, _, down_x, down_y, *_ = struct.unpack("=9i", matrix[:36])
    if abs(across_x) + abs(down_y) >= abs(across_y) + abs(down_x):
        return (False, across_x < 0, down_y < 0)
    return (True, down_x < 0, across_y < 0)


def exif_orientation(picture: bytes) -> int | None:
    """EXIF's orientation, 1–8, of a JPEG; None when it says none."""
    start = picture[:65536].find(b"Exif\0\0") + 6
    if not picture.startswith(b"\xff\xd8") or start < 6:
        return None
    block = picture[start : start + 65536]
    order = ">" if block.startswith(b"MM") else "<"
    try:
        (first,) = struct.unpack_from(order + "I", block, 4)
        (count,) = struct.unpack_from(order + "H", block, first)
        for entry in range(min(count, 512)):
            tag, _, _, value = struct.unpack_from(order + "HHIH", block, first + 2 + 12 * entry)
            if tag == 0x0112:
                return int(value)
    except struct.error:
        return None
    return None
