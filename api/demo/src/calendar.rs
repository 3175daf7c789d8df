//! The simulated calendar: days of work in Moscow, which keeps UTC+3 all year.

use letopis_domain::values::Timestamp;

use super::chance::Chance;

/// The first day: Monday, 8 January 2024, midnight in Moscow.
pub const START: Timestamp = Timestamp::from_micros(1_704_661_200_000_000);

/// How long the story lasts, in days: about 18 months.
pub const DAYS: i64 = 546;

/// Milliseconds of a minute, an hour and a day.
pub const MINUTE: i64 = 60_000;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// The end of the story.
pub fn end() -> Timestamp {
    START.plus_ms(DAYS * DAY)
}

/// Whole days since the start.
pub fn day_of(at: Timestamp) -> i64 {
    at.ms_since(START).div_euclid(DAY)
}

/// An instant by day and time of day.
pub fn at(day: i64, hour: i64, minute: i64) -> Timestamp {
    START.plus_ms(day * DAY + hour * HOUR + minute * MINUTE)
}

/// Monday = 0 … Sunday = 6.
pub fn weekday(day: i64) -> i64 {
    day.rem_euclid(7)
}

/// Whether people are at work.
pub fn is_working(at: Timestamp) -> bool {
    let hour = at.ms_since(START).rem_euclid(DAY) / HOUR;
    weekday(day_of(at)) < 5 && (9..18).contains(&hour)
}

/// A time of work, some minutes later or at the beginning of a later day.
pub fn working_time(after: Timestamp, minutes: i64, chance: &mut Chance) -> Timestamp {
    let wanted = after.plus_ms(minutes * MINUTE + chance.between(0, 59) * 1_000);
    if is_working(wanted) {
        return wanted;
    }
    let mut day = day_of(wanted);
    if wanted >= at(day, 9, 0) {
        day += 1;
    }
    while weekday(day) >= 5 {
        day += 1;
    }
    at(day, 9, 0).plus_ms(chance.between(0, 8 * 60) * MINUTE + chance.between(0, 59_999))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_done_on_weekdays_by_day() {
        let mut chance = Chance::new(1);
        assert_eq!(START.to_string(), "2024-01-07T21:00:00Z");
        for day in 0..14 {
            for hour in 0..24 {
                let time = working_time(at(day, hour, 30), 45, &mut chance);
                assert!(is_working(time) && time >= at(day, hour, 30), "{time}");
            }
        }
    }
}
