"""The conformance kit: what the host relies on in an adapter, tried on a sample of its format.

In the tests of an adapter:

    from confirma_connector.testing import AdapterConformance, Sample

    class TestPipes(AdapterConformance):
        adapter = "pipes"  # an installed one by its name; or its file, "adapters/pipes.py"; or its module
        samples = [Sample("samples/invoices.psv", mapping="samples/mapping.yaml", invoices=[1001, 1002])]

Each promise is a test. One that is broken says what was done, what was expected, what came, where to look and what to
do; what could not be tried is skipped, and says what is needed. `confirma adapters check NAME SAMPLE` tries the same
without pytest. Paths are relative to the file of the test class. The round trips need the extra `sandbox`.
"""

from __future__ import annotations

from confirma_connector.testing.conformance import AdapterConformance
from confirma_connector.testing.finding import Finding, Tried
from confirma_connector.testing.promises import PROMISES, Promise, tried
from confirma_connector.testing.sample import Sample

__all__ = ["PROMISES", "AdapterConformance", "Finding", "Promise", "Sample", "Tried", "tried"]
