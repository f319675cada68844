"""What the host relies on, tried on Acme's sample."""

from confirma_connector.testing import AdapterConformance, Sample


class TestPipes(AdapterConformance):
    adapter = "adapters/pipes.py"
    samples = [Sample("export.pipes", mapping="mapping.yaml", invoices=[1001, 1002, 1003])]
