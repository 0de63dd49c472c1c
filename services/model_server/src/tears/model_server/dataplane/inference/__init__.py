"""The kinds of inference: a request in, a reply or an error out, without any transport."""
