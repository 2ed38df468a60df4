"""What Parley itself says, from the gettext catalogues under `bot/locale`."""

from collections.abc import Mapping
from dataclasses import dataclass
from gettext import GNUTranslations
from pathlib import Path

from bot.errors import Notice

FOLDER = Path(__file__).parent / "locale"
DOMAIN = "parley"
FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """The catalogues by BCP 47 tag. Every id stands in every catalogue; a test sees to that."""

    catalogues: Mapping[str, GNUTranslations]
    default: str = FALLBACK

    @classmethod
    def load(cls, default: str = FALLBACK) -> "Words":
        """All catalogues of the package; `default` is the language of people whose own is unknown."""
        catalogues = {}
        for path in sorted(FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")):
            with path.open("rb") as file:
                catalogues[path.parent.parent.name.replace("_", "-")] = GNUTranslations(file)
        words = cls(catalogues)
        return cls(catalogues, words.nearest(default))

    @property
    def tags(self) -> tuple[str, ...]:
        """The languages there are, as BCP 47 tags."""
        return tuple(self.catalogues)

    def nearest(self, locale: str | None) -> str:
        """The catalogue for a BCP 47 (or POSIX) tag: the same, else one of the same language, else the default."""
        if locale is None:
            return self.default
        wanted = locale.replace("_", "-").partition(".")[0].lower()
        for tag in self.catalogues:
            if tag.lower() == wanted:
                return tag
        language = wanted.partition("-")[0]
        return next((tag for tag in self.catalogues if tag.lower().partition("-")[0] == language), self.default)

    def text(self, message_id: str, locale: str | None, **params: object) -> str:
        """The words for an id, filled in. An id that is in no catalogue comes back as itself."""
        said = self.catalogues[self.nearest(locale)].gettext(message_id)
        return said.format(**params) if said != message_id else message_id

    def say(self, notice: Notice, locale: str | None) -> str:
        """A notice in the reader's language."""
        return self.text(notice.id, locale, **notice.params)

    def every(self, message_id: str) -> Mapping[str, str]:
        """The words for an id in all languages, by tag."""
        return {tag: self.text(message_id, tag) for tag in self.catalogues}
