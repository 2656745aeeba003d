"""How much memory may still be taken, as Linux tells it of a machine and of its control groups."""

from pathlib import Path

import pytest

from mobilenetv2.train.free_memory import free_memory

GB = 2**30


def told(root: Path, files: dict[str, str]) -> Path:
    files = {"proc/meminfo": f"MemTotal: 1 kB\nMemAvailable: {8 * GB // 1024} kB\n"} | files
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_this_machine_has_some() -> None:
    found = free_memory()
    assert found is None or found > 0


def test_a_machine_alone(tmp_path: Path) -> None:
    assert free_memory(told(tmp_path, {})) == 8 * GB


def test_a_system_that_does_not_tell(tmp_path: Path) -> None:
    assert free_memory(tmp_path) is None


@pytest.mark.parametrize("place", ["sys/fs/cgroup", "sys/fs/cgroup/jobs/7", "sys/fs/cgroup/jobs"])
def test_a_container_or_a_job_leaves_what_its_group_does(tmp_path: Path, place: str) -> None:
    """Its own, and each that it lies in; what is held of files can be given back."""
    files = {
        "proc/self/cgroup": "0::/jobs/7\n",
        f"{place}/memory.max": f"{4 * GB}\n",
        f"{place}/memory.current": f"{3 * GB}\n",
        f"{place}/memory.stat": f"anon 12\ninactive_file {GB // 2}\nfile 3\n",
    }
    assert free_memory(told(tmp_path, files)) == GB + GB // 2


def test_the_older_groups(tmp_path: Path) -> None:
    group = "sys/fs/cgroup/memory"
    files = {
        "proc/self/cgroup": "7:cpu,cpuacct:/x\n4:memory:/docker/abc\n",
        f"{group}/memory.limit_in_bytes": f"{2 * GB}\n",
        f"{group}/memory.usage_in_bytes": f"{GB}\n",
    }
    assert free_memory(told(tmp_path, files)) == GB


def test_a_group_without_a_limit_and_one_that_is_over_it(tmp_path: Path) -> None:
    group = "sys/fs/cgroup"
    files = {"proc/self/cgroup": "0::/\n", f"{group}/memory.max": "max\n"}
    assert free_memory(told(tmp_path, {**files, f"{group}/memory.current": "1\n"})) == 8 * GB
    over = {f"{group}/memory.max": "10\n", f"{group}/memory.current": "20\n"}
    assert free_memory(told(tmp_path, files | over)) == 0


@pytest.mark.parametrize(("limit", "left"), [(f"{3 * GB}", GB), ("unlimited", 8 * GB)])
def test_a_process_that_may_have_so_many_addresses(tmp_path: Path, limit: str, left: int) -> None:
    files = {
        "proc/self/limits": f"Limit Soft Hard\nMax address space  {limit}  {limit}  bytes\n",
        "proc/self/status": f"Name: python\nVmSize: {2 * GB // 1024} kB\n",
    }
    assert free_memory(told(tmp_path, files)) == left
