"""What a model is asked: history, question and pictures as messages within a token budget."""

from bot.prompt.building import Prompt, budget, build, count
from bot.prompt.speaking import MOST_PICTURES, NAME_LIMIT, PICTURE_TOKENS

__all__ = ["MOST_PICTURES", "NAME_LIMIT", "PICTURE_TOKENS", "Prompt", "budget", "build", "count"]
