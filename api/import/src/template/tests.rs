//! Tests of templates and filters: what a mapping's text makes of a row.

use std::sync::LazyLock;

use chrono_tz::Tz;
use letopis_eventlog::keys::ExternalIds;

use super::*;
use crate::decode::{TextSource, encoding};
use crate::identity::{self, Namespace};
use crate::lookup::{Table, Tables};
use crate::names::SectionNames;
use crate::records::{Dialect, Record, Records};

/// The row that all templates here look at.
const ROW: &str = "Ann,  Main St 5 ,\"1 234,50\",NULL,31.01.2026 09:30,yes,a;b; c,\n";
const COLUMNS: [&str; 8] = ["name", "address", "price", "gone", "at", "flag", "tags", "empty"];

/// One secret for all, so that ids can be compared.
static IDS: LazyLock<ExternalIds> = LazyLock::new(identity::tests::ids);

fn evaluate(template: &str) -> Result<Value, String> {
    let dialect = Dialect { delimiter: b',', quote: Some(b'"'), trim: true };
    let source = TextSource::new(Box::new(ROW.as_bytes()), encoding("utf-8").unwrap());
    let mut record = Record::default();
    Records::new(source, dialect).next(&mut record).unwrap().unwrap().unwrap();
    let columns = COLUMNS.map(str::to_owned);
    let mut tables = Tables::default();
    tables.add_inline("codes", Table::inline([("Ann".to_owned(), "A-1".to_owned())]));
    let mut names = SectionNames::new(Some(&columns));
    let mut compiler = Compiler { names: &mut names, tables: &tables, zone: Tz::Europe__Moscow };
    let template = Template::compile(template, &mut compiler)?;
    let missing = ["NULL".to_owned()];
    let scope = Scope {
        record: &record,
        missing: &missing,
        values: &[],
        previous: None,
        each: None,
        repeat: 0,
        pair: None,
        file: "people.csv",
        namespace: &Namespace::new("test", IDS.clone()),
    };
    template.evaluate(&scope).map_err(|error| error.to_string())
}

#[test]
fn templates_yield_what_they_say() {
    for (template, expected) in [
        ("plain", "plain"),
        ("${name}", "Ann"),
        ("Dear ${name}, $$5", "Dear Ann, $5"),
        ("${address}", "Main St 5"),
        ("${'literal' | upper}", "LITERAL"),
        ("${name | upper | replace 'A' 'a b'}", "a bNN"),
        ("${price | number ','}", "1234.5"),
        ("${price | number ',' | times 100 | minus 1}", "123449"),
        ("${price | number ',' | money EUR}", "1234.50 EUR"),
        ("${row.number | plus 1}", "2"),
        ("${at | time '%d.%m.%Y %H:%M'}", "2026-01-31T06:30:00Z"),
        ("${at | time '%d.%m.%Y %H:%M' UTC | plus_days 1}", "2026-02-01T09:30:00Z"),
        ("${at | date '%d.%m.%Y %H:%M'}", "2026-01-31"),
        ("${at | date '%d.%m.%Y %H:%M' | plus_days -31}", "2025-12-31"),
        ("${at | date '%d.%m.%Y %H:%M' | at 10:00}", "2026-01-31T07:00:00Z"),
        ("${flag | flag}", "true"),
        ("${flag | flag yes no}", "true"),
        ("${tags | split ';' | upper}", "A B C"),
        ("${name | lookup codes}", "A-1"),
        ("${file.name}", "people.csv"),
        ("${empty | default 'none of it'}", "none of it"),
        ("${gone | or name}", "Ann"),
        ("${name | nothing_if Bob | text}", "Ann"),
    ] {
        assert_eq!(evaluate(template).map(|value| value.to_text()), Ok(expected.to_owned()), "{template}");
    }
}

#[test]
fn nothing_stays_nothing() {
    for template in [
        "${empty}",
        "${gone}",
        "Dear ${gone}",
        "${empty | time}",
        "${gone | number | money EUR}",
        "${at | lookup codes}",
        "${name | nothing_if Bob Ann}",
        "${empty | id lead}",
    ] {
        assert_eq!(evaluate(template), Ok(Value::Nothing), "{template}");
    }
}

#[test]
fn ids_depend_on_kind_value_and_further_names() {
    let id = |template| evaluate(template).unwrap();
    assert_eq!(id("${name | id lead}"), id("${'Ann' | id lead}"));
    assert_ne!(id("${name | id lead}"), id("${name | id account}"));
    assert_ne!(id("${name | id lead}"), id("${name | id lead address}"));
}

#[test]
fn what_does_not_fit_is_said_with_the_value() {
    for (template, said) in [
        ("${name | number}", "${name | number}: 'Ann' is not a number"),
        ("${name | time}", "${name | time}: 'Ann' is not a time in the format RFC 3339"),
        ("${name | flag yes no}", "${name | flag yes no}: 'Ann' is neither 'yes' nor 'no'"),
        ("${empty | required}", "${empty | required}: a value is missing"),
        ("${other}", "the file has no column 'other'"),
        ("${name | nosuch}", "in '${name | nosuch}': unknown filter 'nosuch': one of text, upper"),
        ("${name | money Euro}", "'Euro' is not an ISO 4217 currency code"),
        ("${name |}", "a filter is missing after '|'"),
        ("${name | replace 'a}", "without '}'"),
        ("cost: $5", "a lone '$' in 'cost: $5'"),
        ("${ | upper}", "names no value"),
    ] {
        let told = evaluate(template).unwrap_err();
        assert!(told.contains(said), "{template}: {told}");
    }
}
