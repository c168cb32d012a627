use super::*;
use crate::task::{ColumnSpec, Preparation};
use functions::Decimal;
use proptest::prelude::*;
use std::fmt::Write as _;
use std::path::Path;

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).expect("a number")
}

fn spec(name: &str, preparation: Preparation) -> ColumnSpec {
    ColumnSpec { name: name.into(), preparation, fraction_bits: 8 }
}

fn range(min: &str, max: &str) -> Preparation {
    Preparation::Decimal { min: decimal(min), max: decimal(max) }
}

/// Reads a file of these bytes, columns `x` (decimal, -100 to 100) and `y` (standardised).
fn read_bytes(bytes: &[u8]) -> Result<(Vec<String>, Vec<Vec<i128>>), String> {
    let directory = tempfile::tempdir().expect("a directory");
    let columns = vec![spec("x", range("-100", "100")), spec("y", Preparation::Standardise)];
    let source = Source { file: directory.path().join("f.csv"), id: "id".into(), separator: b',', columns };
    std::fs::write(&source.file, bytes).expect("a file");
    let limits = Limits { bytes: 2000, rows: 50, id: 10 };
    let read = || {
        let mut table = Table::read(&source, &limits)?;
        let columns = source.columns.iter().enumerate().map(|(i, c)| prepare::prepare(&table, i, c));
        let columns = columns.map(|c| c.map(|c| c.values().to_vec())).collect::<Result<_, _>>()?;
        Ok((table.take_ids(), columns))
    };
    read().map_err(|e: DataError| {
        let text = e.to_string();
        text.strip_prefix(&source.file.display().to_string()).unwrap_or(&text).to_owned()
    })
}

#[test]
fn rows_are_sorted_by_id_and_numbers_scaled() {
    let (ids, columns) = read_bytes(b"id,x,y\nb,1.5,-1\na,-0.5,1\n").expect("a table");
    assert_eq!(ids, ["a", "b"]);
    assert_eq!(columns, [vec![-128, 384], vec![256, -256]]);
}

#[test]
fn spreadsheets_of_any_kind() {
    let plain = read_bytes(b"id,x,y\nb,1.5,-1\na,-0.5,1\n");
    for same in [
        b"\xef\xbb\xbfid,x,y\r\nb,1.5,-1\r\na,-0.5,1".as_slice(),
        b"\"id\",\"x\",\"y\"\n\"b\",\"1.5\",\" -1 \"\n\"a\",-.5,+1.0\n",
        b"\n\n y ,id,other, x \n-1,b,\"a, \"\"quoted\"\"\ncell\",15e-1\n\n1,a,\xff\xff,-0.50\n\n",
        b"id,x,y\rb,1.5,-1\ra,-0.5,1\r",
    ] {
        assert_eq!(read_bytes(same), plain, "{}", String::from_utf8_lossy(same));
    }
}

