"""Storage, each an adapter of `ports.BlobStore`."""
