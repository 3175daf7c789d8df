//! Filters: the steps after `|` in a template, each from one value to the next.

use std::sync::Arc;

use chrono::{Days, NaiveTime};
use chrono_tz::Tz;
use letopis_domain::values::Currency;
use rust_decimal::Decimal;

use super::error::RowError;
use super::lookup::{Table, Tables};
use super::scope::{Names, Scope, Slot};
use super::time_format::{TimeFormat, instant};
use super::value::Value;

/// What is known while a mapping is compiled.
pub struct Compiler<'a> {
    /// The names that may be used here.
    pub names: &'a mut dyn Names,
    /// The look-up tables.
    pub tables: &'a Tables,
    /// The zone of times that name none.
    pub zone: Tz,
}

/// What kind of value a template yields, as far as the mapping says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text that depends on the row, of any content.
    Text,
    /// A number.
    Number,
    /// Yes or no.
    Flag,
    /// An instant.
    Time,
    /// A day.
    Day,
    /// An id.
    Id,
    /// An amount with its currency.
    Money,
    /// Several texts.
    List,
    /// Only the row can tell.
    Any,
}

impl Kind {
    /// The kind of a name.
    pub const fn of_slot(slot: Slot) -> Self {
        match slot {
            Slot::Column(_) | Slot::Each | Slot::FileName => Self::Text,
            Slot::Repeat | Slot::RowNumber | Slot::RowLine | Slot::PairDuration => Self::Number,
            Slot::StartedAt => Self::Time,
            Slot::Value(_, kind) => kind,
            Slot::Previous | Slot::Started(_) => Self::Any,
        }
    }
}

/// One step.
#[derive(Clone, Debug)]
pub enum Filter {
    /// `text`.
    Text,
    /// `upper`, `lower`.
    Case { upper: bool },
    /// `replace FROM TO`.
    Replace { from: String, to: String },
    /// `split SEPARATOR`.
    Split(String),
    /// `nothing_if TEXT…`.
    NothingIf(Vec<String>),
    /// `default TEXT`.
    Default(String),
    /// `or NAME`.
    Or(Slot),
    /// `required`.
    Required,
    /// `number`, or `number ,` for a decimal comma.
    Number { decimal_comma: bool },
    /// `plus N`, `minus N`, `times N`.
    Arithmetic { operator: char, operand: Decimal },
    /// `flag`, or `flag YES NO`.
    Flag { yes: String, no: String },
    /// `time`, `time FORMAT`, `time FORMAT ZONE`.
    Time(TimeFormat),
    /// `date`, `date FORMAT`.
    Day(TimeFormat),
    /// `at HH:MM`, `at HH:MM ZONE`.
    At { time: NaiveTime, zone: Tz },
    /// `plus_days N`.
    PlusDays(i64),
    /// `money CURRENCY`.
    Money(String),
    /// `id KIND NAME…`.
    Id { kind: String, also: Vec<Slot> },
    /// `lookup TABLE`, `lookup TABLE.COLUMN`.
    Lookup { table: Arc<Table>, column: usize },
}

/// Every filter, for messages.
const NAMES: &str = "text, upper, lower, replace, split, nothing_if, default, or, required, number, plus, minus, times, flag, \
                     time, date, at, plus_days, money, id, lookup";

