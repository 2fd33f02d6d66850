"""No test, and no Python that a test starts, reaches another machine."""

import socket
import subprocess
import sys

import pytest

# Addresses kept for documentation: nobody answers there.
ELSEWHERE = ["192.0.2.1", "2001:db8::1", "example.invalid"]
TRY = "import socket, sys; socket.create_connection((sys.argv[1], 80), timeout=1)"


@pytest.fixture
def forgiven(no_other_machine):
    """What is tried here on purpose is no fault."""
    yield no_other_machine
    no_other_machine.unlink(missing_ok=True)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_another_machine_is_refused_and_the_try_is_written_down(forgiven, host):
    with pytest.raises(ConnectionRefusedError, match="no other machine"):
        socket.create_connection((host, 80), timeout=1)
    done = subprocess.run([sys.executable, "-c", TRY, host], capture_output=True, text=True, check=False)
    assert "the tests reach no other machine" in done.stderr
    assert forgiven.read_text().split().count(host) == 2


def test_a_datagram_to_another_machine_is_refused(forgiven):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, pytest.raises(ConnectionRefusedError):
        sender.sendto(b"x", ("192.0.2.1", 9))
    assert forgiven.exists()


def test_this_machine_can_be_reached(no_other_machine):
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname(), timeout=5):
            pass
        with socket.create_connection(("localhost", server.getsockname()[1]), timeout=5):
            pass
    assert not no_other_machine.exists()


def test_a_kernel_is_within_the_same_walls(notebook, run, forgiven):
    from lib.errors import BuildError

    with pytest.raises(BuildError, match="ConnectionRefusedError"):
        run(notebook("import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=1)"))
    assert forgiven.read_text().split() == ["192.0.2.1"]
