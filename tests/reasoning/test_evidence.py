"""What a face says: rest, speech and grimaces are told from expressions."""

from dataclasses import replace

import numpy as np
from tests.reasoning.scenes import face, percepts, utterance
from tests.reasoning.test_rules import only

from affectlens.perception.percepts import ActionUnit


def test_a_resting_face_with_a_heavy_brow_is_not_read_as_angry_or_sad() -> None:
    for slight in ({"AU04": (0.0, 5.0, 1.6)}, {"AU15": (0.0, 5.0, 1.4), "AU04": (0.0, 5.0, 1.0)}):
        assert only(percepts(faces=[face(bursts=slight)])).label in ("neutral", None)


def test_what_words_do_to_a_mouth_is_no_expression() -> None:
    talking = face(duration_s=2.5)
    spoken = {}
    for name in ("AU12", "AU20", "AU25", "AU26"):
        pulled = np.where(np.arange(len(talking.times_T)) % 4 == 0, 3.0, 0.1).astype(np.float32)
        spoken[name] = ActionUnit(pulled, "good")
    track = replace(talking, action_units={**talking.action_units, **spoken})
    silent = only(percepts(faces=[track])).probabilities
    speaks = only(percepts(faces=[track], utterances=[utterance(0, 2.5)]))
    assert speaks.label == "neutral"
    assert speaks.probabilities["neutral"] > silent["neutral"] + 0.2


def test_a_smile_that_is_held_while_speaking_is_a_smile() -> None:
    bursts = {"AU12": (0.0, 5.0, 4.0), "AU06": (0.0, 5.0, 3.0)}
    scene = percepts(faces=[face(bursts=bursts)], utterances=[utterance(0, 5)])
    assert only(scene).label == "happy"


def test_lip_corners_pulled_under_a_lowered_brow_are_a_grimace_unless_the_smile_is_broad() -> None:
    def happy(smile: float, brow: float) -> float:
        bursts = {"AU12": (0.0, 5.0, smile), "AU04": (0.0, 5.0, brow)}
        return only(percepts(faces=[face(bursts=bursts)])).probabilities["happy"]

    assert happy(2.0, 4.0) < 0.5 * happy(2.0, 0.0)
    assert happy(4.5, 4.0) > 0.5
