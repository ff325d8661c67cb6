"""Fixtures of the whole suite; each comes from the module that starts the real thing."""

pytest_plugins = [
    "tests.support.pace",
    "tests.support.stores",
    "tests.support.judged",
    "tests.support.embedded",
    "tests.support.browser",
    "tests.support.trail",
]