#[test]
fn every_problem_names_its_place() {
    let long = format!("id,x,y\n{},1,1\n", "i".repeat(11));
    let many = (0..60).fold("id,x,y\n".to_owned(), |mut text, i| {
        let _ = writeln!(text, "{i},0,{i}");
        text
    });
    let cases: &[(&[u8], &str)] = &[
        (b"", ": the file is empty"),
        (b"\n\r\n", ": the file is empty"),
        (b"id,x,y\n", ": no rows below the header"),
        (b"\xff\xfei\0d\0", ": the file is UTF-16 text; save it as CSV UTF-8"),
        (
            b"id;x;y\n1;2;3\n",
            ", column `id`: no such column; the header is one cell with `;` in it: set separator = \";\" in the task file",
        ),
        (b"id,x,z\n1,2,3\n", ", column `y`: no such column; the header has `id`, `x`, `z`"),
        (
            b"a,4827191,2\nb,3,4\n",
            ", column `id`: no such column; the first row holds numbers, where the names of the columns are expected",
        ),
        (
            b"a 4827191 2\nb 3 4\n",
            ", column `id`: no such column; the first row is one cell, without `,`, `;`, `|` or a tabulator in it",
        ),
        (b"id,x,y,x\n1,2,3,4\n", ", column `x`: the header has this column more than once"),
        (b"id,\"x,y\n1,2,3\n", ", row 1 (line 1): a quote that opens in this row is never closed"),
        (b"id,x,y\n1,2\n", ", row 2 (line 2): 2 cells, the header has 3"),
        (b"id,x,y\n1,2,3\n2,\"5,6\n3,4,5\n", ", row 3 (line 3): a quote that opens in this row is never closed"),
        (b"id,x,y\n1,2,\"3", ", row 2 (line 2): a quote that opens in this row is never closed"),
        (b"id,x,y\na,,1\n", ", row 2 (line 2), column `x`: no value"),
        (b"id,x,y\na,1,1\n\nb,2, \n", ", row 4 (line 4), column `y`: no value"),
        (
            b"id,x,y\r\na,1,1\r\n\r\nb,2,?\r\n",
            ", row 4 (line 4), column `y`: not a number: unexpected character at position 1",
        ),
        (
            b"id,x,y\n\"a\nb\",1,1\nb,1x,2\n",
            ", row 3 (line 4), column `x`: not a number: unexpected character at position 2",
        ),
        (
            b"id,x,y\na,\"1,5\",1\n",
            ", row 2 (line 2), column `x`: not a number: comma at position 2; write decimals with a point and no thousands separators",
        ),
        (b"id,x,y\na,1,1\nb,\xff,2\n", ", row 3 (line 3), column `x`: not UTF-8 text; save the file as CSV UTF-8"),
        (b"id,x,y\na,1,1\n\xff,1,2\n", ", row 3 (line 3), column `id`: not UTF-8 text; save the file as CSV UTF-8"),
        (
            b"id,x,y\na,1,1\nb,100.001,2\n",
            ", row 3 (line 3), column `x`: value outside the range -100 to 100 that the task states",
        ),
        (
            b"id,x,y\na,-101,1\n",
            ", row 2 (line 2), column `x`: value outside the range -100 to 100 that the task states",
        ),
        (b"id,x,y\na,1,7\nb,1,7.0\n", ", column `y`: cannot centre and scale: all values are equal"),
        (b"id,x,y\n ,1,7\n", ", row 2 (line 2), column `id`: no id"),
        (
            b"id,x,y\nb,1,7\na,1,7\nc,0,0\na ,0,0\nb,0,0\n",
            ", row 5 (line 5), column `id`: duplicate id: row 3 has the same one",
        ),
        (long.as_bytes(), ", row 2 (line 2), column `id`: the id is longer than 10 bytes"),
        (many.as_bytes(), ", row 52 (line 52): more than 50 rows"),
        (&[b'x'; 2001], ": larger than 2000 bytes"),
    ];
    for (bytes, message) in cases {
        assert_eq!(read_bytes(bytes), Err((*message).to_owned()), "{}", String::from_utf8_lossy(bytes));
    }
    let source = Source { file: "no/such.csv".into(), id: "id".into(), separator: b',', columns: vec![] };
    let error = Table::read(&source, &Limits::default()).expect_err("no file").to_string();
    assert!(error.starts_with("no/such.csv: No such file"), "{error}");
}

#[test]
fn integers_are_integers() {
    let directory = tempfile::tempdir().expect("a directory");
    let integers = Preparation::Integer { min: decimal("-3"), max: decimal("9") };
    let mut column = spec("x", integers);
    column.fraction_bits = 0;
    let source =
        Source { file: directory.path().join("f.csv"), id: "id".into(), separator: b';', columns: vec![column] };
    let read = |text: &str| {
        std::fs::write(&source.file, text).expect("a file");
        let table = Table::read(&source, &Limits::default()).expect("a table");
        prepare::prepare(&table, 0, &source.columns[0]).map(|c| c.values().to_vec()).map_err(|e| e.problem.to_string())
    };
    assert_eq!(read("id;x\na;-3\nb;9.0\n"), Ok(vec![-3, 9]));
    assert_eq!(read("id;x\na;2.5\n"), Err("not an integer".to_owned()));
}

#[test]
fn ids_must_be_those_of_the_list() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name);
    let source = Source { file: path("f.csv"), id: "id".into(), separator: b',', columns: vec![] };
    let compared = |list: &[u8], table: &str| {
        std::fs::write(path("ids.txt"), list).expect("a file");
        std::fs::write(path("f.csv"), table).expect("a file");
        let list = ids::IdList::read(&path("ids.txt"))?;
        let table = Table::read(&source, &Limits::default())?;
        ids::compare(&table, &list)?;
        assert_eq!(list.digest(), IdDigest::of(table.ids()));
        Ok(())
    };
    let message = |list: &[u8], table: &str| {
        let error: DataError = compared(list, table).expect_err("different ids");
        error.to_string().replace(&format!("{}/", directory.path().display()), "")
    };
    assert_eq!(compared(b"b\r\n\r\n a \r\n", "id\na\nb\n"), Ok(()));
    assert_eq!(message(b"b\na\nd\nc\n", "id\na\nb\n"), "f.csv: missing id: the one on line 3 of ids.txt (and 1 more)");
    assert_eq!(message(b"b\na\n", "id\nc\na\nb\n"), "f.csv, row 2 (line 2): unknown id: it is not in ids.txt");
    assert_eq!(message(b"a\nb\na\n", "id\na\nb\n"), "ids.txt, row 3 (line 3): duplicate id: row 1 has the same one");
    assert_eq!(message(b"\n", "id\na\n"), "ids.txt: the file is empty");
    assert_eq!(message(b"\xfc\n", "id\na\n"), "ids.txt: not UTF-8 text; save the file as CSV UTF-8");
}