impl Filter {
    /// Compiles the words of a step.
    ///
    /// # Errors
    /// In words, when filter or arguments are wrong.
    pub fn compile(words: &[String], compiler: &mut Compiler<'_>) -> Result<Self, String> {
        let (name, arguments) = words.split_first().ok_or("a filter is missing after '|'")?;
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let wrong = |usage: &str| Err(format!("filter '{name}' is written {usage}"));
        Ok(match (name.as_str(), arguments.as_slice()) {
            ("text", []) => Self::Text,
            ("upper", []) => Self::Case { upper: true },
            ("lower", []) => Self::Case { upper: false },
            ("replace", [from, to]) => Self::Replace { from: (*from).to_owned(), to: (*to).to_owned() },
            ("split", [separator]) if !separator.is_empty() => Self::Split((*separator).to_owned()),
            ("nothing_if", [_, ..]) => Self::NothingIf(arguments.iter().map(|text| (*text).to_owned()).collect()),
            ("default", [text]) => Self::Default((*text).to_owned()),
            ("or", [name]) => Self::Or(compiler.names.slot(name)?),
            ("required", []) => Self::Required,
            ("number", []) => Self::Number { decimal_comma: false },
            ("number", [","]) => Self::Number { decimal_comma: true },
            ("plus" | "minus" | "times", [operand]) => Self::Arithmetic {
                operator: match name.as_str() {
                    "plus" => '+',
                    "minus" => '-',
                    _ => '*',
                },
                operand: operand.parse().map_err(|_| format!("'{operand}' is not a number"))?,
            },
            ("flag", []) => Self::Flag { yes: String::new(), no: String::new() },
            ("flag", [yes, no]) => Self::Flag { yes: (*yes).to_owned(), no: (*no).to_owned() },
            ("time", []) => Self::Time(TimeFormat::rfc3339()),
            ("time", [format]) => Self::Time(TimeFormat::compile(format, compiler.zone)?),
            ("time", [format, zone]) => Self::Time(TimeFormat::compile(format, parse_zone(zone)?)?),
            ("date", []) => Self::Day(TimeFormat::compile("%Y-%m-%d", compiler.zone)?),
            ("date", [format]) => Self::Day(TimeFormat::compile(format, compiler.zone)?),
            ("at", [time]) => Self::At { time: parse_clock(time)?, zone: compiler.zone },
            ("at", [time, zone]) => Self::At { time: parse_clock(time)?, zone: parse_zone(zone)? },
            ("plus_days", [days]) => Self::PlusDays(days.parse().map_err(|_| format!("'{days}' is not a number"))?),
            ("money", [currency]) => {
                Self::Money(currency.parse::<Currency>().map_err(|error| error.to_string())?.to_string())
            }
            ("id", [kind, also @ ..]) => Self::Id {
                kind: (*kind).to_owned(),
                also: also.iter().map(|name| compiler.names.slot(name)).collect::<Result<_, _>>()?,
            },
            ("lookup", [table]) => {
                let (table, column) = compiler.tables.find(table)?;
                Self::Lookup { table, column }
            }
            ("text" | "upper" | "lower" | "required", _) => return wrong("without arguments"),
            ("replace", _) => return wrong("replace 'from' 'to'"),
            ("split", _) => return wrong("split ';'"),
            ("nothing_if", _) => return wrong("nothing_if 'N/A' 'null'"),
            ("default", _) => return wrong("default 'text'"),
            ("or", _) => return wrong("or other_column"),
            ("number", _) => return wrong("number, or number ',' for a decimal comma"),
            ("plus" | "minus" | "times", _) => return wrong("plus 1, minus 1 or times 1000"),
            ("flag", _) => return wrong("flag, or flag 'yes' 'no'"),
            ("time", _) => return wrong("time, time '%Y-%m-%d %H:%M' or time '%Y-%m-%d %H:%M' Europe/Moscow"),
            ("date", _) => return wrong("date, or date '%d.%m.%Y'"),
            ("at", _) => return wrong("at 09:00, or at 09:00 Europe/Moscow"),
            ("plus_days", _) => return wrong("plus_days 30"),
            ("money", _) => return wrong("money EUR"),
            ("id", _) => return wrong("id lead, or id activity other_column"),
            ("lookup", _) => return wrong("lookup table, or lookup table.column"),
            _ => return Err(format!("unknown filter '{name}': one of {NAMES}")),
        })
    }

    /// The kind of what comes out, given what goes in.
    pub const fn kind(&self, before: Kind) -> Kind {
        match self {
            Self::Text | Self::Case { .. } | Self::Replace { .. } | Self::Lookup { .. } => Kind::Text,
            Self::Split(_) => Kind::List,
            Self::NothingIf(_) | Self::Required | Self::PlusDays(_) => before,
            Self::Default(_) => match before {
                Kind::Text => Kind::Text,
                _ => Kind::Any,
            },
            Self::Or(_) => Kind::Any,
            Self::Number { .. } | Self::Arithmetic { .. } => Kind::Number,
            Self::Flag { .. } => Kind::Flag,
            Self::Time(_) | Self::At { .. } => Kind::Time,
            Self::Day(_) => Kind::Day,
            Self::Money(_) => Kind::Money,
            Self::Id { .. } => Kind::Id,
        }
    }

    /// Applies the step. Nothing stays nothing, except where a filter is there to fill it in.
    pub fn apply(&self, value: Value, scope: &Scope<'_>) -> Result<Value, RowError> {
        match self {
            Self::Default(text) if value.is_nothing() => return Ok(Value::Text(text.clone())),
            Self::Or(slot) if value.is_nothing() => return scope.value(*slot),
            Self::Required if value.is_nothing() => return Err(RowError::required("a value is missing")),
            Self::Default(_) | Self::Or(_) | Self::Required => return Ok(value),
            _ if value.is_nothing() => return Ok(Value::Nothing),
            _ => {}
        }
        if let Value::List(values) = value {
            return values.into_iter().map(|value| self.apply(value, scope)).collect::<Result<_, _>>().map(Value::List);
        }
        self.apply_to_one(value, scope)
    }

