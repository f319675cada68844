"""The class that the tests of an adapter take over: a test for each promise, on each sample. It imports no pytest."""

from __future__ import annotations

import inspect
import unittest
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from confirma_connector.testing.promises import PROMISES, Promise, tried_one
from confirma_connector.testing.sample import Sample
from confirma_connector.testing.subject import Subject

__all__ = ["AdapterConformance"]


class AdapterConformance:
    """The tests of an adapter. *adapter* is its name, its file or its module; paths are relative to the test's file.

    A promise that cannot be tried on a sample is skipped, and the skip says what the sample has to give.
    """

    adapter: str | Path | ModuleType = ""
    samples: Sequence[Sample] = ()
    folders: Sequence[str | Path] = ()

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Let pytest make a test of every promise and sample."""
        if not self.adapter or not self.samples:
            raise ValueError(f"{type(self).__name__}: set `adapter`, and `samples` to one Sample or more")
        if {"promise", "sample"} <= set(metafunc.fixturenames):
            pairs = [(promise, sample) for promise in PROMISES for sample in self.samples]
            names = [f"{promise.name}-{Path(sample.path).name}" for promise, sample in pairs]
            metafunc.parametrize(("promise", "sample"), pairs, ids=names)

    def test_promise(self, promise: Promise, sample: Sample) -> None:
        """Try one promise on one sample."""
        __tracebackhide__ = True
        base = Path(inspect.getfile(type(self))).parent
        subject = Subject.of(self.adapter, base, [base / folder for folder in self.folders])
        tried = tried_one(promise, subject, sample, base)
        if tried.reason:
            raise unittest.SkipTest(f"{tried.outcome}: {tried.reason}")
        if tried.findings:
            raise AssertionError(f"{tried.title}\n\n" + "\n\n".join(map(str, tried.findings)))
