"""Starting, freezing, weighing and ending server processes."""

import sys

import psutil
import pytest

from scripts.bench.processes import HOST, ServerStartError, free_port, is_answering, process_memory, start_server

SERVER = (
    "import http.server, subprocess, sys\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()\n"
)


def is_running(pid):
    """A zombie has ended; whoever adopted it has not looked yet."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.fixture
def server():
    port = free_port()
    process = start_server("small", [sys.executable, "-c", SERVER, str(port)], {}, port)
    try:
        process.wait_ready(lambda port: is_answering(port, "GET", "/"), timeout_s=30.0)
        yield process
    finally:
        process.stop()


def test_stopping_ends_the_server_and_its_children(server):
    pids = server.pids()
    server.stop()
    assert len(pids) == 2
    assert not any(is_running(pid) for pid in pids)


def test_a_frozen_server_does_not_answer_and_a_thawed_one_does(server):
    server.freeze()
    assert not is_answering(server.port, "GET", "/", timeout_s=0.3)
    server.thaw()
    assert is_answering(server.port, "GET", "/")


def test_a_frozen_server_can_be_stopped(server):
    server.freeze()
    server.stop()
    assert server.pids() == []


def test_settling_ends_for_an_idle_server_and_for_one_that_never_rests(server):
    server.settle()
    assert server.pids()
    spin = start_server("spin", [sys.executable, "-c", "while True: pass"], {}, free_port())
    try:
        spin.settle(timeout_s=0.6)
        assert spin.pids()
    finally:
        spin.stop()


def test_a_process_that_ended_since_the_server_was_frozen_is_counted(server):
    server.freeze()
    server.thaw()
    assert server.n_lost() == 0
    server.stop()
    assert server.n_lost() == 2


def test_memory_covers_the_whole_tree(server):
    whole, root = server.memory(), process_memory(server.pids()[:1])
    assert whole.pss_mb > root.pss_mb > 0.0
    assert whole.peak_rss_mb >= whole.pss_mb


def test_a_process_that_is_gone_weighs_nothing(server):
    pids = server.pids()
    server.stop()
    assert process_memory(pids).pss_mb == 0.0


def test_a_server_that_exits_says_what_it_printed():
    process = start_server("broken", [sys.executable, "-c", "print('no model here'); raise SystemExit(3)"], {}, 1)
    with pytest.raises(ServerStartError, match="status 3:\nno model here"):
        process.wait_ready(lambda _: False, timeout_s=30.0)
    process.stop()


def test_a_server_that_never_answers_is_given_up():
    process = start_server("silent", [sys.executable, "-c", "import time; time.sleep(600)"], {}, free_port())
    try:
        with pytest.raises(ServerStartError, match="did not answer"):
            process.wait_ready(lambda port: is_answering(port, "GET", "/"), timeout_s=0.3)
    finally:
        process.stop()
    assert process.pids() == []


def test_a_free_port_is_not_answering():
    assert not is_answering(free_port(), "GET", "/")
    assert HOST == "127.0.0.1"