    fn apply_to_one(&self, value: Value, scope: &Scope<'_>) -> Result<Value, RowError> {
        Ok(match self {
            Self::Default(_) | Self::Or(_) | Self::Required => value,
            Self::Text => Value::Text(value.to_text()),
            Self::Case { upper: true } => Value::Text(value.to_text().to_uppercase()),
            Self::Case { upper: false } => Value::Text(value.to_text().to_lowercase()),
            Self::Replace { from, to } => Value::Text(value.to_text().replace(from, to)),
            Self::Split(separator) => Value::List(
                value
                    .to_text()
                    .split(separator.as_str())
                    .map(str::trim)
                    .filter(|text| !text.is_empty())
                    .map(|text| Value::Text(text.to_owned()))
                    .collect(),
            ),
            Self::NothingIf(texts) => {
                if texts.contains(&value.to_text()) {
                    Value::Nothing
                } else {
                    value
                }
            }
            Self::Number { decimal_comma } => Value::Number(read_number(value, *decimal_comma)?),
            Self::Arithmetic { operator, operand } => {
                let number = read_number(value, false)?;
                let result = match operator {
                    '+' => number.checked_add(*operand),
                    '-' => number.checked_sub(*operand),
                    _ => number.checked_mul(*operand),
                };
                Value::Number(result.ok_or_else(|| RowError::invalid(format!("{number} is too large")))?)
            }
            Self::Flag { yes, no } => Value::Flag(read_flag(&value, yes, no)?),
            Self::Time(format) => match value {
                Value::Time(_) => value,
                other => Value::Time(format.time(&other.to_text()).map_err(RowError::invalid)?),
            },
            Self::Day(format) => match value {
                Value::Day(_) => value,
                other => Value::Day(format.day(&other.to_text()).map_err(RowError::invalid)?),
            },
            Self::At { time, zone } => match value {
                Value::Day(day) => Value::Time(instant(day.and_time(*time), *zone)),
                other => {
                    return Err(RowError::invalid(format!("'{}' is not a day; write date before at", other.to_text())));
                }
            },
            Self::PlusDays(days) => plus_days(value, *days)?,
            Self::Money(currency) => Value::Money(read_number(value, false)?, currency.clone()),
            Self::Id { kind, also } => {
                let mut keys = vec![value.to_text()];
                for slot in also {
                    keys.push(scope.text(*slot)?.into_owned());
                }
                Value::Id(scope.namespace.entity(kind, keys.iter().map(String::as_str)))
            }
            Self::Lookup { table, column } => {
                table.find(&value.to_text(), *column).map_or(Value::Nothing, |text| Value::Text(text.to_owned()))
            }
        })
    }
}

fn plus_days(value: Value, days: i64) -> Result<Value, RowError> {
    match value {
        Value::Time(time) => Ok(Value::Time(time.plus_ms(days.saturating_mul(86_400_000)))),
        Value::Day(day) => {
            let distance = Days::new(days.unsigned_abs());
            let moved = if days < 0 { day.checked_sub_days(distance) } else { day.checked_add_days(distance) };
            moved.map(Value::Day).ok_or_else(|| RowError::invalid("a day outside the calendar"))
        }
        other => Err(RowError::invalid(format!("'{}' is not a day or a time", other.to_text()))),
    }
}

fn parse_zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| format!("'{text}' is not an IANA time zone like Europe/Moscow"))
}

fn parse_clock(text: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| format!("'{text}' is not a time of day like 09:00"))
}

fn read_number(value: Value, decimal_comma: bool) -> Result<Decimal, RowError> {
    let text = match value {
        Value::Number(number) | Value::Money(number, _) => return Ok(number),
        other => other.to_text(),
    };
    let plain: String = if decimal_comma {
        text.chars()
            .filter(|letter| !letter.is_whitespace() && *letter != '.')
            .map(|letter| if letter == ',' { '.' } else { letter })
            .collect()
    } else {
        text.clone()
    };
    plain
        .parse()
        .or_else(|_| Decimal::from_scientific(&plain))
        .map_err(|_| RowError::invalid(format!("'{}' is not a number", text.chars().take(60).collect::<String>())))
}

fn read_flag(value: &Value, yes: &str, no: &str) -> Result<bool, RowError> {
    let text = value.to_text();
    let lower = text.to_lowercase();
    if yes.is_empty() {
        return match lower.as_str() {
            "true" | "yes" | "y" | "1" | "t" => Ok(true),
            "false" | "no" | "n" | "0" | "f" => Ok(false),
            _ => Err(RowError::invalid(format!("'{text}' is neither true nor false"))),
        };
    }
    match text.as_str() {
        text if text == yes => Ok(true),
        text if text == no => Ok(false),
        _ => Err(RowError::invalid(format!("'{text}' is neither '{yes}' nor '{no}'"))),
    }
}
