"""What a claimed turn asks of the model."""

from bot import prompt
from bot.features.kit import Kit
from bot.gateway.values import ChatOptions, ChatRequest, ModelSpec
from bot.model import Claim

RETRY_SHARE = 0.5
"""How much of the token budget is left to a prompt that the model found too long."""


def chat_request(kit: Kit, claim: Claim, spec: ModelSpec, share: float = 1.0) -> ChatRequest:
    """The request for a turn's answer, within that share of the token budget."""
    built = prompt.build(
        claim.window,
        claim.questions,
        persona=kit.persona(claim.choice, claim.origin),
        budget=int(prompt.budget(spec, kit.defaults.history_tokens) * share),
        partial=claim.partial,
    )
    return ChatRequest(
        model=spec.id,
        messages=built.messages,
        key=f"parley-{claim.turn}-{claim.attempt}-{share}",
        options=ChatOptions(max_output_tokens=kit.defaults.max_output_tokens),
    )
