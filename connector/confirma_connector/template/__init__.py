"""The fill-in workbook: invoices to be written into a spreadsheet, checked and sent without any setting up."""
