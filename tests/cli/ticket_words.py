"""A module beside a target, which imports it."""


def shout(word: str) -> str:
    return word.upper()
