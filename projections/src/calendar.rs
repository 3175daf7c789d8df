//! Days and months in the company's zone.

use std::cell::Cell;

use chrono::Datelike;
use chrono_tz::Tz;
use letopis_domain::values::{Date, Timestamp};

/// A quarter of an hour, in microseconds: since 1973 no zone changes its day inside one.
const QUARTER: i64 = 15 * 60 * 1_000_000;
const SINCE_1973: i64 = 3 * 366 * 86_400 * 1_000_000;

/// Tells the local day of instants; remembers the last quarter of an hour, because rows come nearly in order.
pub(crate) struct Calendar {
    zone: Tz,
    last: Cell<Option<(i64, Date)>>,
}

impl Calendar {
    pub(crate) fn new(zone: Tz) -> Self {
        Self { zone, last: Cell::new(None) }
    }

    pub(crate) fn day(&self, micros: i64) -> Date {
        let quarter = micros.div_euclid(QUARTER);
        if let Some((known, day)) = self.last.get()
            && known == quarter
            && micros > SINCE_1973
        {
            return day;
        }
        let day = Date(Timestamp::from_micros(micros).to_datetime().with_timezone(&self.zone).date_naive());
        self.last.set(Some((quarter, day)));
        day
    }

    /// The first day of the month.
    pub(crate) fn month(&self, micros: i64) -> Date {
        let day = self.day(micros);
        Date(day.0.with_day(1).unwrap_or(day.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str) -> i64 {
        chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros()
    }

    #[test]
    fn a_day_begins_at_local_midnight_in_summer_and_in_winter() {
        let calendar = Calendar::new(chrono_tz::Europe::Amsterdam);
        assert_eq!(calendar.day(micros("2011-10-01T21:59:59Z")).to_string(), "2011-10-01");
        assert_eq!(calendar.day(micros("2011-10-01T22:00:00Z")).to_string(), "2011-10-02");
        assert_eq!(calendar.day(micros("2011-12-01T22:59:59Z")).to_string(), "2011-12-01");
        assert_eq!(calendar.month(micros("2011-12-31T23:00:00Z")).to_string(), "2012-01-01");
    }
}
