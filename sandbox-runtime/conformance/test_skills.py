import io
import uuid
import zipfile

import pytest
from agent_sandbox.core.api_error import ApiError


def skill_text(name, body="Say hello.\n"):
    return f"---\nname: {name}\ndescription: Does {name}\nlicense: MIT\nmetadata:\n  version: 1.2\n---\n\n# {name}\n\n{body}"


def zip_of(files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def link_entry(name):
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = 0o120777 << 16
    return info


@pytest.fixture
def name(client):
    """A name for a skill of the test's own."""
    own = f"conformance-{uuid.uuid4().hex[:8]}"
    yield own
    try:
        client.skills.delete_skill(own)
    except ApiError:
        pass


def register(client, content, **options):
    return client.skills.register_skills(file=("skill.zip", content, "application/zip"), **options)


def run(client, command):
    return client.shell.exec_command(command=command).data.output


def names(client):
    return [skill.name for skill in client.skills.list_metadata().data.skills]


def failure(client, content, kind, **options):
    answer = register(client, content, **options)
    assert answer.success is False
    assert answer.data.count == 0 and answer.data.registered == []
    assert answer.data.error_type == kind
    return answer


def test_an_archive_is_registered_and_its_files_are_there(client, name):
    content = zip_of({f"{name}/SKILL.md": skill_text(name), f"{name}/templates/a.txt": "template"})
    answer = register(client, content)
    assert answer.success is True and answer.data.count == 1
    [skill] = answer.data.registered
    assert skill.name == name and skill.dependency_commands == []
    assert skill.metadata == {"name": name, "description": f"Does {name}", "license": "MIT", "metadata": {"version": 1.2}}
    assert skill.path == f"{run(client, 'echo ~').strip()}/.skills/{name}"
    assert run(client, f"cat {skill.path}/templates/a.txt") == "template"


def test_content_is_the_text_without_front_matter(client, name):
    register(client, zip_of({"SKILL.md": skill_text(name)}))
    result = client.skills.get_content(name).data
    assert result.name == name and result.path.endswith(f"/{name}")
    assert result.content == f"# {name}\n\nSay hello.\n"


def test_metadata_is_listed_by_name(client, name):
    register(client, zip_of({"SKILL.md": skill_text(name)}))
    assert name in names(client)
    listed = client.skills.list_metadata(names=f"{name},no-such-skill")
    assert [skill.name for skill in listed.data.skills] == [name]
    assert "no-such-skill" in listed.hint


def test_an_archive_goes_where_path_says(client, folder, name):
    answer = register(client, zip_of({"x/SKILL.md": skill_text(name)}), path=f"{folder}/deep/skills")
    assert answer.data.registered[0].path == f"{folder}/deep/skills/{name}"
    assert run(client, f"ls -A {folder}/deep/skills") == f"{name}\n"


def test_the_name_that_is_given_wins(client, name):
    skill = register(client, zip_of({"x/SKILL.md": skill_text("other")}), name=name).data.registered[0]
    assert skill.name == name and skill.metadata["name"] == "other"
    assert "other" not in names(client)


def test_several_skills_in_one_archive(client, folder, name):
    content = zip_of({f"repo/skills/{name}-{n}/SKILL.md": skill_text(f"{name}-{n}") for n in "ab"} | {"repo/README.md": "x"})
    answer = register(client, content, path=folder)
    assert [skill.name for skill in answer.data.registered] == [f"{name}-a", f"{name}-b"]
    assert run(client, f"ls -1A {folder}") == f"{name}-a\n{name}-b\n"
    for n in "ab":
        client.skills.delete_skill(f"{name}-{n}")
    assert run(client, f"ls -1A {folder}") == ""


def test_a_newer_archive_replaces_the_older(client, name):
    register(client, zip_of({"SKILL.md": skill_text(name), "old.txt": "x"}))
    path = register(client, zip_of({"SKILL.md": skill_text(name, "New.\n"), "new.txt": "x"})).data.registered[0].path
    assert client.skills.get_content(name).data.content.endswith("New.\n")
    assert run(client, f"ls -1 {path}") == "SKILL.md\nnew.txt\n"
    assert names(client).count(name) == 1


@pytest.mark.parametrize("form", ["multipart", "json", "urlencoded"])
def test_a_directory_inside_is_registered_where_it_is(client, http, folder, name, form):
    client.file.write_file(file=f"{folder}/mine/SKILL.md", content=skill_text(name))
    fields = {"path": f"{folder}/mine"}
    sent = {"multipart": {"files": {"path": (None, fields["path"])}}, "json": {"json": fields}, "urlencoded": {"data": fields}}[form]
    answer = http.post("/v1/skills/register", **sent).json()
    assert answer["success"] is True
    assert answer["data"]["registered"][0]["path"] == f"{folder}/mine"
    client.skills.delete_skill(name)
    assert name not in names(client)
    assert run(client, f"ls {folder}/mine") == "SKILL.md\n"


def test_a_directory_of_directories_is_registered(client, http, folder, name):
    for n in "ab":
        client.file.write_file(file=f"{folder}/{n}/SKILL.md", content=skill_text(f"{name}-{n}"))
    answer = http.post("/v1/skills/register", json={"path": folder}).json()
    assert answer["data"]["count"] == 2
    for n in "ab":
        client.skills.delete_skill(f"{name}-{n}")


def test_deleting_takes_the_files_of_an_archive_away(client, name):
    path = register(client, zip_of({"SKILL.md": skill_text(name)})).data.registered[0].path
    deleted = client.skills.delete_skill(name)
    assert deleted.data.name == name and deleted.data.path == path
    assert run(client, f"test -e {path} && echo there") == ""
    assert name not in names(client)


@pytest.mark.parametrize("call", ["get_content", "delete_skill"])
def test_an_unknown_name_answers_404(client, call):
    with pytest.raises(ApiError) as caught:
        getattr(client.skills, call)("no-such-skill")
    assert caught.value.status_code == 404
    assert caught.value.body == {"success": False, "message": "Skill not found", "data": None}


def test_clear_unregisters_all(client, folder, name):
    register(client, zip_of({"SKILL.md": skill_text(name)}), path=folder)
    cleared = client.skills.clear_skills()
    assert cleared.success is True and name in cleared.data["names"]
    assert names(client) == []
    assert client.skills.clear_skills().data["count"] == 0


BAD = {
    "no zip": (lambda name: b"hello", "decode_error"),
    "a zip that breaks off": (lambda name: zip_of({"SKILL.md": skill_text(name)})[:-10], "decode_error"),
    "no skill": (lambda name: zip_of({"README.md": "x"}), "not_found"),
    "a way out": (lambda name: zip_of({"SKILL.md": skill_text(name), "../out.txt": "x"}), "invalid_path"),
    "an absolute path": (lambda name: zip_of({"SKILL.md": skill_text(name), "/tmp/out.txt": "x"}), "invalid_path"),
    "a link": (lambda name: zip_of({"SKILL.md": skill_text(name), link_entry("link"): "/etc"}), "invalid_target"),
    "names that differ in case": (lambda name: zip_of({"SKILL.md": skill_text(name), "skill.md": "x"}), "invalid_path"),
    "a bomb": (lambda name: zip_of({"SKILL.md": skill_text(name), "zeros": bytes(100 * 1024 * 1024)}), "too_large"),
    "too many entries": (lambda name: zip_of({"SKILL.md": skill_text(name)} | {f"{n}": "" for n in range(2001)}), "too_large"),
    "broken front matter": (lambda name: zip_of({"SKILL.md": "---\na: [\n---\n"}), "decode_error"),
    "a name that leads out": (lambda name: zip_of({"SKILL.md": skill_text("../../x")}), "invalid_path"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_archive_is_refused_and_leaves_nothing(client, folder, name, kind):
    make, error_type = BAD[kind]
    failure(client, make(name), error_type, path=f"{folder}/target")
    assert run(client, f"ls -1A {folder}") == ""
    assert name not in names(client)


def test_what_is_no_skill_is_not_replaced(client, folder, name):
    client.file.write_file(file=f"{folder}/{name}/mine.txt", content="mine")
    failure(client, zip_of({"SKILL.md": skill_text(name)}), "already_exists", path=folder)
    assert run(client, f"ls -1A {folder} {folder}/{name}") == f"{folder}:\n{name}\n\n{folder}/{name}:\nmine.txt\n"


def test_neither_file_nor_path_is_refused(http):
    answer = http.post("/v1/skills/register", json={})
    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], list)


def test_a_failing_install_is_told_and_the_skill_is_there(client, name):
    content = zip_of({"SKILL.md": skill_text(name), "requirements.txt": "./no-such-package-here\n"})
    answer = register(client, content)
    assert answer.success is True and name in answer.hint
    [command] = answer.data.registered[0].dependency_commands
    assert command.success is False and command.command[1:4] == ["-m", "pip", "install"]
    assert "no-such-package-here" in command.stderr + command.stdout
    assert name in names(client)


def test_installs_that_need_no_network_succeed(client, name):
    content = zip_of(
        {
            "SKILL.md": skill_text(name),
            "requirements.txt": "# nothing\n",
            "package.json": '{"name": "x", "version": "1.0.0", "scripts": {"install": "touch ran", "postinstall": "touch ran"}}',
        }
    )
    skill = register(client, content).data.registered[0]
    assert [command.command[0] for command in skill.dependency_commands] == ["python3", "npm"]
    assert [command.success for command in skill.dependency_commands] == [True, True], skill.dependency_commands
    assert "ran" not in run(client, f"ls {skill.path}").split()
    assert len(client.skills.list_metadata(names=name).data.skills[0].dependency_commands) == 2
