"""The log is JSON, a line an event, and holds nobody's data."""

import json
import subprocess
import sys

CODE = """
import logging
from common import logs

logs.configure()

def greet(address):
    raise ValueError("no")

try:
    greet("ana@example.com")
except ValueError:
    logging.getLogger("tests").exception("greeting.failed", extra={"customer": "c1"})
"""


def test_an_error_is_logged_with_its_traceback_and_without_what_was_in_the_variables() -> None:
    run = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    line = json.loads(run.stderr)
    assert (line["event"], line["level"], line["customer"]) == ("greeting.failed", "error", "c1")
    assert [frame["name"] for frame in line["exception"][0]["frames"]] == ["<module>", "greet"]
    assert "ana@example.com" not in run.stderr
