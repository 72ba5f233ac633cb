"""What is minimised: DPO's and GRPO's losses of log-likelihoods, as their papers have them."""

# P pairs, B answers, G answers to each question, Q questions, A tokens of answers

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

_LEAST_SPREAD = 1e-4  # TRL's; answers that are all alike teach nothing


def dpo(gained_P: Tensor, lost_P: Tensor, beta: float) -> Tensor:
    """Loss of each pair, shape (P,) (Rafailov et al. 2023, arXiv 2305.18290, eq. 7).

    Gained and lost are how much likelier the preferred and the other answer became since the
    stage's start, as differences of natural logarithms.
    """
    return -logsigmoid(beta * (gained_P - lost_P))


def advantages(rewards_QG: Tensor) -> Tensor:
    """How much better each answer is than others to the same question, in standard deviations.

    DeepSeekMath (arXiv 2402.03300, §4.1.2); the deviation is that of a sample, as in TRL.
    """
    mean_Q1 = rewards_QG.mean(1, keepdim=True)
    return (rewards_QG - mean_Q1) / (rewards_QG.std(1, keepdim=True) + _LEAST_SPREAD)


def grpo(
    logs_BA: Tensor, learned_BA: Tensor, advantages_B: Tensor, start_BA: Tensor | None, beta: float
) -> Tensor:
    """Loss of each answer, shape (B,) (DeepSeekMath, eq. 3 and 4).

    One step is taken for each sampling, so the ratio to the model that wrote the answers is 1 and
    its clipping never bites; its gradient is that of the log-likelihood. `start_BA` is what the
    model at the stage's start finds, None where `beta` is 0.
    """
    ratio_BA = torch.exp(logs_BA - logs_BA.detach())
    loss_BA = -ratio_BA * advantages_B[:, None]
    if start_BA is not None:
        loss_BA = loss_BA + beta * divergence(logs_BA, start_BA)
    return (loss_BA * learned_BA).sum(1) / learned_BA.sum(1).clamp(min=1)


def divergence(logs_BA: Tensor, start_BA: Tensor) -> Tensor:
    """Schulman's estimate of KL to the model at the stage's start, by token (eq. 4)."""
    gap_BA = start_BA - logs_BA
    return gap_BA.exp() - gap_BA - 1
