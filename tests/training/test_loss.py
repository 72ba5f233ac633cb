"""The loss: the same numbers and gradients whatever the batching, micro-batches and wrapping."""

from collections.abc import Sequence

import pytest
import torch
from tests.training.tiny_lessons import PROCESSOR, chunks, drawn, model
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from affectlens.model import packed
from affectlens.model.network import AffectLM
from affectlens.training.collate import Collator, LossKind
from affectlens.training.draw import Broken, Lesson
from affectlens.training.engine import Batching
from affectlens.training.loss import count, loss_of

LOSSES: tuple[LossKind, ...] = ("sample", "token")
BATCHINGS: tuple[Batching, ...] = ("packed", "bucketed")
Step = tuple[float, dict[str, Tensor]]


@pytest.fixture
def net() -> AffectLM:
    made = model()
    packed.prepare(made)
    return made


def step(
    net: AffectLM,
    places: Sequence[Sequence[Lesson | Broken]],
    batching: Batching,
    loss: LossKind,
    wrapped: nn.Module | None = None,
) -> Step:
    """Loss and gradients of micro-batches together."""
    net.zero_grad()
    batches = [Collator(PROCESSOR, batching, loss)(some) for some in places]
    normalizer = torch.stack([count(batch, loss) for batch in batches]).sum()
    total = 0.0
    for batch in batches:
        part = loss_of(wrapped or net, batch, normalizer)
        part.backward()  # type: ignore[no-untyped-call]
        total += part.item()
    return total, {n: p.grad.clone() for n, p in net.named_parameters() if p.grad is not None}


def same(one: Step, other: Step) -> None:
    assert one[0] == pytest.approx(other[0], abs=1e-5)
    torch.testing.assert_close(one[1], other[1], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
def test_batching_and_micro_batches_change_neither_loss_nor_gradients(
    net: AffectLM, loss: LossKind
) -> None:
    places = drawn(10)  # some have both streams, some one, some none, two are broken
    wanted = step(net, chunks(places, 1), "bucketed", loss)
    assert wanted[0] > 1
    for batching in BATCHINGS:
        for size in (1, 3, 10):
            same(step(net, chunks(places, size), batching, loss), wanted)
    same(step(net, [places[::-1]], "packed", loss), wanted)


@pytest.mark.parametrize("batching", BATCHINGS)
def test_by_tokens_it_is_the_models_own_loss(net: AffectLM, batching: Batching) -> None:
    places = drawn(8)
    examples = [one.example for one in places if isinstance(one, Lesson)]
    own = net(**PROCESSOR(examples, training=True)).loss
    assert step(net, [places], batching, "token")[0] == pytest.approx(own.item(), abs=1e-5)


@pytest.mark.parametrize("batching", BATCHINGS)
def test_by_samples_it_is_the_mean_of_the_losses_of_each(net: AffectLM, batching: Batching) -> None:
    places = [one for one in drawn(8) if isinstance(one, Lesson)]
    own = [net(**PROCESSOR([one.example], training=True)).loss.item() for one in places]
    found, _ = step(net, [places], batching, "sample")
    assert found == pytest.approx(sum(own) / len(own), abs=1e-5)
    assert found != pytest.approx(step(net, [places], batching, "token")[0], abs=1e-3)


def test_what_padding_holds_does_not_matter(net: AffectLM) -> None:
    batch = Collator(PROCESSOR, "bucketed", "sample")(drawn(8))
    plain = loss_of(net, batch, 8.0)
    batch["input_ids"] = batch["input_ids"].where(batch["attention_mask"] == 1, 99)
    torch.testing.assert_close(loss_of(net, batch, 8.0), plain)


@pytest.mark.parametrize("batching", BATCHINGS)
def test_a_batch_of_broken_samples_gives_zero_and_gradients_of_zero(
    net: AffectLM, batching: Batching
) -> None:
    broken = [one for one in drawn(10) if isinstance(one, Broken)]
    found, gradients = step(net, [broken], batching, "sample")
    assert found == 0
    assert gradients.keys() == {n for n, p in net.named_parameters() if p.requires_grad}
    assert not any(gradient.any() for gradient in gradients.values())


@pytest.mark.parametrize("batching", BATCHINGS)
def test_any_batch_gives_every_trained_parameter_a_gradient(
    net: AffectLM, batching: Batching
) -> None:
    for place in drawn(8):
        _, gradients = step(net, [[place]], batching, "sample")
        assert gradients.keys() == {n for n, p in net.named_parameters() if p.requires_grad}


def test_logits_are_made_only_where_something_is_learned(net: AffectLM) -> None:
    made: list[tuple[int, ...]] = []
    head = net.get_output_embeddings()
    hook = head.register_forward_hook(lambda _module, _given, out: made.append(tuple(out.shape)))
    for batching in BATCHINGS:
        batch = Collator(PROCESSOR, batching, "sample")(drawn(8))
        loss_of(net, batch, 8.0)
        rows, tokens = batch["input_ids"].shape
        assert made[-1][:2] == (rows, len(batch["learned"]["columns_K"]))
        assert made[-1][1] < tokens
    hook.remove()


def test_the_loss_is_float32_in_lower_precision(net: AffectLM) -> None:
    net.to(torch.bfloat16).freeze(torch.float32)
    batch = Collator(PROCESSOR, "packed", "token")(drawn(8))
    found = loss_of(net, batch, count(batch, "token"))
    inputs = {name: batch[name] for name in ("input_ids", "slots", "streams", "lengths")}
    logits = net(**inputs).logits[0, batch["learned"]["columns_K"]]
    assert logits.dtype == torch.bfloat16
    wanted = nn.functional.cross_entropy(logits.float(), batch["learned"]["targets_M"])
    torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("batching", BATCHINGS)
def test_ddp_gives_the_same_though_samples_lack_streams(
    net: AffectLM, batching: Batching, tmp_path: object
) -> None:
    wanted = step(net, chunks(drawn(10), 1), batching, "sample")
    distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path}/it", rank=0, world_size=1
    )
    try:
        wrapped = DistributedDataParallel(net)
        same(step(net, chunks(drawn(10), 1), batching, "sample", wrapped), wanted)
    finally:
        distributed.destroy_process_group()
