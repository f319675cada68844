"""Excel workbooks, for the adapter: reading a list as it is shown, and splicing results into it."""

from confirma_connector.workbook.book import Book as Book
from confirma_connector.workbook.layout import Layout as Layout
from confirma_connector.workbook.layout import choose_sheet as choose_sheet
from confirma_connector.workbook.layout import layout as layout
from confirma_connector.workbook.meanings import Row as Row
from confirma_connector.workbook.reading import read_rows as read_rows
from confirma_connector.workbook.splice import splice as splice

__all__ = ["Book", "Layout", "Row", "choose_sheet", "layout", "read_rows", "splice"]
