"""The certificate hash of a plan is printed on its papers and on no other plan's."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import create_store, project_from
from pypdf import PdfReader
from sentences import says

from zoneplanner import certify, cli

AT = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)


def answer(line: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict]:
    status = cli.main([*line.split(), "--json"])
    return status, json.loads(capsys.readouterr().out)


def read(path: Path) -> str:
    return " ".join(word for page in PdfReader(path).pages for word in page.extract_text().split())


def test_the_proof_of_a_plan_is_printed_on_its_pages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    project = project_from("AABB / AABB / aaaa")
    create_store(tmp_path / "p.gpkg", project, actor="test", at=AT).close()
    line = "plan p.gpkg --name B --time-limit 0.2 --certificate b.json --page prices.pdf"
    status, made = answer(line, capsys)
    proof = made["certificate"]["sha256"]
    printed = read(tmp_path / "prices.pdf")
    assert status == 0 and proof in printed
    assert "DRAFT PLAN" in printed and "For: the board" in printed and "trip-minutes" not in printed
    stands = made["plan_at"]
    assert len(stands) == 3  # beside the proof: how the plan stands at low, expected, high demand
    assert all(f" {one['calls_per_day']:.1f} calls" in printed for one in stands)
    publish = "publish p.gpkg --to out --audience staff --allow-draft --only sheets"
    status, out = answer(f"{publish} --plan B --certificate b.json", capsys)
    pages = [Path(file) for file in out["files"] if file.endswith(".pdf")]
    assert pages and all(f"plan: {proof[:16]}…" in read(page) for page in pages)
    assert answer("assign p.gpkg --plan B --site r1c1 --zone B", capsys)[0] == 1
    status, refusal = answer(f"{publish} --plan B --certificate b.json", capsys)
    assert status == 2 and refusal["code"] == "certificate_of_another_plan"
    changed = json.loads((tmp_path / "b.json").read_text())
    (tmp_path / "b.json").write_text(json.dumps({**changed, "cost": changed["cost"] + 1}))
    status, refusal = answer(f"{publish} --plan B --certificate b.json", capsys)
    assert status == 2 and refusal["code"] == "certificate"


def test_prices_mention_goals_other_than_the_drive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prices used to be in percent of the drive alone: +300% for one rule."""
    monkeypatch.chdir(tmp_path)
    project = project_from("AAAB / AAAB")
    create_store(tmp_path / "p.gpkg", project, actor="test", at=AT).close()
    line = "plan p.gpkg --name B --time-limit 0.2 --tolerance 0.1 --page prices.pdf"
    weighed = answer(f"{line} --keep-close-to plan --weight 5", capsys)[1]
    printed = read(tmp_path / "prices.pdf")
    whole = weighed["cost"]
    price = next(one["price"] for one in weighed["prices"] if one["rule"] == "tolerance")
    drive = float(printed.split("Patrols drive ")[1].split()[0].replace(",", ""))
    assert whole > drive + 1 and price > 0.1, (whole, drive, price)
    assert f"up to {whole:,.1f}" in printed
    assert f"({price / whole:+.1%})" in printed
    assert "other goals" not in read_prices_alone(line, tmp_path, capsys)


def read_prices_alone(line: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert answer(line, capsys)[0] == 0
    return read(folder / "prices.pdf")


def test_a_certificate_names_the_goals_it_does_not_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan balanced at high demand used to look certified for it."""
    monkeypatch.chdir(tmp_path)
    project = project_from("AABB / AABB / aaaa")
    create_store(tmp_path / "p.gpkg", project, actor="test", at=AT).close()
    line = "plan p.gpkg --name B --tolerance 0.4 --time-limit 0.2 --certificate b.json"
    assert answer(line, capsys)[1]["certificate"]["unchecked"] == []
    goals = "--robust low,high --one-off mean --max-drive 60 --shape 0.5 --keep-close-to plan"
    status, made = answer(f"{line} {goals} --weight 1", capsys)
    certified = made["certificate"]
    names = {"robust", "one_off", "max_drive", "shape", "closeness"}
    assert status == 0 and set(certified["unchecked"]) == names
    assert certified["ok"] and certified["bound"] <= certified["cost"] + 1e-6
    assert certified["bound"] <= made["cost"] + 1e-6  # of a plan that is to meet all of them
    assert cli.main([*f"{line} --max-drive 60".split()]) == 0
    assert says(capsys.readouterr().out, "rule.max_drive", minutes="60")


def test_file_and_papers_of_a_certificate_name_the_goals_it_does_not_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the command used to list them, so readers took all goals as proven."""
    monkeypatch.chdir(tmp_path)
    project = project_from("AABB / AABB / aaaa")
    create_store(tmp_path / "p.gpkg", project, actor="test", at=AT).close()
    line = "plan p.gpkg --name B --tolerance 0.4 --time-limit 0.2 --certificate b.json"
    made = answer(f"{line} --max-drive 60 --page prices.pdf", capsys)[1]["certificate"]
    publish = "publish p.gpkg --to out --audience staff --allow-draft --only sheets --plan B"
    sheets = list_sheets(f"{publish} --certificate b.json", capsys)
    assert sheets and all(made["sha256"][:16] in read(page) for page in sheets)
    assert "covers only" in read(Path("prices.pdf"))
    assert all("tolerance only" in read(page) for page in sheets)
    assert says(read(Path("prices.pdf")), "rule.max_drive", minutes="60")
    status, verdict = answer("certify b.json", capsys)
    assert status == 0 and verdict["unchecked"] == ["max_drive"]
    assert cli.main(["certify", "b.json"]) == 0
    assert says(capsys.readouterr().out, "rule.max_drive", minutes="60")
    assert certify.main(["b.json"]) == 0
    assert says(capsys.readouterr().out, "rule.max_drive", minutes="60")
    answer(line, capsys)
    assert answer("certify b.json", capsys)[1]["unchecked"] == []
    pages = list_sheets(f"{publish} --certificate b.json", capsys)
    assert pages and not any("tolerance only" in read(page) for page in pages)


def list_sheets(line: str, capsys: pytest.CaptureFixture[str]) -> list[Path]:
    out = answer(line, capsys)[1]
    return [Path(file) for file in out["files"] if file.endswith(".pdf")]
