"""This program beside others: the same work on the same data, measured in one run on one machine (`make bench`)."""
