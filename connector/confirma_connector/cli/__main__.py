"""`python -m confirma_connector.cli`."""

from confirma_connector.cli import main

main()
