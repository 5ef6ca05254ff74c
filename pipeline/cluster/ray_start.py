"""`ray start`, which leaves 127.0.0.1 as it is: Ray 2.60 takes this machine's address in its place, open to all."""

import sys


def stay_on_loopback() -> None:
    """From now on, this process takes 127.0.0.1 for what it is; a node there listens to its own machine alone."""
    import ray._private.services as services

    services.resolve_ip_for_localhost = lambda host: host


def main() -> None:
    """Ray's own command line, with the arguments that this process has."""
    from ray.scripts.scripts import main as ray

    stay_on_loopback()
    sys.exit(ray())  # type: ignore[no-untyped-call, unused-ignore]


if __name__ == "__main__":
    main()
