//! Reading times and days in the formats and zones of a file.

use chrono::format::{Fixed, Item, Numeric, Parsed, StrftimeItems};
use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use letopis_domain::values::Timestamp;

/// A compiled format of times.
#[derive(Clone, Debug)]
pub struct TimeFormat {
    source: String,
    items: Vec<Item<'static>>,
    shape: Shape,
    zone: Tz,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Rfc3339,
    WithOffset,
    Local,
    Day,
}

impl Shape {
    /// What these items say of a time. The letters of a format may have modifiers (`%-H`), so they are not looked at.
    fn of(items: &[Item<'_>]) -> Self {
        // Its item cannot be named outside chrono.
        let lenient_offset = StrftimeItems::new("%#z").next();
        let has_offset = |item: &Item<'_>| match item {
            Item::Numeric(Numeric::Timestamp, _) => true,
            Item::Fixed(fixed) => matches!(
                fixed,
                Fixed::TimezoneOffset
                    | Fixed::TimezoneOffsetColon
                    | Fixed::TimezoneOffsetDoubleColon
                    | Fixed::TimezoneOffsetTripleColon
                    | Fixed::TimezoneOffsetColonZ
                    | Fixed::TimezoneOffsetZ
                    | Fixed::RFC2822
                    | Fixed::RFC3339
            ),
            _ => false,
        };
        if items.iter().any(|item| has_offset(item) || Some(item) == lenient_offset.as_ref()) {
            Self::WithOffset
        } else if items.iter().any(|item| matches!(item, Item::Numeric(Numeric::Hour | Numeric::Hour12, _))) {
            Self::Local
        } else {
            Self::Day
        }
    }
}

impl TimeFormat {
    /// RFC 3339, with an offset of its own.
    pub fn rfc3339() -> Self {
        Self { source: "RFC 3339".to_owned(), items: Vec::new(), shape: Shape::Rfc3339, zone: Tz::UTC }
    }

    /// A format in the letters of strftime; times without an offset are in `zone`.
    ///
    /// # Errors
    /// In words, when the format has an unknown letter.
    pub fn compile(source: &str, zone: Tz) -> Result<Self, String> {
        let items = StrftimeItems::new(source)
            .parse_to_owned()
            .map_err(|_| format!("'{source}' is not a format like %Y-%m-%d %H:%M:%S"))?;
        let shape = Shape::of(&items);
        Ok(Self { source: source.to_owned(), items, shape, zone })
    }

    /// The instant of a text.
    pub fn time(&self, text: &str) -> Result<Timestamp, String> {
        let instant = match self.shape {
            Shape::Rfc3339 => DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc).into()),
            Shape::WithOffset => {
                self.parse(text).and_then(|parsed| parsed.to_datetime().ok()).map(|at| at.with_timezone(&Utc).into())
            }
            Shape::Local => self
                .parse(text)
                .and_then(|parsed| parsed.to_naive_datetime_with_offset(0).ok())
                .map(|local| instant(local, self.zone)),
            Shape::Day => self.day(text).ok().map(|day| instant(day.and_time(NaiveTime::MIN), self.zone)),
        };
        instant.ok_or_else(|| self.unreadable(text, "time"))
    }

    /// The day of a text, as it is written.
    pub fn day(&self, text: &str) -> Result<NaiveDate, String> {
        let day = match self.shape {
            Shape::Rfc3339 => text.get(..10).and_then(|day| day.parse().ok()),
            _ => self.parse(text).and_then(|parsed| parsed.to_naive_date().ok()),
        };
        day.ok_or_else(|| self.unreadable(text, "day"))
    }

    fn parse(&self, text: &str) -> Option<Parsed> {
        let mut parsed = Parsed::new();
        chrono::format::parse(&mut parsed, text, self.items.iter()).ok()?;
        Some(parsed)
    }

    fn unreadable(&self, text: &str, what: &str) -> String {
        let shown: String = text.chars().take(60).collect();
        format!("'{shown}' is not a {what} in the format {}", self.source)
    }
}

/// The instant of a local time. The earlier one where clocks were set back; where they were set forward and the
/// time does not exist, the first instant after the gap.
pub fn instant(local: NaiveDateTime, zone: Tz) -> Timestamp {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.with_timezone(&Utc).into(),
        LocalResult::None => {
            after_gap(local, zone).map_or_else(|| local.and_utc().into(), |at| at.with_timezone(&Utc).into())
        }
    }
}

