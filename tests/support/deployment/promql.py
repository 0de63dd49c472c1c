"""Ask a Prometheus for a number."""

import json
import urllib.parse
import urllib.request

ANSWER_SECONDS = 30.0


def query_value(address: str, expr: str) -> float:
    """Return the current value of an expression with one sample; 0 if it has none. `address` is HOST:PORT."""
    query = urllib.parse.urlencode({"query": expr})
    with urllib.request.urlopen(f"http://{address}/api/v1/query?{query}", timeout=ANSWER_SECONDS) as answer:
        samples = json.load(answer)["data"]["result"]
    assert len(samples) <= 1, f"{expr} has several samples: {samples}"
    return float(samples[0]["value"][1]) if samples else 0.0
