"""A mapping proposed for a file that has none: what is proved is applied, what is only likely is asked."""
