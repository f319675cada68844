"""A new adapter to begin with: one file for a folder of adapters, or a small package."""
