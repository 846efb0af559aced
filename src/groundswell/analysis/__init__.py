"""What a worker does with a post."""
