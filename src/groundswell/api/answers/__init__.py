"""The forms of the answers: typed, described, and made from what the views return."""
