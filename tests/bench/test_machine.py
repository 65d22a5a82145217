"""What a run says about the machine."""

from scripts.bench.machine import cpu_model, describe_machine, versions


def test_the_model_name_is_read_from_cpuinfo():
    assert cpu_model("processor\t: 0\nmodel name\t: Some CPU @ 3.0GHz\n") == "Some CPU @ 3.0GHz"


def test_a_missing_model_name_is_not_an_error():
    assert cpu_model("processor\t: 0\n")


def test_versions_leave_out_what_is_not_installed():
    assert set(versions(["numpy", "no-such-distribution"])) == {"numpy"}


def test_this_machine_can_be_described():
    machine = describe_machine()
    assert machine.n_cores >= 1
    assert "onnxruntime" in machine.versions
