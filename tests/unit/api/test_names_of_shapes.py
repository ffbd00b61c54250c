"""A shape's name in the document is its own: of two of one name, one is described as the other."""

from collections import Counter

import msgspec

import api.app


def made_of(kind: type) -> set[type]:
    """Return all that derive from a class, near or far."""
    below = set(kind.__subclasses__())
    return below.union(*(made_of(each) for each in below))


def test_no_two_shapes_of_the_api_have_one_name() -> None:
    assert api.app.create_app
    ours = [each for each in made_of(msgspec.Struct) if each.__module__.startswith("api.")]
    counted = Counter(each.__name__ for each in ours)
    assert len(counted) > 200
    assert {name for name, times in counted.items() if times > 1} == set()
