"""The recorder: sound in, chunks on `tears:chunks:<mic>` out."""
