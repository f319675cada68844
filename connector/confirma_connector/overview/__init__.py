"""What an account's invoices come to: sums by state, the list of a month, a page with pictures."""
