//! Tests of the reading of records.

use super::*;
use crate::decode::encoding;

const COMMA: Dialect = Dialect { delimiter: b',', quote: Some(b'"'), trim: true };

fn records(text: &str, dialect: Dialect) -> Records {
    let bytes: Box<[u8]> = text.as_bytes().into();
    Records::new(TextSource::new(Box::new(io::Cursor::new(bytes)), encoding("utf-8").unwrap()), dialect)
}

/// Line, fields or error code of every record.
fn read(text: &str, dialect: Dialect) -> Vec<(u64, Result<Vec<String>, &'static str>)> {
    let mut records = records(text, dialect);
    let mut record = Record::default();
    let mut out = Vec::new();
    while let Some(outcome) = records.next(&mut record).unwrap() {
        let fields = outcome.map(|()| record.fields().map(str::to_owned).collect()).map_err(|error| error.code);
        out.push((record.line, fields));
    }
    out
}

fn fields(text: &[&str]) -> Vec<String> {
    text.iter().map(|field| (*field).to_owned()).collect()
}

#[test]
fn fields_quotes_and_line_ends() {
    assert_eq!(
        read("a,b\r\n\"x, \"\"y\"\"\nz\",\n\n 1 , \"2\" \nlast,\"", COMMA),
        vec![
            (1, Ok(fields(&["a", "b"]))),
            (2, Ok(fields(&["x, \"y\"\nz", ""]))),
            (5, Ok(fields(&["1", "2"]))),
            (6, Err("MALFORMED")),
        ]
    );
}

#[test]
fn other_dialects() {
    let semicolon = Dialect { delimiter: b';', quote: Some(b'\''), trim: false };
    assert_eq!(read("'a;b'; c\n", semicolon), vec![(1, Ok(fields(&["a;b", " c"])))]);
    let tabs = Dialect { delimiter: b'\t', quote: None, trim: true };
    assert_eq!(read("\"a\t\tb\"\n", tabs), vec![(1, Ok(fields(&["\"a", "", "b\""])))]);
}

#[test]
fn an_unclosed_quote_costs_one_line() {
    let rows = read("1,\"open\n2,fine\n3,\"also\" fine\n4,fine", COMMA);
    assert_eq!(
        rows,
        vec![
            (1, Err("MALFORMED")),
            (2, Ok(fields(&["2", "fine"]))),
            (3, Err("MALFORMED")),
            (4, Ok(fields(&["4", "fine"])))
        ]
    );
}

#[test]
fn a_quote_inside_an_unquoted_field_is_a_character() {
    assert_eq!(read("pipe 5\" wide,x\n", COMMA), vec![(1, Ok(fields(&["pipe 5\" wide", "x"])))]);
}

#[test]
fn a_long_field_is_read_and_a_record_past_the_limit_is_refused() {
    let long = "x".repeat(1_000_000);
    let rows = read(&format!("1,\"{long}\"\n2,b\n"), COMMA);
    assert_eq!(rows[0].1.as_ref().unwrap()[1].len(), 1_000_000);
    assert_eq!(rows[1], (2, Ok(fields(&["2", "b"]))));

    let endless = format!("1,\"{}\n2,b\n", format!("{}\n", "y".repeat(9_999)).repeat(900));
    let rows = read(&endless, COMMA);
    assert_eq!(rows[0], (1, Err("MALFORMED")));
    assert_eq!(rows.last().unwrap().1, Ok(fields(&["2", "b"])));
}

#[test]
fn raw_text_is_kept_as_it_stands() {
    let mut records = records("a, \"b\" \r\nc,d", COMMA);
    let mut record = Record::default();
    records.next(&mut record).unwrap();
    assert_eq!(record.raw(), "a, \"b\" ");
    records.next(&mut record).unwrap();
    assert_eq!((record.raw(), record.line, record.number), ("c,d", 2, 2));
}

#[test]
fn a_record_cut_off_by_a_read_error_is_not_handed_out() {
    struct Broken(usize);
    impl io::Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            if self.0 > 1 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "cut off"));
            }
            buffer[..7].copy_from_slice(b"a,b\nc,d");
            Ok(7)
        }
    }
    let source = TextSource::new(Box::new(Broken(0)), encoding("utf-8").unwrap());
    let mut records = Records::new(source, COMMA);
    let mut record = Record::default();
    assert!(records.next(&mut record).unwrap().unwrap().is_ok());
    assert_eq!(records.next(&mut record).unwrap_err().to_string(), "cut off");
    assert_eq!(records.line(), 2);
}
