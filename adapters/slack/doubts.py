"""Posts of which nobody knows whether they stand: the call that was to send them may have been done or not."""

from collections import OrderedDict

from bot.contract import Address, PostId

_MOST = 500


class Doubts:
    """Open doubts, by the place and the key of the post; whoever sends a post with that key looks for it first."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[Address, str], PostId | None] = OrderedDict()

    def about(self, address: Address, key: str) -> bool:
        """Whether a post with this key may stand there."""
        return (address, key) in self._open

    def found(self, address: Address, key: str) -> PostId | None:
        """The post, where it was seen already."""
        return self._open.get((address, key))

    def open(self, address: Address, key: str, found: PostId | None = None) -> None:
        """It may stand there, or does and has yet to be made what it should be."""
        self._open[address, key] = found
        while len(self._open) > _MOST:
            self._open.popitem(last=False)

    def settle(self, address: Address, key: str) -> None:
        """It is known what stands there."""
        self._open.pop((address, key), None)
