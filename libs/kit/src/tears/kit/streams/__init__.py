"""Redis Streams: how work is handed on, drawn, acknowledged, claimed and buried."""
