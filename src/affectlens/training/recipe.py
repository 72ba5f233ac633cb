"""`Recipe`: everything that can be set about a training run, as one value.

Paths are told from the folder in which the command runs. Tables with names of the user's own
(`[data.merr]`, `[stages.alignment]`) keep the order in which they were written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from affectlens.foundation import config
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.part import Part
from affectlens.training.augment import Augment
from affectlens.training.bounds import above, plain, positive
from affectlens.training.engine import Encoding, Engine, Keep
from affectlens.training.school import School

Method = Literal["instruct", "dpo", "grpo"]
Metric = Literal["loss", "war", "uar", "weighted_f1"]
# Tasks whose answer is, or ends with, a label of the space.
LABELLED = frozenset({"emotion", "onehot_w_candidates", "onehot_wo_candidates", "think"})
_PREFERENCE = "preference"
_MOST_SEED = 2**31 - 1  # each process adds its number; numpy takes 32 bits


@dataclass(frozen=True, kw_only=True, slots=True)
class Data:
    """Clips to learn from."""

    path: str = ""
    # Of `training/sources/`: annotations (a data set of `affectlens annotate`), merr, mer_factory,
    # emer, mer_caption, llama_factory, ms_swift, parquet, webdataset; matched, of other data of the
    # recipe; or a corpus: mer2023, meld …
    format: str = "annotations"
    options: Mapping[str, str] = field(default_factory=dict)  # of a corpus: fold = "1"
    weight: float = 1.0  # beside the other data of a stage; each task's share is taken of it
    tasks: Mapping[str, float] = field(default_factory=dict)  # none: the stage's
    split: str = "train"  # clips that nobody put into one are of "train"; empty: all clips
    # Their label to that of the space; to "": its clips are left out of tasks that want a label.
    labels: Mapping[str, str] = field(default_factory=dict)
    features: str = ""  # a folder with <stream>/<clip>.npy; empty: they are made and kept
    augment: Augment = field(default_factory=Augment)

    def __post_init__(self) -> None:
        above("data.*.weight", self.weight, 0)
        positive("data.*.tasks", self.tasks)
        if self.features and self.augment.copies:
            raise ConfigError(
                f"data.*.features names {self.features}, and changed copies are made before "
                "encoders see a clip: leave out features or augment.copies."
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """Learning rates: linear from `start` to `peak`, then half a cosine down to `last`."""

    peak: float = 1e-5
    last: float = 1e-6
    start: float = 1e-6
    warmup_steps: int = 0

    def __post_init__(self) -> None:
        for name in ("peak", "last", "start"):
            above(f"schedule.{name}", getattr(self, name), 0, itself=True)
        above("schedule.warmup_steps", self.warmup_steps, 0, itself=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Optimizer:
    """AdamW; decay is for tensors of two dimensions or more that are no bias and no norm."""

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    decay: float = 0.05
    clip: float | None = None  # greatest norm of all gradients together

    def __post_init__(self) -> None:
        for name in ("beta1", "beta2"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"optimizer.{name} is 0 up to 1, got {getattr(self, name)}.")
        above("optimizer.epsilon", self.epsilon, 0)
        above("optimizer.decay", self.decay, 0, itself=True)
        if self.clip is not None:
            above("optimizer.clip", self.clip, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Parameters that learn alike, or not at all, by patterns of their names."""

    match: tuple[str, ...] = ()  # such as connectors.*
    but: tuple[str, ...] = ()  # of these, not those
    rate: float = 1.0  # times the schedule's; 0: they stay as they are
    decay: float | None = None  # None: the optimizer's

    def __post_init__(self) -> None:
        above("groups.*.rate", self.rate, 0, itself=True)


