"""The catalogue knows the models by their exact names and hides only what it is told to hide."""

from collections.abc import Mapping

import pytest

from bot.errors import SettingsError
from bot.gateway.catalogue import Catalogue


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue.load()


def test_there_are_27_chat_models_in_the_order_of_the_file(catalogue: Catalogue) -> None:
    ids = [model.id for model in catalogue.chat()]
    assert len(ids) == len(set(ids)) == 27
    assert ids[:3] == ["gpt-5", "gpt-5-pro", "gpt-5-chat-latest"]
    assert ids[-1] == "minimax2.5"


def test_what_a_model_accepts_is_read_with_the_defaults(catalogue: Catalogue) -> None:
    pro = catalogue.get("gpt-5-pro")
    assert pro is not None
    assert (pro.vendor, pro.context, pro.max_output, pro.temperature) == ("openai", 400_000, 272_000, "drop")
    assert (pro.streaming, pro.slow, pro.reasoning, pro.endpoint_alt) == (False, True, True, "/v1/responses")
    assert (pro.token_param, pro.price_in, pro.retire) == ("max_completion_tokens", 15.0, "2026-12-11")
    claude = catalogue.get("claude-opus-4-6")
    assert claude is not None
    assert (claude.streaming, claude.temperature_max, claude.token_param) == (True, 1.0, "max_tokens")
    assert claude.more["price_cached_in"] == 0.5


def test_models_that_do_not_chat_are_known_but_not_offered(catalogue: Catalogue) -> None:
    assert catalogue.get("whisper-1") is not None
    assert "whisper-1" not in catalogue.suggest("whisper")


@pytest.mark.parametrize("asked", ["Qwen3-VL-8B-Instruct", "qwen3-vl-8b-instruct", " QWEN3-VL-8B-INSTRUCT "])
def test_letter_case_does_not_matter(catalogue: Catalogue, asked: str) -> None:
    model = catalogue.get(asked)
    assert model is not None
    assert model.id == "Qwen3-VL-8B-Instruct"
    assert catalogue.wire_id(asked) == "Qwen3-VL-8B-Instruct"


def test_a_strange_id_is_unknown_but_has_a_wire_id(catalogue: Catalogue) -> None:
    assert catalogue.get("gpt-99") is None
    assert catalogue.wire_id("gpt-99") == "gpt-99"


def test_suggestions_begin_with_the_prefix_and_go_on_with_what_contains_it(catalogue: Catalogue) -> None:
    assert catalogue.suggest("claude-s") == ("claude-sonnet-4-6", "claude-sonnet-4.5")
    fast = catalogue.suggest("fast")
    assert fast[0] == "grok-4-fast-non-reasoning"
    assert len(fast) == 5
    mixed = catalogue.suggest("GPT-5.")
    assert mixed == ("gpt-5.2", "gpt-5.2-search", "gpt-5.3-codex", "gpt-5.4", "gpt-5.4-pro")


def test_suggestions_are_bounded(catalogue: Catalogue) -> None:
    assert len(catalogue.suggest("")) == 25
    assert len(catalogue.suggest("", limit=3)) == 3


def test_a_mistyped_id_has_near_ones(catalogue: Catalogue) -> None:
    assert "claude-sonnet-4.5" in catalogue.nearest("claude-sonet-4.5")
    assert catalogue.nearest("zzzzzz") == ()


def test_a_missing_model_comes_back_when_its_time_is_over() -> None:
    clock = Clock()
    catalogue = Catalogue.load(clock=clock)
    catalogue.mark_missing("GPT-5", until=1060.0)
    assert not catalogue.available("gpt-5")
    assert "gpt-5" not in catalogue.suggest("gpt-5")
    clock.now = 1060.0
    assert catalogue.available("gpt-5")


def test_a_list_of_models_hides_only_when_it_is_trusted(catalogue: Catalogue) -> None:
    ids = frozenset(model.id for model in catalogue.chat()) - {"gpt-5", "grok-4"}
    assert catalogue.offer(ids, trust=False) == ("gpt-5", "grok-4")
    assert catalogue.available("gpt-5")
    assert catalogue.offer(ids, trust=True) == ("gpt-5", "grok-4")
    assert not catalogue.available("gpt-5")
    assert catalogue.offer(ids | {"gpt-5"}, trust=True) == ("grok-4",)
    assert catalogue.available("gpt-5")


def test_an_empty_list_of_models_says_nothing(catalogue: Catalogue) -> None:
    assert catalogue.offer(frozenset(), trust=True) == ()
    assert catalogue.available("gpt-5")


def test_the_list_of_models_is_read_through_the_aliases() -> None:
    catalogue = Catalogue.load(aliases={"gpt-5": "azure/gpt-5-2025"})
    assert catalogue.wire_id("gpt-5") == "azure/gpt-5-2025"
    assert "gpt-5" not in catalogue.offer(frozenset({"azure/gpt-5-2025"}), trust=True)


def test_the_operator_can_override_each_field() -> None:
    catalogue = Catalogue.load(
        overrides={
            "GPT-5": {"context": 1000, "temperature": "drop", "token_param": "max_tokens"},
            "gpt-5-pro": {"endpoint": "responses", "stream": "on"},
            "gpt-5-mini": {"stream": "auto"},
        }
    )
    gpt, pro, mini = (catalogue.get(id) for id in ("gpt-5", "gpt-5-pro", "gpt-5-mini"))
    assert gpt is not None
    assert pro is not None
    assert mini is not None
    assert (gpt.context, gpt.temperature, gpt.token_param, gpt.reasoning) == (1000, "drop", "max_tokens", True)
    assert (pro.endpoint, pro.streaming) == ("/v1/responses", True)
    assert (pro.more["endpoint"], pro.more["stream"]) == ("/v1/responses", True)
    assert mini.streaming
    assert "stream" not in mini.more


def test_an_override_of_an_unknown_id_adds_a_chat_model() -> None:
    catalogue = Catalogue.load(overrides={"our-own-llama": {"vendor": "us", "context": 8192}})
    assert catalogue.chat()[-1].id == "our-own-llama"
    assert catalogue.suggest("our-own") == ("our-own-llama",)


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ({"endpoint": "messages"}, "chat or responses"),
        ({"stream": "perhaps"}, "auto, on or off"),
        ({"context": "many"}, "context of gpt-5"),
        ({"temperature": "warm"}, "temperature of gpt-5"),
    ],
)
def test_a_wrong_override_stops_the_start_and_says_which(override: Mapping[str, object], words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        Catalogue.load(overrides={"gpt-5": override})
    assert caught.value.name == "BOT_MODEL_OVERRIDES"


def test_the_embedded_backend_has_a_catalogue_of_its_own() -> None:
    (model,) = Catalogue.load("local.toml").chat()
    assert (model.id, model.vendor, model.context, model.max_output) == ("smollm2-135m-instruct", "local", 4096, 200)
    assert model.streaming
