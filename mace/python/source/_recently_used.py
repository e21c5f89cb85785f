"""A cache that evicts the least recently used entry."""
import collections
from typing import Any, Hashable, Optional


class RecentlyUsed:
    """Holds at most `limit` entries and evicts the least recently used one. Not thread-safe."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: "collections.OrderedDict[Hashable, Any]" = collections.OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Hashable) -> Optional[Any]:
        """The entry, which then counts as used; None if there is none."""
        if key not in self._entries:
            return None
        self._entries.move_to_end(key)
        return self._entries[key]

    def put(self, key: Hashable, value: Any) -> None:
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._limit:
            self._entries.popitem(last=False)
