"""`python -m sandbox`: a stand-in for SendGrid and Twilio, in a process of its own, for the demo and the tests."""

import argparse
import json
import signal
import sys
from pathlib import Path
from types import FrameType

from sandbox.emit import Target
from sandbox.log import Log
from sandbox.server import Accounts, Sandbox, Server
from sandbox.signing import SendGridSigner

TWILIO_SID = "AC" + "0" * 31 + "1"


def main() -> None:
    """Serve until told to stop; the first line printed says, as JSON, where and with which keys."""
    options = _parser().parse_args()
    accounts = Accounts(options.sendgrid_key, options.twilio_sid, options.twilio_token)
    target = Target(options.public_url, options.deliver_to or options.public_url)
    sandbox = Sandbox(Log(options.log), accounts, SendGridSigner(options.signing_secret), target, options.bodies)
    with Server((options.host, options.port), sandbox) as server:

        def stop(_number: int, _frame: FrameType | None) -> None:
            raise KeyboardInterrupt

        signal.signal(signal.SIGTERM, stop)
        address = f"http://{options.host}:{server.server_address[1]}"
        sys.stdout.write(json.dumps({"url": address, **_settings(options, sandbox, address)}) + "\n")
        sys.stdout.flush()
        try:
            server.serve_forever(poll_interval=0.05)
        except KeyboardInterrupt:
            sandbox.closing.set()


def _settings(options: argparse.Namespace, sandbox: Sandbox, address: str) -> dict[str, dict[str, str]]:
    """The environment in which Encore talks to this sandbox."""
    return {
        "environment": {
            "ENCORE_SENDGRID_API_KEY": options.sendgrid_key,
            "ENCORE_SENDGRID_URL": address,
            "ENCORE_SENDGRID_WEBHOOK_KEY": sandbox.signer.public_key,
            "ENCORE_TWILIO_ACCOUNT_SID": options.twilio_sid,
            "ENCORE_TWILIO_AUTH_TOKEN": options.twilio_token,
            "ENCORE_TWILIO_URL": address,
            **{name: text for one in sandbox.stand_ins.values() for name, text in one.environment(address).items()},
        }
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes any that is free")
    parser.add_argument("--log", type=Path, required=True, help="what was accepted, as JSON lines")
    parser.add_argument("--public-url", default="http://127.0.0.1:8000", help="Encore's, as in ENCORE_PUBLIC_URL")
    parser.add_argument("--deliver-to", default="", help="where webhooks really go, if not there")
    parser.add_argument("--sendgrid-key", default="SG.sandbox")
    parser.add_argument("--twilio-sid", default=TWILIO_SID)
    parser.add_argument("--twilio-token", default="sandbox-token")
    parser.add_argument("--signing-secret", default="sandbox", help="the event webhook's key follows from it")
    parser.add_argument("--bodies", action="store_true", help="log the body of every request too")
    return parser


if __name__ == "__main__":
    main()
