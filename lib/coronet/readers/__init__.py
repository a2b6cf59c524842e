"""Plate readers, each an adapter of `ports.PlateReader`."""
