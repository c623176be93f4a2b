"""The item encoder (MIRM, §3.3): text and picture in, item vector out, each item once. Imports backbones and below."""
