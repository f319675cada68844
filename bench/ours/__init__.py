"""Our own paths, through the doors that everybody uses."""
