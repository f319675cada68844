"""What Confirma Connector relies on in this adapter, tried on its sample."""

from confirma_connector.testing import AdapterConformance, Sample


class TestKirja(AdapterConformance):
    adapter = "kirja"
    samples = [Sample("../samples/export.kirja", mapping="../samples/mapping.yaml", invoices=[2001, 2002, 2003])]
