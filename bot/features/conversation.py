"""The conversation itself: start afresh, choose model and persona, see what is remembered, get help."""

from collections.abc import Mapping
from dataclasses import replace

from bot import prompt
from bot.contract import Address, Origin
from bot.errors import BadOption, Notice
from bot.features.kit import Kit
from bot.model import Message, Window

BOT_NAME = "Parley"
DEFAULT_WORDS = ("default", "reset")
PREVIEW_MESSAGES = 6
PREVIEW_LENGTH = 80
LISTED_MODELS = 50
NEAR_MODELS = 5
PERSONA_LIMIT = 8000


def scope(origin: Origin) -> Address:
    """What a setting is chosen for: the thread it was said in, or the channel when it was said at the top."""
    return origin.address.parent if origin.begins_thread else origin.address


async def new(kit: Kit, origin: Origin, options: Mapping[str, str]) -> Notice:
    """Forget what was said here so far; model and persona stay."""
    await kit.store.fresh(scope(origin))
    return Notice("fresh-start")


async def model(kit: Kit, origin: Origin, options: Mapping[str, str]) -> Notice:
    """Show the model, or choose another."""
    address, wanted = scope(origin), options.get("name", "").strip()
    if not wanted:
        return await _show_model(kit, address)
    own = await kit.store.own_choice(address)
    if wanted.lower() in DEFAULT_WORDS:
        await kit.store.choose(address, replace(own, model=None))
        return Notice("model-default", {"model": kit.defaults.model})
    spec = kit.catalogue.get(wanted)
    if spec is None or "chat" not in spec.capabilities:
        alike = kit.catalogue.suggest(wanted, NEAR_MODELS) or kit.catalogue.nearest(wanted)
        near = ", ".join(f"`{name}`" for name in alike)
        raise BadOption("model-unknown-near" if near else "model-unknown", model=wanted, near=near)
    if not kit.catalogue.available(spec.id):
        raise BadOption("model-unavailable", model=spec.id)
    await kit.store.choose(address, replace(own, model=spec.id))
    return Notice("model-chosen", {"model": spec.id})


async def _show_model(kit: Kit, address: Address) -> Notice:
    choice = await kit.store.choice(address)
    names = ", ".join(f"`{spec.id}`" for spec in kit.catalogue.chat()[:LISTED_MODELS])
    return Notice("model-shown", {"model": choice.model or kit.defaults.model, "names": names})


async def persona(kit: Kit, origin: Origin, options: Mapping[str, str]) -> Notice:
    """Show the system prompt, or choose another."""
    address, wanted = scope(origin), options.get("text", "").strip()
    if not wanted:
        choice = await kit.store.choice(address)
        return Notice("persona-shown", {"persona": kit.persona(choice, origin)})
    if len(wanted) > PERSONA_LIMIT:
        raise BadOption("persona-too-long", length=len(wanted), limit=PERSONA_LIMIT)
    own = await kit.store.own_choice(address)
    if wanted.lower() in DEFAULT_WORDS:
        await kit.store.choose(address, replace(own, persona=None))
        return Notice("persona-default-again")
    await kit.store.choose(address, replace(own, persona=wanted))
    return Notice("persona-chosen")


async def context(kit: Kit, origin: Origin, options: Mapping[str, str]) -> Notice:
    """Show what is remembered here and how much of it the next question will carry."""
    address = scope(origin)
    choice = await kit.store.choice(address)
    spec = kit.model(choice)
    conversation = await kit.store.find(address)
    window = Window((), 0)
    if conversation is not None:
        window = await kit.store.window(conversation, kit.defaults.history_messages)
    budget = prompt.budget(spec, kit.defaults.history_tokens)
    built = prompt.build(window, (), persona=kit.persona(choice, origin), budget=budget)
    shown = {
        "model": spec.id,
        "total": window.total,
        "included": built.included,
        "dropped": window.total - built.included,
        "tokens": built.tokens,
        "budget": budget,
        "preview": _preview(window),
    }
    return Notice("context-shown" if window.total else "context-empty", shown)


def _preview(window: Window) -> str:
    return "\n".join(_line(message) for message in window.messages[-PREVIEW_MESSAGES:])


def _line(message: Message) -> str:
    text = " ".join(message.text.split())
    cut = text if len(text) <= PREVIEW_LENGTH else text[: PREVIEW_LENGTH - 1] + "…"
    name = BOT_NAME if message.role == "assistant" else message.author.name
    return f"> **{name}:** {cut}"


async def usage(kit: Kit, origin: Origin, options: Mapping[str, str]) -> Notice:
    """What Parley can do here."""
    return Notice("help-text")