def groups() -> dict[str, Group]:
    """Connectors and LoRA learn, the language model does not."""
    return {
        "connectors": Group(match=("connectors.*",)),
        "lora": Group(match=("*.lora_A.*", "*.lora_B.*")),
        "language": Group(match=("language.*",), but=("*.lora_A.*", "*.lora_B.*"), rate=0.0),
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Dropout:
    """How likely a sample is shown without something that it has; one thing is always left."""

    stream: float = 0.0  # each stream by itself
    subtitle: float = 0.0
    clues: float = 0.0

    def __post_init__(self) -> None:
        for name in ("stream", "subtitle", "clues"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"dropout.{name} is 0 to 1, got {getattr(self, name)}.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Preference:
    """Learning from preferred answers (DPO) or from rewards that can be checked (GRPO)."""

    beta: float = 0.1  # how close to the model at the stage's start
    generations: int = 4  # answers to a question, compared with each other
    tokens: int = 128  # of an answer at most
    temperature: float = 1.0
    rewards: Mapping[str, float] = field(
        default_factory=lambda: {"label": 1.0, "format": 1.0, "grounded": 1.0}
    )

    def __post_init__(self) -> None:
        above("preference.beta", self.beta, 0, itself=True)
        above("preference.generations", self.generations, 2, itself=True)
        above("preference.tokens", self.tokens, 1, itself=True)
        above("preference.temperature", self.temperature, 0)
        positive("preference.rewards", self.rewards)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """What learns, from which data, how long."""

    method: Method = "instruct"
    data: tuple[str, ...] = ()  # names of `Recipe.data`; none: all
    tasks: Mapping[str, float] = field(default_factory=lambda: {"emotion": 1.0})
    epochs: int = 1
    steps_per_epoch: int = 0  # 0: as many as take as many samples as the data have clips
    batch: int = 4  # samples of a step, whatever number of processes share them
    micro_batch: int = 1  # samples that one process takes at once
    # Each sample's mean counts the same, as with the published batches of one; or each token.
    loss: Literal["sample", "token"] = "sample"
    schedule: Schedule = field(default_factory=Schedule)
    optimizer: Optimizer = field(default_factory=Optimizer)
    groups: Mapping[str, Group] = field(default_factory=groups)
    dropout: Dropout = field(default_factory=Dropout)
    preference: Preference = field(default_factory=Preference)
    # By which its best checkpoint is chosen; none: develop's, or the loss where no label is taught.
    metric: Metric | None = None

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "micro_batch"):
            above(name, getattr(self, name), 1, itself=True)
        above("steps_per_epoch", self.steps_per_epoch, 0, itself=True)
        positive("tasks", self.tasks)
        if self.batch % self.micro_batch:
            raise ConfigError(
                f"A batch of {self.batch} cannot be taken {self.micro_batch} samples at a time: "
                "batch is a multiple of micro_batch."
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Develop:
    """The part that is held back, on which the best checkpoint is chosen.

    It is asked for labels as in use, and its loss is that of the stage's own tasks.
    """

    data: tuple[str, ...] = ()  # names of `Recipe.data`; none: those of the stage
    split: str = "dev"
    share: float = 0.0  # of the clips that are in no split, whole speakers at a time, by their hash
    most: int = 500  # clips, evenly of all data; the same ones each time
    every: int = 0  # steps; 0: each epoch
    metric: Metric = "uar"  # the loss is that of a stage's own tasks

    def __post_init__(self) -> None:
        if not 0 <= self.share < 1:
            raise ConfigError(f"develop.share is 0 up to 1, got {self.share}.")
        above("develop.most", self.most, 1, itself=True)
        above("develop.every", self.every, 0, itself=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Start:
    """Weights to begin from; neither: connectors and LoRA are drawn with the seed."""

    model: str = ""  # a folder of a model, such as the one that another run made
    # Folders of conversions by what stands before their tensors' names: see `checkpoint.start`.
    # "root" stands for no prefix.
    parts: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.model and self.parts:
            raise ConfigError("start has a model or parts of one, not both.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """A whole run: stages in their order, each from the weights of the one before."""

    name: str = "affectlens"
    licence: str = ""  # of the weights, told by their files and the model card
    seed: int = 42
    system: Part = field(default=Part("emotion_llama"), metadata={"group": "model.systems"})
    size: Literal["full", "tiny"] = "full"  # tiny: small random nets, for trying things
    language: str = ""  # a language model in place of the system's
    start: Start = field(default_factory=Start)
    space: str = "mer9"  # of the labels that are learned
    data: Mapping[str, Data] = field(default_factory=dict)
    schools: Mapping[str, School] = field(default_factory=dict)  # before all stages
    stages: Mapping[str, Stage] = field(default_factory=dict)
    develop: Develop = field(default_factory=Develop)
    keep: Keep = field(default_factory=Keep)
    engine: Engine = field(default_factory=Engine)
    encoding: Encoding = field(default_factory=Encoding)
    # Files that training and development share: stop, or do not learn them, or let it be.
    leaks: Literal["stop", "drop", "allow"] = "stop"
    broken: float = 0.01  # greatest share of samples that may turn out broken

    def __post_init__(self) -> None:
        for what, named in (("data", self.data), ("stages", self.stages)):
            if not named:
                raise ConfigError(f"A recipe has {what}: a table [{what}.NAME] for each.")
            plain(what, named)
        if not 0 <= self.seed <= _MOST_SEED:
            raise ConfigError(f"seed is 0 to {_MOST_SEED}, got {self.seed}.")
        self._check_data("develop.data", self.develop.data)
        for name, school in self.schools.items():
            self._check_data(f"schools.{name}.data", school.data)
        for name, stage in self.stages.items():
            self._check_data(f"stages.{name}.data", stage.data)
            _check_tasks(name, stage, self.data_of(stage))
        if not 0 <= self.broken <= 1:
            raise ConfigError(f"broken is a share, 0 to 1, got {self.broken}.")

    def _check_data(self, where: str, names: Sequence[str]) -> None:
        for name in names:
            if name not in self.data:
                raise ConfigError(f"{where} names {name!r}; there is: {', '.join(self.data)}.")

    @property
    def sha256(self) -> str:
        """Of all settings."""
        return config.digest(self)

    def data_of(self, stage: Stage) -> dict[str, Data]:
        """What a stage learns from, by name."""
        return {name: self.data[name] for name in stage.data or self.data}

    def tasks_of(self, stage: Stage, data: Data) -> Mapping[str, float]:
        """The tasks that a stage has for some data, with their shares."""
        return data.tasks or stage.tasks

    def metric_of(self, stage: Stage) -> Metric:
        """By which the best checkpoint of a stage is chosen."""
        taught = {
            task
            for data in self.data_of(stage).values()
            for task, share in self.tasks_of(stage, data).items()
            if share
        }
        labelled = stage.method == "grpo" or not LABELLED.isdisjoint(taught)
        return stage.metric or (self.develop.metric if labelled else "loss")


def _check_tasks(name: str, stage: Stage, learned: Mapping[str, Data]) -> None:
    """A stage has tasks for all its data, and DPO has none but pairs."""
    for source, data in learned.items():
        tasks = data.tasks or stage.tasks
        if not tasks:
            raise ConfigError(
                f"stages.{name} has no task for data.{source}: say what is learned, such as "
                "tasks = {emotion = 1.0}."
            )
        others = [task for task, share in tasks.items() if share and task != _PREFERENCE]
        if stage.method == "dpo" and others:
            raise ConfigError(
                f"stages.{name} learns by DPO, from pairs of answers, and has the task "
                f"{others[0]!r} for data.{source}: set tasks = {{{_PREFERENCE} = 1.0}}."
            )
