"""The lists of installed packages."""

import json
import uuid

import pytest


def shell(client, command):
    return client.shell.exec_command(command=command, truncate=False).data


def python(client):
    answer = client.sandbox.get_python_packages()
    assert answer.success is True
    return answer.data


def nodejs(client):
    answer = client.sandbox.get_nodejs_packages()
    assert answer.success is True
    return answer.data


def version_of(packages, name):
    return next((package["version"] for package in packages if package["name"].lower() == name.lower()), None)


def canonical(name):
    return name.lower().replace("_", "-").replace(".", "-")


@pytest.mark.parametrize("of", [python, nodejs])
def test_every_package_has_a_name_and_a_version_alone(client, of):
    packages = of(client)
    assert packages
    for package in packages:
        assert set(package) == {"name", "version"}
        assert package["name"] and package["version"]


@pytest.mark.parametrize("of", [python, nodejs])
def test_packages_come_by_name_and_each_once(client, of):
    names = [canonical(package["name"]) if of is python else package["name"].lower() for package in of(client)]
    assert names == sorted(set(names))


def test_python_packages_are_those_of_pip(client):
    listed = shell(client, "cd / && python3 -m pip list --format json 2>/dev/null")
    if listed.exit_code != 0:
        pytest.skip("there is no pip to compare with")
    pip = {canonical(package["name"]): package["version"] for package in json.loads(listed.output)}
    assert {canonical(package["name"]): package["version"] for package in python(client)} == pip


def test_python_packages_include_what_can_be_imported(client):
    version = shell(client, "python3 -c 'import importlib.metadata as m; print(m.version(\"pip\"))'")
    if version.exit_code != 0:
        pytest.skip("pip is not installed")
    assert version_of(python(client), "pip") == version.output.strip()


def test_a_new_python_package_is_seen_at_once_and_gone_at_once(client):
    name = f"conformance-{uuid.uuid4().hex[:8]}"
    before = python(client)
    assert version_of(before, name) is None
    place = "site.getusersitepackages() if site.ENABLE_USER_SITE else sysconfig.get_path('purelib')"
    site = shell(client, f'python3 -c "import site, sysconfig; print({place})"').output.strip()
    info = f"{site}/{name.replace('-', '_')}-1.2.3.dist-info"
    shell(client, f"mkdir -p {info} && printf 'Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.2.3\\n' > {info}/METADATA")
    try:
        assert version_of(python(client), name) == "1.2.3"
    finally:
        shell(client, f"rm -r {info}")
    assert python(client) == before


def test_python_packages_do_not_come_from_a_hostile_workspace(client):
    path = client.sandbox.get_context().detail.system.workspace or client.sandbox.get_context().home_dir
    shell(client, f"echo 'raise SystemExit(1)' > {path}/json.py")
    try:
        assert python(client)
    finally:
        shell(client, f"rm {path}/json.py")


def test_nodejs_packages_include_npm_itself(client):
    npm = shell(client, "npm --version 2>/dev/null")
    if npm.exit_code != 0:
        pytest.skip("npm is not installed")
    assert version_of(nodejs(client), "npm") == npm.output.strip()


def test_a_new_global_node_package_is_seen(client):
    name = f"conformance-{uuid.uuid4().hex[:8]}"
    root = shell(client, "echo $HOME/.npm-global/lib/node_modules").output.strip()
    for folder, package in [(name, name), (f"@conformance/{name}", f"@conformance/{name}")]:
        path = f"{root}/{folder}"
        manifest = json.dumps({"name": package, "version": "4.5.6"})
        shell(client, f"mkdir -p {path} && echo '{manifest}' > {path}/package.json")
    try:
        packages = nodejs(client)
        assert version_of(packages, name) == "4.5.6"
        assert version_of(packages, f"@conformance/{name}") == "4.5.6"
    finally:
        shell(client, f"rm -r {root}/{name} {root}/@conformance/{name}")
    assert version_of(nodejs(client), name) is None


@pytest.mark.parametrize("command", ["mkfifo {0}/package.json", "ln -s /dev/zero {0}/package.json", "echo '[' > {0}/package.json"])
def test_what_is_no_package_is_left_out_and_holds_nothing_up(client, command):
    name = f"conformance-{uuid.uuid4().hex[:8]}"
    path = shell(client, f"echo $HOME/.npm-global/lib/node_modules/{name}").output.strip()
    shell(client, f"mkdir -p {path}; {command.format(path)}")
    try:
        assert version_of(nodejs(client), name) is None
    finally:
        shell(client, f"rm -r {path}")


def test_the_lists_are_read_only(http):
    for language in ["python", "nodejs"]:
        assert http.post(f"/v1/sandbox/packages/{language}").status_code == 404
    assert http.get("/v1/sandbox/packages/ruby").status_code == 404
