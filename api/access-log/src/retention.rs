//! How long days are kept.

use letopis_domain::values::Timestamp;

use crate::days::{Day, Days};
use crate::error::{AccessLogError, failed};

/// Removes days older than the retention, oldest first, so that what a crash leaves is still a log without holes.
pub fn enforce(days: &Days, retention_days: Option<u32>, now: Timestamp) -> Result<Vec<Day>, AccessLogError> {
    let Some(retention_days) = retention_days else { return Ok(Vec::new()) };
    let today = Day::of(now);
    let mut list = days.list()?;
    list.pop();
    list.retain(|day| day.days_before(today) > i64::from(retention_days));
    for day in &list {
        days.remove(*day)?;
    }
    if !list.is_empty() {
        days.sync().map_err(failed("syncing", days.path()))?;
    }
    Ok(list)
}
