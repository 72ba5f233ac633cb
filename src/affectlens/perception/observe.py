"""From a clip to its percepts: faces in this thread, sound in another, then what needs both."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.foundation.stopwatch import Stopwatch
from affectlens.media.clip import Clip
from affectlens.perception.faces import Faces, observe_faces
from affectlens.perception.openface import read_openface
from affectlens.perception.percepts import Percepts, Transcript, Utterance
from affectlens.perception.settings import FaceSettings, PerceptionSettings, VoiceSettings
from affectlens.perception.speakers import name_speakers, who_speaks
from affectlens.perception.speech import Heard, baselines, hear, utterances
from affectlens.perception.tone import read_tone
from affectlens.perception.words import transcribe


def observe(
    clip: Clip,
    settings: PerceptionSettings,
    *,
    openface: Path | None = None,
    watch: Stopwatch | None = None,
    progress: Progress = silent,
) -> Percepts:
    """Measure everything; `openface` (an OpenFace 2 CSV of this clip) replaces our own faces.

    The nets for faces and for speech release the interpreter's lock: two cores work side by side.
    """
    watch = watch or Stopwatch()
    with ThreadPoolExecutor(1, thread_name_prefix="sound") as aside:
        listening = aside.submit(_listen, clip, settings.voice, watch, progress)
        with watch.stage("faces"):
            faces = _look(clip, settings.faces, openface, progress)
        heard, transcript = listening.result()
    speech = () if isinstance(heard.speech, Missing) else heard.speech
    persons = who_speaks(speech, faces.tracks)
    if not isinstance(transcript, Missing):
        transcript = name_speakers(transcript, speech, persons)
    with watch.stage("voice"):
        spoken = _utterances(clip, heard, persons)
    with watch.stage("tone"):
        tone = read_tone(transcript, settings.voice)
    return Percepts(
        faces=faces.tracks,
        shots=faces.shots,
        voice=heard.voice,
        utterances=spoken,
        baselines={} if isinstance(spoken, Missing) else baselines(spoken),
        events=heard.events,
        transcript=transcript,
        tone=tone,
        warnings=(*clip.warnings, *faces.warnings, *heard.warnings),
    )


def _look(clip: Clip, settings: FaceSettings, openface: Path | None, progress: Progress) -> Faces:
    faces = observe_faces(clip, settings, progress=progress)
    if openface is None:
        return faces
    video = clip.video
    size = None if isinstance(video, Missing) else (video.width, video.height)
    return replace(faces, tracks=read_openface(openface, size=size))


def _listen(
    clip: Clip, settings: VoiceSettings, watch: Stopwatch, progress: Progress
) -> tuple[Heard, Transcript | Missing]:
    with watch.stage("voice"):
        heard = hear(clip, settings, progress=progress)
    with watch.stage("words"):
        return heard, transcribe(clip, heard.speech, settings, progress=progress)


def _utterances(
    clip: Clip, heard: Heard, persons: Sequence[str | Missing]
) -> tuple[Utterance, ...] | Missing:
    if isinstance(clip.sound, Missing):
        return clip.sound
    if isinstance(heard.voice, Missing):
        return heard.voice
    if isinstance(heard.speech, Missing):
        return heard.speech
    return utterances(clip.sound, heard.voice, heard.speech, persons)
