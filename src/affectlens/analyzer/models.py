"""Which models an analysis wants, and fetching those that are not here."""

from collections.abc import Sequence

from affectlens.analyzer.settings import AUTO, RULES, Settings
from affectlens.foundation import plugins, weights
from affectlens.foundation.errors import UnavailableError
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.foundation.pull import pull
from affectlens.model.shipped import NANO, carriers


def models_of(settings: Settings) -> list[str]:
    """Names in the manifest of the models that the chosen backends and reader use, sorted."""
    faces, voice = settings.perception.faces, settings.perception.voice
    backends = [faces.detector, faces.mesh, faces.expression, voice.activity, voice.events]
    if voice.words != "none":
        backends += [voice.transcriber, voice.text]
    wanted = {
        model
        for backend in backends
        for model in getattr(plugins.load("perception.backends", backend), "MODELS", ())
    }
    return sorted(wanted.union(_of_reader(settings)))


def _of_reader(settings: Settings) -> Sequence[str]:
    """What a language model builds on."""
    if settings.model == RULES:
        return ()
    model = NANO if settings.model == AUTO else settings.model
    return carriers(model, settings.language_model.without, settings.language_model.language)


def absent_models(settings: Settings) -> list[str]:
    """Those of them that are not on this machine."""
    return [name for name in models_of(settings) if isinstance(weights.find(name), Missing)]


def fetch(names: Sequence[str], *, progress: Progress = silent) -> list[str]:
    """Fetch models; gives, in words, what could not be had: the analysis goes on without it."""
    problems = []
    for name in names:
        try:
            pull([name], progress=progress)
        except UnavailableError as error:
            problems.append(str(error))
    return problems
