"""Every model that hears, speaks, sees or draws, through the real program on both platforms; see `docs/models.md`."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.media.cases import CASES, MODELS
from tests.media.page import FAILS, PAGE, Row, parse, render
from tests.media.site import Case, Site, opened, play

IN_WORDS = "make models writes this page anew"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """One program for all cases, each of which goes to places of its own."""
    async with opened(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="module")
def page() -> dict[tuple[str, str, str], Row]:
    """The rows of the committed page."""
    return {(row.model, row.kind, row.case): row for row in parse(PAGE.read_text(encoding="utf-8"))}


@pytest.mark.long
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
async def test_what_people_see_is_what_the_page_says(
    site: Site, page: dict[tuple[str, str, str], Row], case: Case
) -> None:
    row = page.get((case.model, case.kind, case.name))
    assert row is not None, IN_WORDS
    if row.shown == FAILS:
        with pytest.raises(AssertionError):
            await play(site, case)
        return
    assert row == await play(site, case), IN_WORDS


def test_the_page_lists_every_case_once_and_in_order() -> None:
    listed = [(row.model, row.kind, row.case) for row in parse(PAGE.read_text(encoding="utf-8"))]
    assert listed == [(case.model, case.kind, case.name) for case in CASES], IN_WORDS


def test_the_page_is_nothing_but_its_rows() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert render(parse(text)) == text, IN_WORDS


def test_every_model_is_played_on_both_platforms_and_fails_somewhere() -> None:
    rows = [row for row in parse(PAGE.read_text(encoding="utf-8")) if row.shown != FAILS]
    for model in MODELS:
        mine = [row for row in rows if row.model == model]
        assert {"Slack, Discord"} <= {row.seen for row in mine if row.kind == "use"}, model
        assert any(row.kind == "failure" for row in mine), model


def test_every_shape_of_a_picture_has_been_seen() -> None:
    kinds = {row.kind for row in parse(PAGE.read_text(encoding="utf-8")) if row.shown != FAILS}
    assert {f"shape {number}" for number in range(1, 15)} <= kinds
