"""The real command in a real process: what it promises, and what it says when it can't."""

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from tests.conftest import SAMPLE, run_cli, write_csv
from tsur_nlp.batch.job import RESULT_COLUMNS
from tsur_nlp.cli import main


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_sample_export_is_routed_without_options(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    done = run_cli("route", str(SAMPLE), "-o", str(out), "--show")
    assert done.returncode == 0, done.stderr
    assert "разобрано 65, отложено 0" in done.stdout
    assert "город Бор" in done.stdout
    before, after = rows_of(SAMPLE), rows_of(out)
    assert list(after[0]) == [*before[0], *RESULT_COLUMNS]
    assert [{name: row[name] for name in before[0]} for row in after] == before
    assert all(row["action"] and row["reasons"] for row in after)


@pytest.mark.parametrize("suffix", [".xlsx", ".jsonl", ".parquet"])
def test_other_formats_carry_the_same_decisions(tmp_path: Path, suffix: str) -> None:
    other, back = tmp_path / f"out{suffix}", tmp_path / "back.csv"
    assert run_cli("route", str(SAMPLE), "-o", str(other), "--columns", "en").returncode == 0
    done = run_cli("route", str(other), "-o", str(back), "--text", "Текст инцидента")
    assert done.returncode == 0, done.stderr
    for row in rows_of(back):
        assert row["topic"] == row["input_topic"]
        assert row["action"] == row["input_action"]


def test_several_processes_give_the_same_rows(tmp_path: Path) -> None:
    rows = [["id", "text"], *([str(n), f"Яма номер {n} на дороге"] for n in range(3000))]
    source = write_csv(tmp_path / "in.csv", rows)
    outputs = []
    for jobs in ("1", "2"):
        out = tmp_path / f"out{jobs}.csv"
        assert run_cli("route", str(source), "-o", str(out), "--jobs", jobs).returncode == 0
        outputs.append([{k: v for k, v in row.items() if k != "deadline"} for row in rows_of(out)])
    assert outputs[0] == outputs[1]
    assert [row["id"] for row in outputs[0]] == [str(n) for n in range(3000)]


def test_bad_rows_are_set_aside_and_counted(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("id,text\n1,яма на дороге\n2,яма, да,ещё\n3,\n", encoding="utf-8")
    done = run_cli("route", str(source), "-o", str(tmp_path / "out.csv"))
    assert "Строк 3: разобрано 2, отложено 1" in done.stdout
    assert [row["action"] for row in rows_of(tmp_path / "out.csv")][1] == "not_an_appeal"
    (aside,) = rows_of(tmp_path / "out.csv.rejected.csv")
    assert aside["row"] == "2"
    assert "ячеек 4" in aside["reason"]
    assert "ещё" in aside["content"]


def test_an_unread_date_is_said_in_its_row(tmp_path: Path) -> None:
    rows = [["text", "Дата создания"], ["яма на дороге", "13.05.2024 10:00"], ["яма на дороге", "вчера"]]
    source = write_csv(tmp_path / "in.csv", rows)
    run_cli("route", str(source), "-o", str(tmp_path / "out.csv"))
    known, unknown = rows_of(tmp_path / "out.csv")
    assert (known["deadline"], known["error"]) == ("2024-05-13T14:00+03:00", "")
    assert "дата не разобрана" in unknown["error"]


def wrong(tmp_path: Path) -> dict[str, list[str]]:
    """Commands that can't be carried out, by what must be said."""
    (tmp_path / "no_text.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "ok.csv").write_text("text\nяма\n", encoding="utf-8")
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04")
    (tmp_path / "locked.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99)
    (tmp_path / "folder").mkdir()
    (tmp_path / "d.csv.rejected.csv").write_text("text\nяма\n", encoding="utf-8")
    (tmp_path / "j.db.rejected.csv").write_text("Текст\nяма\n", encoding="utf-8")
    path = {name: str(tmp_path / name) for name in os.listdir(tmp_path)}
    out = ["-o", str(tmp_path / "out.csv")]
    return {
        "файла нет": ["route", str(tmp_path / "nowhere.csv"), *out],
        "столбец с текстом": ["route", path["no_text.csv"], *out],
        "столбца «c»": ["route", path["ok.csv"], "--text", "c", *out],
        "файл пуст": ["route", path["empty.csv"], *out],
        "повреждена": ["route", path["broken.xlsx"], *out],
        "паролем": ["route", path["locked.xlsx"], *out],
        "регион «omsk» неизвестен": ["route", path["ok.csv"], "--region", "omsk", *out],
        "здесь нет модели": ["route", path["ok.csv"], "--model", path["folder"], *out],
        "не знаю такой таблицы": ["route", path["ok.csv"], "-o", str(tmp_path / "out.doc")],
        "не записать": ["route", path["ok.csv"], "-o", str(tmp_path / "none" / "out.csv")],
        "один файл": ["route", path["ok.csv"], "-o", path["ok.csv"]],
        "d.csv.rejected.csv: вход": ["route", path["d.csv.rejected.csv"], "-o", str(tmp_path / "d.csv")],
        "туда же пишется": ["route", path["ok.csv"], "--journal", str(tmp_path / "out.csv"), *out],
        "j.db.rejected.csv: вход": [
            "journal",
            "import",
            path["j.db.rejected.csv"],
            "--journal",
            str(tmp_path / "j.db"),
        ],
        "ok.csv: вход и выход": ["evaluate", path["ok.csv"], "--html", path["ok.csv"]],
        "(": ["check-labels", path["ok.csv"], "-o", path["ok.csv"]],
        "не хватает -o": ["route", path["ok.csv"]],
        "нет такого ключа: --fast": ["route", path["ok.csv"], "--fast", *out],
        "значение --jobs не годится": ["route", path["ok.csv"], "--jobs", "x", *out],
        "команда не понята": ["fly"],
        "хотя бы две": ["train", path["ok.csv"], "-o", str(tmp_path / "m"), "--text", "text", "--topic", "text"],
    }


def test_every_mistake_is_one_line_in_russian(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for said, command in wrong(tmp_path).items():
        monkeypatch.setattr(sys, "argv", ["tsur-nlp", *command])
        with pytest.raises(SystemExit) as ended:
            main()
        stderr = capsys.readouterr().err
        assert ended.value.code not in (None, 0), command
        assert stderr.startswith("Ошибка: "), stderr
        assert stderr.count("\n") == 1, stderr
        assert said in stderr, stderr
        assert not (tmp_path / "out.csv").exists()
        assert not list(tmp_path.glob("*.progress"))


def test_a_tampered_model_is_refused(trained: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(trained, folder)
    weights = bytearray((folder / "weights.safetensors").read_bytes())
    weights[-7] ^= 1
    (folder / "weights.safetensors").write_bytes(weights)
    done = run_cli("route", str(SAMPLE), "-o", str(tmp_path / "out.csv"), "--model", str(folder))
    assert done.returncode == 1
    assert "изменён" in done.stderr
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("sent", "jobs"), [(signal.SIGKILL, "1"), (signal.SIGINT, "1"), (signal.SIGINT, "2")])
def test_a_killed_run_leaves_nothing_under_the_final_name(tmp_path: Path, sent: signal.Signals, jobs: str) -> None:
    rows = [["text"], *(["Яма на дороге, разбитый асфальт и темно " * 20] for _ in range(60_000))]
    source = write_csv(tmp_path / "in.csv", rows)
    out = tmp_path / "out.csv"
    command = [sys.executable, "-m", "tsur_nlp", "route", str(source), "-o", str(out), "--jobs", jobs]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, encoding="utf-8", start_new_session=True, preexec_fn=heed_breaks
    )
    wait_for(lambda: list(tmp_path.glob(".out.*/out.csv")))
    # A break at the keyboard goes to the workers too.
    os.killpg(process.pid, sent)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode != 0
    assert not out.exists()
    if sent is signal.SIGINT:
        assert "Прервано" in stderr
        assert "--resume" in stderr
        assert "\n" not in stderr.strip(), stderr
        assert not list(tmp_path.glob(".out.*"))


def heed_breaks() -> None:
    """A shell that runs the tests in the background has its processes ignore the break at the keyboard."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline, "it never came so far"
        time.sleep(0.01)


def workers_of(process: subprocess.Popen[bytes]) -> list[int]:
    """Child processes (Linux)."""
    return [int(number) for number in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def many_rows(tmp_path: Path, count: int) -> Path:
    """Messages of the sample again and again, each with its number, and a row that can't be read."""
    texts = [row["Текст инцидента"] for row in rows_of(SAMPLE)]
    rows = [["№", "Текст", "Дата"], *([str(i), f"{texts[i % len(texts)]} {i}", "13.05.2024"] for i in range(count))]
    source = write_csv(tmp_path / "in.csv", rows)
    with source.open("a", encoding="utf-8") as stream:
        stream.write("лишняя,строка,с,пятью,ячейками\n")
    return source


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("suffix", "jobs"), [(".csv", "1"), (".jsonl", "2")])
def test_a_killed_run_goes_on_where_it_stood(tmp_path: Path, suffix: str, jobs: str) -> None:
    source = many_rows(tmp_path, 6000)
    whole, out = tmp_path / f"whole{suffix}", tmp_path / f"out{suffix}"
    assert run_cli("route", str(source), "-o", str(whole)).returncode == 0
    progress = tmp_path / f"out{suffix}.progress"
    process, workers = started(source, out, jobs)
    process.kill()
    process.wait()
    wait_for(lambda: not any(map(at_work, workers)))
    assert not out.exists()
    torn = progress.read_bytes()
    progress.write_bytes(torn + b'[["half a line')
    done = run_cli("route", str(source), "-o", str(out), "--resume")
    assert done.returncode == 0, done.stderr
    assert "строк взято из прерванного разбора" in done.stdout
    assert "разобрано 6000, отложено 1" in done.stdout
    assert out.read_bytes() == whole.read_bytes()
    assert (tmp_path / f"out{suffix}.rejected.csv").read_bytes() == (
        tmp_path / f"whole{suffix}.rejected.csv"
    ).read_bytes()
    assert not progress.exists()
    assert not list(tmp_path.glob(".out.*"))


def at_work(process: int) -> bool:
    """Whether a process lives (Linux); one that nobody has asked for its end yet does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def started(source: Path, out: Path, jobs: str = "1") -> tuple[subprocess.Popen[bytes], list[int]]:
    """A run that has done two chunks, and its workers."""
    command = [sys.executable, "-m", "tsur_nlp", "route", str(source), "-o", str(out), "--jobs", jobs]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    progress = out.with_name(f"{out.name}.progress")
    wait_for(lambda: progress.exists() and progress.read_bytes().count(b"\n") >= 3)
    workers = workers_of(process) if jobs != "1" and sys.platform == "linux" else []
    return process, workers


@pytest.mark.skipif(sys.platform != "linux", reason="finds workers by /proc")
def test_a_killed_worker_ends_the_run_in_one_line_and_loses_nothing(tmp_path: Path) -> None:
    source = many_rows(tmp_path, 12_000)
    whole, out = tmp_path / "whole.csv", tmp_path / "out.csv"
    assert run_cli("route", str(source), "-o", str(whole)).returncode == 0
    process, workers = started(source, out, "2")
    os.kill(workers[0], signal.SIGKILL)
    _, told = process.communicate(timeout=60)
    stderr = told.decode()
    assert (process.returncode, stderr.count("\n")) == (1, 1), stderr
    assert "рабочий процесс завершён" in stderr
    assert not out.exists()
    assert run_cli("route", str(source), "-o", str(out), "--resume").returncode == 0
    assert out.read_bytes() == whole.read_bytes()


def test_another_job_does_not_go_on_with_this_one(tmp_path: Path) -> None:
    source, out = many_rows(tmp_path, 6000), tmp_path / "out.csv"
    process, _ = started(source, out)
    process.kill()
    process.wait()
    other = run_cli("route", str(source), "-o", str(out), "--resume", "--region", "kursk")
    assert (other.returncode, other.stderr.count("\n")) == (1, 1)
    assert "--resume" in other.stderr
    anew = run_cli("route", str(source), "-o", str(out), "--region", "kursk")
    assert anew.returncode == 0
    assert "прерванного" not in anew.stdout


def test_evaluate_prints_figures_json_and_a_page(trained: Path, labelled: Path, tmp_path: Path) -> None:
    import json

    page = tmp_path / "report.html"
    options = ["--model", str(trained)]
    shown = run_cli("evaluate", str(labelled), *options, "--html", str(page))
    assert "Точность (top-1)" in shown.stdout
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    figures = json.loads(run_cli("evaluate", str(labelled), *options, "--json").stdout)
    assert figures["topic"]["top1"] == 1
    assert figures["authority"]["labels"] == 3


def test_an_own_model_with_a_region_answers_with_its_bodies(tmp_path: Path) -> None:
    rows = [["text", "topic"]]
    rows += [
        [f"{text} на улице {n}", topic]
        for n in range(30)
        for text, topic in [
            ("Не работает лифт в подъезде", "Неисправность или отключение лифтов"),
            ("Скорая ехала два часа", "Скорая помощь"),
        ]
    ]
    source = write_csv(tmp_path / "t.csv", rows)
    model = str(tmp_path / "m")
    assert run_cli("train", str(source), "-o", model, "--text", "text", "--topic", "topic").returncode == 0
    out = tmp_path / "out.csv"
    assert run_cli("route", str(source), "-o", str(out), "--model", model, "--region", "nizhny").returncode == 0
    first = rows_of(out)[0]
    assert first["topic_group"] == "ЖКХ"
    assert first["authority"].startswith("Государственная жилищная инспекция")


def test_a_workbook_of_a_centre(tmp_path: Path) -> None:
    source = tmp_path / "in.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["№", "Текст инцидента", "Муниципалитет"])
    book.active.append([7, "Яма на дороге, разбит асфальт", "Лысковский"])
    book.save(source)
    assert run_cli("route", str(source), "-o", str(tmp_path / "out.xlsx")).returncode == 0
    header, row = openpyxl.load_workbook(tmp_path / "out.xlsx").active.iter_rows(values_only=True)
    found = dict(zip(header, row, strict=True))
    assert found["№"] == 7
    assert isinstance(found["Уверенность в теме"], float)
    assert found["Орган"] == "Администрация Лысковского округа"


def test_every_command_that_reads_a_table_takes_how_and_says_what_it_read(tmp_path: Path, trained: Path) -> None:
    book = openpyxl.Workbook()
    for sheet, word in ((book.active, "Свет"), (book.create_sheet("Второй"), "Яма")):
        for row in (
            ["Отчёт"],
            ["Текст", "Тема", "Адрес", "Орган"],
            [f"{word} на улице", "Дороги", "vk.com/a", "Мэрия"],
        ):
            sheet.append(row)
        sheet.append([f"{word} во дворе", "Свет", "vk.com/b", "Мэрия"])
    book.save(tmp_path / "in.xlsx")
    table, how = str(tmp_path / "in.xlsx"), ["--sheet", "второй", "--header", "2"]
    commands = [
        ["inspect", table],
        ["route", table, "-o", str(tmp_path / "out.csv")],
        ["evaluate", table, "--model", str(trained)],
        ["journal", "import", table, "--journal", str(tmp_path / "j.db")],
        ["journal", "accounts", table, "--journal", str(tmp_path / "j.db")],
        ["region", "new", str(tmp_path / "pack"), "--from", table],
    ]
    for command in commands:
        done = run_cli(*command, *how)
        assert "Прочитано in.xlsx: лист «Второй»; заголовок в строке 2" in done.stdout, (command, done.stderr)
    assert [row["Текст"] for row in rows_of(tmp_path / "out.csv")] == ["Яма на улице", "Яма во дворе"]


def test_options_of_reading_are_everywhere() -> None:
    from tsur_nlp.cli import cli

    commands = {**cli.commands, **cli.commands["region"].commands, **cli.commands["journal"].commands}
    for name in (
        "route",
        "inspect",
        "train",
        "evaluate",
        "retrain",
        "check-labels",
        "relabel",
        "correct",
        "import",
        "accounts",
        "new",
    ):
        assert {"sheet", "header", "encoding"} <= {option.name for option in commands[name].params}, name


def test_the_shipped_region_is_checked() -> None:
    done = run_cli("region", "check", "nizhny")
    assert done.returncode == 0, done.stdout
    assert "на каждую тему есть кому ответить" in done.stdout
    unknown = run_cli("region", "check", "atlantis")
    assert (unknown.returncode, unknown.stderr.count("\n")) == (1, 1)


def test_a_region_is_drafted_from_past_messages(tmp_path: Path) -> None:
    table = tmp_path / "past.csv"
    rows = [
        ["Яма на дороге, разбит асфальт", "Комитет дорожного хозяйства города Дальнего", "Дальний"],
        ["Не работает лифт в подъезде", "Жилищная инспекция Дальней области", "город Дальний"],
        ["Нет врача в поликлинике", "Министерство здравоохранения Дальней области", "Лесной район"],
        ["В деревне темно, нет фонарей", "Администрация Лесного района", "Лесной район"],
    ]
    write_csv(table, [["Текст", "Исполнитель", "Муниципалитет"], *rows, ["в", "строке", "лишняя", "ячейка"], *rows])
    folder = tmp_path / "far"
    done = run_cli("region", "new", str(folder), "--from", str(table), "--title", "Дальняя область")
    assert done.returncode == 0, done.stderr
    bodies = {row["title"]: row for row in rows_of(folder / "authorities.csv")}
    assert len(bodies) == 4
    assert "health.regional" in bodies["Министерство здравоохранения Дальней области"]["roles"]
    assert bodies["Администрация Лесного района"]["roles"] == "municipality.administration"
    # «Дальний» and «город Дальний» are one place.
    assert len(rows_of(folder / "territories.csv")) == 3
    again = run_cli("region", "new", str(folder), "--from", str(table))
    assert again.returncode == 1
    assert "занято" in again.stderr
    out = tmp_path / "out.csv"
    routed = run_cli("route", str(table), "-o", str(out), "--region", str(folder))
    assert routed.returncode == 0, routed.stderr
    assert rows_of(out)[2]["authority"] == "Министерство здравоохранения Дальней области"


def test_the_path_of_a_decision_is_explained() -> None:
    done = run_cli("region", "explain", "Во дворе на Бекетова, 13 третий день не горят фонари")
    assert done.returncode == 0, done.stderr
    for part in ("Матрица:", "«Бекетова»", "Советский район", "Ответ: до"):
        assert part in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_a_full_disk_ends_in_one_line(tmp_path: Path) -> None:
    import resource

    def no_room() -> None:
        # A write past the limit fails with an error of the system, as on a full disk, if the signal is ignored.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    source, out = many_rows(tmp_path, 6000), tmp_path / "out.csv"
    done = subprocess.run(
        [sys.executable, "-m", "tsur_nlp", "route", str(source), "-o", str(out)],
        preexec_fn=no_room,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "не записать" in done.stderr
    assert not out.exists()
    assert not list(tmp_path.glob(".out.*"))


def test_off_a_terminal_stages_are_lines_with_the_share_done() -> None:
    done = run_cli("evaluate", str(SAMPLE), "--json")
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert lines[0] == "Чтение таблицы"
    shares = [int(line.split(": ")[1].rstrip("%")) for line in lines if line.startswith("Ответы модели")]
    assert shares == sorted(set(shares))
    assert len(shares) > 5


@pytest.mark.parametrize("auto", ["body", "both"])
def test_what_may_be_expected_is_said_for_what_must_be_sure(tmp_path: Path, auto: str) -> None:
    source = write_csv(tmp_path / "in.csv", [["Текст"], ["Яма на дороге"]])
    done = run_cli("route", str(source), "-o", str(tmp_path / "out.csv"), "--auto", auto)
    assert "орган с уверенностью от" in done.stdout
    assert ("тема с уверенностью от" in done.stdout) == (auto == "both")
