"""A dataset folder: read, checked, numbered, split; its texts and pictures. Imports core alone."""
