"""The vendor's OpenAPI file beside our contract: what is the same, renamed, missing or new, and the overlay for it."""