/// The first instant after the gap in which a local time lies. Clocks are set at whole seconds, and no gap is longer
/// than the day that Samoa left out.
fn after_gap(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Tz>> {
    let whole = local.with_nanosecond(0)?;
    let find = |seconds: i64| zone.from_local_datetime(&(whole + TimeDelta::seconds(seconds))).earliest();
    let quarter = (1..=4 * 24 + 1).map(|quarters| quarters * 900).find(|seconds| find(*seconds).is_some())?;
    let (mut inside, mut outside) = (quarter - 900, quarter);
    while outside - inside > 1 {
        let middle = i64::midpoint(inside, outside);
        if find(middle).is_some() {
            outside = middle;
        } else {
            inside = middle;
        }
    }
    find(outside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(format: &str, zone: Tz, text: &str) -> String {
        TimeFormat::compile(format, zone).unwrap().time(text).unwrap().to_string()
    }

    #[test]
    fn local_times_are_read_in_their_zone() {
        let amsterdam = Tz::Europe__Amsterdam;
        assert_eq!(time("%d.%m.%Y %H:%M", amsterdam, "01.07.2011 12:00"), "2011-07-01T10:00:00Z");
        assert_eq!(time("%d.%m.%Y %H:%M", amsterdam, "01.12.2011 12:00"), "2011-12-01T11:00:00Z");
        assert_eq!(time("%Y-%m-%d", amsterdam, "2011-07-01"), "2011-06-30T22:00:00Z");
        assert_eq!(
            time("%Y-%m-%dT%H:%M:%S%.f%:z", amsterdam, "2011-10-01T00:38:44.546+02:00"),
            "2011-09-30T22:38:44.546Z"
        );
        assert_eq!(time("%Y-%b-%d", Tz::UTC, "2008-may-5"), "2008-05-05T00:00:00Z");
    }

    #[test]
    fn a_time_that_clocks_skipped_becomes_the_first_that_exists() {
        let amsterdam = Tz::Europe__Amsterdam;
        assert_eq!(time("%Y-%m-%d %H:%M", amsterdam, "2012-03-25 02:30"), "2012-03-25T01:00:00Z");
        assert_eq!(time("%Y-%m-%d %H:%M", amsterdam, "2012-03-25 02:37"), "2012-03-25T01:00:00Z");
        assert_eq!(time("%Y-%m-%d %H:%M:%S%.f", amsterdam, "2012-03-25 02:59:59.75"), "2012-03-25T01:00:00Z");
        assert_eq!(time("%Y-%m-%d %H:%M", amsterdam, "2011-10-30 02:30"), "2011-10-30T00:30:00Z");
        assert_eq!(time("%Y-%m-%d", Tz::America__Sao_Paulo, "2018-11-04"), "2018-11-04T03:00:00Z");
        assert_eq!(time("%Y-%m-%d %H:%M", Tz::Pacific__Apia, "2011-12-30 08:00"), "2011-12-30T10:00:00Z");
    }

    #[test]
    fn the_letters_of_a_format_may_have_modifiers() {
        let moscow = Tz::Europe__Moscow;
        for hours in ["%-H:%M", "%_H:%M", "%0H:%M", "%-H:%-M", "%R", "%-I:%M %p", "%_I:%M %p"] {
            let text = if hours.ends_with("%p") { "01.07.2025 9:30 AM" } else { "01.07.2025 9:30" };
            assert_eq!(time(&format!("%d.%m.%Y {hours}"), moscow, text), "2025-07-01T06:30:00Z", "{hours}");
        }
        for offset in ["%z", "%:z", "%#z"] {
            let format = format!("%Y-%m-%d %-H:%M {offset}");
            assert_eq!(time(&format, moscow, "2025-07-01 9:30 +05:00"), "2025-07-01T04:30:00Z", "{offset}");
        }
        assert_eq!(time("%-s", moscow, "1751351400"), "2025-07-01T06:30:00Z");
        assert_eq!(time("%%H %Y-%m-%d", moscow, "%H 2025-07-01"), "2025-06-30T21:00:00Z");
    }

    #[test]
    fn what_is_not_a_time_is_named_with_the_format() {
        let format = TimeFormat::compile("%Y-%m-%d", Tz::UTC).unwrap();
        assert_eq!(format.time("31.02.2011").unwrap_err(), "'31.02.2011' is not a time in the format %Y-%m-%d");
        assert!(TimeFormat::compile("%Q", Tz::UTC).is_err());
    }
}
