"""What a competent person would write or use instead: each a script of its own, with what it does not do said."""
