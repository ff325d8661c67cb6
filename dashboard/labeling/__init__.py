"""A labeler starts, drafts, submits or skips."""