#[test]
fn a_provider_has_the_rows_of_the_task() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name);
    let message = |ids: &str, a: &str| {
        std::fs::write(path("ids.txt"), "1\n2\n").expect("a file");
        std::fs::write(path("a.csv"), a).expect("a file");
        let text = format!(
            r#"
            session = "s"
            field = "f128"
            rows = 2
            {ids}
            party = [
                {{ name = "a", address = "a:1", data = {{ file = "a.csv", id = "id", columns = [
                    {{ name = "x", type = "integer", range = [0, 9] }} ] }} }},
                {{ name = "b", address = "b:1" }} ]
            output = [{{ name = "o", compute = "sum", columns = ["a.x"], to = ["b"] }}]
            "#
        );
        let task = Task::parse(&text, &path("task.toml")).unwrap_or_else(|e| panic!("{e}"));
        let source = task.parties[0].data.as_ref().expect("data");
        let read = read(&task, source).map(|read| (read.ids.join(" "), read.columns[0].values().to_vec()));
        read.map_err(|e| e.to_string().replace(&format!("{}/", directory.path().display()), ""))
    };
    let listed = "ids = \"ids.txt\"";
    assert_eq!(message(listed, "id,x\n2,7\n1,5\n"), Ok(("1 2".to_owned(), vec![5, 7])));
    assert_eq!(message("", "id,x\n3,7\n1,5\n"), Ok(("1 3".to_owned(), vec![5, 7])));
    assert_eq!(message(listed, "id,x\n3,7\n1,5\n"), Err("a.csv: missing id: the one on line 2 of ids.txt".to_owned()));
    assert_eq!(message("", "id,x\n1,5\n"), Err("a.csv: 1 rows, the task states 2".to_owned()));
    assert_eq!(
        message("", "id,x\n1,5\n2,10\n").unwrap_err(),
        "a.csv, row 3 (line 3), column `x`: value outside the range 0 to 9 that the task states"
    );
}

#[test]
fn digests_of_ids_are_injective() {
    let of = |ids: &[&str]| IdDigest::of(&ids.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
    assert_eq!(of(&["a", "b"]), of(&["a", "b"]));
    for other in [&["ab"][..], &["a", "b", ""], &["", "ab"], &["b", "a"]] {
        assert_ne!(of(&["a", "b"]), of(other), "{other:?}");
    }
}

#[test]
fn secrets_are_not_printed() {
    let directory = tempfile::tempdir().expect("a directory");
    let source = Source {
        file: directory.path().join("f.csv"),
        id: "id".into(),
        separator: b',',
        columns: vec![spec("x", range("0", "100"))],
    };
    std::fs::write(&source.file, "id,x\na,77\n").expect("a file");
    let table = Table::read(&source, &Limits::default()).expect("a table");
    let column = prepare::prepare(&table, 0, &source.columns[0]).expect("a column");
    assert_eq!(format!("{table:?} {column:?} {:?}", table.column(0)), "Table(1 rows) Column(1 values) [Decimal]");
    assert_eq!(table.file(), Path::new(&source.file));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..60), text in "id,x,y\n([0-9\"a,;.\r\n-]{0,60})") {
        let _ = (read_bytes(&bytes), read_bytes(text.as_bytes()));
    }
    #[test]
    fn order_of_rows_does_not_matter(values in prop::collection::btree_map("[a-z0-9]{1,4}", -100i64..=100, 2..20)) {
        let line = |(id, v): (&String, &i64)| format!("{id},{v},{v}\n");
        let forward: String = values.iter().map(line).collect();
        let backward: String = values.iter().rev().map(line).collect();
        let read = |rows: &str| read_bytes(format!("id,x,y\n{rows}").as_bytes());
        prop_assert_eq!(read(&forward), read(&backward));
    }
}
